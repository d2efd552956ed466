"""Parquet: a row a story, a few hundred rows at a time (extra `parquet`)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from recommender.corpus.columns import Columns
from recommender.corpus.reader import FileReader, Rejected
from recommender.corpus.spec import Spec
from recommender.errors import CorpusError, MissingExtra
from recommender.stories import Story

_BATCH = 256


class Parquet(FileReader):
    """A Parquet file (`CorpusReader`)."""

    def __init__(self, path: Path, spec: Spec, place: str | None = None) -> None:
        try:
            import pyarrow.parquet
        except ImportError:
            raise MissingExtra("reading Parquet", "parquet") from None
        self._arrow = pyarrow
        self._errors = (pyarrow.ArrowException, OSError)
        super().__init__(path, place)
        self._spec = spec

    def __iter__(self) -> Iterator[Story | Rejected]:
        number = 0
        try:
            with self._arrow.parquet.ParquetFile(self._path, memory_map=True) as file:
                names = list(file.schema_arrow.names)
                columns = Columns(self.name, names, self._spec.columns, self._spec.base)
                for batch in file.iter_batches(_BATCH):
                    for row in self._in_microseconds(batch).to_pylist():
                        number += 1
                        yield columns.item(f"{self.name}: row {number}", row)
        except CorpusError:
            raise
        except self._errors as error:
            yield Rejected(f"{self.name}: row {number + 1}", f"the file is damaged or no Parquet ({_line(error)})")
        except ValueError as error:  # a date that Python cannot hold
            yield Rejected(
                f"{self.name}: row {number + 1}", f"this row and those behind it cannot be read: {_line(error)}"
            )

    def _in_microseconds(self, batch: Any) -> Any:
        """Python's times hold no nanoseconds, which pandas writes: one that has some would end the reading."""
        for place, field in enumerate(batch.schema):
            if self._arrow.types.is_timestamp(field.type) and field.type.unit == "ns":
                kind = self._arrow.timestamp("us", field.type.tz)
                batch = batch.set_column(place, field.name, batch.column(place).cast(kind, safe=False))
        return batch


def _line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
