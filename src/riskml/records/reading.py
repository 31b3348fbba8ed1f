"""Bytes become a table of text: which file this is, how it is encoded, and nothing interpreted yet."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from riskml.errors import DataError

ENCODINGS = ("utf-8-sig", "gb18030")
ENDINGS = (".parquet", ".csv", ".csv.gz")


def read_text_table(path: "Path | str") -> pd.DataFrame:
    """A file as columns of text, a missing value being the empty string; row order kept.

    Args:
        path: a Parquet file, or a CSV file (plain or gzip) in UTF-8 or GB18030.

    Raises:
        DataError: if the file is missing, of another kind, unreadable, or holds no row.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError(f"{path} is not a file; name an existing {', '.join(ENDINGS)} file")
    if path.name.endswith(".parquet"):
        table = _parquet(path)
    elif path.name.endswith((".csv", ".csv.gz")):
        table = _csv(path)
    else:
        raise DataError(f"{path.name}: cannot read this kind of file; allowed are {', '.join(ENDINGS)}")
    if table.empty:
        raise DataError(f"{path} holds no rows; export it again")
    return table


def _parquet(path: Path) -> pd.DataFrame:
    try:
        table = pq.read_table(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise DataError(f"{path} is not a readable Parquet file: {error}") from error
    columns = {name: table.column(name) for name in table.column_names}
    as_text = {
        name: column.cast(pa.string()).to_pandas().astype("str").fillna("")
        for name, column in columns.items()
        if not pa.types.is_nested(column.type)
    }
    return pd.DataFrame(as_text)


def _csv(path: Path) -> pd.DataFrame:
    for encoding in ENCODINGS:
        try:
            return pd.read_csv(path, dtype="str", encoding=encoding, keep_default_na=False)
        except UnicodeDecodeError:
            continue
        except (pd.errors.ParserError, pd.errors.EmptyDataError, OSError, EOFError) as error:
            raise DataError(f"{path} is not a readable CSV file: {error}") from error
    raise DataError(f"{path} is neither {' nor '.join(ENCODINGS)}; save it as UTF-8")
