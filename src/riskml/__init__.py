"""riskml."""
