"""The program: `python -m templrender.batch --help`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from .options import parse


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs it, and gives the exit status."""
    options = parse(arguments)
    try:
        # Imported when it is known that there is something to do: --help needs no pyarrow.
        from .. import Error
        from .feed import FeedError
        from .run import FAILED, INTERRUPTED, RunError, run
    except ImportError as error:
        print(f"{error}: pip install 'templrender[batch]'", file=sys.stderr)
        return 1
    try:
        return run(options)
    except KeyboardInterrupt:
        print("stopped; the same command goes on where it was", file=sys.stderr)
        return INTERRUPTED
    except (Error, FeedError, RunError, ImportError, OSError) as error:
        print("\n".join([str(error), *getattr(error, "__notes__", ())]), file=sys.stderr)
        return FAILED


if __name__ == "__main__":
    sys.exit(main())
