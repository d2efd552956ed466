"""Rebuilds in processes of their own, with their state on disk: `Builds` starts, tells of and cancels them."""

from recommender.builds.builds import Builds

__all__ = ["Builds"]
