"""Records: any publisher's files become canonical tables, with every row accounted for and every fact dated twice."""

from riskml.records.checking import faults, warnings_of
from riskml.records.store import Records, read_records, write_records

__all__ = ["Records", "faults", "read_records", "warnings_of", "write_records"]
