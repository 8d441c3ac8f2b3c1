"""Countries, languages, currencies, companies, users, and the models about models."""

from typing import Any
from zoneinfo import available_timezones

from demo.odoo import naming
from demo.odoo.fields import Field, char, many2many, many2one, one2many, selection
from demo.odoo.orm import Env
from demo.odoo.registry import Model, magic_fields
from demo.odoo.store import Row

LANGUAGES = {"en_US": "English (US)"}
TIMEZONES = {name: name for name in sorted(available_timezones())}


def simple(name: str, description: str, *, label: str = "Name", order: str = "name", **fields: Field) -> Model:
    """A model with a name and little else."""
    return Model(
        name,
        description,
        {"name": char(label, required=True, index=True), **fields, **magic_fields()},
        order=order,
    )


def models(version: int) -> list[Model]:
    return [
        _country(),
        _state(),
        simple("res.lang", "Languages", code=char("Locale Code", required=True), active=_active()),
        _currency(),
        _company(),
        _users(version),
        _ir_model(),
        _ir_model_data(),
        simple("account.payment.term", "Payment Terms", label="Payment Terms", active=_active()),
        simple(
            "account.tax",
            "Tax",
            label="Tax Name",
            amount=Field("float", "Amount", required=True, digits=(16, 4), default=0.0),
            type_tax_use=selection(
                {"sale": "Sales", "purchase": "Purchases", "none": "None"},
                "Tax Type",
                required=True,
                default="sale",
            ),
            active=_active(),
        ),
    ]


def _active() -> Field:
    return Field("boolean", "Active", default=True)


def _country() -> Model:
    fields = {
        "name": char("Country Name", required=True, index=True),
        "code": char("Country Code", required=True, index=True),
        "phone_code": Field("integer", "Country Calling Code"),
        "currency_id": many2one("res.currency", "Currency"),
        "state_ids": one2many("res.country.state", "country_id", "States"),
        "vat_label": char("Vat Label"),
        "zip_required": Field("boolean", "Zip Required", default=True),
        "state_required": Field("boolean", "State Required", default=False),
        **magic_fields(),
    }
    return Model(
        "res.country", "Country", fields, order="name", search_names=("name", "code"), name_search=naming.of_country
    )


def _state() -> Model:
    fields = {
        "country_id": many2one("res.country", "Country", required=True),
        "name": char("State Name", required=True, index=True),
        "code": char("State Code", required=True, index=True),
        **magic_fields(),
    }

    def display_name(env: Env, row: Row) -> str:
        return f"{row['name']} ({env.row('res.country', row['country_id'])['code']})"

    return Model(
        "res.country.state",
        "Country state",
        fields,
        order="code",
        search_names=("name", "code"),
        display_name=display_name,
        name_search=naming.of_state,
    )


def _currency() -> Model:
    fields = {
        "name": char("Currency", required=True, index=True),
        "full_name": char("Name"),
        "symbol": char("Symbol", required=True),
        "rounding": Field("float", "Rounding Factor", digits=(12, 6), default=0.01),
        "position": selection({"after": "After Amount", "before": "Before Amount"}, "Symbol Position", default="after"),
        "active": _active(),
        **magic_fields(),
    }
    return Model("res.currency", "Currency", fields, order="active desc, name")


def _company() -> Model:
    fields = {
        "name": char("Company Name", required=True, index=True),
        "partner_id": many2one("res.partner", "Partner", required=True, index=True),
        "currency_id": many2one("res.currency", "Currency", required=True),
        "active": _active(),
        **magic_fields(),
    }
    return Model("res.company", "Companies", fields, order="name")


def _users(version: int) -> Model:
    fields = {
        "name": char("Name", store=False, delegate="partner_id"),
        "email": char("Email", store=False, delegate="partner_id"),
        "login": char("Login", required=True, index=True),
        "partner_id": many2one("res.partner", "Related Partner", required=True, ondelete="restrict"),
        "company_id": many2one("res.company", "Company", required=True, default=1),
        "company_ids": many2many("res.company", "Companies"),
        "lang": selection(LANGUAGES, "Language", store=False, delegate="partner_id"),
        "tz": selection(TIMEZONES, "Timezone", store=False, delegate="partner_id"),
        "share": Field("boolean", "Share User", readonly=True, default=False),
        "active": _active(),
        **magic_fields(),
    }

    def context_get(records: Any) -> dict[str, Any]:
        env = records.env
        user = env.row("res.users", env.uid)
        return {
            "lang": env.value("res.users", user, "lang") or "en_US",
            "tz": env.value("res.users", user, "tz") or False,
            "uid": env.uid,
        }

    return Model(
        "res.users",
        "User",
        fields,
        order="name, login",
        display_name=lambda env, row: env.name_of("res.partner", row["partner_id"]),
        search_names=("login", "name"),
        methods={"context_get": context_get},
    )


def _ir_model() -> Model:
    fields = {
        "name": char("Model Description", required=True),
        "model": char("Model", required=True, index=True),
        "transient": Field("boolean", "Transient Model", default=False),
        **magic_fields(),
    }
    return Model("ir.model", "Models", fields, order="model", search_names=("name", "model"))


def _ir_model_data() -> Model:
    fields = {
        "name": char("External Identifier", required=True, index=True),
        "module": char("Module", required=True, default=""),
        "model": char("Model Name", required=True),
        "res_id": Field("many2one_reference", "Record ID"),
        "complete_name": char(
            "Complete ID",
            readonly=True,
            store=False,
            compute=lambda env, row: ".".join(part for part in (row["module"], row["name"]) if part),
        ),
        "noupdate": Field("boolean", "Non Updatable", default=False),
        **magic_fields(),
    }
    return Model("ir.model.data", "Model Data", fields, order="module, model, name")
