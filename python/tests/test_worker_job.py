"""Jobs as JSON, and how long failures wait: laws."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from templrender.worker.backoff import delay
from templrender.worker.files import result_name, upload_name
from templrender.worker.job import MAX_BYTES, Job, JobError, is_address

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
PRINTED = st.text(st.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=30)
JOBS = st.builds(
    Job,
    key=PRINTED,
    template=st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True),
    row=st.dictionaries(st.text(max_size=10), VALUES, max_size=4),
    picture=st.none() | st.just("https://example.org/a.jpg") | st.builds(lambda: "upload:" + upload_name("image/png")),
    field=PRINTED,
    to=st.none() | st.just("bee+1@example.org"),
    format=st.sampled_from((None, "jpeg", "png", "webp")),
    needs_face=st.booleans(),
)


@given(JOBS)
def test_what_is_written_is_read(job: Job) -> None:
    text = job.to_json()
    assert "\n" not in text
    assert Job.from_json(text) == job
    assert Job.from_json(text).to_json() == text


@given(JOBS, JOBS)
def test_the_id_is_that_of_the_key(one: Job, other: Job) -> None:
    assert (one.id == other.id) == (one.key == other.key)
    assert len(one.id) == 32 and int(one.id, 16) >= 0


@given(st.text() | st.binary().map(lambda data: data.decode("latin-1")) | VALUES.map(json.dumps))
def test_anything_else_is_a_job_error(text: str) -> None:
    try:
        Job.from_json(text)
    except JobError as error:
        assert str(error) and "\n" not in str(error)[:20]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"key": ""}, "key must be 1 to 200 printable characters, found ''"),
        ({"key": "a\nb"}, "key must be 1 to 200 printable characters, found 'a\\nb'"),
        ({"template": "../secret"}, """template must be a name of letters, digits, "-" and "_", found '../secret'"""),
        (
            {"picture": "upload:../../etc/passwd"},
            "picture must be an upload's name or an http(s) URL, found 'upload:../../etc/passwd'",
        ),
        ({"picture": "/etc/passwd"}, "picture must be an upload's name or an http(s) URL, found '/etc/passwd'"),
        ({"picture": "http://[a"}, "picture must be an upload's name or an http(s) URL, found 'http://[a'"),
        ({"to": "a@b\r\nBcc: c@d"}, "to must be a mail address, found 'a@b\\r\\nBcc: c@d'"),
        ({"format": "gif"}, "format must be jpeg, png or webp, found 'gif'"),
        ({"needs_face": 1}, "needs_face must be true or false, found '1'"),
        ({"row": [1]}, "row must be an object, found '[1]'"),
        ({"colour": "red"}, "a job has no field 'colour'"),
    ],
)
def test_what_is_wrong_is_said(fields: dict[str, object], said: str) -> None:
    with pytest.raises(JobError) as caught:
        Job.from_json(json.dumps({"key": "1", "template": "tag", **fields}))
    assert str(caught.value) == said


def test_a_job_has_bounds() -> None:
    with pytest.raises(JobError, match=f"a job must have at most {MAX_BYTES} bytes"):
        Job(key="1", template="tag", row={"title": "x" * MAX_BYTES})
    with pytest.raises(JobError, match="row must be JSON"):
        Job(key="1", template="tag", row={"photo": b"..."})
    with pytest.raises(JobError, match="row must be JSON"):
        Job(key="1", template="tag", row={"price": float("nan")})
    with pytest.raises(JobError, match="must be JSON"):
        Job.from_json("[" * 100_000)


@given(st.text(max_size=40))
def test_an_address_is_one_and_fits_a_header(text: str) -> None:
    if is_address(text):
        assert text.isascii() and text.isprintable() and text.count("@") == 1
        assert not set(text) & set(' ,;<>"()[]\\\r\n')


@given(st.integers(1, 10**6), st.floats(0.001, 100), st.floats(1, 1000), st.floats(0, 1))
def test_delays_double_up_to_a_most(failures: int, base: float, times: float, chance: float) -> None:
    most = base * times
    found = delay(failures, base=base, most=most, chance=chance)
    whole = delay(failures, base=base, most=most, chance=1)
    assert whole / 2 <= found <= whole <= most
    assert whole == pytest.approx(min(most, base * 2 ** min(failures - 1, 60)))
    assert delay(failures + 1, base=base, most=most, chance=1) >= whole
    assert whole / 2 <= delay(failures, base=base, most=most) <= whole


@given(st.binary(max_size=50), st.binary(max_size=50), st.sampled_from("abc"), st.sampled_from("abc"))
def test_a_result_is_named_by_bytes_and_job(one: bytes, other: bytes, job: str, another: str) -> None:
    same = result_name(job, one, "image/png") == result_name(another, other, "image/png")
    assert same == ((one, job) == (other, another))
