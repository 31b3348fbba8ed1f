"""What was tried, what came out and which model is in force: runs and model versions in MLflow."""
