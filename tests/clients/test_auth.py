from __future__ import annotations

import pytest

from clients.auth import build_auth


@pytest.mark.parametrize(
    ("kind", "headers"),
    [
        ("none", {}),
        ("basic", {"Authorization": "Basic bWU6Z2VoZWlt"}),
        ("bearer", {"Authorization": "Bearer geheim"}),
        ("header", {"X-API-Key": "geheim"}),
    ],
)
def test_each_kind_gives_its_headers_and_hides_its_secret(kind: str, headers: dict[str, str]) -> None:
    auth = build_auth(kind, login="me", secret="geheim", header_name="X-API-Key")
    assert auth.headers(b"") == headers
    assert "geheim" not in repr(auth)


@pytest.mark.parametrize(
    ("kind", "given", "message"),
    [
        ("oauth", {}, "known are none, basic, bearer, header"),
        ("basic", {"secret": "x"}, "needs a login"),
        ("basic", {"login": "a:b", "secret": "x"}, "colon"),
        ("bearer", {}, "needs a secret"),
        ("bearer", {"secret": "a\nb"}, "printable ASCII"),
        ("header", {"secret": "x", "header_name": "X Key"}, "no legal header name"),
        ("header", {"secret": "x "}, "no legal header name"),
        ("header", {"secret": "x ", "header_name": "X-Key"}, "without spaces"),
    ],
)
def test_what_cannot_authorize_is_refused_by_name(kind: str, given: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build_auth(kind, **given)
