"""The lexical channel: BM25 over titles and bodies, in memory-mapped arrays.

Two views of the same terms: postings (term -> rows, with the term's BM25 weight there) answer a query in
one pass; the forward index (row -> terms) gives a stored story's terms without reading its text again.
"""

from recommender.lexical.bm25 import IDF_POWER, K1, B, inverse_document_frequency, saturate
from recommender.lexical.index import Int32, LexicalIndex, QueryTerms, Terms, Titles, places_of
from recommender.lexical.writer import LexicalWriter

__all__ = [
    "IDF_POWER",
    "K1",
    "B",
    "Int32",
    "LexicalIndex",
    "LexicalWriter",
    "QueryTerms",
    "Terms",
    "Titles",
    "inverse_document_frequency",
    "places_of",
    "saturate",
]
