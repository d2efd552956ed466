"""Corpora: `open_corpus` gives the reader of what a person names, one stream of stories and rejected records."""

from recommender.corpus.opening import open_corpus
from recommender.corpus.reader import CorpusReader, Rejected, boilerplate_of

__all__ = ["CorpusReader", "Rejected", "boilerplate_of", "open_corpus"]
