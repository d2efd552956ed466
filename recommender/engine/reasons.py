"""Why a hit is there, in words an editor understands, with the share that each reason has in its score."""

import numpy as np

from recommender.analysis import analyzer, words_of
from recommender.engine.probe import Probe
from recommender.engine.rank import Ranked
from recommender.generation import Generation
from recommender.lexical import IDF_POWER
from recommender.ranking.freshness import age_in_days
from recommender.ranking.model import FEATURES, Ranker
from recommender.stories import Story

_WORDS = ("lexical", "rare", "title")
_VOTES = ("votes", "best_vote", "in_links")
_SHOWN_WORDS = 4
_LEAST = 0.01
_READ = 100_000
"""Of a text, where the words that it shares with the query are looked for as it writes them."""


def reasons(
    generation: Generation, ranker: Ranker, probe: Probe, ranked: Ranked, place: int, story: Story
) -> dict[str, float]:
    """What makes up a hit's sum: phrase to signed share, largest first.

    Each part is what the hit has more than a story that has nothing to do with the query and is of the best age; the
    absolute values of the shares add up to 1. Dates only take away (`Ranker.sums`), so a date is never what speaks for
    a hit. (Measured from the median candidate instead, which in a large corpus is years old, the date would be the one
    reason of every hit; in a small one what nearly all candidates have in common with the query would be none.)
    """
    row = int(ranked.rows[place])
    features = ranked.features[place : place + 1]
    parts = dict(zip(FEATURES, (features[0] * ranker.vector).tolist(), strict=True))
    lost = 0.0 if probe.moment is None else float(ranker.lost_to_time(features)[0])
    phrases = {
        "says similar things" if parts["similarity"] >= 0 else "says other things": parts["similarity"],
        _shared_words(generation, probe, row, story): sum(parts[name] for name in _WORDS),
        "its headline is quoted in the story": parts["quoted"],
        "editors of similar stories linked to it": sum(parts[name] for name in _VOTES),
        f"same section: {story.section}": parts["section"],
        _distance(generation, probe, row): lost,
    }
    total = sum(abs(part) for part in phrases.values()) or 1.0
    shares = {phrase: round(part / total, 3) for phrase, part in phrases.items() if abs(part) / total >= _LEAST}
    return dict(sorted(shares.items(), key=lambda item: -abs(item[1])))


def _shared_words(generation: Generation, probe: Probe, row: int, story: Story) -> str:
    """The heaviest words that query and hit share, as the hit writes them."""
    lexical = generation.lexical
    theirs = lexical.terms_of(row).ids
    shared = np.isin(probe.terms.ids, theirs)
    ids = probe.terms.ids[shared]
    if not len(ids):
        return "shares no rare words"
    weight = probe.terms.weights[shared] * lexical.idf[ids] ** IDF_POWER
    heaviest = [lexical.text_of(int(term)) for term in ids[np.argsort(-weight)][:_SHOWN_WORDS]]
    written = _as_written(heaviest, story)
    return "shares words: " + ", ".join(written.get(term, term) for term in heaviest)


def _as_written(terms: list[str], story: Story) -> dict[str, str]:
    """How a story first writes each of these terms: `agencies` where the index has `agenc`."""
    missing, written = set(terms), {}
    words = analyzer(story.language)
    for word in words_of(f"{story.title} {story.text[:_READ]}"):
        found = words.terms(word)
        for term in missing.intersection(found):
            # A run of a script without spaces is several terms, and no word.
            written[term] = word if len(found) == 1 else term
            missing.discard(term)
        if not missing:
            break
    return written


def _distance(generation: Generation, probe: Probe, row: int) -> str:
    if probe.moment is None:
        return "date"
    second = generation.columns.second[np.array([row])]
    days = float(age_in_days(second, probe.moment)[0])
    if np.isnan(days):
        return "no date"
    if days < 1:
        return "published the same day"
    unit, size = next(
        (unit, size) for unit, size in (("year", 365), ("month", 30), ("week", 14), ("day", 1)) if days >= size
    )
    count = int(days // (7 if unit == "week" else size))
    direction = "earlier" if int(second[0]) <= probe.moment.second else "later"
    return f"published {count} {unit}{'s' if count != 1 else ''} {direction}"
