"""Requests: a URL says all of a request, its signature holds for exactly that, and no secret is ever shown."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from templrender import ArgumentError, Error, Keyring, Money, Request, RequestError, Row

SECRET = "an example's secret, which everybody knows"
TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12)
COLUMNS = st.dictionaries(
    st.from_regex(r"[a-z]{1,6}", fullmatch=True),
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | TEXTS | st.lists(TEXTS, max_size=3),
    max_size=5,
)
REQUESTS = st.builds(
    Request,
    st.sampled_from(["shop", "other"]),
    st.sampled_from(["og-card", "ad"]),
    st.sampled_from(["png", "jpeg", "webp"]),
    row=COLUMNS,
    variant=st.none() | st.just("wide"),
    lang=st.none() | st.just("de-CH"),
    version=st.none() | st.just("7"),
    expires=st.none() | st.integers(1_800_000_000, 1_900_000_000),
)


def keyring() -> Keyring:
    keys = Keyring()
    keys.add("2026-11", SECRET)
    return keys


@given(REQUESTS)
def test_a_url_says_all_of_a_request(request: Request) -> None:
    read = Request.parse(request.canonical())
    assert read == request and read.canonical() == request.canonical()
    assert (read.tenant, read.template, read.format, read.row) == (
        request.tenant,
        request.template,
        request.format,
        request.row,
    )
    assert (read.variant, read.lang, read.version, read.expires) == (
        request.variant,
        request.lang,
        request.version,
        request.expires,
    )
    assert read.key_id is None and read.digest is None


@given(REQUESTS, st.integers(0, 10**6), st.characters(codec="ascii"))
def test_a_signature_holds_for_its_url_alone(request: Request, at: int, other: str) -> None:
    keys = keyring()
    url = keys.sign(request)
    verified = keys.verify(url, now=1_795_000_000)
    assert verified == request and verified.key_id == "2026-11"
    assert keys.verify("https://img.shop.example" + url, now=1_795_000_000) == request
    assert keys.verify(Request.parse(url), now=1_795_000_000) == request
    at %= len(url)
    changed = url[:at] + other + url[at + 1 :]
    try:
        again = keys.verify(changed, now=1_795_000_000)
    except RequestError:
        return
    assert again == request, "another spelling of the same request"


def test_a_url_ends() -> None:
    end = datetime(2026, 12, 1, tzinfo=UTC)
    keys = keyring()
    url = keys.sign(Request("shop", "card", expires=end))
    assert keys.verify(url, now=end - timedelta(seconds=1)).expires == end
    with pytest.raises(RequestError) as told:
        keys.verify(url, now=end)
    assert told.value.code == "url-expired" and told.value.http_status == 403
    with pytest.raises(RequestError):
        keys.verify(keys.sign(Request("shop", "card", expires=1)))
    keys.verify(keys.sign(Request("shop", "card", expires=datetime.now(UTC) + timedelta(hours=1))))


def test_a_key_of_one_tenant_is_for_it_alone() -> None:
    keys = Keyring()
    keys.add("a", SECRET.encode(), tenant="shop")
    with pytest.raises(Error, match="a key must be there to sign for tenant"):
        keys.sign(Request("other", "card"))
    url = keys.sign(Request("shop", "card"))
    with pytest.raises(RequestError, match="a signature must be that of the URL|with a key of its tenant"):
        keys.verify(url.replace("/shop/", "/other/"))
    with pytest.raises(RequestError, match="a URL must be signed, found no ~k and ~s"):
        keys.verify("/shop/card.png")
    with pytest.raises(RequestError, match="a known key"):
        keyring().verify(url)


def test_secrets_are_never_shown() -> None:
    keys = Keyring(f"# two\nnew {SECRET.replace(' ', '-')}\nold {'x' * 32} shop\n")
    assert bool(keys) and not Keyring()
    assert repr(keys) == '<Keyring ["new", "old"]>' == str(keys)
    for wrong in ("2026-11 short", f"{SECRET} is not a key's id", ""):
        with pytest.raises(Error) as told:
            Keyring(wrong)
        assert told.value.code == "bad-secret" and "secret, which" not in str(told.value)
    with pytest.raises(Error, match="a secret must have 32 to 1024 characters, found 5"):
        keys.add("b", "short")
    assert "honey" not in repr(Request("shop", "card", row={"title": "honey"}))


def test_values_stand_as_texts_that_read_back() -> None:
    request = Request("shop", "card", "jpg", row=Row(price=Money("6.90", "EUR"), day=date(2026, 7, 1)))
    assert request.canonical() == "/shop/card.jpg?day=2026-07-01&price=6.9%20EUR"
    assert request.format == "jpeg" and repr(request) == "<Request shop/card as jpeg: 2 columns>"
    assert request != Request("shop", "card") and request != 3


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"photo": b"picture"}, "bad-url"),
        ({"~a": 1}, "bad-url"),
        ({"title": "".join(map(chr, range(200, 2200)))}, "url-too-long"),
    ],
)
def test_what_has_no_place_in_a_url_is_told(row: dict[str, Any], code: str) -> None:
    with pytest.raises(RequestError) as told:
        Request("shop", "card", row=row).canonical()
    assert told.value.code == code


def test_arguments_that_are_none_are_told() -> None:
    with pytest.raises(ArgumentError):
        Request("shop", "card", "gif")
    with pytest.raises(ArgumentError, match="time zone"):
        Request("shop", "card", expires=datetime(2026, 1, 1))
    with pytest.raises(RequestError):
        Request.parse("/shop")
    with pytest.raises(TypeError):
        keyring().verify(3)  # type: ignore[arg-type]
