"""Generations: immutable folders that hold an index; `folder.IndexFolder` keeps them and says which is live."""

from recommender.generation.folder import IndexFolder, Listed
from recommender.generation.layout import FACETS, FORMAT, KIND_ARTICLE, KIND_HEADLINE, Layout
from recommender.generation.manifest import Manifest, read_manifest, write_manifest
from recommender.generation.reader import Columns, Generation
from recommender.generation.recovery import live_manifest
from recommender.generation.writer import GenerationWriter, StoredStory, column_values, pointer_keys

__all__ = [
    "FACETS",
    "FORMAT",
    "KIND_ARTICLE",
    "KIND_HEADLINE",
    "Columns",
    "Generation",
    "GenerationWriter",
    "IndexFolder",
    "Layout",
    "Listed",
    "Manifest",
    "StoredStory",
    "column_values",
    "live_manifest",
    "pointer_keys",
    "read_manifest",
    "write_manifest",
]
