from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from clients.odoo.domain import DomainError, check_domain, format_domain, parse_domain
from clients.odoo.schema import Field

NOW = datetime(2026, 3, 15, 23, 30, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("[]", []),
        ("[('active', '=', True)]", [["active", "=", True]]),
        ('[["name","ilike","a"], ("x", "!=", false)]', [["name", "ilike", "a"], ["x", "!=", False]]),
        (
            "['|', '&', ('a','=',1), ('b','>',2.5), '!', ('c','in',[1,'x'])]",
            ["|", "&", ["a", "=", 1], ["b", ">", 2.5], "!", ["c", "in", [1, "x"]]],
        ),
        ("[('a','=',None), ('b', '<>', -3)]", [["a", "=", False], ["b", "!=", -3]]),
        ("[(1, '=', 1)]", [[1, "=", 1]]),
        ("[('line_ids', 'any', [('qty', '>', 1)])]", [["line_ids", "any", [["qty", ">", 1]]]]),
        ("[('user_id', '=', uid)]", [["user_id", "=", 7]]),
        (
            "[('create_date', '>=', (datetime.now() - timedelta(days=7)).strftime('%Y-%m-%d'))]",
            [["create_date", ">=", "2026-03-08"]],
        ),
        (
            "[('d', '>=', datetime.datetime.now() - datetime.timedelta(hours=1))]",
            [["d", ">=", "2026-03-15 22:30:00"]],
        ),
        # 23:30 UTC on the 15th is the 16th in Brussels.
        ("[('d', '=', context_today())]", [["d", "=", "2026-03-16"]]),
        ("[('d', '=', context_today().strftime('%Y-%m-01'))]", [["d", "=", "2026-03-01"]]),
        ("[('d', '<', context_today() + relativedelta(months=-1, day=1))]", [["d", "<", "2026-02-01"]]),
        ("[('d', '<', context_today() + relativedelta(weekday=MO(-1)))]", [["d", "<", "2026-03-16"]]),
        (
            "[('d','>=',datetime.datetime.combine(context_today(), datetime.time(0,0,0)).to_utc())]",
            [["d", ">=", "2026-03-15 23:00:00"]],
        ),
        ("[('d','>=',time.strftime('%Y-01-01'))]", [["d", ">=", "2026-01-01"]]),
        ("[('y','=',context_today().year - 1), ('z', '=', 2 * 3 + 1)]", [["y", "=", 2025], ["z", "=", 7]]),
        ("[('d', '=', datetime.date(2024, 2, 29)), ('e','=',current_date)]", None),
        ("\n  [('a', '=', 'é'),\n ('b', 'not in', (1, 2))]\n", [["a", "=", "é"], ["b", "not in", [1, 2]]]),
        ("('active', '=', True),", [["active", "=", True]]),
    ],
)
def test_domains_are_read_as_odoo_writes_them(text: str, expected: list[Any] | None) -> None:
    if expected is None:
        expected = [["d", "=", "2024-02-29"], ["e", "=", "2026-03-16"]]
    assert parse_domain(text, now=NOW, uid=7, tz="Europe/Brussels") == expected


@pytest.mark.parametrize(
    ("text", "message", "position"),
    [
        ("[('a', '=', 1)", "cannot be read", 1),
        ("[('a', '=')]", "A condition is", 2),
        ("  [('a', '~', 1)]", "'~' is no operator", 10),
        ("[('a', 'in', 1)]", "needs a list", 14),
        ("['|', ('a','=',1)]", "ends where 1 more", 1),
        ("['x', ('a','=',1)]", "neither '&'", 2),
        ("[('a', '=', open('/etc/passwd'))]", "is not known", 13),
        ("[('a', '=', __import__('os').system('x'))]", "not known", 13),
        ("[('a', '=', ''.__class__)]", "no __class__", 13),
        ("[('a', '=', datetime.now().__class__)]", "no __class__", 13),
        ("[('a', '=', [x for x in (1,2)])]", "List comp is not allowed", 13),
        ("[('a', '=', (lambda: 1)())]", "is not known", 13),
        ("[('a', '=', 9**9**9)]", "Pow is not allowed", 13),
        ("[('a', '=', 'x' * 1000000000)]", "can only be joined", 13),
        ("[('a', '=', [1] * 1000000000)]", "cannot be applied to list", 13),
        ("[('a', '=', timedelta(days=10**10))]", "Pow is not allowed", 28),
        ("[('a', '=', datetime.now() + timedelta(days=99999999))]", "cannot be computed", 13),
        ("[('a', '=', 1/0)]", "cannot be computed", 13),
        ("[('a', '=', active_id)]", "'active_id' is not known", 13),
        ("[('é', '=', uidd)]", "'uidd' is not known", 13),
        ("[\n ('a', '=', 1),\n ('b', '=', nope)]", "'nope' is not known", 31),
        ("[('a', '=', datetime.now)]", "must be called", 13),
        ("[('a', '=', f'{1}')]", "Joined str is not allowed", 13),
        ("{'a': 1}", "A domain is a list", 1),
        ("[('a', '=', timedelta(days=1))]", "timedelta is no value", 13),
    ],
)
def test_what_is_no_domain_is_refused_with_its_position(text: str, message: str, position: int) -> None:
    with pytest.raises(DomainError, match=message.replace("[", r"\[").replace("(", r"\(")) as caught:
        parse_domain(text, now=NOW)
    assert caught.value.position == position
    assert f"at character {position}" in str(caught.value)


@pytest.mark.parametrize(
    "text", ["[" * 150 + "]" * 150, "-" * 9000 + "1", "[('a','='," + "-" * 5000 + "1)]", "x" * 30_000]
)
def test_monstrous_texts_are_refused_quickly(text: str) -> None:
    with pytest.raises(DomainError, match=r"domain|condition"):
        parse_domain(text, now=NOW)


@pytest.mark.parametrize(
    "domain",
    [
        [],
        [["active", "=", True], ["name", "ilike", 'a"b\\é']],
        ["|", "!", ["a", "=", False], ["b", "in", [1, 2.5, "x"]]],
        [["l", "any", ["|", ["a", "=", 1], ["b", "=", 2]]]],
        [[1, "=", 1]],
    ],
)
def test_a_printed_domain_reads_as_itself(domain: list[Any]) -> None:
    assert parse_domain(format_domain(domain), now=NOW) == domain


def test_domains_are_printed_in_odoo_form() -> None:
    assert format_domain(["|", ["a", "=", True], ["b", "in", ["é"]]]) == '["|", ("a", "=", True), ("b", "in", ["é"])]'


FIELDS = {
    "id": Field("id", "integer"),
    "name": Field("name", "char"),
    "active": Field("active", "boolean"),
    "qty": Field("qty", "float"),
    "create_date": Field("create_date", "datetime"),
    "state": Field("state", "selection", selection=(("draft", "Draft"), ("sale", "Sale"))),
    "partner_id": Field("partner_id", "many2one", relation="res.partner"),
    "line_ids": Field("line_ids", "one2many", relation="line"),
}


@pytest.mark.parametrize(
    "domain",
    [
        [["name", "ilike", "x"], "|", ["state", "in", ["draft", False]], ["id", "child_of", 3]],
        [["partner_id.country_id.code", "=", "BE"], ["create_date.month_number", "=", 3]],
        [["line_ids", "any", [["qty", ">", 1]]], [1, "=", 1], ["active", "=", True]],
        [["partner_id", "ilike", "ann"], ["create_date", ">=", "2026-01-01"]],
    ],
)
def test_sensible_domains_pass_the_check(domain: list[Any]) -> None:
    check_domain(domain, FIELDS, related=lambda model: FIELDS if model == "line" else None)


@pytest.mark.parametrize(
    ("domain", "message"),
    [
        ([["nope", "=", 1]], "There is no field 'nope'"),
        ([["name.x", "=", 1]], "name is a char field and leads to no other model"),
        ([["line_ids.nope", "=", 1]], r"no field 'nope' \(in line_ids.nope\)"),
        ([["line_ids", "any", [["nope", "=", 1]]]], "no field 'nope'"),
        ([["name", "any", []]], "needs a relation"),
        ([["name", "child_of", 1]], "needs a relation"),
        ([["qty", "ilike", "1"]], "compares texts"),
        ([["active", ">", True]], "cannot be applied to a boolean"),
        ([["active", "=", "false"]], "compared with True or False"),
        ([["state", "=", "done"]], "'done' is not in the selection; possible are: draft, sale"),
    ],
)
def test_domains_that_make_no_sense_for_the_model_are_refused(domain: list[Any], message: str) -> None:
    with pytest.raises(DomainError, match=message):
        check_domain(domain, FIELDS, related=lambda model: FIELDS if model == "line" else None)
