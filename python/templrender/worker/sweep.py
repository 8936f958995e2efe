"""What is due is deleted: photos, pictures, and what is known of a job. First the file, then its entry, so that one that could not be deleted is tried again."""

from __future__ import annotations

import logging

from . import files
from .jobs import Jobs

log = logging.getLogger("templrender.worker")
_AT_ONCE = 200


def sweep(jobs: Jobs, store: files.Store) -> int:
    """Deletes what is due now, up to 200 of them; how many."""
    deleted = 0
    for what in jobs.call("due", _AT_ONCE):
        try:
            files.delete(store, what)
        except Exception as error:  # each object storage has its own
            log.warning("%s cannot be deleted now: %s", what, error)
            continue
        deleted += int(jobs.call("deleted", what))
    return deleted
