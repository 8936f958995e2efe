"""Work in other threads that nobody has to wait for: calls that can be cancelled, and what they have under way."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import TypeVar

from ._templrender import Cancel, Cancelled, Fault

T = TypeVar("T")

# Seconds between two looks whether a call is cancelled.
_LOOK_S = 0.05


class UnderWay:
    """Calls that are not done. Each ends with its caller: after an exception, after ctrl-c, and where an iterator is dropped half-way. Pickles as none."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: list[Cancel] = []

    @contextlib.contextmanager
    def one(self) -> Iterator[Cancel]:
        """A call, which is cancelled when the block is left."""
        cancel = Cancel()
        with self._lock:
            self._calls.append(cancel)
        try:
            yield cancel
        finally:
            cancel.set()
            with self._lock:
                self._calls = [call for call in self._calls if call is not cancel]

    def cancel(self) -> None:
        """Cancels all of them."""
        with self._lock:
            for call in self._calls:
                call.set()

    def __reduce__(self) -> tuple[type[UnderWay], tuple[()]]:
        return UnderWay, ()


def in_background(function: Callable[[], T]) -> Future[T]:
    """Runs it in a thread that the end of the program does not wait for: a server may take its time.

    >>> in_background(lambda: 6 * 7).result()
    42
    """
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(function())
        except BaseException as error:  # told to whoever waits for it
            future.set_exception(error)

    threading.Thread(target=run, name="templrender-background", daemon=True).start()
    return future


def result(future: Future[T], cancel: Cancel) -> T:
    """What a thread in the background has found. A cancelled call does not wait for it.

    Raises:
        Cancelled: The call is cancelled.
    """
    while True:
        if cancel.is_set():
            raise Cancelled(Fault("cancelled", "batch", "a batch was cancelled"))
        try:
            return future.result(timeout=_LOOK_S)
        except TimeoutError:
            if future.done():
                return future.result()
