"""Live changes: a journal that loses nothing, and the overlay that lays it over a generation."""

from recommender.live.changes import UNSET, Change, Changes
from recommender.live.journal import Journal
from recommender.live.overlay import Overlay
from recommender.live.state import LiveState
from recommender.live.upsert import Upsert, in_steps

__all__ = ["UNSET", "Change", "Changes", "Journal", "LiveState", "Overlay", "Upsert", "in_steps"]
