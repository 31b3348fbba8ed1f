"""Levels: how good a grade is by itself, and the model translated into levels of the same sizes."""
