"""When failures would have been found: days earlier, within what inspectors can do, and the wait of each site."""
