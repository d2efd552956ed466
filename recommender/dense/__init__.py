"""The dense channel: cosine over unit vectors, exact by definition, faster by FAISS where there are many."""

from recommender.dense.choice import choose_index, open_dense
from recommender.dense.exact import DenseIndex, ExactIndex, empty_hits
from recommender.dense.faiss_index import CompactIndex, FaissFlat, FlatWriter, write_compact

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
