"""The audit: a line of the log for each live change."""

import logging
from collections.abc import Iterable
from datetime import UTC, datetime

from recommender.live.state import DELETE, Entry
from recommender.stories import USABLE

audit = logging.getLogger("recommender.audit")


def log_changes(entries: Iterable[Entry]) -> None:
    """A line for each change, once it is committed; what hides a story says since when no answer that is asked for
    holds it.
    """
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    for entry in entries:
        at = datetime.fromtimestamp(entry.at / 1_000, UTC).isoformat(timespec="milliseconds")
        fields = {"change": entry.kind, "id": entry.id, "position": entry.position, "at": at, "who": entry.who}
        fields |= {name: entry.payload[name] for name in ("status", "embargoed") if name in entry.payload}
        if entry.kind == DELETE or entry.payload.get("status", USABLE) != USABLE:
            fields["not_served_since"] = now
        audit.info(
            "%s %s at %d by %s", entry.kind, entry.id, entry.position, entry.who or "-", extra={"fields": fields}
        )
