"""From a trained model to the artifact that the scorer reads."""
