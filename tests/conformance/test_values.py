"""Values of every type of field both ways, and what Odoo swallows silently: the client's conversion refuses it."""

import base64
from collections.abc import Callable
from typing import Any

import pytest

from clients.errors import Kind, RemoteError
from clients.odoo.client import OdooClient
from clients.odoo.schema import Field
from clients.odoo.values import ValueRefused

Make = Callable[..., int]
One = Callable[..., Any]
Raised = Callable[..., RemoteError]
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="


@pytest.fixture(scope="session")
def field(odoo: OdooClient) -> Callable[[str, str], Field]:
    """`field(model, name)`, as the Odoo under test describes it."""
    known: dict[str, dict[str, Field]] = {}

    def look_up(model: str, name: str) -> Field:
        if model not in known:
            known[model] = odoo.fields_get(model)
        return known[model][name]

    return look_up


@pytest.mark.parametrize(
    ("name", "given", "sent", "read", "told"),
    [
        ("ref", "Zoë & 'Co' <x>", "Zoë & 'Co' <x>", "Zoë & 'Co' <x>", "Zoë & 'Co' <x>"),
        ("ref", 42, "42", "42", "42"),
        ("ref", None, False, False, None),
        ("ref", "", "", "", ""),
        ("sale_warn_msg", "two\nlines", "two\nlines", "two\nlines", "two\nlines"),
        ("comment", "<p>a <b>b</b></p>", "<p>a <b>b</b></p>", "<p>a <b>b</b></p>", "<p>a <b>b</b></p>"),
        ("color", "7", 7, 7, 7),
        ("color", None, False, 0, 0),
        ("color", -3, -3, -3, -3),
        ("partner_latitude", "51.0543422", 51.0543422, 51.0543422, 51.0543422),
        ("partner_latitude", None, False, 0.0, 0.0),
        ("employee", "false", False, False, False),
        ("employee", "yes", True, True, True),
        ("type", "delivery", "delivery", "delivery", "delivery"),
        ("type", None, False, False, None),
        ("image_1920", base64.b64decode(PIXEL), PIXEL, PIXEL, PIXEL),
        ("image_1920", None, False, False, None),
        ("parent_id", None, False, False, None),
        ("category_id", None, [[5, 0, 0]], [], []),
    ],
)
def test_a_contact_s_value_goes_there_and_back(
    odoo: OdooClient,
    make: Make,
    one: One,
    field: Callable[[str, str], Field],
    name: str,
    given: Any,
    sent: Any,
    read: Any,
    told: Any,
) -> None:
    converted = field("res.partner", name).to_odoo(given)
    assert converted == sent
    record = make("res.partner", type="other")
    odoo.write("res.partner", [record], {name: converted})
    stored = one("res.partner", record, name)
    assert (type(stored), stored) == (type(read), read)
    assert field("res.partner", name).from_odoo(stored) == told


def test_plain_text_becomes_html(odoo: OdooClient, make: Make, one: One, field: Callable[[str, str], Field]) -> None:
    """In a paragraph or a span, as the XML library of the server has it."""
    record = make("res.partner", type="other")
    odoo.write("res.partner", [record], {"comment": field("res.partner", "comment").to_odoo("plain & simple")})
    stored = one("res.partner", record, "comment")
    assert stored in ("<p>plain &amp; simple</p>", "<span>plain &amp; simple</span>")
    assert field("res.partner", "comment").from_odoo(stored) == stored


def test_a_many2one_goes_as_an_id_and_comes_with_its_name(
    odoo: OdooClient, make: Make, one: One, field: Callable[[str, str], Field], country: Callable[[str], int]
) -> None:
    belgium = country("BE")
    record = make("res.partner", country_id=field("res.partner", "country_id").to_odoo([belgium, "Belgium"]))
    stored = one("res.partner", record, "country_id")
    assert stored == [belgium, "Belgium"]
    assert field("res.partner", "country_id").from_odoo(stored) == belgium
    (bare,) = odoo.call("res.partner", "read", ids=[record], kwargs={"fields": ["country_id"], "load": ""})
    assert bare["country_id"] == belgium


@pytest.mark.parametrize(
    ("given", "tz", "stored", "told"),
    [
        ("2026-07-01T12:30:00+02:00", "UTC", "2026-07-01 10:30:00", "2026-07-01T10:30:00Z"),
        ("2026-07-01 12:30:00", "Europe/Brussels", "2026-07-01 10:30:00", "2026-07-01T12:30:00+02:00"),
        ("2026-01-15T00:15:00.987654Z", "UTC", "2026-01-15 00:15:00", "2026-01-15T00:15:00Z"),
        (None, "UTC", False, None),
    ],
)
def test_a_datetime_is_utc_in_odoo(
    odoo: OdooClient,
    make: Make,
    one: One,
    field: Callable[[str, str], Field],
    given: Any,
    tz: str,
    stored: Any,
    told: Any,
) -> None:
    moment = field("sale.order", "commitment_date")
    order = make("sale.order", partner_id=make("res.partner"), commitment_date=moment.to_odoo(given, tz=tz))
    assert one("sale.order", order, "commitment_date") == stored
    assert moment.from_odoo(stored, tz=tz) == told


def test_a_date_has_no_time(odoo: OdooClient, make: Make, one: One, field: Callable[[str, str], Field]) -> None:
    day = field("sale.order", "validity_date")
    order = make("sale.order", partner_id=make("res.partner"), validity_date=day.to_odoo("2026-03-31"))
    assert one("sale.order", order, "validity_date") == "2026-03-31"
    odoo.write("sale.order", [order], {"validity_date": day.to_odoo(None)})
    assert one("sale.order", order, "validity_date") is False


@pytest.mark.parametrize("name", ["list_price", "lst_price", "standard_price"])
def test_prices_are_rounded_half_up_on_18_and_kept_on_19(
    odoo: OdooClient, make: Make, one: One, major: int, name: str
) -> None:
    product = make("product.product")
    for given, rounded in ((1.005, 1.01), (2.675, 2.68), (8.255, 8.26), (0.125, 0.13), (33.333, 33.33), (9.999, 10.0)):
        odoo.write("product.product", [product], {name: given})
        assert one("product.product", product, name) == (rounded if major < 19 else given)


def test_weights_are_rounded(make: Make, one: One) -> None:
    assert one("product.product", make("product.product", weight=1.235), "weight") == 1.24


def test_a_number_is_looked_for_as_it_would_be_kept(odoo: OdooClient, make: Make, major: int) -> None:
    product = make("product.product", list_price=33.333, weight=1.235)
    conditions = [("list_price", "=", 33.33), ("list_price", "=", 33.333), ("list_price", "in", [33.334])]
    conditions += [("weight", "=", 1.2351), ("weight", ">", 1.238), ("weight", ">=", 1.2444), ("weight", "=", 1.234)]
    found = [odoo.search_count("product.product", [["id", "=", product], [*each]]) for each in conditions]
    assert found == ([1, 1, 1] if major < 19 else [0, 1, 0]) + [1, 0, 1, 0]


@pytest.mark.parametrize("wrong", ["20", 20.0, True, "Belgium"])
def test_odoo_clears_a_many2one_that_is_no_id_and_the_client_refuses_it(
    odoo: OdooClient,
    make: Make,
    one: One,
    field: Callable[[str, str], Field],
    country: Callable[[str], int],
    wrong: Any,
) -> None:
    record = make("res.partner", country_id=country("BE"))
    odoo.write("res.partner", [record], {"country_id": wrong})
    assert one("res.partner", record, "country_id") is False
    with pytest.raises(ValueRefused, match="the id of a record"):
        field("res.partner", "country_id").to_odoo(wrong)


def test_odoo_takes_any_text_for_true_and_the_client_reads_it(
    odoo: OdooClient, make: Make, one: One, field: Callable[[str, str], Field]
) -> None:
    record = make("res.partner", employee="false")
    assert one("res.partner", record, "employee") is True
    assert field("res.partner", "employee").to_odoo("false") is False
    with pytest.raises(ValueRefused, match="neither true nor false"):
        field("res.partner", "employee").to_odoo("perhaps")


@pytest.mark.parametrize(
    ("model", "name", "wrong", "code", "words"),
    [
        ("res.partner", "partner_latitude", "12,50", "bad_value", "is no number"),
        ("res.partner", "color", "x", "bad_value", "is no whole number"),
        ("res.partner", "type", "conf", "bad_value", "Wrong value for res.partner.type"),
        ("res.partner", "color", 2**31 - 1 + 1, "server_error", "integer out of range"),
        ("sale.order", "commitment_date", "2026-01-15T10:30:00", "bad_value", "is no date or time"),
        ("sale.order", "validity_date", "31/03/2026", "bad_value", "is no date or time"),
        ("product.product", "image_1920", "AAAA", "user_error", "could not be decoded as an image file"),
    ],
)
def test_what_odoo_refuses_is_told_and_the_client_refuses_it_first(
    odoo: OdooClient,
    variant: tuple[Any, str],
    make: Make,
    error: Raised,
    field: Callable[[str, str], Field],
    model: str,
    name: str,
    wrong: Any,
    code: str,
    words: str,
) -> None:
    if isinstance(wrong, int) and variant[1] == "xmlrpc":
        pytest.skip("XML-RPC has no such number")
    record = make(model, partner_id=make("res.partner")) if model == "sale.order" else make(model)
    raised = error(odoo.write, model, [record], {name: wrong})
    assert (raised.kind, raised.code) == (Kind.PERMANENT, code)
    assert words in raised.message
    assert "Traceback" not in raised.message
    if name not in ("commitment_date", "image_1920"):
        with pytest.raises(ValueRefused):
            field(model, name).to_odoo(wrong)
