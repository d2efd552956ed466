"""The command line: parse, call, print; it knows no maths."""

import os
import sys
from collections.abc import Sequence

from recommender.errors import InputError, RecommenderError, SettingsError

# Before numpy is imported: of products as small as ours, shared among threads, most time goes into waiting for each
# other. The encoder and FAISS have threads of their own.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; the exit status is 0 when it is done, 1 when the work failed, 2 when its use was wrong."""
    debug = False
    try:
        from recommender.cli.commands import run  # takes a second or two: it can be stopped as well
        from recommender.cli.parser import make_parser

        arguments = make_parser().parse_args(argv)
        debug = arguments.debug
        return run(arguments)
    except RecommenderError as error:
        if debug:
            raise
        print(f"recommender: {error}", file=sys.stderr)
        return 2 if isinstance(error, InputError | SettingsError) else 1
    except KeyboardInterrupt:
        print("recommender: stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
