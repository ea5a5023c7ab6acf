"""Tables as Parquet, written and read without a second copy of a large one in memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from concexp.analysis.iterations import PORTION, broadcast_if_constant, repeat


def to_parquet(table: pd.DataFrame, file: Any) -> None:
    """Write a table as Parquet into a file; of a large one, only a portion of the rows is in memory a second time."""
    from pyarrow import parquet  # only here: a small run is read and shown without it

    # Floats hardly ever repeat: a dictionary of them would take time, and more room than they do.
    words = [str(name) for name, values in table.items() if values.dtype != float]
    schema = pa.Schema.from_pandas(table, preserve_index=False)
    with parquet.ParquetWriter(file, schema, use_dictionary=words) as writer:
        for first in range(0, max(1, len(table)), PORTION):
            rows = table.iloc[first : first + PORTION]
            writer.write_table(pa.Table.from_pandas(rows, schema, preserve_index=False), row_group_size=PORTION)


def of_parquet(file: Any) -> pd.DataFrame:
    """The table that `to_parquet` wrote into a file, column by column: equal values take no room, as in the table itself."""
    from pyarrow import parquet

    schema = parquet.read_schema(file)
    texts = [name for name, kind in zip(schema.names, schema.types, strict=True) if pa.types.is_large_string(kind)]
    source = parquet.ParquetFile(file, read_dictionary=texts)
    # By their numbers: names with a dot, such as `load.ops`, would be taken for parts of others.
    columns = {name: _column(source.reader.read_column(number)) for number, name in enumerate(schema.names)}
    return pd.DataFrame(columns, copy=False)


def _column(values: pa.ChunkedArray) -> Any:
    """A column as the tidy frame has it."""
    if pa.types.is_floating(values.type):
        return broadcast_if_constant(values.to_numpy())
    if not pa.types.is_dictionary(values.type):
        dtype = pd.Int64Dtype() if pa.types.is_integer(values.type) else pd.BooleanDtype()
        return dtype.__from_arrow__(values)
    chunks = values.unify_dictionaries().chunks
    words = chunks[0].dictionary.to_pylist() if chunks else []
    codes = [chunk.indices.fill_null(len(words)).to_numpy() for chunk in chunks]
    return repeat(pd.Series([*words, None], dtype="string"), np.concatenate([np.empty(0, dtype=int), *codes]))
