"""`fields_get`: what the stand-in says of a field is what the Odoo under test says."""

from collections.abc import Callable

import pytest

from clients.odoo.client import OdooClient
from clients.odoo.schema import FIELD_TYPES, fields_from_get
from demo.odoo import DemoOdoo

MODELS = (
    "res.partner",
    "res.partner.category",
    "res.country",
    "res.country.state",
    "res.users",
    "product.product",
    "product.template",
    "product.category",
    "sale.order",
    "sale.order.line",
)
# Selections that each server has its own of: installed languages, its zones.
OWN_SELECTIONS = ("lang", "tz")


@pytest.fixture(scope="session")
def stand_in(major: int) -> DemoOdoo:
    """A demo Odoo of the version under test, asked without the network."""
    return DemoOdoo(version=min(max(major, 18), 19))


@pytest.mark.parametrize("model", MODELS)
def test_the_fields_of_the_stand_in_are_those_of_the_odoo(odoo: OdooClient, stand_in: DemoOdoo, model: str) -> None:
    there = odoo.fields_get(model)
    played = fields_from_get(stand_in.call(model, "fields_get"))
    differing = {}
    for name, field in played.items():
        real = there.get(name)
        if real is None:
            differing[name] = ("missing", "")
            continue
        compared = ["label", "type", "relation", "relation_field", "required", "readonly", "store"]
        compared += [] if name in OWN_SELECTIONS else ["selection"]
        for what in compared:
            if getattr(field, what) != getattr(real, what):
                differing[f"{name}.{what}"] = (getattr(field, what), getattr(real, what))
    assert differing == {}


def test_the_client_knows_every_type_of_field(odoo: OdooClient) -> None:
    types = {field.type for model in MODELS for field in odoo.fields_get(model).values()}
    assert types - FIELD_TYPES == set()


@pytest.mark.parametrize("model", ["res.partner", "product.product", "sale.order"])
def test_what_is_not_searchable_or_sortable_is_so_in_the_stand_in(
    odoo: OdooClient, stand_in: DemoOdoo, model: str
) -> None:
    wanted = {"attributes": ["searchable", "sortable"]}
    there = odoo.call(model, "fields_get", kwargs=wanted)
    played = stand_in.call(model, "fields_get", **wanted)
    assert {name: there[name] for name in played} == played


@pytest.mark.parametrize("model", [*MODELS, "account.tax", "uom.uom", "res.currency"])
def test_the_digits_of_a_number_are_those_of_the_stand_in(odoo: OdooClient, stand_in: DemoOdoo, model: str) -> None:
    wanted = {"attributes": ["type", "digits", "min_display_digits"]}
    there = odoo.call(model, "fields_get", kwargs=wanted)
    played = stand_in.call(model, "fields_get", **wanted)
    numbers = {name: told for name, told in played.items() if told["type"] == "float"}
    assert {name: there[name] for name in numbers} == numbers


def test_an_unknown_model_has_no_fields(odoo: OdooClient, error: Callable[..., Exception]) -> None:
    raised = error(odoo.fields_get, "conf.no.such.model")
    assert getattr(raised, "code", None) == "unknown_model"
