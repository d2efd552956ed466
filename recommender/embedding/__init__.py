"""Texts to unit rows: the `Embedder` seam and its implementations."""

from recommender.embedding.cached import CachedEmbedder
from recommender.embedding.embedder import Embedded, Embedder, Role
from recommender.embedding.encoder_files import encoder_folder
from recommender.embedding.hashing import HashingEmbedder
from recommender.embedding.model_files import DEFAULT_MODEL, find_model, model_folder
from recommender.embedding.opening import open_embedder, open_exported
from recommender.embedding.openvino_embedder import OpenVINOEmbedder
from recommender.embedding.query_encoder import Encoded, QueryEncoder

__all__ = [
    "DEFAULT_MODEL",
    "CachedEmbedder",
    "Embedded",
    "Embedder",
    "Encoded",
    "HashingEmbedder",
    "OpenVINOEmbedder",
    "QueryEncoder",
    "Role",
    "encoder_folder",
    "find_model",
    "model_folder",
    "open_embedder",
    "open_exported",
]
