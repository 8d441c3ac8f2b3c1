"""Odoo's search domains: prefix notation over conditions, checked and completed. `conditions` says what they mean."""

from collections.abc import Iterable
from typing import Any

NEGATIVE = {
    "!=": "=",
    "<>": "=",
    "not in": "in",
    "not like": "like",
    "not ilike": "ilike",
    "not =like": "=like",
    "not =ilike": "=ilike",
    "not any": "any",
}
POSITIVE = (
    "=",
    "=?",
    "<",
    ">",
    "<=",
    ">=",
    "in",
    "like",
    "ilike",
    "=like",
    "=ilike",
    "child_of",
    "parent_of",
    "any",
)
ONLY_19 = ("==", "not =like", "not =ilike")


def normalize(domain: Any, version: int) -> list[Any]:
    """The domain with every `&` written out; raises what Odoo raises for what is no domain."""
    if not isinstance(domain, list | tuple):
        if version >= 19:
            raise TypeError(f"Domain() invalid argument type for domain: {domain!r}")
        raise AssertionError("Domains to normalize must have a 'domain' form: a list or tuple of domain components")
    result: list[Any] = []
    expected = 1
    for term in domain:
        if expected == 0:
            result.insert(0, "&")
            expected = 1
        if isinstance(term, list | tuple):
            _check_condition(term, version)
            term = (term[0], term[1].lower(), term[2])
            expected -= 1
        elif term in ("&", "|"):
            expected += 1
        elif term != "!":
            raise ValueError(f"Invalid leaf {term!r}" if version < 19 else f"Domain() invalid item in domain: {term!r}")
        result.append(term)
    if expected != 0 and domain:
        raise ValueError(f"Domain {list(domain)} is syntactically not correct.")
    return result


def _check_condition(term: Any, version: int) -> None:
    if len(term) == 3 and isinstance(term[0], str) and isinstance(term[1], str):
        operator = term[1].lower()
        known = version >= 19 if operator in ONLY_19 else operator in POSITIVE or operator in NEGATIVE
        if known:
            return
    if list(term) in ([1, "=", 1], [0, "=", 1]):
        return
    raise ValueError(f"Invalid leaf {tuple(term)}" if version < 19 else f"Invalid condition {tuple(term)}")


def both(left: list[Any], right: list[Any]) -> list[Any]:
    """Both normalized domains at once; either may be empty."""
    return ["&", *left, *right] if left and right else [*left, *right]


def mentions(terms: Iterable[Any], name: str) -> bool:
    return any(isinstance(term, tuple) and term[0] == name for term in terms)


def any_of(terms: list[Any], operator: str) -> list[Any]:
    """One of the conditions holds, or for a negative operator all of them."""
    return [*(["&" if operator in NEGATIVE else "|"] * (len(terms) - 1)), *terms]
