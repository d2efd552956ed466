"""The command line's words."""

import argparse
from typing import Any, NoReturn

from recommender import __version__
from recommender.cli.corpora import corpus_help
from recommender.cli.export import add_export
from recommender.cli.live import add_live
from recommender.corpus.spec import FORMATS
from recommender.engine.options import OPTIONS, Option


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line; the usage, of a dozen lines, would hide it."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"recommender: {message} (see `{self.prog} --help`)\n")


def make_parser() -> argparse.ArgumentParser:
    """The parser of all commands; the chosen one is `command`, of `index` also `action`."""
    parser = _Parser(
        prog="recommender",
        description="Finds the stories that belong under an article.",
        epilog="Settings: flags, then RECOMMENDER_* variables, then recommender.toml. See `recommender settings`.",
    )
    parser.add_argument("--version", action="version", version=f"recommender {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _build(commands)
    _sync(commands)
    _serve(commands)
    _related(commands)
    _evaluate(commands)
    _tune(commands)
    _index(commands)
    add_live(commands, _command)
    add_export(_command(commands, "export", "write every story's list as files for a web server or CDN"))
    _command(commands, "settings", "show every setting, its variable and its value").add_argument(
        "--json", action="store_true", help="as JSON"
    )
    return parser


def _command(commands: Any, name: str, about: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=about, description=about[0].upper() + about[1:] + "."
    )
    parser.add_argument("--index", metavar="DIR", help="folder of the index (default: ./index)")
    parser.add_argument("--debug", action="store_true", help="show tracebacks")
    return parser


def _build(commands: Any) -> None:
    parser = _command(commands, "build", "build an index from a corpus and make it the live one")
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = corpus_help()
    parser.add_argument("corpora", nargs="+", metavar="CORPUS", help="files, folders, URLs or databases (see below)")
    parser.add_argument(
        "--map", metavar="FIELD=COLUMN,…", help="which columns or JSON fields hold which fields: title=head,text=body"
    )
    parser.add_argument("--format", choices=FORMATS, metavar="F", help=f"what the corpora are: {', '.join(FORMATS)}")
    parser.add_argument("--dry-run", action="store_true", help="show what would be read, and build nothing")
    parser.add_argument("--model", metavar="NAME|PATH", help="sentence-transformers model (default: all-MiniLM-L6-v2)")
    parser.add_argument("--threads", type=int, metavar="N", help="threads for embedding (default: all cores)")
    parser.add_argument("--strict", action="store_true", help="fail on the first rejected record")
    parser.add_argument("--force", action="store_true", help="promote it even where it is worse than the live one")
    parser.add_argument("--no-promote", action="store_true", help="build and verify, but leave the live index as it is")
    parser.add_argument("--json", action="store_true", help="print the manifest (or what --dry-run shows) as JSON")


def _sync(commands: Any) -> None:
    parser = _command(commands, "sync", "add what is new or changed in feeds and sites to the live index")
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = corpus_help()
    parser.add_argument(
        "corpora", nargs="+", metavar="SOURCE", help="feeds, sitemaps, pages or other corpora (see below)"
    )
    parser.add_argument("--every", type=float, metavar="SECONDS", help="go on, with so long between two rounds")
    parser.add_argument("--map", metavar="FIELD=COLUMN,…", help="which columns hold which fields")
    parser.add_argument("--format", choices=FORMATS, metavar="F", help="what the sources are")
    parser.add_argument(
        "--allow-private", action="store_true", help="fetch from addresses inside one's own network too"
    )
    parser.add_argument("--json", action="store_true", help="say what was done as JSON")


def _serve(commands: Any) -> None:
    parser = _command(commands, "serve", "serve the live index over HTTP")
    parser.add_argument("--host", metavar="H", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, metavar="P", help="port to listen on (default: 8000)")
    parser.add_argument("--workers", type=int, metavar="N", help="serving processes (default: 1)")
    parser.add_argument("--threads", type=int, metavar="N", help="threads for embedding in each process")
    parser.add_argument("--log-level", metavar="L", help="debug, info, warning or error")
    parser.add_argument(
        "--sample", action="store_true", help="where there is no index yet, build the sample corpus first"
    )


def _related(commands: Any) -> None:
    parser = _command(commands, "related", "show the stories nearest to a text or to a story")
    query = parser.add_mutually_exclusive_group(required=True)
    query.add_argument("text", nargs="?", metavar="TEXT", help="any text: a word, a headline, an article")
    query.add_argument("--id", metavar="ID", help="a story of the index")
    query.add_argument("--url", metavar="URL", help="a story of the index, by its URL")
    query.add_argument("--file", metavar="F", help="a file with a text (- for standard input)")
    for option in OPTIONS:
        _option(parser, option)
    parser.add_argument("--json", action="store_true", help="the answer as the API gives it")


def _option(parser: argparse.ArgumentParser, option: Option) -> None:
    name = "--" + option.name.replace("_", "-")
    about = option.about.replace("%", "%%")
    if option.default:
        about += f" (default: {option.default})"
    takes = {"integer": "N", "number": "X", "texts": "X", "date": "DATE", "duration": "TIME"}
    metavar = "|".join(option.choices) or takes.get(option.kind)
    if option.kind == "flag":
        parser.add_argument(name, dest=option.name, action="store_true", default=None, help=about)
    elif option.kind == "texts":
        parser.add_argument(name, dest=option.name, action="append", metavar=metavar, help=f"{about} (repeatable)")
    else:
        parser.add_argument(name, dest=option.name, metavar=metavar, help=about)


def _evaluate(commands: Any) -> None:
    parser = _command(commands, "evaluate", "measure quality on the editors' own links, beside baselines")
    parser.add_argument(
        "corpora", nargs="*", metavar="CORPUS", help="build these for the purpose (default: the live index)"
    )
    parser.add_argument("--queries", type=int, default=2_000, metavar="N", help="queries at most (default: 2000)")
    parser.add_argument("--chart", metavar="FILE", help="write a chart (SVG)")
    parser.add_argument("--json", action="store_true", help="as JSON")


def _tune(commands: Any) -> None:
    parser = _command(commands, "tune", "fit the ranking to the editors' links again; promoted only if not worse")
    parser.add_argument("--force", action="store_true", help="promote it even where it is worse than the live one")
    parser.add_argument("--json", action="store_true", help="print the manifest as JSON")


def _index(commands: Any) -> None:
    about = "list, verify, promote, roll back and prune generations"
    parser = commands.add_parser("index", help=about, description=about[0].upper() + about[1:] + ".")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, text in {
        "list": "list the generations",
        "verify": "check every file of a generation (default: the live one)",
        "promote": "make a generation the live one",
        "rollback": "go back to the generation before",
        "diff": "what changes from one generation to another: stories, and lists of recommendations",
        "prune": "remove old generations",
    }.items():
        action = _command(actions, name, text)
        action.add_argument("--json", action="store_true", help="as JSON")
        if name in ("verify", "promote"):
            action.add_argument("generation", nargs="?" if name == "verify" else None, metavar="G", help="its name")
        if name == "diff":
            action.add_argument("before", metavar="A", help="a generation")
            action.add_argument("after", metavar="B", help="another")
            action.add_argument("--sample", type=int, default=200, metavar="N", help="lists compared (default: 200)")
        if name == "prune":
            about = (
                "how many of the newest to keep (default: 5); "
                "the live one and the one that `rollback` goes back to always stay"
            )
            action.add_argument("--keep", dest="keep_generations", type=int, metavar="N", help=about)
