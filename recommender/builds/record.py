"""What is known of a build: a record on disk, which its process writes and everybody reads."""

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from recommender.errors import IndexCorrupt, IndexMissing
from recommender.storage import read_json, write_json

ENQUEUED, RUNNING, SUCCEEDED, FAILED, CANCELED = "enqueued", "running", "succeeded", "failed", "canceled"


@dataclass(frozen=True)
class BuildRecord:
    """What is known of a build; `progress` has `step`, `done` and `total`, `error` the reason of a failure."""

    id: str
    state: str
    created_at: str
    corpora: tuple[str, ...] = ()
    who: str = ""
    started_at: str | None = None
    finished_at: str | None = None
    progress: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    generation: str | None = None
    error: str | None = None
    pid: int | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in (SUCCEEDED, FAILED, CANCELED)

    def to_json(self) -> dict[str, Any]:
        """The record as the API returns it."""
        return {name: value for name, value in asdict(self).items() if value not in (None, "", ()) and name != "pid"}


def record_path(folder: Path, build_id: str) -> Path:
    """Where the record of a build lies in the folder of builds."""
    return folder / f"{build_id}.json"


def cancel_path(record: Path) -> Path:
    """The file beside a record that tells its build to stop."""
    return record.with_suffix(".cancel")


def read_record(path: Path) -> BuildRecord:
    """Read a record.

    Raises:
        IndexCorrupt: it is damaged.
    """
    content = read_json(path)
    try:
        return BuildRecord(**{**content, "corpora": tuple(content["corpora"]), "notes": tuple(content["notes"])})
    except (KeyError, TypeError) as error:
        raise IndexCorrupt(f"{path}: is no record of a build ({error})") from None


def known_record(path: Path) -> BuildRecord:
    """What a record says, or that it is damaged: one must not keep the others from being listed and started.

    Raises:
        IndexMissing: it is gone.
    """
    try:
        return read_record(path)
    except IndexCorrupt as error:
        try:
            since = _written(datetime.fromtimestamp(path.stat().st_mtime, UTC))
        except FileNotFoundError:
            raise IndexMissing(f"no build {path.stem!r} in {path.parent}") from None
        return BuildRecord(path.stem, FAILED, since, error=f"its record is damaged: {error}")


def write_record(path: Path, record: BuildRecord) -> None:
    """Replace a record.

    Raises:
        IndexFault: it cannot be written.
    """
    write_json(path, asdict(record))


def this_moment() -> str:
    """The time that it is, as records have it."""
    return _written(datetime.now(UTC))


def _written(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
