"""The form of deploy/upload over HTTP: a photo becomes a job, and what is none, too much or from elsewhere does not."""

from __future__ import annotations

import doctest
import http.client
import json
import re
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from batch_kit import photo as png
from hypothesis import given
from hypothesis import strategies as st
from worker_kit import Shop, honey

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "deploy" / "upload"))

import multipart  # noqa: E402
import pages  # noqa: E402
import photo  # noqa: E402
import upload  # noqa: E402

from templrender import Frame, Output  # noqa: E402
from templrender.worker.job import Job  # noqa: E402

TEMPLATE = """{
  "templrender": 1, "name": "card", "size": [64, 64], "output": { "format": "png" },
  "fields": { "photo": { "type": "image", "required": true }, "crop": { "type": "rect" }, "name": { "type": "text" } },
  "layers": [ { "id": "photo", "type": "image", "src": "{{ photo }}", "left": 0, "top": 0, "width": 64, "height": 64 } ]
}"""


class Visitor:
    """A browser, as far as the form needs one."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookie = ""

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body or None, {"Cookie": self.cookie, **named})
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            if "set-cookie" in found:
                self.cookie = found["set-cookie"].partition(";")[0]
            return answer.status, found, answer.read()
        finally:
            connection.close()

    def token(self) -> str:
        page = self.ask("GET", "/")[2].decode()
        found = re.search(r'name="token" value="([^"]+)"', page)
        assert found
        return found[1]

    def send(self, fields: dict[str, bytes | str], **headers: str) -> tuple[int, dict[str, str], bytes]:
        body = b""
        for name, value in fields.items():
            file = '; filename="../../evil.php"' if name == "photo" else ""
            body += f'--XyZ\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'.encode()
            body += (value.encode() if isinstance(value, str) else value) + b"\r\n"
        return self.ask("POST", "/", body + b"--XyZ--\r\n", Content_Type="multipart/form-data; boundary=XyZ", **headers)

    def good(self, **fields: bytes | str) -> dict[str, bytes | str]:
        return {"token": self.token(), "photo": big(), "to": "bee@example.org", "name": "Bee", "crop": "", **fields}


def big(width: int = 100, height: int = 80) -> bytes:
    return bytes(
        Frame(memoryview(bytes([200, 100, 50] * width * height)).cast("B", (height, width, 3))).encode(Output.jpeg())
    )


@pytest.fixture
def settings() -> upload.Settings:
    return upload.Settings(template="card", max_bytes=1 << 20, per_address=30, per_recipient=20)


@pytest.fixture
def visitor(shop: Shop, settings: upload.Settings) -> Iterator[Visitor]:
    (shop.folder / "card").mkdir()
    (shop.folder / "card" / "template.json").write_text(TEMPLATE)
    form = upload.Form(shop.jobs, shop.store, settings, b"secret")
    with upload.serve(form, "127.0.0.1:0") as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield Visitor(server.server_address[1])
        server.shutdown()
        thread.join()


def test_a_photo_becomes_a_job_a_page_and_a_picture(shop: Shop, visitor: Visitor) -> None:
    status, headers, _ = visitor.send(visitor.good(crop="10 -5 60 500", name=" <b>Bee</b> "))
    assert status == 303
    page = headers["location"]
    id = page.removeprefix("/job/")
    found = shop.jobs.status(id)
    assert found and found.state == "waiting"
    job = Job.from_json(shop.client.hget(f"{shop.prefix}:job:{id}", "json"))
    assert (job.template, job.row, job.to) == ("card", {"crop": "10 0 60 80", "name": "<b>Bee</b>"}, "bee@example.org")
    stored = [path for path in (shop.folder / "files").rglob("*") if path.is_file()]
    assert [path.relative_to(shop.folder / "files" / "uploads").as_posix() for path in stored] == [job.upload]
    assert b"You are next." in visitor.ask("GET", page)[2]
    told = json.loads(visitor.ask("GET", page + ".json")[2])
    assert (told["state"], told["ahead"]) == ("waiting", 0) and "result" not in told
    assert visitor.ask("GET", page + "/picture")[0] == 404
    shop.draw_all(shop.worker())
    assert b"Your picture is ready" in visitor.ask("GET", page)[2]
    status, headers, picture = visitor.ask("GET", page + "/picture")
    assert (status, headers["content-type"], picture[:4]) == (200, "image/png", b"\x89PNG")


def test_a_place_in_the_line(shop: Shop, visitor: Visitor) -> None:
    for i in range(12):
        shop.jobs.file(honey(i))
    page = visitor.send(visitor.good())[1]["location"]
    assert b"12 are before you." in visitor.ask("GET", page)[2]


def test_sent_twice_it_is_one_job(shop: Shop, visitor: Visitor) -> None:
    fields = visitor.good()
    first, second = visitor.send(fields), visitor.send(fields)
    assert first[1]["location"] == second[1]["location"] and shop.jobs.depth().depth == 1
    assert len(list((shop.folder / "files" / "uploads").rglob("*.jpg"))) == 1
    assert visitor.send(visitor.good())[1]["location"] != first[1]["location"]


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"photo": b"<svg onload=alert(1)>"}, 422, "A photo must be a JPEG, a PNG or a WebP."),
        ({"photo": b""}, 422, "A photo must be a JPEG, a PNG or a WebP."),
        ({"photo": big()[:300]}, 422, "The photo cannot be read: "),
        ({"photo": png()}, 422, "A photo must be at least 32 px wide and high, found 8 x 8."),
        ({"crop": "1 2 3"}, 422, "A box must be four numbers: left, top, width, height."),
        ({"crop": "0 0 nan 50"}, 422, "A box must lie in the photo."),
        ({"crop": "0 0 1e999 50"}, 422, "A box must lie in the photo."),
        ({"crop": "500 500 50 50"}, 422, "A box must be at least 32 px wide and high in the photo."),
        ({"to": "bee@example.org\r\nBcc: all@example.org"}, 422, "The mail address is not one that we can write to."),
        ({"name": b"\xff\xfe"}, 422, "Name must be UTF-8."),
        (
            {"token": "made.up.token"},
            403,
            "The form was too old, or your browser keeps no cookies. Please send it again.",
        ),
        ({"token": "1.١٢٣.x"}, 403, "The form was too old, or your browser keeps no cookies. Please send it again."),
    ],
)
def test_what_is_no_photo_is_said(
    shop: Shop, visitor: Visitor, fields: dict[str, bytes | str], status: int, said: str
) -> None:
    found = visitor.send(visitor.good(**fields))
    assert found[0] == status and said in found[2].decode(), found
    assert shop.jobs.depth().depth == 0 and not (shop.folder / "files").exists()


def test_a_bomb_is_refused_before_it_is_unpacked(visitor: Visitor) -> None:
    # 60,000 x 60,000 px by its head; nothing else of it is true.
    bomb = bytearray(png())
    bomb[16:24] = (60_000).to_bytes(4, "big") * 2
    assert visitor.send(visitor.good(photo=bytes(bomb)))[0] == 422


def test_what_comes_from_elsewhere_is_refused(shop: Shop, visitor: Visitor) -> None:
    assert visitor.send(visitor.good(), Origin="https://evil.example")[0] == 403
    assert visitor.send(visitor.good(), Origin="null")[0] == 403
    assert visitor.send(visitor.good(), Sec_Fetch_Site="cross-site")[0] == 403
    other = Visitor(visitor.port)
    other.token()
    # Its own cookie with somebody else's token, and a token without a cookie.
    assert other.send(visitor.good())[0] == 403
    fields = visitor.good()
    visitor.cookie = ""
    assert visitor.send(fields)[0] == 403
    assert shop.jobs.depth().depth == 0
    fields = visitor.good()
    assert visitor.send(fields, Origin=f"http://127.0.0.1:{visitor.port}", Sec_Fetch_Site="same-origin")[0] == 303


def test_too_much_is_refused_before_it_is_read(visitor: Visitor) -> None:
    assert visitor.ask("POST", "/", Content_Length=str(50 << 20))[0] == 413
    assert visitor.ask("POST", "/", Content_Length="x")[0] == 411
    assert visitor.ask("POST", "/", b"hello", Content_Type="text/plain")[0] == 400
    assert visitor.ask("PUT", "/", b"hello")[0] == 405


def test_nobody_files_more_than_their_share(shop: Shop) -> None:
    settings = upload.Settings(template="card", per_address=4, per_recipient=2)
    form = upload.Form(shop.jobs, shop.store, settings, b"secret")
    with upload.serve(form, "127.0.0.1:0") as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        visitor = Visitor(server.server_address[1])
        statuses = [
            visitor.send(visitor.good(to=to))[0]
            for to in ("a@example.org", "a@example.org", "A@example.org", "b@example.org", "c@example.org")
        ]
        assert statuses == [303, 303, 429, 303, 429]
        server.shutdown()
        thread.join()


def test_other_paths_are_nothing(shop: Shop, visitor: Visitor) -> None:
    for path in (
        "/../upload.py",
        "/upload.py",
        "/job/../../etc/passwd",
        "/job/" + "0" * 32,
        "/job/" + "0" * 32 + "/other",
        "/job/*",
        "/form.html",
    ):
        assert visitor.ask("GET", path)[0] == 404
    for path in ("/crop.js", "/style.css"):
        status, headers, body = visitor.ask("GET", path)
        assert status == 200 and body and headers["x-content-type-options"] == "nosniff"
    status, headers, _ = visitor.ask("GET", "/")
    assert (
        "SameSite=Strict" in headers.get("set-cookie", "")
        and "frame-ancestors 'none'" in headers["content-security-policy"]
    )


def test_while_the_queue_is_away_the_form_says_so(shop: Shop, visitor: Visitor) -> None:
    form = upload.Form(
        upload.Jobs(upload.connect("unix:///nowhere/redis.sock")),
        shop.store,
        upload.Settings(template="card"),
        b"secret",
    )
    told: list[str] = []
    body = form({"REQUEST_METHOD": "GET", "PATH_INFO": "/job/" + "0" * 32}, lambda status, headers: told.append(status))
    assert told == ["503 Service Unavailable"] and list(body) == [b"we are not there for a moment\n"]


@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), st.binary(max_size=200), max_size=5))
def test_a_form_is_read_as_it_was_written(fields: dict[str, bytes]) -> None:
    boundary = b"----Bound9z7"
    body = b"".join(
        b"--"
        + boundary
        + b'\r\nContent-Disposition: form-data; name="'
        + name.encode()
        + b'"\r\n\r\n'
        + value
        + b"\r\n"
        for name, value in fields.items()
    )
    body += b"--" + boundary + b"--\r\n"
    assert multipart.fields(f"multipart/form-data; boundary={boundary.decode()}", body) == fields


@given(
    st.binary(max_size=300),
    st.sampled_from(["multipart/form-data; boundary=b", 'multipart/form-data; boundary="b b"', "text/plain", ""]),
)
def test_any_body_is_a_form_or_a_form_error(body: bytes, kind: str) -> None:
    for data in (body, b"--b\r\n" + body + b"\r\n--b--"):
        try:
            assert all(isinstance(value, bytes) for value in multipart.fields(kind, data).values())
        except multipart.FormError as error:
            assert str(error).startswith(("a form must", "each part"))


@given(
    st.lists(st.floats(-1e7, 1e7) | st.just(float("inf")), min_size=4, max_size=4),
    st.integers(32, 5000),
    st.integers(32, 5000),
)
def test_a_box_lies_in_its_photo(numbers: list[float], width: int, height: int) -> None:
    try:
        found = photo.crop(" ".join(map(str, numbers)), (width, height))
    except photo.PhotoError:
        return
    assert found is not None
    left, top, wide, high = map(int, found.split())
    assert left >= 0 and top >= 0 and wide >= 32 and high >= 32 and left + wide <= width and top + high <= height


def test_the_examples_of_the_form_run() -> None:
    for module in (multipart, pages, photo, upload):
        assert doctest.testmod(module).failed == 0
