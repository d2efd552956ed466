"""Names of generations: by them they are kept or pruned, so they are in order of building, whatever the clock says."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

_NEVER = datetime.min.replace(tzinfo=UTC)
_PARTS = 65_536
"""Of a second: a name ends with their number, four hexadecimal digits, however quick builds are."""
_TICK = timedelta(microseconds=2_000_000 // _PARTS)


def new_name(known: Iterable[str]) -> str:
    """The time that it is, as a name; a moment behind the latest of the known ones where the clock was set back."""
    now = datetime.now(UTC)
    newest = max(map(_time_of, known), default=_NEVER)
    return _name_at(now if newest < _time_of(_name_at(now)) else newest + _TICK)


def _name_at(time: datetime) -> str:
    return f"{time:%Y%m%dT%H%M%SZ}-{time.microsecond * _PARTS // 1_000_000:04x}"


def _time_of(name: str) -> datetime:
    """When a generation was named so; of a name of another kind the earliest time that there is."""
    try:
        second, parts = name.split("-")
        time = datetime.strptime(second, "%Y%m%dT%H%M%S%z")
        return time + timedelta(microseconds=int(parts, 16) * 1_000_000 // _PARTS)
    except (ValueError, OverflowError):
        return _NEVER
