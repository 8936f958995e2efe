"""The program: `python -m templrender.worker --help`."""

from __future__ import annotations

import contextlib
import json
import logging
import sys
from collections.abc import Sequence
from dataclasses import asdict
from itertools import islice

from .. import Error
from .options import Asked, parse


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs it, and gives the exit status."""
    asked = parse(sys.argv[1:] if arguments is None else arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    known: tuple[type[Exception], ...] = (Error, ImportError, OSError, ValueError)
    with contextlib.suppress(ImportError):  # which is said below
        from .jobs import unreachable

        known = (*known, *unreachable())
    try:
        return _run(asked)
    except known as error:
        print(error, file=sys.stderr)
        return 1


def _run(asked: Asked) -> int:
    from .job import Job
    from .jobs import Jobs, connect

    if asked.work is not None:
        from .run import work

        work(asked.work)
        return 0
    jobs = Jobs(connect(asked.redis), asked.prefix)
    status = 0
    match asked.command:
        case "file":
            lines = filter(str.strip, sys.stdin)
            while some := [Job.from_json(line) for line in islice(lines, 200)]:
                for job, is_new in zip(some, jobs.file_all(some), strict=True):
                    print(job.id, "filed" if is_new else "known")
        case "status":
            for id in asked.names:
                found = jobs.status(id)
                print(
                    json.dumps({"id": id, "state": "unknown"} if found is None else asdict(found), ensure_ascii=False)
                )
                status |= found is None
        case "dead":
            for id, why in jobs.dead(1_000_000):
                print(id, why)
        case "again":
            for id in [id for id, _ in jobs.dead(1_000_000)] if asked.names == ("all",) else asked.names:
                waits = jobs.again(id)
                print(id, "waits again" if waits else "is not dead")
                status |= not waits
    return int(status)


if __name__ == "__main__":
    sys.exit(main())
