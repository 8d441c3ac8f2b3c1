"""The commands of one2many and many2many fields, and what a company shares with its contacts."""

from collections.abc import Callable
from typing import Any

import pytest

from clients.errors import Kind, RemoteError
from clients.odoo.client import OdooClient

Make = Callable[..., int]
One = Callable[..., Any]
Raised = Callable[..., RemoteError]
There = Callable[[str, int], bool]
NOWHERE = 2_000_000_000
BROKEN_18 = (
    "The operation cannot be completed: another model requires the record being deleted. If possible, archive it "
    "instead. Model: {} Constraint: {}"
)
BROKEN_19 = (
    "The operation cannot be completed: Another model is using the record you are trying to delete. "
    "The troublemaker is: {} Thanks to the following constraint: {} How about archiving the record instead?"
)


@pytest.fixture
def tags(make: Make) -> list[int]:
    return [make("res.partner.category") for _number in range(3)]


@pytest.mark.parametrize(
    ("commands", "left"),
    [
        ([[4, 2, 0]], [0, 1, 2]),
        ([[4, 1, 0]], [0, 1]),
        ([[3, 0, 0]], [1]),
        ([[5, 0, 0]], []),
        ([[6, 0, [2]]], [2]),
        ([[6, 0, []]], []),
        ([[3, 0, 0], [4, 2, 0]], [1, 2]),
        ([2], [2]),
        ([], [0, 1]),
        (False, []),
    ],
)
def test_commands_change_a_many2many(
    odoo: OdooClient, make: Make, one: One, tags: list[int], commands: Any, left: list[int]
) -> None:
    def filled(command: Any) -> Any:
        if isinstance(command, int):
            return tags[command]
        code, position, rest = command
        return [code, tags[position] if code in (3, 4) else 0, [tags[each] for each in rest] if code == 6 else 0]

    contact = make("res.partner", category_id=[[6, 0, tags[:2]]])
    sent = [filled(command) for command in commands] if commands else commands
    odoo.write("res.partner", [contact], {"category_id": sent})
    assert sorted(one("res.partner", contact, "category_id")) == [tags[each] for each in left]


def test_a_many2many_creates_updates_and_deletes_the_other_side(
    odoo: OdooClient, make: Make, one: One, there: There, later: Callable[[str, list[int]], None], tag: str
) -> None:
    contact = make("res.partner", category_id=[[0, 0, {"name": f"{tag}-made"}]])
    (made,) = one("res.partner", contact, "category_id")
    later("res.partner.category", [made])
    odoo.write("res.partner", [contact], {"category_id": [[1, made, {"name": f"{tag}-renamed"}]]})
    assert one("res.partner.category", made, "name") == f"{tag}-renamed"
    odoo.write("res.partner", [contact], {"category_id": [[2, made, 0]]})
    assert one("res.partner", contact, "category_id") == []
    assert not there("res.partner.category", made)


def test_a_one2many_creates_updates_unlinks_and_deletes(
    odoo: OdooClient, make: Make, one: One, there: There, later: Callable[[str, list[int]], None], tag: str
) -> None:
    children = [[0, 0, {"name": f"{tag}-{name}", "type": "other"}] for name in "abc"]
    company = make("res.partner", is_company=True, child_ids=children)
    a, b, c = one("res.partner", company, "child_ids")
    later("res.partner", [a, b, c])
    odoo.write("res.partner", [company], {"child_ids": [[1, a, {"ref": "changed"}], [3, b, 0], [2, c, 0]]})
    assert one("res.partner", company, "child_ids") == [a]
    assert one("res.partner", a, "ref") == "changed"
    assert one("res.partner", b, "parent_id") is False
    assert not there("res.partner", c)
    odoo.write("res.partner", [company], {"child_ids": [[4, b, 0]]})
    assert sorted(one("res.partner", company, "child_ids")) == [a, b]
    odoo.write("res.partner", [company], {"child_ids": [[6, 0, [b]]]})
    assert one("res.partner", company, "child_ids") == [b]
    odoo.write("res.partner", [company], {"child_ids": [[5, 0, 0]]})
    assert one("res.partner", company, "child_ids") == []


@pytest.mark.parametrize("commands", [[[4, NOWHERE, 0]], [[6, 0, [NOWHERE]]]])
def test_linking_what_is_not_there_breaks_the_key(
    odoo: OdooClient, make: Make, error: Raised, major: int, commands: list[Any]
) -> None:
    raised = error(odoo.write, "res.partner", [make("res.partner")], {"category_id": commands})
    assert (raised.kind, raised.code) == (Kind.PERMANENT, "validation")
    constraint = "res_partner_res_partner_category_rel_category_id_fkey"
    assert raised.message == (
        BROKEN_18.format("Unknown (unknown)", constraint) if major < 19 else BROKEN_19.format("Unknown", constraint)
    )


def test_what_another_record_needs_is_not_deleted(
    odoo: OdooClient, make: Make, there: There, error: Raised, major: int, tag: str
) -> None:
    country = make("res.country", code="ØZ", name=tag)
    state = make("res.country.state", code=tag, country_id=country)
    make("res.partner", state_id=state)
    raised = error(odoo.unlink, "res.country.state", [state])
    assert (raised.kind, raised.code) == (Kind.PERMANENT, "validation")
    if major < 19:
        assert raised.message == BROKEN_18.format("Contact (res.partner)", "res_partner_state_id_fkey")
    else:
        assert raised.message == BROKEN_19.format("'Contact' (res.partner)", "'State' (state_id)")
    assert there("res.country.state", state)


def test_a_category_with_products_is_deleted_on_19_alone(
    odoo: OdooClient, make: Make, one: One, error: Raised, major: int
) -> None:
    category = make("product.category")
    product = make("product.product", categ_id=category)
    if major < 19:
        assert error(odoo.unlink, "product.category", [category]).code == "validation"
        assert one("product.product", product, "categ_id")[0] == category
    else:
        odoo.unlink("product.category", [category])
        assert one("product.product", product, "categ_id") is False


def test_a_text_is_no_list_of_commands(odoo: OdooClient, make: Make, error: Raised) -> None:
    raised = error(odoo.write, "res.partner", [make("res.partner")], {"category_id": "x"})
    assert (raised.kind, raised.code) == (Kind.PERMANENT, "bad_value")
    assert raised.message == "Wrong value for res.partner.category_id: x."


def test_a_many2one_to_what_is_not_there_is_refused(odoo: OdooClient, make: Make, error: Raised) -> None:
    raised = error(odoo.write, "res.partner", [make("res.partner")], {"parent_id": NOWHERE})
    assert (raised.kind, raised.code) == (Kind.PERMANENT, "missing_record")
    assert raised.message == f"The record res.partner({NOWHERE}) does not exist or has been deleted."


def test_a_contact_takes_its_company_s_address_and_name(
    odoo: OdooClient, make: Make, one: One, country: Callable[[str], int], tag: str
) -> None:
    company = make("res.partner", name=f"{tag}-co", is_company=True, city="Gent", country_id=country("BE"))
    contact = make("res.partner", name=f"{tag}-ann", parent_id=company)
    told = one("res.partner", contact, "display_name", "city", "country_id", "commercial_partner_id")
    assert told == {
        "display_name": f"{tag}-co, {tag}-ann",
        "city": "Gent",
        "country_id": [country("BE"), "Belgium"],
        "commercial_partner_id": [company, f"{tag}-co"],
    }
    odoo.write("res.partner", [company], {"city": "Brugge"})
    assert one("res.partner", contact, "city") == "Brugge"
