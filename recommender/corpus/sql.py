"""A query of any database that SQLAlchemy speaks to, streamed (extra `sql`)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from recommender.corpus.columns import Columns
from recommender.corpus.reader import Rejected
from recommender.corpus.spec import Spec
from recommender.errors import CorpusError, MissingExtra, pip_install
from recommender.stories import Story

_BATCH = 500
_PACKAGES = {"MySQLdb": "mysqlclient", "psycopg2": "psycopg2-binary"}
"""Drivers whose package is called otherwise than their module."""


class SqlQuery:
    """The rows of a query (`CorpusReader`): `sql:URL#query=SELECT …` or `sql:URL#table=NAME`.

    For the same order each time the query says ORDER BY. Nothing is written: the transaction is rolled back.
    """

    def __init__(self, spec: Spec) -> None:
        try:
            import sqlalchemy
        except ImportError:
            raise MissingExtra("reading a database", "sql") from None
        self._sql = sqlalchemy
        self._spec = spec
        try:
            self._url = sqlalchemy.engine.make_url(spec.target.removeprefix("sql:"))
        except sqlalchemy.exc.ArgumentError as error:
            raise CorpusError(f"sql: {error}; expected sql:DIALECT://…#query=SELECT … or #table=NAME") from None
        self.name = f"sql:{self._url.render_as_string(hide_password=True)}"
        database = self._url.database or ""
        is_sqlite = self._url.get_backend_name() == "sqlite"
        is_file = is_sqlite and database and not database.startswith((":memory:", "file:"))
        if is_file and not Path(database).is_file():  # SQLite would make an empty one
            raise CorpusError(f"{self.name}: no database at {database}")
        if not (spec.options.get("query") or spec.options.get("table")):
            raise CorpusError(f"{self.name}: say what to read: #query=SELECT … or #table=NAME")

    def __iter__(self) -> Iterator[Story | Rejected]:
        number = 0
        engine = self._engine()
        try:
            with engine.connect() as connection:
                result = connection.execution_options(stream_results=True, yield_per=_BATCH).execute(self._statement())
                columns = Columns(self.name, list(result.keys()), self._spec.columns, self._spec.base)
                for row in result.mappings():
                    number += 1
                    yield columns.item(f"{self.name}: row {number}", row)
        except (
            self._sql.exc.SQLAlchemyError,
            ValueError,
        ) as error:  # drivers raise the latter on values they cannot hold
            said = str(getattr(error, "orig", None) or error).splitlines()[0][:300]
            if not number:
                raise CorpusError(f"{self.name}: the query failed: {said}") from None
            yield Rejected(f"{self.name}: row {number + 1}", f"the database stopped answering: {said}")
        finally:
            engine.dispose()

    def _engine(self) -> Any:
        try:
            return self._sql.create_engine(self._url)
        except ModuleNotFoundError as error:
            module = str(error.name)
            install = pip_install(_PACKAGES.get(module, module))
            raise CorpusError(f"{self.name}: its driver {module} is not installed: {install}") from None
        except self._sql.exc.SQLAlchemyError as error:
            raise CorpusError(f"{self.name}: {str(error).splitlines()[0]}") from None

    def _statement(self) -> Any:
        query = self._spec.options.get("query")
        if query:
            return self._sql.text(query.replace(":", r"\:"))  # ":" begins no parameter here
        table = self._spec.options["table"]
        schema, _, name = table.rpartition(".")
        return self._sql.select(self._sql.text("*")).select_from(self._sql.table(name, schema=schema or None))
