"""Each cause of a failure as its exception: class, code, place, text, and what survives pickling."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable

import pytest

import templrender as t

EMPTY = '{ "templrender": 1, "name": "a", "size": [9, 9], "layers": [] }'
PHOTO = """{ "templrender": 1, "name": "a", "size": [9, 9], "fields": { "photo": { "type": "image", "required": true } },
    "layers": [{ "type": "image", "src": "{{ photo }}", "width": 9, "height": 9 }] }"""


def missing_picture() -> None:
    renderer = t.Renderer()
    renderer.render(renderer.plan(t.Template(PHOTO), {"photo": "a.jpg"}))


def late() -> None:
    renderer = t.Renderer()
    renderer.render(renderer.plan(t.Template(EMPTY), {}), timeout=0.0)


def cancelled() -> None:
    cancel = t.Cancel()
    cancel.set()
    t.Frame(memoryview(bytes(64)).cast("B", (4, 4, 4))).encode(cancel=cancel)


CASES: list[tuple[Callable[[], object], type[t.Error], str, int, str, int, str]] = [
    (lambda: t.Template("{ "), t.TemplateError, "template-syntax", 101, "template", 500, "1:1: template is not JSON: unterminated object, found \"{ \""),
    (lambda: t.Renderer().plan(t.Template(PHOTO), {}), t.RowError, "missing-field", 201, "row", 400, "field photo: "),
    (missing_picture, t.ResourceError, "missing-resource", 301, "resource", 502, "layers[0]: picture is missing: a.jpg: not answered"),
    (lambda: t.Frame.decode(b"<!doctype html><title>404</title>"), t.ResourceError, "unknown-format", 302, "resource", 502, "this is an HTML page"),
    (lambda: t.Pack(b"PK"), t.ResourceError, "bad-pack", 306, "resource", 502, ""),
    (lambda: t.Renderer(limits=t.Limits(max_side_px=5)).plan(t.Template(EMPTY), {}), t.HostError, "canvas-limit", 403, "host", 500, "over the limit of 5 a side"),
    (lambda: t.Output("gif"), t.ArgumentError, "bad-argument", 401, "host", 500, 'format: format must be "jpeg", "png" or "webp", found "gif"'),
    (late, t.DeadlineError, "deadline-exceeded", 405, "host", 504, "layout: a picture must be done by its deadline"),
    (cancelled, t.Cancelled, "cancelled", 406, "host", 500, "encode: a picture must be wanted until it is done"),
    (lambda: t._templrender._provoke_panic("a shelf is empty"), t.BugError, "bug", 501, "bug", 500, "bindings/python/src/boundary.rs:"),
]  # fmt: skip


@pytest.mark.parametrize("fails, kind, code, number, cause, status, text", CASES, ids=[case[2] for case in CASES])
def test_each_cause_is_a_class(
    fails: Callable[[], object], kind: type[t.Error], code: str, number: int, cause: str, status: int, text: str
) -> None:
    with pytest.raises(t.Error) as caught:
        fails()
    error = caught.value
    assert type(error) is kind
    assert (error.code, error.number, error.cause, error.http_status) == (code, number, cause, status)
    assert text in str(error)
    assert str(error) == "\n".join(str(fault) for fault in error.faults)
    body = json.loads(error.to_json("r1"))["error"]
    assert (body["code"], body["cause"], body["request_id"]) == (code, cause, "r1")
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(again) is kind
        assert (again.faults, str(again), again.code) == (error.faults, str(error), code)


def test_errors_are_also_what_python_calls_them() -> None:
    for kind in (t.TemplateError, t.RowError, t.RequestError, t.ArgumentError):
        assert issubclass(kind, ValueError)
    assert issubclass(t.DeadlineError, TimeoutError)
    for kind in (t.ResourceError, t.HostError, t.BugError, t.Cancelled):
        assert not issubclass(kind, ValueError)
    for kind in (t.ArgumentError, t.DeadlineError, t.Cancelled):
        assert issubclass(kind, t.HostError)


def test_an_error_has_all_faults_with_line_and_column() -> None:
    with pytest.raises(t.TemplateError) as caught:
        t.Template(
            '{ "templrender": 1, "name": "t",\n "size": [9, 9], "colour": "red", "layers": [{ "type": "txt" }] }'
        )
    first, second = caught.value.faults
    assert (first.code, first.line, first.column) == ("unknown-key", 2, 18)
    assert (second.code, second.place, second.line) == ("bad-value", "layers[0].type", 2)
    assert str(caught.value).count("\n") == 1


def test_at_most_a_hundred_faults() -> None:
    layers = ", ".join('{ "type": "txt" }' for _ in range(150))
    with pytest.raises(t.TemplateError) as caught:
        t.Template(f'{{ "templrender": 1, "name": "t", "size": [9, 9], "layers": [{layers}] }}')
    assert len(caught.value.faults) == 100


def test_a_host_raises_errors_of_its_own() -> None:
    fault = t.Fault("missing-resource", "resource https://shop.example/a.jpg?token=s3cret", "status 404")
    error = t.ResourceError(fault)
    assert error.faults == (fault,)
    assert "s3cret" not in error.to_json()
    assert t.Fault("bad-value", "layers[0]", "x", line=3).column == 1
    assert pickle.loads(pickle.dumps(fault)) == fault and hash(copy.deepcopy(fault)) == hash(fault)
    assert t.Error().code == "bug"
    many = t.DeadlineError(t.Fault("deadline-exceeded"), t.Fault("cancelled"))
    assert pickle.loads(pickle.dumps(many)).faults == many.faults and many.errno is None
    with pytest.raises(TypeError, match="an error must be made of faults, found str"):
        t.RowError("a text")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="code must be one of docs/errors.md"):
        t.Fault("no-such-code")


def test_notes_and_causes_of_an_error_survive_pickling() -> None:
    error = t.RowError(t.Fault("bad-field", "field price", "no price"))
    error.add_note("line 7 of the feed")
    assert pickle.loads(pickle.dumps(error)).__notes__ == ["line 7 of the feed"]


def test_a_panic_is_an_error_with_its_place_and_says_nothing_itself(capfd: pytest.CaptureFixture[str]) -> None:
    for words in ("once", "and again"):
        with pytest.raises(Exception) as caught:
            t._templrender._provoke_panic(words)
        assert type(caught.value) is t.BugError
        fault = caught.value.faults[0]
        assert fault.message == words
        assert fault.place.startswith("bindings/python/src/boundary.rs:")
        assert fault.place.rsplit(":", 1)[1].isdigit()
        assert words not in caught.value.to_json(), "what broke inside is for the host's log"
    assert capfd.readouterr() == ("", "")
    t.Template(EMPTY)
