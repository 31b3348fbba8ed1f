"""From the records of a site, or a table of features, to the rows that are scored."""
