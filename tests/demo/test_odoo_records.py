"""What the demo Odoo does with values, relations, domains and rules: the traps of a real one."""

import xmlrpc.client
from collections.abc import Iterator
from typing import Any

import pytest

from demo.odoo import DemoOdoo


@pytest.fixture(params=[18, 19])
def odoo(request: pytest.FixtureRequest) -> Iterator[DemoOdoo]:
    with DemoOdoo(version=request.param) as server:
        yield server


@pytest.fixture
def call(odoo: DemoOdoo) -> Any:
    """Call over XML-RPC: call(model, method, *args, **kwargs)."""
    proxy = xmlrpc.client.ServerProxy(f"{odoo.url}/xmlrpc/2/object")

    def execute(model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        return proxy.execute_kw(odoo.db, 2, odoo.api_key, model, method, list(args), kwargs)

    yield execute
    proxy("close")()


def fault(call: Any, *args: Any, **kwargs: Any) -> tuple[int, str]:
    """The code and the last line (or the whole message) of the fault that a call must raise."""
    with pytest.raises(xmlrpc.client.Fault) as caught:
        call(*args, **kwargs)
    text: str = caught.value.faultString
    return caught.value.faultCode, text.strip().splitlines()[-1] if text.startswith("Traceback") else text


@pytest.fixture
def partner(call: Any) -> int:
    record_id: int = call("res.partner", "create", {"name": "Ada", "country_id": 20, "email": "ada@example.com"})
    return record_id


def read_one(call: Any, model: str, record_id: int, *fields: str) -> Any:
    row = call(model, "read", [record_id], list(fields))[0]
    return row[fields[0]] if len(fields) == 1 else row


# -- values ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", ["20", [20, "Belgium"], 20.0, True, {"id": 20}, "Belgium"])
def test_a_many2one_of_the_wrong_type_is_silently_cleared(call: Any, partner: int, wrong: Any) -> None:
    assert call("res.partner", "write", [partner], {"country_id": wrong}) is True
    assert read_one(call, "res.partner", partner, "country_id") is False


def test_a_many2one_reads_as_id_and_name(call: Any, partner: int) -> None:
    assert read_one(call, "res.partner", partner, "country_id") == [20, "Belgium"]
    assert call("res.partner", "read", [partner], ["country_id"], load="")[0]["country_id"] == 20


def test_any_text_makes_a_boolean_true(call: Any, partner: int) -> None:
    call("res.partner", "write", [partner], {"employee": "false"})
    assert read_one(call, "res.partner", partner, "employee") is True


def test_a_float_takes_text_with_a_point_and_no_comma(call: Any, partner: int) -> None:
    call("res.partner", "write", [partner], {"credit_limit": "12.50"})
    assert read_one(call, "res.partner", partner, "credit_limit") == 12.5
    assert fault(call, "res.partner", "write", [partner], {"credit_limit": "12,50"}) == (
        1,
        "ValueError: could not convert string to float: '12,50'",
    )


@pytest.mark.parametrize(
    "bad", ["2026-01-15T10:30:00", "2026-01-15 10:30:00Z", "2026-01-15 10:30:00.123", "2026-01-15 10:30:00+01:00"]
)
def test_a_datetime_of_another_form_faults(call: Any, partner: int, bad: str) -> None:
    code, text = fault(call, "sale.order", "create", {"partner_id": partner, "date_order": bad})
    assert code == 1
    assert text.startswith("ValueError: ")


def test_unset_values_read_as_false_zero_or_empty(call: Any, partner: int) -> None:
    fields = ["phone", "parent_id", "category_id", "color", "credit_limit", "comment"]
    expected = {
        "phone": False,
        "parent_id": False,
        "category_id": [],
        "color": 0,
        "credit_limit": 0.0,
        "comment": False,
    }
    assert call("res.partner", "read", [partner], fields) == [{"id": partner, **expected}]


def test_empty_text_stays_empty_text(call: Any, partner: int) -> None:
    call("res.partner", "write", [partner], {"phone": ""})
    assert read_one(call, "res.partner", partner, "phone") == ""


def test_an_id_in_the_values_is_ignored(call: Any) -> None:
    record_id = call("res.partner", "create", {"id": 4711, "name": "Ada"})
    assert record_id != 4711


def test_unknown_fields_fault_as_each_version_words_it(odoo: DemoOdoo, call: Any, partner: int) -> None:
    where = "on model 'res.partner'" if odoo.version == 18 else "on 'res.partner'"
    assert fault(call, "res.partner", "create", {"name": "x", "nofield": 1}) == (
        1,
        f"ValueError: Invalid field 'nofield' {where}",
    )
    written = f"ValueError: Invalid field 'nofield' {where}" if odoo.version == 18 else "KeyError: 'nofield'"
    assert fault(call, "res.partner", "write", [partner], {"nofield": 1}) == (1, written)


# -- transactions ------------------------------------------------------------------------------------------------


def test_one_bad_record_undoes_the_whole_create(call: Any) -> None:
    before = call("res.partner", "search_count", [])
    code, _text = fault(call, "res.partner", "create", [{"name": "Good"}, {"email": "no-name@example.com"}])
    assert code == 2
    assert call("res.partner", "search_count", []) == before


def test_a_write_with_a_missing_id_changes_nothing(call: Any, partner: int) -> None:
    assert fault(call, "res.partner", "write", [partner, 99999], {"name": "New"})[0] == 2
    assert read_one(call, "res.partner", partner, "name") == "Ada"


def test_read_leaves_missing_ids_out(call: Any, partner: int) -> None:
    assert [row["id"] for row in call("res.partner", "read", [99999, partner], ["name"])] == [partner]


def test_archiving_over_xmlrpc_on_18_faults_although_it_is_done(odoo: DemoOdoo, call: Any, partner: int) -> None:
    if odoo.version == 18:
        code, text = fault(call, "res.partner", "action_archive", [partner])
        assert (code, text) == (1, "TypeError: cannot marshal None unless allow_none is enabled")
    else:
        assert call("res.partner", "action_archive", [partner]) is True
    assert read_one(call, "res.partner", partner, "active") is False


# -- domains -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("domain", "names"),
    [
        ([["ref", "=", "A"]], {"Alpha"}),
        ([["ref", "!=", "A"]], {"Beta GmbH", "Gamma", "Beta GmbH, Delta"}),
        ([["ref", "in", ["A", "B"]]], {"Alpha", "Beta GmbH"}),
        ([["ref", "in", ["A", False]]], {"Alpha", "Beta GmbH, Delta"}),
        ([["ref", "not in", ["A", "B"]]], {"Gamma", "Beta GmbH, Delta"}),
        ([["ref", "=", False]], {"Beta GmbH, Delta"}),
        ([["name", "ilike", "GMBH"]], {"Beta GmbH"}),
        ([["name", "like", "GMBH"]], set()),
        ([["name", "=like", "_lpha"]], {"Alpha"}),
        ([["name", "=ilike", "a%"]], {"Alpha"}),
        ([["name", "not ilike", "a"]], set()),
        ([["email", "not ilike", "x@"]], {"Beta GmbH", "Gamma", "Beta GmbH, Delta"}),
        (["|", ["ref", "=", "A"], ["ref", "=", "C"]], {"Alpha", "Gamma"}),
        (["!", ["ref", "=", "A"]], {"Beta GmbH", "Gamma", "Beta GmbH, Delta"}),
        (["&", "!", ["ref", "=", "A"], "|", ["ref", "=", "B"], ["ref", "=", "C"]], {"Beta GmbH", "Gamma"}),
        ([["country_id", "=", 20]], {"Alpha"}),
        ([["country_id", "=", "Germany"]], {"Beta GmbH"}),
        ([["country_id.code", "=", "DE"]], {"Beta GmbH"}),
        ([["country_id", "!=", False]], {"Alpha", "Beta GmbH"}),
        ([["country_id", "=", False]], {"Gamma", "Beta GmbH, Delta"}),
        ([["child_ids.name", "=", "Delta"]], {"Beta GmbH"}),
        ([["child_ids", "!=", False]], {"Beta GmbH"}),
        ([["parent_id", "child_of", "Beta"]], {"Beta GmbH", "Beta GmbH, Delta"}),
        ([["ref", "=", ["A", "B"]]], {"Alpha", "Beta GmbH"}),
        ([["ref", "like", ""], ["ref", "=", ""]], {"Beta GmbH, Delta"}),
        ([["name", "=like", "G\\_%"]], set()),
        ([["display_name", "=", "Beta GmbH, Delta"]], {"Beta GmbH, Delta"}),
        ([["credit_limit", ">", 5], ["credit_limit", "<=", 20]], {"Beta GmbH"}),
        ([["credit_limit", "=", 0]], {"Gamma", "Beta GmbH, Delta"}),
        ([["category_id.name", "ilike", "vip"]], {"Gamma"}),
        ([["active", "=", False]], {"Old"}),
        ([["active", "in", [True, False]], ["ref", "in", ["A", "O"]]], {"Alpha", "Old"}),
    ],
)
def test_a_domain_selects(call: Any, domain: list[Any], names: set[str]) -> None:
    vip = call("res.partner.category", "create", {"name": "VIP"})
    call(
        "res.partner",
        "create",
        [
            {"name": "Alpha", "ref": "A", "country_id": 20, "credit_limit": 5, "email": "x@example.com"},
            {
                "name": "Beta GmbH",
                "ref": "B",
                "country_id": 57,
                "credit_limit": 20,
                "is_company": True,
                "child_ids": [[0, 0, {"name": "Delta", "country_id": False, "type": "other"}]],
            },
            {"name": "Gamma", "ref": "C", "category_id": [[6, 0, [vip]]]},
            {"name": "Old", "ref": "O", "active": False},
        ],
    )
    rows = call("res.partner", "search_read", ["&", ["id", ">", 6], *anded(domain)], ["display_name"])
    assert {row["display_name"] for row in rows} == names


def test_a_field_that_cannot_be_searched_lets_every_record_pass_on_18_and_faults_on_19(
    odoo: DemoOdoo, call: Any, partner: int
) -> None:
    domain = [["id", "=", partner], ["company_type", "=", "company"]]
    assert read_one(call, "res.partner", partner, "company_type") == "person"
    if odoo.version == 18:
        assert call("res.partner", "search", domain) == [partner]
    else:
        text = "ValueError: Cannot convert res.partner.company_type to SQL because it is not stored"
        assert fault(call, "res.partner", "search", domain) == (1, text)


def anded(domain: list[Any]) -> list[Any]:
    """The domain with its outermost conditions joined, to stand after an `&`."""
    return ["&", *domain] if len(domain) == 2 and all(isinstance(term, list) for term in domain) else domain


def test_archived_records_show_when_the_context_says_so(call: Any, partner: int) -> None:
    call("res.partner", "write", [partner], {"active": False})
    domain = [["email", "=", "ada@example.com"]]
    assert call("res.partner", "search", domain) == []
    assert call("res.partner", "search", domain, context={"active_test": False}) == [partner]


def test_order_offset_and_limit(call: Any) -> None:
    ids = call("res.partner", "create", [{"name": f"P{number}", "ref": f"{number % 2}"} for number in range(5)])
    domain = [["id", "in", ids]]
    assert call("res.partner", "search", domain, order="ref desc, id") == [ids[1], ids[3], ids[0], ids[2], ids[4]]
    assert call("res.partner", "search", domain, order="id", offset=1, limit=2) == ids[1:3]
    assert call("res.partner", "search", domain, order="id", limit=0) == ids


def test_18_finds_what_it_read_as_later_and_19_as_equal(odoo: DemoOdoo, call: Any, partner: int) -> None:
    write_date = read_one(call, "res.partner", partner, "write_date")
    same = call("res.partner", "search_count", [["id", "=", partner], ["write_date", "=", write_date]])
    later = call("res.partner", "search_count", [["id", "=", partner], ["write_date", ">", write_date]])
    assert (same, later) == ((0, 1) if odoo.version == 18 else (1, 0))


@pytest.mark.parametrize("domain", [[["name", "~", "x"]], [["name", "="]], ["|", ["name", "=", "x"]]])
def test_what_is_no_domain_faults(call: Any, domain: Any) -> None:
    code, text = fault(call, "res.partner", "search", domain)
    assert code == 1
    assert text.startswith("ValueError: ")


def test_a_text_for_a_domain_faults(odoo: DemoOdoo, call: Any) -> None:
    code, text = fault(call, "res.partner", "search", "name")
    assert code == 1
    assert text.startswith("AssertionError: Domains to normalize" if odoo.version == 18 else "TypeError: Domain()")


@pytest.mark.parametrize(
    ("options", "last_line"),
    [
        ({"limit": -1}, "psycopg2.errors.InvalidRowCountInLimitClause: LIMIT must not be negative"),
        (
            {"order": "company_type"},
            "ValueError: Cannot convert res.partner.company_type to SQL because it is not stored",
        ),
    ],
)
def test_a_page_that_cannot_be_had_faults(call: Any, options: dict[str, Any], last_line: str) -> None:
    assert fault(call, "res.partner", "search", [], **options) == (1, last_line)


@pytest.mark.parametrize("order", ["name nope", "name,,id", "name; drop"])
def test_what_is_no_order_is_the_user_s_error(call: Any, order: str) -> None:
    code, text = fault(call, "res.partner", "search", [], order=order)
    assert code == 2
    assert text.startswith(f'Invalid "order" specified ({order}).')


# -- names and contacts ------------------------------------------------------------------------------------------


def test_a_contact_is_called_after_its_company(call: Any) -> None:
    company = call("res.partner", "create", {"name": "Acme", "company_type": "company"})
    contact = call("res.partner", "create", {"name": "Bob", "parent_id": company})
    assert read_one(call, "res.partner", contact, "display_name") == "Acme, Bob"
    assert read_one(call, "res.partner", contact, "commercial_partner_id") == [company, "Acme"]


def test_a_contact_takes_its_company_s_address(call: Any) -> None:
    company = call("res.partner", "create", {"name": "Acme", "is_company": True, "city": "Ghent", "vat": "BE1"})
    contact = call("res.partner", "create", {"name": "Bob", "parent_id": company, "city": "Paris"})
    assert read_one(call, "res.partner", contact, "city", "vat") == {"id": contact, "city": "Ghent", "vat": "BE1"}


def test_name_search_finds_by_code_and_email(call: Any, partner: int) -> None:
    assert call("res.country", "name_search", "Belgium") == [[20, "Belgium"]]
    assert [20, "Belgium"] in call("res.country", "name_search", "BE")
    assert call("res.partner", "name_search", "ada@example") == [[partner, "Ada"]]


def test_an_admin_s_contact_is_not_deleted(call: Any) -> None:
    code, text = fault(call, "res.partner", "unlink", [3])
    assert code == 2
    assert text.startswith("('You cannot delete contacts linked to an active user.")


# -- products and orders -----------------------------------------------------------------------------------------


@pytest.fixture
def product(odoo: DemoOdoo) -> int:
    return odoo.seed_products(1)[0]


def test_writing_a_variant_s_price_writes_its_template(odoo: DemoOdoo, call: Any, product: int) -> None:
    call("product.product", "write", [product], {"lst_price": 12.344, "name": "Chair"})
    template = read_one(call, "product.product", product, "product_tmpl_id")
    assert template[1] == "[DEMO-0001] Chair"
    assert read_one(call, "product.template", template[0], "list_price") == (12.34 if odoo.version == 18 else 12.344)


def test_a_template_has_a_variant_and_writes_its_code(call: Any) -> None:
    template = call("product.template", "create", {"name": "Desk", "default_code": "D-1", "list_price": 5})
    variant = read_one(call, "product.template", template, "product_variant_id")
    assert variant[1] == "[D-1] Desk"
    assert call("product.product", "search", [["default_code", "=", "D-1"]]) == [variant[0]]
    assert call("product.product", "search", [["name", "=", "Desk"], ["list_price", "<", 6]]) == [variant[0]]


def test_a_price_change_on_the_template_moves_the_variant_s_write_date(odoo: DemoOdoo, product: int) -> None:
    ids = odoo.seed_products(2)
    cursor = odoo.database.run(
        lambda env: max(env.value("product.product", row, "write_date") for row in env.rows("product.product", ids))
    )
    template = odoo.call("product.product", "read", [product], ["product_tmpl_id"])[0]["product_tmpl_id"][0]
    odoo.call("product.template", "write", [template], {"list_price": 1.0})
    changed = odoo.database.run(
        lambda env: [
            row["id"]
            for row in env.rows("product.product", [product, *ids])
            if env.value("product.product", row, "write_date") > cursor
        ]
    )
    assert changed == [product]


def test_a_barcode_is_used_once(call: Any, product: int) -> None:
    barcode = read_one(call, "product.product", product, "barcode")
    code, text = fault(call, "product.product", "create", {"name": "Copy", "barcode": barcode})
    assert code == 2
    taken = read_one(call, "product.product", product, "display_name")
    assert text == (
        f'Barcode(s) already assigned:\n\n- Barcode "{barcode}" already assigned to product(s): {taken} and Copy\n\n'
        "Note: products that you don't have access to will not be shown above."
    )


def test_a_variant_is_deleted_and_archived_with_its_template(call: Any, product: int) -> None:
    template = read_one(call, "product.product", product, "product_tmpl_id")[0]
    call("product.product", "write", [product], {"active": False})
    assert read_one(call, "product.template", template, "active") is True
    call("product.template", "write", [template], {"active": False})
    call("product.template", "write", [template], {"active": True})
    call("product.product", "unlink", [product])
    assert call("product.template", "search_count", [["id", "=", template]]) == 0
    assert call("product.product", "unlink", [product]) is True


def test_a_second_variant_of_a_template_is_refused(call: Any, product: int) -> None:
    template = read_one(call, "product.product", product, "product_tmpl_id")[0]
    code, text = fault(call, "product.product", "create", {"product_tmpl_id": template})
    assert code == 2
    assert 'unique constraint "product_product_combination_unique"' in text


def test_a_copied_product_has_its_own_template_and_no_code(call: Any, product: int) -> None:
    (copy,) = call("product.product", "copy", [product])
    row = call("product.product", "read", [copy], ["name", "default_code", "barcode"])[0]
    name = read_one(call, "product.product", product, "name")
    assert row == {"id": copy, "name": f"{name} (copy)", "default_code": False, "barcode": False}


@pytest.mark.parametrize(("given", "kept"), [(1.005, 1.01), (2.675, 2.68), (-1.005, -1.01), (0.004, 0.0)])
def test_prices_are_rounded_half_away_from_zero_on_18_and_kept_on_19(
    odoo: DemoOdoo, call: Any, product: int, given: float, kept: float
) -> None:
    call("product.product", "write", [product], {"list_price": given, "weight": given})
    assert read_one(call, "product.product", product, "list_price") == (kept if odoo.version == 18 else given)
    assert read_one(call, "product.product", product, "weight") == kept


def test_products_are_found_by_the_code_in_brackets(call: Any, product: int) -> None:
    shown = read_one(call, "product.product", product, "display_name")
    assert call("product.product", "name_search", shown) == [[product, shown]]


@pytest.fixture
def order(call: Any, partner: int, product: int) -> int:
    lines = [
        [0, 0, {"product_id": product, "product_uom_qty": 2, "price_unit": 10, "discount": 10}],
        [0, 0, {"product_id": product}],
    ]
    record_id: int = call("sale.order", "create", {"partner_id": partner, "order_line": lines, "note": "Ring twice"})
    return record_id


def test_an_order_gets_its_number_addresses_and_totals(call: Any, order: int, partner: int) -> None:
    row = call("sale.order", "read", [order])[0]
    assert row["name"] == "S00001"
    assert row["partner_invoice_id"] == row["partner_shipping_id"] == [partner, "Ada"]
    assert (row["amount_untaxed"], row["amount_tax"], row["amount_total"]) == (24.25, 0.0, 24.25)
    assert (row["state"], row["note"]) == ("draft", "<p>Ring twice</p>")


def test_a_line_takes_name_price_and_quantity_from_its_product(call: Any, order: int) -> None:
    lines = read_one(call, "sale.order", order, "order_line")
    row = call("sale.order.line", "read", [lines[1]])[0]
    assert (row["name"], row["price_unit"], row["product_uom_qty"]) == ("[DEMO-0001] Demo product 1", 6.25, 1.0)
    assert row["order_id"] == [order, "S00001"]


def test_x2many_commands_change_the_lines_of_an_order(call: Any, order: int, product: int) -> None:
    first, second = read_one(call, "sale.order", order, "order_line")
    commands = [[1, first, {"discount": 50}], [2, second, 0], [0, 0, {"product_id": product, "price_unit": 1}]]
    call("sale.order", "write", [order], {"order_line": commands})
    lines = read_one(call, "sale.order", order, "order_line")
    assert lines[0] == first
    assert second not in lines
    assert read_one(call, "sale.order", order, "amount_total") == 11.0
    call("sale.order", "write", [order], {"order_line": [[5, 0, 0]]})
    assert read_one(call, "sale.order", order, "order_line") == []


def test_a_new_quantity_takes_the_product_s_price_unless_it_was_written_by_hand(call: Any, order: int) -> None:
    first, second = read_one(call, "sale.order", order, "order_line")
    call("sale.order.line", "write", [second], {"price_unit": 7})
    call("sale.order.line", "write", [first, second], {"product_uom_qty": 4})
    prices = call("sale.order.line", "read", [first, second], ["price_unit"])
    assert [line["price_unit"] for line in prices] == [6.25, 7.0]


@pytest.mark.parametrize("wrong", [[[4, 9999, 0]], [[6, 0, [9999]]], [9999]])
def test_linking_a_record_that_is_not_there_breaks_the_key(
    odoo: DemoOdoo, call: Any, partner: int, wrong: list[Any]
) -> None:
    code, text = fault(call, "res.partner", "write", [partner], {"category_id": wrong})
    assert code == 2
    constraint = "onstraint: res_partner_res_partner_category_rel_category_id_fkey\n"
    if odoo.version == 18:
        assert text.endswith(f"\n\nModel: Unknown (unknown)\nC{constraint}")
    else:
        assert f"\n\nThe troublemaker is: Unknown\nThanks to the following c{constraint}How about " in text


def test_x2many_commands_link_unlink_and_replace_tags(call: Any, partner: int) -> None:
    tags = call("res.partner.category", "create", [{"name": "A"}, {"name": "B"}, {"name": "C"}])
    steps = [
        ([[4, tags[0], 0], [4, tags[1], 0]], tags[:2]),
        ([[3, tags[0], 0]], [tags[1]]),
        ([[6, 0, [tags[2], tags[0]]]], [tags[0], tags[2]]),
        (tags, tags),
        ([[5, 0, 0]], []),
    ]
    for commands, expected in steps:
        call("res.partner", "write", [partner], {"category_id": commands})
        assert read_one(call, "res.partner", partner, "category_id") == expected


def test_a_line_without_a_product_is_taken_but_not_copied(call: Any, partner: int) -> None:
    lines = [[0, 0, {"name": "Something"}]]
    order = call("sale.order", "create", {"partner_id": partner, "order_line": lines})
    assert read_one(call, "sale.order", order, "amount_total") == 0.0
    assert fault(call, "sale.order", "copy", [order]) == (
        2,
        "The operation cannot be completed: Missing required fields on accountable sale order line.",
    )


def test_a_note_sells_nothing(call: Any, order: int, product: int) -> None:
    vals = {"order_id": order, "display_type": "line_note", "name": "Hello", "product_id": product}
    assert fault(call, "sale.order.line", "create", vals) == (
        2,
        "The operation cannot be completed: Forbidden values on non-accountable sale order line",
    )


def test_an_order_needs_a_customer(call: Any) -> None:
    code, text = fault(call, "sale.order", "create", {"client_order_ref": "x"})
    assert code == 2
    assert "Customer" in text
    assert "(partner_id)" in text


def test_a_confirmed_order_is_kept_until_it_is_cancelled(call: Any, order: int) -> None:
    assert call("sale.order", "action_confirm", [order]) is True
    assert read_one(call, "sale.order", order, "state") == "sale"
    assert fault(call, "sale.order", "unlink", [order]) == (
        2,
        "You can not delete a sent quotation or a confirmed sales order. You must first cancel it.",
    )
    call("sale.order", "action_cancel", [order])
    assert call("sale.order", "unlink", [order]) is True
    assert call("sale.order.line", "search_count", []) == 0


def test_a_copied_order_has_its_own_number_and_lines(call: Any, order: int) -> None:
    (copy,) = call("sale.order", "copy", [order])
    row = call("sale.order", "read", [copy], ["name", "amount_total", "order_line"])[0]
    assert (row["name"], row["amount_total"]) == ("S00002", 24.25)
    assert not set(row["order_line"]) & set(read_one(call, "sale.order", order, "order_line"))


NEEDED_BY_ORDER = (
    "The operation cannot be completed: Another model is using the record you are trying to delete.\n\n"
    "The troublemaker is: 'Sales Order' (sale.order)\nThanks to the following constraint: 'Customer' (partner_id)\n"
    "How about archiving the record instead?"
)


def test_a_quotation_is_deleted_with_its_customer_on_18_and_keeps_it_on_19(
    odoo: DemoOdoo, call: Any, order: int, partner: int
) -> None:
    if odoo.version == 18:
        assert call("res.partner", "unlink", [partner]) is True
    else:
        assert fault(call, "res.partner", "unlink", [partner]) == (2, NEEDED_BY_ORDER)
    assert call("sale.order", "search_count", [["id", "=", order]]) == (0 if odoo.version == 18 else 1)


def test_what_an_order_needs_is_not_deleted(odoo: DemoOdoo, call: Any, order: int, partner: int, product: int) -> None:
    call("sale.order", "action_confirm", [order])
    words = "another model requires the record being deleted" if odoo.version == 18 else "The troublemaker is: 'Sales "
    for model, record_id in (("res.partner", partner), ("product.product", product)):
        code, text = fault(call, model, "unlink", [record_id])
        assert code == 2
        assert words in text
        assert call(model, "search_count", [["id", "=", record_id]]) == 1


def test_load_creates_then_updates_by_external_id(call: Any) -> None:
    fields = ["id", "name", "country_id/id", "is_company", "credit_limit"]
    first = call("res.partner", "load", fields, [["shop.c1", "One", "base.be", "1", "7.5"]])
    second = call("res.partner", "load", fields, [["shop.c1", "Uno", "base.de", "0", "8"]])
    assert first["ids"] == second["ids"]
    assert first["messages"] == []
    row = call("res.partner", "read", first["ids"], ["name", "country_id", "is_company", "credit_limit"])[0]
    assert (row["name"], row["country_id"], row["is_company"], row["credit_limit"]) == (
        "Uno",
        [57, "Germany"],
        False,
        8.0,
    )


def test_load_says_what_is_wrong_and_keeps_nothing(call: Any) -> None:
    before = call("res.partner", "search_count", [])
    rows = [["Good", "Belgium", "1"], ["Bad", "Atlantis", "1"], ["Worse", "", "much"]]
    answer = call("res.partner", "load", ["name", "country_id", "credit_limit"], rows)
    assert answer["ids"] is False
    assert [(each["record"], each["message"]) for each in answer["messages"]] == [
        (1, "No matching record found for name 'Atlantis' in field 'Country'"),
        (2, "'much' does not seem to be a number for field 'Credit Limit'"),
    ]
    assert call("res.partner", "search_count", []) == before
