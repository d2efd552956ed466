"""The HTTP service: `create_app(settings, engine)`. It knows HTTP and no maths."""

from recommender.service.app import create_app

__all__ = ["create_app"]
