"""`arender`: the same pictures, gathered at once, without holding up the event loop, and ended by cancelling."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from origin import BEE, Origin

import templrender as tr

ROW = {"name": "Aster honey", "price": "€6.90"}
ONE = tr.Template(
    '{ "templrender": 1, "name": "one", "size": [64, 48], '
    '"layers": [{ "type": "image", "src": "{{ first }}", "width": 64, "height": 48 }] }'
)


def test_the_same_bytes_as_render() -> None:
    ad = tr.open("templates/product-ad")
    row = {**ROW, "photo": str(BEE)}
    drawn = asyncio.run(tr.arender(ad, row, scale=0.25, format="png"))
    assert drawn.encode() == tr.render(ad, row, scale=0.25, format="png").encode()
    assert asyncio.run(tr.arender("templates/og-card", {"title": "One", "author": "Mira Larch"})).frame.size == (
        1200,
        630,
    )


def test_pictures_arrive_at_once_and_the_loop_goes_on(origin: Origin) -> None:
    loader = tr.Loader(allow_private=True)

    async def main() -> tuple[float, float]:
        worst = 0.0

        async def watch() -> None:
            nonlocal worst
            while True:
                begin = time.monotonic()
                await asyncio.sleep(0.01)
                worst = max(worst, time.monotonic() - begin)

        watching = asyncio.create_task(watch())
        begin = time.monotonic()
        rows = [{"first": f"{origin.url}/slow/0.5?{i}"} for i in range(8)]
        drawn = await asyncio.gather(*(tr.arender(ONE, row, loader=loader) for row in rows))
        took = time.monotonic() - begin
        watching.cancel()
        assert len({picture.encode() for picture in drawn}) == 1
        return took, worst

    took, worst = asyncio.run(main())
    assert origin.most_at_once >= 4, "they are fetched at once"
    assert worst < 0.5, "nothing holds up the loop"
    assert took < 8 * 0.5, took


def test_cancelling_ends_what_is_fetched(origin: Origin) -> None:
    loader = tr.Loader(allow_private=True)

    async def main() -> None:
        row = {**ROW, "photo": f"{origin.url}/drip/100"}
        task = asyncio.create_task(tr.arender("templates/product-ad", row, loader=loader))
        while not origin.asked:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    end = time.monotonic() + 3.0
    while origin.now and time.monotonic() < end:
        time.sleep(0.02)
    assert origin.now == 0


def test_cancelling_ends_what_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[str] = []
    template = tr.Template(
        '{ "templrender": 1, "name": "slow", "size": [4000, 4000], "layers": ['
        + ",".join(
            ['{ "type": "box", "width": 4000, "height": 4000, "background": "red", "filter": "blur(90px)" }'] * 60
        )
        + "] }"
    )

    async def main() -> None:
        real = asyncio.to_thread

        async def watched(call: object, *arguments: object, **more: object) -> object:
            def inner() -> object:
                try:
                    return call(*arguments, **more)  # type: ignore[operator]
                except tr.Cancelled:
                    ended.append("cancelled")
                    raise

            return await real(inner)

        monkeypatch.setattr(asyncio, "to_thread", watched)
        task = asyncio.create_task(tr.arender(template, {}))
        await asyncio.sleep(0.5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())  # waits for the thread that draws
    assert ended == ["cancelled"]


def test_an_error_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(tr.RowError):
        asyncio.run(tr.arender("templates/product-ad", {}))
    with pytest.raises(FileNotFoundError):
        asyncio.run(tr.arender(tmp_path, {}))
    with pytest.raises((tr.DeadlineError, tr.ResourceError)):
        asyncio.run(tr.arender("templates/product-ad", {**ROW, "photo": BEE}, timeout=1e-9))
