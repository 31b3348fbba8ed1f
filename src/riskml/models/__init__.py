"""Models: baselines that keep us honest, the monotone boosted trees, and their calibration."""
