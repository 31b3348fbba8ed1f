"""What people read: charts, the texts around them, tables, and one self-contained report."""
