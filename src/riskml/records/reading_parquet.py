"""A Parquet file becomes columns of text."""

import json
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from riskml.errors import DataError
from riskml.records.reading_bytes import in_one_line
from riskml.records.reading_limits import MAX_UNPACKED_BYTES
from riskml.records.reading_table import RawTable, check_width

_ERRORS = (pa.ArrowException, OSError, ValueError, LookupError, OverflowError, MemoryError)
_THRIFT_BYTES = 64 << 20
"""Of a file's own description; a damaged one claims any size."""
_BATCH_ROWS = 65_536


def read_parquet(name: str, handle: IO[bytes]) -> RawTable:
    """A Parquet file, its rows numbered from 1; nested values as JSON.

    Args:
        name: as shown.
        handle: open at its start.

    Raises:
        DataError: if it is damaged, or too large as text.
    """
    try:
        stored = pq.ParquetFile(
            handle, thrift_string_size_limit=_THRIFT_BYTES, thrift_container_size_limit=_THRIFT_BYTES
        )
        names = stored.schema_arrow.names
        check_width(name, len(names))
        if len(set(names)) < len(names):
            raise DataError(f"{name}: two columns have the same name; name them apart and save it again")
        schema = pa.schema([(column, pa.large_string()) for column in names])
        batches, size = [], 0
        for batch in stored.iter_batches(batch_size=_BATCH_ROWS, use_threads=False):
            batches.append(pa.RecordBatch.from_arrays([_text(column) for column in batch.columns], schema=schema))
            batches[-1].validate(full=True)  # damaged bytes need not be text
            size += batches[-1].nbytes
            if size > MAX_UNPACKED_BYTES:
                raise DataError(f"{name}: more than {MAX_UNPACKED_BYTES >> 30} GiB as text; split it by year")
        table = pa.Table.from_batches(batches, schema=schema)
    except _ERRORS as error:
        raise DataError(f"{name} is not a readable Parquet file: {in_one_line(error)}; write it again") from error
    return RawTable(
        file=name,
        frame=table.to_pandas(split_blocks=True),
        rows=np.arange(1, table.num_rows + 1, dtype=np.int64),
        encoding="parquet",
        header_row=0,
        dropped=(),
    )


def _text(column: pa.Array) -> pa.Array:
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    try:
        return pc.fill_null(column.cast(pa.large_string()), "")
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
        values = column.to_pylist()
    return pa.array(
        ["" if value is None else json.dumps(value, ensure_ascii=False, default=str) for value in values],
        pa.large_string(),
    )
