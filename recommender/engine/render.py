"""Rows to hits: the fields that an answer shows of a story, and its reasons."""

from collections.abc import Set
from typing import Any

import numpy as np

from recommender.dates import UNDATED, Moment
from recommender.engine.answer import Hit
from recommender.engine.probe import Probe
from recommender.engine.rank import Ranked
from recommender.engine.reasons import reasons
from recommender.engine.summary import display_title, summary
from recommender.generation import Generation
from recommender.ranking.model import Ranker
from recommender.readmore import headline_key, url_key
from recommender.storage import key64
from recommender.stories import HEADLINE, KINDS
from recommender.vectors import Int64, Mask

MENTIONS = 10
"""Stories named at most under a headline-only one."""

_REJECTED = 50
_SUMMARISED = 2_000

Fields = tuple[tuple[str, ...], tuple[str, ...], bool]


class Renderer:
    """Makes hits of the rows of one generation; `hidden` are the keys of stories that live changes hide."""

    def __init__(self, generation: Generation, ranker: Ranker, hidden: Set[int]) -> None:
        self._generation = generation
        self._ranker = ranker
        self._hidden = hidden

    def hit(self, ranked: Ranked, place: int, fields: Fields, shown: Mask, explain: Probe | None) -> Hit:
        """The hit at a place of a ranked list; with reasons where the query is given to explain it."""
        row, score = int(ranked.rows[place]), float(ranked.scores[place])
        similarity = float(ranked.similarity[place])
        values = self.listed(row, shown)
        values["score"] = round(score, 4)
        values["similarity"] = round(similarity, 4)
        values["story"] = {"size": int(ranked.sizes[place])}
        if explain is not None:
            story = self._generation.story(row)
            values["reasons"] = reasons(self._generation, self._ranker, explain, ranked, place, story)
        return Hit(row, score, similarity, self._pick(row, values, fields, shown))

    def fallback(self, row: int, fields: Fields, shown: Mask) -> Hit:
        """A story that is shown for its date alone."""
        values = self.listed(row, shown)
        values |= {"score": 0.0, "similarity": None, "fallback": True}
        return Hit(row, 0.0, None, self._pick(row, values, fields, shown))

    def listed(self, row: int, shown: Mask) -> dict[str, Any]:
        """The fields of a hit that no question is needed for."""
        generation, columns = self._generation, self._generation.columns
        record = generation.record(row)
        title, text = record.get("title", ""), record.get("text", "")[:_SUMMARISED]
        second = int(columns.second[row])
        kind = KINDS[int(columns.kind[row])]
        values: dict[str, Any] = {
            "id": record["id"],
            "kind": kind,
            "title": display_title(title, text),
            "url": record.get("url"),
            "summary": summary(title, text),
            "image": record.get("image"),
            "date_published": None if second == UNDATED else str(Moment(second, bool(columns.is_day[row]))),
            "language": record.get("language"),
            "section": record.get("section"),
            "source": record.get("source"),
        }
        if kind == HEADLINE:
            values["mentioned_by"] = self._named(generation.graph.sources(row), shown)
        return values

    def story(self, row: int, shown: Mask) -> dict[str, Any]:
        """A story's record with what links to it and what it links to."""
        record = self._record(row, shown)
        return record | {
            "kind": KINDS[int(self._generation.columns.kind[row])],
            "summary": summary(record.get("title", ""), record.get("text", "")),
            "links": {
                "read_more": self._named(self._generation.graph.targets(row), shown),
                "mentioned_by": self._named(self._generation.graph.sources(row), shown),
            },
        }

    def rejected(self, ranked: Ranked, min_score: float, kept_out: list[tuple[int, str]]) -> list[dict[str, Any]]:
        """What was left out, and why: copies of shown stories, what scores too little, what filters keep out."""
        copies = [
            self._reason(copy, "same story as the query" if leader < 0 else "same story as a better hit", leader)
            for copy, leader in ranked.copies[:_REJECTED]
        ]
        below = [
            self._reason(int(ranked.rows[place]), "below min_score", -1, float(ranked.scores[place]))
            for place in np.flatnonzero(ranked.scores < min_score)[:_REJECTED]
        ]
        return copies + [self._reason(row, reason, -1) for row, reason in kept_out] + below

    def _reason(self, row: int, reason: str, same_as: int, score: float | None = None) -> dict[str, Any]:
        record = self._generation.record(row)
        result: dict[str, Any] = {"id": record["id"], "title": record.get("title", ""), "reason": reason}
        if same_as >= 0:
            result["same_as"] = self._generation.record(same_as)["id"]
        if score is not None:
            result["score"] = round(score, 4)
        return result

    def _pick(self, row: int, values: dict[str, Any], fields: Fields, shown: Mask) -> dict[str, Any]:
        names, further, everything = fields
        picked = {name: values[name] for name in names if name in values}
        if further:
            record = self._record(row, shown)
            wanted = record if everything else {name: record[name] for name in further if name in record}
            picked = dict(wanted) | picked
        return picked

    def _record(self, row: int, shown: Mask) -> dict[str, Any]:
        """A story's record as it came, but for those of its read-more headlines that are of hidden stories."""
        record = self._generation.record(row)
        if pointers := record.pop("read_more", None):
            left = [one for one in pointers if not self._is_hidden(one, shown)]
            record |= {"read_more": left} if left else {}
        return record

    def _is_hidden(self, pointer: dict[str, Any], shown: Mask) -> bool:
        """Whether the first of a pointer's id, URL and headline that is known is that of hidden stories alone."""
        named = (
            ("id_key", key64, pointer.get("id")),
            ("url_key", url_key, pointer.get("url")),
            ("headline_key", headline_key, pointer.get("title")),
        )
        for name, key_of, text in named:
            if text:
                key = key_of(text)
                rows = self._generation.rows_of_key(name, key)
                if len(rows):
                    return not shown[rows].any()
                if key in self._hidden:  # of a story that was deleted there is no row
                    return True
        return False

    def _named(self, rows: Int64, shown: Mask) -> list[dict[str, Any]]:
        records = (self._generation.record(int(row)) for row in rows[shown[rows]][:MENTIONS])
        return [{"id": record["id"], "title": record.get("title", "")} for record in records]
