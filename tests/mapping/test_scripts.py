"""Staff's scripts in lines and around the mapping: what they see, what becomes of what they give, and what is said
when they break off."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from mapping.engine import map_in, map_out
from mapping.plan import Plan, PlanError
from mapping.results import MappingResult, RelatedRecord
from mapping.script_runs import AskRefused
from mapping.spec import ConfigScript, ScriptLimits
from tests.mapping.conftest import FakeOdoo

MakePlan = Callable[..., Plan]

REF = {"field": "ref", "key": "id", "is_identifier": True}
NAME = {"field": "name", "key": "name"}


def script(source: str, field: str = "", key: str = "", **options: object) -> dict[str, Any]:
    """An evaluate line where it has a field or key, otherwise an execute line."""
    mode = {} if field or key else {"script_mode": "execute"}
    return {"field": field, "key": key, "calculation": "script", "options": {"script": source, **mode, **options}}


def go_in(plan: Plan, *records: object, odoo: FakeOdoo | None = None, **more: Any) -> list[MappingResult]:
    return map_in(plan, records, lookup=(odoo or FakeOdoo()).lookup, **more)


def go_out(plan: Plan, *records: Mapping[str, Any], odoo: FakeOdoo | None = None, **more: Any) -> list[MappingResult]:
    return map_out(plan, records, related=(odoo or FakeOdoo()).related, **more)


def errors(result: MappingResult) -> list[tuple[int | None, str, str, str]]:
    return [(error.line_id, error.key, error.rule.value, error.message) for error in result.errors]


# --- evaluate ---


def test_result_becomes_the_value_of_the_field(make_plan: MakePlan) -> None:
    source = "digits = ''.join(c for c in value if c.isdigit())\nresult = '+32' + digits[1:]\n"
    plan = make_plan("res.partner", REF, NAME, script(source, "city", "phone"))
    (result,) = go_in(plan, {"id": 1, "name": "Ann", "phone": "0475 / 12.34"})
    assert result.values == {"ref": "1", "name": "Ann", "city": "+324751234"}


def test_a_script_sees_the_payload_what_was_mapped_and_the_parameters(make_plan: MakePlan) -> None:
    source = """
result = [request_data['a']['b'], record == request_data, item, value, values['name'], params['p'], direction]
result = str([*result, len(records)])
"""
    plan = make_plan("res.partner", REF, NAME, script(source, "city"))
    (result,) = go_in(plan, {"id": 1, "name": "Ann", "a": {"b": 2}}, params={"p": 7})
    assert result.values is not None
    assert result.values["city"] == "[2, True, None, None, 'Ann', 7, 'in', 1]"


def test_a_result_is_converted_and_checked_like_any_value(make_plan: MakePlan) -> None:
    plan = make_plan(
        "sale.order",
        {"field": "client_order_ref", "key": "id", "is_identifier": True},
        script("result = datetime(2026, 7, 1, 12) + timedelta(hours=value)", "date_order", "h"),
        script("result = value", "amount_paid", "paid"),
        script("result = params['partner']", "partner_id"),
        tz="Europe/Brussels",
    )
    good, bad = go_in(plan, {"id": "1", "h": 1, "paid": 2}, {"id": "2", "h": 1, "paid": []}, params={"partner": 7})
    assert good.values == {
        "client_order_ref": "1",
        "date_order": "2026-07-01 11:00:00",
        "amount_paid": 2.0,
        "partner_id": 7,
    }
    assert errors(bad) == [(3, "paid", "type", "the script's result: a list came where float is expected")]


def test_no_result_leaves_the_field_alone_and_false_empties_it(make_plan: MakePlan) -> None:
    plan = make_plan("res.partner", REF, NAME, script("result = {'a': None, 'b': 'x'}.get(value, '')", "city", "k"))
    nothing, some, empty = go_in(plan, *({"id": 1, "name": "A", "k": key} for key in "abc"))
    assert [result.values and result.values.get("city", "left alone") for result in (nothing, some, empty)] == [
        "left alone",
        "x",
        "",
    ]


def test_a_required_field_needs_a_result(make_plan: MakePlan) -> None:
    plan = make_plan("res.partner", REF, script("result = value", "name", "k"))
    missing, blank, good = go_in(plan, {"id": 1}, {"id": 1, "k": ""}, {"id": 1, "k": "x"})
    assert [each[:3] for each in errors(missing) + errors(blank)] == [(2, "k", "required"), (2, "k", "required")]
    assert good.ok


def test_an_absent_key_follows_the_line_as_for_any_kind(make_plan: MakePlan) -> None:
    line = script("result = value + '!'", "city", "k")
    skip = make_plan("res.partner", REF, NAME, line)
    default = make_plan("res.partner", REF, NAME, {**line, "absent": "default", "default": "x"})
    error = make_plan("res.partner", REF, NAME, {**line, "absent": "error"})
    record = {"id": 1, "name": "A"}
    assert go_in(skip, record)[0].values == {"ref": "1", "name": "A"}
    assert go_in(default, record)[0].values == {"ref": "1", "name": "A", "city": "x!"}
    assert [each[2] for each in errors(go_in(error, record)[0])] == ["absent"]


def test_a_script_in_a_list_runs_for_each_element(make_plan: MakePlan) -> None:
    plan = make_plan(
        "res.partner",
        REF,
        NAME,
        {"field": "child_ids", "key": "kids[]", "calculation": "relational"},
        {"field": "child_ids.name", "key": "kids[].name"},
        script("result = item['first'][0] + '. ' + values['name'] + ' of ' + request_data['name']", "child_ids.city"),
        script("result = value * 2", "child_ids.ref", "kids[].n"),
    )
    good, bad = go_in(
        plan,
        {"id": 1, "name": "A", "kids": [{"name": "B", "first": "Cid", "n": "x"}, {"name": "D", "first": "Eve"}]},
        {"id": 2, "name": "A", "kids": [{"name": "B", "first": "C"}, {"name": "D", "first": "", "n": {}}]},
    )
    assert good.values is not None
    assert good.values["child_ids"] == [
        [0, 0, {"name": "B", "city": "C. B of A", "ref": "xx"}],
        [0, 0, {"name": "D", "city": "E. D of A"}],
    ]
    assert errors(bad) == [
        (5, "kids[1]", "script", "the script failed on line 1: IndexError: string index out of range")
    ]


def test_the_failing_line_is_named_as_staff_count_them(make_plan: MakePlan) -> None:
    source = (
        "# a comment\ntext = '''over\ntwo lines'''\n\ndef half(n):\n    return 1 / n\n\nresult = str(half(value))\n"
    )
    plan = make_plan("res.partner", REF, NAME, script(source, "city", "k"))
    results = go_in(plan, *({"id": 1, "name": "A", "k": key} for key in (1, 0, 2, 0)))
    assert [result.ok for result in results] == [True, False, True, False]
    message = "the script failed on line 6: ZeroDivisionError: division by zero"
    assert errors(results[1]) == errors(results[3]) == [(3, "k", "script", message)]


def test_user_error_is_for_the_caller_and_skip_leaves_the_record_out(make_plan: MakePlan) -> None:
    source = """
if value == "bad":
    raise UserError("Nobody is called " + value)
try:
    if value == "none":
        skip("nobody wants it")
except Exception:
    pass
result = value
"""
    plan = make_plan("res.partner", REF, NAME, script(source, "city", "k"))
    good, bad, none = go_in(plan, *({"id": 1, "name": "A", "k": key} for key in ("x", "bad", "none")))
    assert good.ok
    assert errors(bad) == [(3, "k", "refused", "Nobody is called bad")]
    assert (none.values, none.errors, none.skipped) == (None, (), "nobody wants it")
    assert good.skipped is None


def test_a_secret_line_says_nothing_of_what_its_script_met(make_plan: MakePlan) -> None:
    line = {**script("result = {}[value]", "city", "pin"), "secret": True}
    plan = make_plan("res.partner", REF, NAME, line)
    (result,) = go_in(plan, {"id": 1, "name": "A", "pin": "hunter2"})
    assert [each[2] for each in errors(result)] == ["script"]
    assert "hunter2" not in repr(result.errors)


# --- execute ---


def test_execute_may_change_what_the_lines_made(make_plan: MakePlan) -> None:
    source = (
        "values['name'] = values['name'].upper()\nif 'city' in values:\n    values.pop('city')\nvalues['email'] = 'x@y'"
    )
    plan = make_plan("res.partner", REF, NAME, {"field": "city", "key": "city"}, script(source, writes=["email"]))
    (result,) = go_in(plan, {"id": 1, "name": "Ann", "city": "Gent"})
    assert result.values == {"ref": "1", "name": "ANN", "email": "x@y"}


def test_what_execute_writes_is_converted_and_only_where_the_plan_may_write(make_plan: MakePlan) -> None:
    source = "values['name'] = 1.5\nvalues['parent_id'] = '20'\nvalues['city'] = 'x'"
    plan = make_plan("res.partner", REF, NAME, script(source, writes="parent_id, email"))
    (result,) = go_in(plan, {"id": 1, "name": "Ann"})
    assert [each[3] for each in errors(result)] == [
        "the script gives name what cannot be used: text is expected, not 1.5",
        "the script gives parent_id what cannot be used: an id is expected, not '20'",
        "the script sets 'city', which no line writes; name it in writes",
    ]


def test_related_records_pass_through_a_script_unharmed(make_plan: MakePlan) -> None:
    plan = make_plan(
        "res.partner",
        REF,
        NAME,
        {
            "field": "parent_id",
            "key": "company.ref",
            "calculation": "relational",
            "options": {"match_field": "ref", "on_missing": "create"},
        },
        {"field": "parent_id.name", "key": "company.name"},
        script("values['name'] += ' of ' + values['parent_id']['values']['name']"),
    )
    one, two = go_in(plan, *({"id": n, "name": "A", "company": {"ref": "c", "name": "Acme"}} for n in (1, 2)))
    assert one.values is not None
    assert two.values is not None
    assert one.values["name"] == "A of Acme"
    assert isinstance(one.values["parent_id"], RelatedRecord)
    assert one.values["parent_id"] is two.values["parent_id"]


def test_a_related_record_that_its_script_refuses_spoils_every_record_that_refers_to_it(make_plan: MakePlan) -> None:
    plan = make_plan(
        "res.partner",
        REF,
        NAME,
        {
            "field": "parent_id",
            "key": "company.ref",
            "calculation": "relational",
            "options": {"match_field": "ref", "on_missing": "create"},
        },
        {"field": "parent_id.name", "key": "company.name"},
        script("result = value[0]", "parent_id.city", "company.city"),
        {"field": "category_id", "key": "tags"},
    )
    records = [
        {"id": 1, "name": "A", "company": {"ref": "c", "name": "Acme", "city": "Gent"}, "tags": 7},
        {"id": 2, "name": "B", "company": {"ref": "c", "name": "Acme"}},
        {"id": 3, "name": "C", "company": {"ref": "d", "name": "Dull", "city": ""}},
        {"id": 4, "name": "D", "company": {"ref": "d", "name": "Dull"}},
    ]
    results = go_in(plan, *records)
    assert [result.ok for result in results] == [False, True, False, False]
    assert results[1].values is not None
    parent = results[1].values["parent_id"]
    assert isinstance(parent, RelatedRecord)
    assert parent.values == {"name": "Acme", "city": "G", "ref": "c"}
    assert errors(results[2]) == errors(results[3])


# --- out ---


def test_out_a_script_gives_the_key_its_value(make_plan: MakePlan) -> None:
    plan = make_plan(
        "sale.order",
        {"field": "client_order_ref", "key": "id", "is_identifier": True},
        {"field": "amount_total", "key": "total"},
        {**script("result = round(values['total'] * 1.21, 2)", key="money.gross"), "direction": "out"},
        {**script("result = record['note'] or 'nothing'", key="note", reads=["note"]), "direction": "out"},
        {**script("result = value.upper() if value else None", "order_line.name", "lines[].title"), "direction": "out"},
        {**script("result = len(value)", "order_line.tax_id", "lines[].taxes"), "direction": "out"},
    )
    assert plan.read_fields == ("note", "client_order_ref", "amount_total", "order_line")
    lines = [{"id": 4, "name": "mug", "tax_id": [1, 2]}, {"id": 5, "name": False, "tax_id": []}]
    odoo = FakeOdoo({"sale.order.line": lines})
    record = {"id": 1, "client_order_ref": "1", "amount_total": 10.0, "note": False, "order_line": [4, 5]}
    full, empty = go_out(plan, record, {**record, "order_line": []}, odoo=odoo)
    assert full.values == {
        "id": "1",
        "total": 10.0,
        "money": {"gross": 12.1},
        "note": "nothing",
        "lines": [{"title": "MUG", "taxes": 2}, {"title": None, "taxes": 0}],
    }
    assert empty.values is not None
    assert empty.values["lines"] == []


def test_out_execute_may_change_the_payload_refuse_and_skip(make_plan: MakePlan) -> None:
    source = """
if record['city'] == 'Nowhere':
    skip('no such place')
if not values['name']:
    raise UserError('a name is wanted')
values['tags'] = ['a', 'b']
values.pop('name')
"""
    plan = make_plan("res.partner", REF, NAME, {**script(source, reads=["city"]), "direction": "out"})
    base = {"id": 1, "ref": "1", "name": "Ann", "city": "Gent"}
    good, skipped, refused = go_out(plan, base, {**base, "city": "Nowhere"}, {**base, "name": False})
    assert good.values == {"id": "1", "tags": ["a", "b"]}
    assert (skipped.values, skipped.errors, skipped.skipped) == (None, (), "no such place")
    assert errors(refused) == [(3, "", "refused", "a name is wanted")]


def test_a_script_for_both_ways_has_a_reverse(make_plan: MakePlan) -> None:
    line = script("result = value.upper()", "city", "city", reverse="result = value.lower()")
    plan = make_plan("res.partner", REF, NAME, line)
    (into,) = go_in(plan, {"id": 1, "name": "A", "city": "Gent"})
    assert into.values == {"ref": "1", "name": "A", "city": "GENT"}
    (out,) = go_out(plan, {"id": 1, "ref": "1", "name": "A", "city": "GENT"})
    assert out.values == {"id": "1", "name": "A", "city": "gent"}


def test_a_config_that_only_sends_uses_the_script_of_a_line_for_both(make_plan: MakePlan) -> None:
    plan = make_plan("res.partner", REF, NAME, script("result = value[:1]", "city", "c"), direction="out")
    (out,) = go_out(plan, {"id": 1, "ref": "1", "name": "A", "city": "GENT"})
    assert out.values == {"id": "1", "name": "A", "c": "G"}


# --- around the mapping ---


def test_before_and_after_wrap_complete_and_drop_records(make_plan: MakePlan) -> None:
    before = ConfigScript("""
if record.get('test'):
    skip('a test order')
record = {**record['data'], 'seen': True}
""")
    after = ConfigScript("values['email'] = 'x@' + record['host'] if record['seen'] else ''", writes=("email",))
    plan = make_plan("res.partner", REF, NAME, before=before, after=after, direction="in")
    good, test, broken = go_in(plan, {"data": {"id": 1, "name": "A", "host": "h"}}, {"test": 1}, {"data": {"id": 2}})
    assert good.values == {"ref": "1", "name": "A", "email": "x@h"}
    assert test.skipped == "a test order"
    assert [each[1:3] for each in errors(broken)] == [("name", "required")]


def test_after_may_put_something_else_in_the_place_of_a_payload(make_plan: MakePlan) -> None:
    source = "result = {'data': values, 'signature': b64encode((params['key'] + values['id']).encode())}"
    plan = make_plan("res.partner", REF, NAME, after=ConfigScript(source, direction="out"))
    (out,) = go_out(plan, {"id": 1, "ref": "1", "name": "A"}, params={"key": "k"})
    assert out.values == {"data": {"id": "1", "name": "A"}, "signature": "azE="}
    assert out.identifier == ("id", "1")
    (into,) = go_in(plan, {"id": 1, "name": "A"})
    assert into.values == {"ref": "1", "name": "A"}


def test_what_is_wrong_with_the_configs_scripts_is_said_without_a_line(make_plan: MakePlan) -> None:
    plan = make_plan("res.partner", REF, NAME, before=ConfigScript("record = 5"), after=ConfigScript("values = []"))
    (result,) = go_in(plan, {"id": 1, "name": "A"})
    assert errors(result) == [(None, "", "script", "the script before mapping must give an object")]
    (out,) = go_out(plan, {"id": 1, "ref": "1", "name": "A"})
    assert errors(out) == errors(result)
    broken = make_plan("res.partner", REF, NAME, after=ConfigScript("\n1/0"))
    (result,) = go_in(broken, {"id": 1, "name": "A"})
    assert errors(result) == [(None, "", "script", "the script failed on line 2: ZeroDivisionError: division by zero")]


# --- env ---


class Asked:
    def __init__(self) -> None:
        self.calls: list[tuple[str, str, Mapping[str, object]]] = []

    def __call__(self, model: str, method: str, arguments: Mapping[str, object]) -> object:
        self.calls.append((model, method, arguments))
        return [{"id": 7, "name": "Found"}] if method == "search_read" else [7]


def test_env_asks_through_the_function_passed_in(make_plan: MakePlan) -> None:
    source = """
found = env['res.country'].search_read([('code', '=', value)], ['name'], limit=1)
result = found[0]['name'] + str(model.search([]))
"""
    plan = make_plan("res.partner", REF, NAME, script(source, "city", "c"))
    asked = Asked()
    (result,) = go_in(plan, {"id": 1, "name": "A", "c": "BE"}, ask=asked)
    assert result.values is not None
    assert result.values["city"] == "Found[7]"
    assert asked.calls == [
        (
            "res.country",
            "search_read",
            {"domain": [["code", "=", "BE"]], "fields": ["name"], "limit": 1, "offset": 0, "order": None},
        ),
        ("res.partner", "search", {"domain": [], "limit": None, "offset": 0, "order": None}),
    ]


def test_env_is_counted_over_the_page(make_plan: MakePlan) -> None:
    plan = make_plan(
        "res.partner", REF, NAME, script("result = str(env['x'].search([]))", "city"), limits=ScriptLimits(env_calls=2)
    )
    asked = Asked()
    results = go_in(plan, *[{"id": 1, "name": "A"}] * 4, ask=asked)
    assert [result.ok for result in results] == [True, True, False, False]
    assert "at most 2 times" in errors(results[3])[0][3]
    assert len(asked.calls) == 2


def test_without_a_way_to_ask_env_says_so(make_plan: MakePlan) -> None:
    plan = make_plan("res.partner", REF, NAME, script("result = env['x'].read([1], ['a'])", "city"))
    (result,) = go_in(plan, {"id": 1, "name": "A"})
    assert errors(result)[0][3] == "the script failed on line 1: RuntimeError: env cannot be used here"


def test_a_question_that_makes_no_sense_is_an_error_of_the_record_with_its_line(make_plan: MakePlan) -> None:
    def ask(model: str, method: str, arguments: Mapping[str, object]) -> object:
        raise AskRefused("name the fields to read")

    plan = make_plan("res.partner", REF, NAME, script("x = 1\nresult = env['x'].read([1], ['a'])", "city"))
    (result,) = go_in(plan, {"id": 1, "name": "A"}, ask=ask)
    assert errors(result)[0][3] == "the script failed on line 2: RuntimeError: name the fields to read"


def test_what_odoo_answers_badly_passes_through_unless_the_script_catches_it(make_plan: MakePlan) -> None:
    def ask(model: str, method: str, arguments: Mapping[str, object]) -> object:
        raise ConnectionError("Odoo is away, key hunter2")

    plan = make_plan("res.partner", REF, NAME, script("result = env['x'].search([])", "city"))
    with pytest.raises(ConnectionError, match="Odoo is away"):
        go_in(plan, {"id": 1, "name": "A"}, ask=ask)
    caught = "try:\n    env['x'].search([])\nexcept Exception as error:\n    result = str(error)"
    plan = make_plan("res.partner", REF, NAME, script(caught, "city"))
    (result,) = go_in(plan, {"id": 1, "name": "A"}, ask=ask)
    assert result.values is not None
    assert result.values["city"] == "Odoo could not be asked: ConnectionError"


def test_command_makes_what_odoo_takes(make_plan: MakePlan) -> None:
    plan = make_plan(
        "res.partner", REF, NAME, script("result = [c[1] for c in [Command.link(3), Command.link(4)]]", "category_id")
    )
    (result,) = go_in(plan, {"id": 1, "name": "A"})
    assert result.values is not None
    assert result.values["category_id"] == [[6, 0, [3, 4]]]


# --- what is no script ---


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (script(" ", "city"), "the script is empty"),
        ({**script("x", "city"), "options": {}}, "the script is missing"),
        (script("x = 1", "city"), "the script never sets result"),
        (script("result = (1,\n\nx = 2", "city"), "'(' was never closed (line 1 of the script)"),
        (script("x = 1\n  result = 2", "city"), "unexpected indent (line 2 of the script)"),
        (script("result = 1\nreturn", "city"), "'return' outside function"),
        (script("result = 1\n\nclass A(list):\n    pass", "city"), "class inheritance and metaclasses (line 3"),
        (script("result = 1\ndel result", "city"), "scripts do not know the 'del' statement (line 2"),
        (script("result = 'a\0b'", "city"), "null bytes"),
        (script("result = " + "(" * 5000 + ")" * 5000, "city"), "nested"),
        (script("result = 1 #" + "x" * 30000, "city"), "at most 20000 characters"),
        ({**script("result = 1", key="k"), "direction": "in"}, "the Odoo field is missing"),
        (script("result = 1", key="k"), "the Odoo field is missing"),
        (script("values", "city", script_mode="execute"), "leave the Odoo field empty"),
        (script("values['x'] = 1", writes=["x"]), "res.partner has no field 'x'; mend reads or writes"),
        (script("values['x'] = 1", writes=[1]), "writes is a list of names"),
        (script("result = value", "city", "k[].x"), "the key k[].x gives a list, and the script runs once"),
        (script("result = 1", "city", script_mode="x"), "script_mode is 'x'"),
    ],
)
def test_a_line_that_cannot_work_is_a_problem_with_its_cure(
    make_plan: MakePlan, line: dict[str, Any], message: str
) -> None:
    with pytest.raises(PlanError) as caught:
        make_plan("res.partner", REF, NAME, line)
    assert message in str(caught.value)


def test_a_script_without_a_reverse_is_noted(make_plan: MakePlan) -> None:
    plan = make_plan("res.partner", REF, NAME, script("result = value", "city", "k"))
    assert ["a script is not reversed by itself" in note.message for note in plan.notes] == [True]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"before": ConfigScript("x = (")}, "the script before mapping: '(' was never closed (line 1"),
        (
            {"after": ConfigScript("x = 1", writes=("nope",))},
            "the script after mapping: res.partner has no field 'nope'",
        ),
        ({"after": ConfigScript("x = 1", direction="up")}, "the script after mapping: direction is 'up'"),
    ],
)
def test_a_config_script_that_cannot_work_is_a_problem(
    make_plan: MakePlan, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(PlanError) as caught:
        make_plan("res.partner", REF, NAME, **options)
    assert [problem.line_id for problem in caught.value.problems] == [None]
    assert message in str(caught.value)
