"""The dense channel: cosine over unit vectors, exact by definition, faster by FAISS where there are many."""

from recommender.dense.choice import choose_index, open_dense
from recommender.dense.compact import CompactIndex, write_compact
from recommender.dense.exact import DenseIndex, ExactIndex, empty_hits
from recommender.dense.flat import FaissFlat, FlatWriter

__all__ = [
    "CompactIndex",
    "DenseIndex",
    "ExactIndex",
    "FaissFlat",
    "FlatWriter",
    "choose_index",
    "empty_hits",
    "open_dense",
    "write_compact",
]
