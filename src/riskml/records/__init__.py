"""Records: any publisher's files become canonical tables, with every row accounted for and every fact dated twice."""

from riskml.records.store import Records, read_records, write_records

__all__ = ["Records", "read_records", "write_records"]
