"""Who inspects: rankings within an inspector, leniency, and whether a score or a plan follows the inspector."""
