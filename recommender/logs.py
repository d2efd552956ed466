"""What is logged goes to standard error: plain lines on a terminal, JSON elsewhere."""

import json
import logging
import logging.config
import sys
from datetime import UTC, datetime
from typing import Any

from recommender.settings import Settings


class JSONLines(logging.Formatter):
    """A log line as a JSON object, with the fields that the record was given."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        fields = getattr(record, "fields", None)
        line |= fields if isinstance(fields, dict) else {"message": record.getMessage()}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


class _Stderr(logging.StreamHandler[Any]):
    """Writes to what is standard error by then: a progress bar puts something else there, to stay below."""

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)


def log_to_stderr(settings: Settings) -> None:
    """Log what a service does."""
    style = "plain" if sys.stderr.isatty() else "json"
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"plain": {"format": "%(message)s"}, "json": {"()": JSONLines}},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": style}},
            "loggers": {
                "recommender.audit": {"level": "INFO"},  # whatever else is logged: who changed what, and when
                "recommender": {"level": settings.log_level.upper(), "handlers": ["stderr"], "propagate": False},
                "uvicorn": {"level": "WARNING", "handlers": ["stderr"], "propagate": False},
            },
        }
    )


def audit_to_stderr() -> None:
    """Log the live changes that a command makes, as a service does; nothing else."""
    audit = logging.getLogger("recommender.audit")
    audit.setLevel(logging.INFO)
    if not audit.handlers:
        handler = _Stderr()
        handler.setFormatter(logging.Formatter("%(message)s") if sys.stderr.isatty() else JSONLines())
        audit.addHandler(handler)
