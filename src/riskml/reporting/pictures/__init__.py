"""Pictures for notebooks: records, sites, reasons and finished runs; each docstring says how to read its picture."""
