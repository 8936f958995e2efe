"""The loader: what may be read and asked, what is refused and how it is told, and that everything has its bound."""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from origin import BEE, RED, Origin, running

from templrender import Loader, LoadError
from templrender._connect import choose
from templrender.loading import shown

CERTIFICATES = Path("bindings/host/tests/origin/tls")
OUTSIDE = "a picture must lie in the folder of its row or template, or under the loader's root"


@pytest.fixture
def loader() -> Iterator[Loader]:
    with Loader(allow_private=True, timeout=5.0) as made:
        yield made


def said(loader: Loader, location: str) -> str:
    answer = loader.get([location])[location]
    assert isinstance(answer, LoadError), f"{location}: {len(answer)} bytes"
    assert answer.location == shown(location)
    return str(answer)


# ---- files


def test_paths_lie_under_the_root_after_links_are_followed(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    (inside / "a.png").write_bytes(b"a")
    (outside / "b.png").write_bytes(b"b")
    (inside / "good.png").symlink_to(inside / "a.png")
    (inside / "bad.png").symlink_to(outside / "b.png")
    (inside / "folder").symlink_to(outside)
    loader = Loader(root=inside)
    assert loader.get(["a.png", "./a.png", str(inside / "a.png"), "good.png"]) == dict.fromkeys(
        ["a.png", "./a.png", str(inside / "a.png"), "good.png"], b"a"
    )
    for path in [
        "bad.png",
        "folder/b.png",
        "../out/b.png",
        str(outside / "b.png"),
        "../out/none.png",
        "/etc/passwd",
        "../in-2/a.png",
    ]:
        assert said(loader, path) == OUTSIDE, path
    assert said(loader, "none.png") == "there is no such file"
    assert said(loader, "a\0.png") == "a path must have no NUL in it"
    assert said(loader, ".") == "this is not a file"
    assert loader.get(["b.png"], beside=[outside]) == {"b.png": b"b"}
    assert loader.get(["a.png"], beside=[tmp_path / "gone"]) == {"a.png": b"a"}


def test_what_is_no_file_or_too_large_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "large").write_bytes(bytes(11))
    (tmp_path / "full").write_bytes(bytes(10))
    loader = Loader(root=tmp_path, max_bytes=10)
    assert said(loader, "pipe") == "this is not a file"
    assert said(loader, "large") == "picture has 11 bytes, over the limit of 10"
    assert loader.get(["full"]) == {"full": bytes(10)}


def test_several_roots_are_tried_in_turn(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.png").write_bytes(name.encode())
    loader = Loader(root=[tmp_path / "one", tmp_path / "two"])
    assert loader.get(["two.png", "one.png"]) == {"two.png": b"two", "one.png": b"one"}
    assert said(Loader(root=None), "one.png") == "there is no such file"


@given(st.lists(st.sampled_from(["..", ".", "in", "out", "a.png", "", "/"]), min_size=1, max_size=6))
def test_no_spelling_of_a_path_leads_out(parts: list[str]) -> None:
    root = Path("templates/product-ad/rows").resolve()
    path = "/".join(parts)
    answer = Loader(root=root).get([path])[path]
    wanted = Path(os.path.normpath(root / path))
    assert isinstance(answer, LoadError)
    if not wanted.is_relative_to(root):
        assert str(answer) == OUTSIDE


def test_other_schemes_are_refused(loader: Loader) -> None:
    for location in [
        "file:///etc/passwd",
        "ftp://example.com/a.png",
        "data:image/png;base64,AAAA",
        "javascript:1",
        "s3://bucket/a.png",
    ]:
        assert said(loader, location) == "a picture is a path or an http, https or data URL"
    assert said(Loader(web=False), "https://example.com/a.png") == "pictures are not fetched here"


# ---- the web


def test_a_picture_is_fetched_and_told_nothing_of_ours(loader: Loader, origin: Origin) -> None:
    found = loader.get([f"{origin.url}/bee.webp", str(BEE), f"{origin.url}/bee.webp"])
    assert list(found) == [f"{origin.url}/bee.webp", str(BEE)]
    assert set(found.values()) == {BEE.read_bytes()}
    loader.get([f"{origin.url}/page"])
    loader.get([f"{origin.url}/page"])
    assert origin.asked == {"/bee.webp": 1, "/page": 2}
    assert {tuple(sorted(headers)) for headers in origin.headers} == {
        ("accept", "accept-encoding", "host", "user-agent")
    }


def test_a_private_address_is_refused_however_it_is_written(origin: Origin) -> None:
    loader = Loader()
    port = origin.server_address[1]
    refused = "the host has a private address, which needs allow_private=True"
    for host in [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
        "169.254.169.254",
        "10.0.0.1",
        "192.168.1.1",
    ]:
        assert said(loader, f"http://{host}:{port}/bee.webp") == refused, host
    for host in ["2130706433", "0x7f000001", "0177.0.0.1", "127.1"]:
        assert "a host must be a name, not a number" in said(loader, f"http://{host}:{port}/bee.webp")
    assert not origin.asked


def test_what_a_name_resolves_to_is_judged_and_connected_to(origin: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    port = origin.server_address[1]
    answers = [["127.0.0.1"], ["10.0.0.1", "127.0.0.1"]]

    def resolve(host: str, *_: object, **__: object) -> list[object]:
        assert host == "shop.example", "an address is connected to as it is"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in answers.pop(0)]

    monkeypatch.setattr("templrender._connect.is_public", lambda address: address == "127.0.0.1")
    lookups = asyncio.BaseEventLoop.getaddrinfo

    async def getaddrinfo(self: asyncio.BaseEventLoop, host: str, *rest: Any, **more: Any) -> Any:
        return resolve(host) if host.endswith(".example") else await lookups(self, host, *rest, **more)

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", getaddrinfo)
    with Loader() as loader:
        url = f"http://shop.example:{port}/bee.webp"
        assert loader.get([url]) == {url: BEE.read_bytes()}
    with Loader() as loader:
        assert loader.get([url]) == {url: BEE.read_bytes()}, "the private one is left out"
    assert {headers["host"] for headers in origin.headers} == {f"shop.example:{port}"}


def test_a_redirect_is_judged_again(origin: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    port = origin.server_address[1]
    monkeypatch.setattr("templrender._connect.is_public", lambda address: address == "127.0.0.1")
    with Loader() as loader:
        for host in ["localhost6", "[::1]", "[::ffff:127.0.0.1]", "127.0.0.2", "0.0.0.0"]:
            refusal = said(loader, f"{origin.url}/to?http://{host}:{port}/bee.webp")
            assert refusal in (
                "the host has a private address, which needs allow_private=True",
                "its host is not known",
            ), host
        assert "must begin with http" in said(loader, f"{origin.url}/to?file:///etc/passwd")
        assert "user name" in said(loader, f"{origin.url}/to?http://user:secret@127.0.0.1:{port}/bee.webp")
        url = f"{origin.url}/to?/bee.webp"
        assert loader.get([url]) == {url: BEE.read_bytes()}


def test_redirects_are_bounded(loader: Loader, origin: Origin) -> None:
    assert said(loader, f"{origin.url}/loop/0") == "more than 5 redirects"
    assert len(origin.asked) == 6
    with Loader(allow_private=True, max_redirects=0) as strict:
        assert said(strict, f"{origin.url}/to?/bee.webp") == "more than 0 redirects"


def test_credentials_and_malformed_urls_are_refused_and_their_queries_kept_back(loader: Loader, origin: Origin) -> None:
    for location in [
        f"{origin.url.replace('//', '//user:pa55@')}/bee.webp",
        "http:/example.com/?token=secret",
        "http://exa mple/?token=secret",
        f"{origin.url}/status/404?token=secret",
        f"{origin.url}/status/503?token=secret",
    ]:
        answer = loader.get([location])[location]
        assert isinstance(answer, LoadError)
        assert "secret" not in f"{answer} {answer!r} {answer.location} {answer.args}"
        assert "pa55" not in f"{answer} {answer!r} {answer.location} {answer.args}"


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("status/404", "the server answered with status 404"),
        ("status/304", "the server answered with status 304"),
        ("cut", "the connection ended before the answer did"),
        ("hang-up", "the connection ended before the answer did"),
        ("no-http", "the answer is not HTTP"),
        ("brotli", "the answer is compressed in a way that was not asked for"),
        ("broken-gzip", "the answer's gzip data is broken"),
    ],
)
def test_what_broke_is_told(origin: Origin, path: str, reason: str) -> None:
    with Loader(allow_private=True, retries=0) as loader:
        assert said(loader, f"{origin.url}/{path}") == reason
        assert origin.asked[f"/{path}"] == 1


def test_bytes_are_bounded_while_they_arrive_and_come_out(origin: Origin) -> None:
    with Loader(allow_private=True, max_bytes=100_000) as loader:
        assert said(loader, f"{origin.url}/bytes/100001") == "picture has 100001 bytes, over the limit of 100000"
        assert said(loader, f"{origin.url}/endless") == "picture has more bytes than the limit of 100000"
        assert said(loader, f"{origin.url}/bomb") == "picture has more bytes than the limit of 100000"
        full = f"{origin.url}/bytes/100000"
        assert loader.get([full]) == {full: bytes(100_000)}
    with Loader(allow_private=True) as loader:
        assert loader.get([f"{origin.url}/gzip"]) == {f"{origin.url}/gzip": BEE.read_bytes()}


def test_time_is_bounded_in_all_and_not_for_each_byte(origin: Origin) -> None:
    with Loader(allow_private=True, timeout=0.5) as loader:
        for path in ["slow/5", "drip/100"]:
            begin = time.monotonic()
            assert said(loader, f"{origin.url}/{path}") == "it did not arrive within 0.5 s"
            assert time.monotonic() - begin < 2.0
    with Loader(allow_private=True) as loader:
        found = loader.get([f"{origin.url}/slow/5", f"{origin.url}/bee.webp", str(BEE)], timeout=0.5)
        late = found.pop(f"{origin.url}/slow/5")
        assert isinstance(late, LoadError) and late.is_transient and str(late) == "it did not arrive within 0.5 s"
        assert set(found.values()) == {BEE.read_bytes()}


def test_a_server_in_trouble_is_asked_again_and_one_that_says_no_is_not(loader: Loader, origin: Origin) -> None:
    for status in (429, 502, 503, 504):
        url = f"{origin.url}/flaky/{status}/2"
        assert loader.get([url]) == {url: BEE.read_bytes()}, status
    url = f"{origin.url}/flaky/503/3"
    assert said(loader, url) == "the server answered with status 503"
    assert origin.asked["/flaky/503/3"] == 3
    for status in (400, 403, 404, 410, 500):
        said(loader, f"{origin.url}/status/{status}")
        assert origin.asked[f"/status/{status}"] == 1, status


def test_a_wait_that_the_server_asks_for_is_kept_where_time_allows_it(origin: Origin) -> None:
    with Loader(allow_private=True, timeout=3.0) as loader:
        begin = time.monotonic()
        url = f"{origin.url}/flaky/503/1?after=1"
        assert loader.get([url]) == {url: BEE.read_bytes()}
        assert 1.0 <= time.monotonic() - begin < 2.5
        begin = time.monotonic()
        answer = loader.get([f"{origin.url}/status/503?after=60"])[f"{origin.url}/status/503?after=60"]
        assert time.monotonic() - begin < 1.0, "nobody waits for a minute that is not there"
        assert isinstance(answer, LoadError)
        assert (answer.status, answer.retry_after, answer.is_transient) == (503, 60.0, True)


def test_a_port_that_nobody_listens_on_is_tried_again(loader: Loader) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        begin = time.monotonic()
        assert said(loader, f"http://127.0.0.1:{port}/a.png?token=secret") == "connection refused"
        assert 0.25 < time.monotonic() - begin < 2.0


def test_an_unknown_host_is_told(loader: Loader) -> None:
    assert said(loader, "http://no-such-host.invalid/a.png") in (
        "its host is not known",
        "it did not arrive within 5 s",
    )


def test_how_many_are_asked_at_once_is_bounded_in_all_and_by_origin(origin: Origin) -> None:
    urls = [f"{origin.url}/slow/0.1?{i}" for i in range(12)]
    with Loader(allow_private=True, at_once=4, per_host=3) as loader:
        found = loader.get(urls)
    assert list(found) == urls and set(found.values()) == {RED}
    assert 2 <= origin.most_at_once <= 3
    origin.most_at_once = 0
    with Loader(allow_private=True, at_once=2, per_host=8) as loader:
        threads = [threading.Thread(target=loader.get, args=(urls[i::3],)) for i in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert origin.most_at_once == 2


def test_tls_is_on_top_with_the_name_of_the_url(monkeypatch: pytest.MonkeyPatch) -> None:
    async def look_up(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    monkeypatch.setattr("templrender._connect.look_up", look_up)
    tls = ssl.create_default_context(cafile=CERTIFICATES / "ca.pem")
    with running(CERTIFICATES / "localhost.pem", CERTIFICATES / "localhost.key") as origin:
        by_name = origin.url.replace("127.0.0.1", "localhost")
        with Loader(allow_private=True, tls=tls, retries=0) as loader:
            assert loader.get([f"{by_name}/bee.webp"]) == {f"{by_name}/bee.webp": BEE.read_bytes()}
            other = origin.url.replace("127.0.0.1", "shop.example")
            assert said(loader, f"{other}/bee.webp").startswith("no trusted connection: Hostname mismatch")
            assert said(loader, f"{by_name}/to?{by_name.replace('https', 'http')}/") == (
                "a redirect must not lead from https to http"
            )
        with Loader(allow_private=True, retries=0) as trusting_browsers:
            assert said(trusting_browsers, f"{by_name}/bee.webp").startswith("no trusted connection: ")
    with running() as plain, Loader(allow_private=True, retries=0) as loader:
        assert said(loader, plain.url.replace("http", "https")).startswith("no trusted connection: ")


# ---- asyncio, threads, processes


def test_async_gathers_without_holding_up_its_loop(loader: Loader, origin: Origin) -> None:
    async def main() -> tuple[float, int, dict[str, bytes | LoadError]]:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0.01)

        ticking = asyncio.create_task(tick())
        begin = time.monotonic()
        found = await loader.aget([f"{origin.url}/slow/0.3?{i}" for i in range(6)] + [str(BEE), "file:///a"])
        ticking.cancel()
        return time.monotonic() - begin, ticks, found

    took, ticks, found = asyncio.run(main())
    assert took < 1.2 and ticks > 10
    assert found[str(BEE)] == BEE.read_bytes() and list(found.values()).count(RED) == 6


def test_ctrl_c_ends_waiting(loader: Loader, origin: Origin) -> None:
    main = threading.main_thread().ident
    assert main is not None
    threading.Timer(0.3, signal.pthread_kill, (main, signal.SIGINT)).start()
    begin = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        loader.get([f"{origin.url}/slow/4"])
    assert time.monotonic() - begin < 3.0
    assert loader.get([f"{origin.url}/bee.webp"]) == {f"{origin.url}/bee.webp": BEE.read_bytes()}


def test_a_cancelled_task_asks_no_more(loader: Loader, origin: Origin) -> None:
    async def main() -> None:
        task = asyncio.create_task(loader.aget([f"{origin.url}/drip/60?{i}" for i in range(3)]))
        while origin.asked["/drip/60"] < 3:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    end = time.monotonic() + 5.0
    while origin.now and time.monotonic() < end:
        time.sleep(0.02)
    assert origin.asked["/drip/60"] == 3 and origin.now == 0


def test_a_closed_loader_starts_anew_and_ends_what_runs(origin: Origin) -> None:
    loader = Loader(allow_private=True)
    url = f"{origin.url}/bee.webp"
    loader.get([url])
    loader.close()
    loader.close()
    assert loader.get([url]) == {url: BEE.read_bytes()}
    threading.Timer(0.2, loader.close).start()
    assert said(loader, f"{origin.url}/slow/5") == "the loader was closed"


def test_a_forgotten_loader_leaves_no_thread(origin: Origin) -> None:
    before = set(threading.enumerate())
    loader = Loader(allow_private=True)
    loader.get([f"{origin.url}/bee.webp"])
    mine = [thread for thread in set(threading.enumerate()) - before if thread.name == "templrender-loader"]
    assert len(mine) == 1
    del loader
    mine[0].join(5.0)
    assert not mine[0].is_alive()


def test_a_loader_pickles_as_its_settings(origin: Origin) -> None:
    loader = Loader(root="templates", allow_private=True, retries=0)
    loader.get([f"{origin.url}/bee.webp"])
    again = pickle.loads(pickle.dumps(loader))
    assert repr(again) == repr(loader) and again.roots == loader.roots
    assert again.get([f"{origin.url}/status/503"]).keys() == {f"{origin.url}/status/503"}
    assert origin.asked["/status/503"] == 1


def test_a_forked_process_asks_with_connections_of_its_own(loader: Loader, origin: Origin) -> None:
    url = f"{origin.url}/bee.webp"
    loader.get([url])
    child = os.fork()
    if child == 0:
        os._exit(0 if loader.get([url]) == {url: BEE.read_bytes()} else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_a_failure_pickles() -> None:
    error = LoadError("why", location="https://a.example/?b=c", status=503, retry_after=2.0, is_transient=True)
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.location, again.status, again.retry_after, again.is_transient) == (
        "why",
        "https://a.example/?…",
        503,
        2.0,
        True,
    )


@pytest.mark.parametrize(
    ("settings", "rule"),
    [
        ({"timeout": 0}, "timeouts must be more than 0 s"),
        ({"at_once": 0}, "at_once and per_host must be at least 1"),
        ({"retries": -1}, "retries and max_redirects must be at least 0"),
        ({"max_bytes": 0}, "max_bytes must be at least 1"),
        ({"user_agent": "a\r\nb: c"}, "user_agent must be printable ASCII"),
    ],
)
def test_settings_are_held_to_their_rules(settings: dict[str, object], rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        Loader(**settings)  # type: ignore[arg-type]


def test_addresses_are_chosen_as_the_program_does() -> None:
    found = ["2606:4700::1", "2606:4700::2", "10.0.0.1", "1.1.1.1", "::1", "1.0.0.1", "1.1.1.2"]
    assert choose(found, False) == ["2606:4700::1", "1.1.1.1", "2606:4700::2", "1.0.0.1", "1.1.1.2"]
    assert choose(["127.0.0.1", "::1"], True) == ["127.0.0.1", "::1"]
    with pytest.raises(LoadError, match="private"):
        choose(["127.0.0.1", "::ffff:10.0.0.1", "fe80::1%eth0"], False)
    with pytest.raises(LoadError, match="not known"):
        choose([], False)
