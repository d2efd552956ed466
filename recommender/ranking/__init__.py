"""Ranking: features, the model over them, one slot for one story, freshness, diversity. Pure functions of arrays."""
