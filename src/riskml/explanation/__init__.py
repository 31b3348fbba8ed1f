"""Explanation: what drives the model, from its own exact contributions."""
