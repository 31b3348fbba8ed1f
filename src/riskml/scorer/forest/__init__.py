"""The trees: what a split decides, which leaf a row reaches, one row or many, and the map to a probability."""
