"""How much of a file is read before it is refused: every limit of the reader, with its reason."""

MAX_UNPACKED_BYTES = 8 << 30
"""Bytes of one file, or of all members of an archive, once unpacked: five times a city's largest table as text."""
MAX_RATIO = 200
"""Unpacked bytes per packed byte. Tables pack 5 to 50 times; a bomb packs about 1,000 times."""
SMALL_BYTES = 64 << 20
"""Below this the ratio says nothing: a small table of equal rows packs very well, and costs no memory."""
MAX_MEMBERS = 1_000
"""Files in one archive; an export has one per table or per month."""
MAX_COLUMNS = 16_384
"""Columns of one table: the most that a spreadsheet can hold."""
MAX_ROW_CHARS = 262_144
"""Characters of one row of text: eight full spreadsheet cells (32,767 each); a longer one is an unclosed quote."""
MAX_ROW_LINES = 256
"""Lines of one row of text (quoted line breaks); a longer one is taken for an unclosed quote."""
MAX_STRAY_QUOTES = 10_000
"""Rows with a wrong quote: each costs a look at up to MAX_ROW_LINES lines, so their number must be bounded."""
MAX_DROPPED = 1_000_000
"""Rows set aside: beyond this the file is no table, and listing them would cost more memory than reading it."""
MAX_RAW_CHARS = 10_000
"""Characters kept of a row that was set aside: enough to find it again."""
HEAD_ROWS = 40
"""Rows looked at to find the delimiter and the header; official forms have at most a handful of title rows."""
TAIL_ROWS = 20
"""Rows at the end among which totals and notes are looked for."""
WORKBOOK_MEMORY_BYTES = (1 << 30, 200, 6 << 30)
"""Memory of the process that parses a workbook: least, more for each byte of it, most. A full sheet (1,048,576 rows) of
12 columns takes 1.4 GiB, 20 to 150 times its file; a damaged old workbook grows without end."""
WORKBOOK_SECONDS = 30.0
"""Seconds that any workbook may take; a small one takes a tenth."""
WORKBOOK_SECONDS_PER_MB = 5.0
"""Further seconds for each million bytes of it; it takes half a second (a full sheet of 12 columns: half a minute)."""


def allowed_bytes(packed_bytes: int) -> int:
    """The most that a file of this size may unpack to.

    Examples:
        >>> allowed_bytes(10) == SMALL_BYTES, allowed_bytes(1 << 20) == 200 << 20, allowed_bytes(1 << 40) == 8 << 30
        (True, True, True)
    """
    return min(MAX_UNPACKED_BYTES, max(SMALL_BYTES, MAX_RATIO * packed_bytes))


def workbook_memory(packed_bytes: int) -> int:
    """The memory that parsing a workbook of this size may take.

    Examples:
        >>> workbook_memory(1 << 20) >> 20, workbook_memory(1 << 30) >> 30
        (1224, 6)
    """
    least, each, most = WORKBOOK_MEMORY_BYTES
    return min(most, least + each * packed_bytes)
