"""Selective labels: what can be said of sites that nobody visited, by every method side by side."""
