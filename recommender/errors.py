"""Every error that the package raises on purpose.

RecommenderError
├── SettingsError            a setting that cannot be used (command line: exit status 2)
├── InputError               wrong input of a request or call: which field, and why
│   ├── AmbiguousURL         one URL, stories of several ids
│   └── TooLarge             input beyond a stated limit
├── NotFound                 an id or URL that the index does not know
├── RecordError              a corpus record that is no story
├── CorpusError              a corpus that cannot be read, or holds no story
├── IndexFault              an index that cannot be used
│   ├── IndexMissing         no index, or no generation of that name
│   ├── IndexCorrupt         a file of a generation is missing, truncated or altered
│   ├── IndexFormat          written in a format that this version does not read
│   ├── IndexMismatch        made with another embedder than the one at hand
│   └── IndexBusy            another process is changing the index folder
├── ModelError               an embedding model that cannot be loaded
├── AddressUnavailable       a host and port that the service cannot listen on
├── PromotionRefused         a new generation is clearly worse than the live one
├── ProcessDied              a process that helped was ended, for want of memory perhaps
├── MissingExtra             an optional dependency is not installed
└── Overloaded               the queue is full: try again in a second
    └── Stopping             nothing more is taken: what comes after it is to be asked
"""

import shlex
import sys
from collections.abc import Sequence


class RecommenderError(Exception):
    """Root of the tree: its text is one clear line for a person."""


class SettingsError(RecommenderError):
    """A setting that cannot be used."""


class InputError(RecommenderError):
    """Wrong input of a request or call."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class AmbiguousURL(InputError):
    """A URL shared by stories of different ids identifies none of them."""

    def __init__(self, url: str, candidates: Sequence[str]) -> None:
        shown = ", ".join(candidates[:10]) + (" …" if len(candidates) > 10 else "")
        super().__init__("url", f"{url} is the URL of several stories; ask by id for one of: {shown}")
        self.candidates = tuple(candidates)


class TooLarge(InputError):
    """Input beyond a stated limit."""


class NotFound(RecommenderError):
    """An id or URL that the index does not know."""

    def __init__(self, what: str, value: str) -> None:
        super().__init__(f"no story with the {what} {value!r} in this index")
        self.what = what
        self.value = value


class RecordError(RecommenderError):
    """A corpus record that is no story."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class CorpusError(RecommenderError):
    """A corpus that cannot be read, or holds no story."""


class IndexFault(RecommenderError):
    """An index that cannot be used."""


class IndexMissing(IndexFault):
    """No index in the folder, or no generation of that name."""


class IndexCorrupt(IndexFault):
    """A file of a generation is missing, truncated or altered."""


class IndexFormat(IndexFault):
    """Written in a format that this version does not read."""


class IndexMismatch(IndexFault):
    """Made with another embedder than the one at hand."""


class IndexBusy(IndexFault):
    """Another process is changing the index folder."""


class ModelError(RecommenderError):
    """An embedding model that cannot be loaded."""


class AddressUnavailable(RecommenderError):
    """A host and port that the service cannot listen on."""


class PromotionRefused(RecommenderError):
    """A new generation is clearly worse than the live one."""


class ProcessDied(RecommenderError):
    """A process that helped was ended, for want of memory perhaps."""


class MissingExtra(RecommenderError):
    """An optional dependency is not installed."""

    def __init__(self, purpose: str, extra: str) -> None:
        super().__init__(f"{purpose} needs an optional part: {pip_install(f'related-articles-recommender[{extra}]')}")


class Overloaded(RecommenderError):
    """The queue is full."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what}: too many requests are waiting; try again in 1 s")


class Stopping(Overloaded):
    """Nothing more is taken."""

    def __init__(self, what: str) -> None:
        RecommenderError.__init__(self, f"{what} is stopping; try again in 1 s")


def pip_install(package: str) -> str:
    """The command that installs a package where this very program finds it, whichever way it was started."""
    return f"{shlex.quote(sys.executable or 'python')} -m pip install {shlex.quote(package)}"
