"""The routes, one module per resource. A new module is added to `ROUTERS`."""

from recommender.service.routes import (
    builds,
    bulk,
    changes,
    desk,
    documentation,
    generations,
    health,
    index,
    pages,
    related,
    static,
    stories,
)

ROUTERS = (
    related.router,
    stories.router,
    bulk.router,
    changes.router,
    builds.router,
    index.router,
    health.router,
    static.router,
    desk.router,
    pages.router,
    generations.router,
    documentation.router,
)
