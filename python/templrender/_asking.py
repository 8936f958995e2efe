"""A loader's asking: one thread with an event loop of its own, whatever threads and loops its callers have."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Sequence
from concurrent.futures import Future

from ._load_error import LoadError
from ._web import Web, WebOptions

Found = dict[str, bytes | LoadError]


class Asking:
    """An event loop in a thread of its own, and the web as it is seen from there."""

    def __init__(self, options: WebOptions) -> None:
        self.pid = os.getpid()
        self._options = options
        self._loop = asyncio.new_event_loop()
        self._web: Web | None = None
        self._asking: set[asyncio.Task[bytes | LoadError]] = set()
        self._runner = threading.Thread(target=self._run, name="templrender-loader", daemon=True)
        self._runner.start()

    def submit(self, urls: Sequence[str], timeout: float | None) -> Future[Found]:
        """Answers each URL, all of them within the timeout."""
        return asyncio.run_coroutine_threadsafe(self._get(urls, timeout), self._loop)

    def stop(self) -> None:
        """Ends what runs, closes the connections, and waits for that, unless this is a forked process, or the thread
        itself.
        """
        if self.pid != os.getpid() or self._loop.is_closed():
            return
        self._loop.call_soon_threadsafe(self._loop.stop)
        if threading.current_thread() is not self._runner:
            self._runner.join(timeout=5.0)

    async def _get(self, urls: Sequence[str], timeout: float | None) -> Found:
        if self._web is None:
            # Its locks belong to the loop that runs.
            self._web = Web(self._options)
        tasks = {url: asyncio.ensure_future(self._web.get(url)) for url in urls}
        self._asking.update(tasks.values())
        try:
            await asyncio.wait(tasks.values(), timeout=timeout)
            late = LoadError(f"it did not arrive within {timeout or 0:g} s", is_transient=True)
            closed = LoadError("the loader was closed", is_transient=True)
            return {
                url: late.at(url) if not task.done() else closed.at(url) if task.cancelled() else task.result()
                for url, task in tasks.items()
            }
        finally:
            for task in tasks.values():
                task.cancel()
            self._asking.difference_update(tasks.values())

    def _run(self) -> None:
        loop = self._loop
        asyncio.set_event_loop(loop)
        try:
            loop.run_forever()
            # Who waits for these is told so.
            for task in self._asking:
                task.cancel()
            loop.run_until_complete(asyncio.gather(*asyncio.all_tasks(loop), return_exceptions=True))
            if self._web is not None:
                loop.run_until_complete(self._web.aclose())
        finally:
            loop.close()
