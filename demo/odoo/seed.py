"""What stands in the demo Odoo from the start, and products to work with; all of it deterministic."""

from typing import Any

from demo.odoo.countries import COUNTRIES, STATES
from demo.odoo.load import name_external
from demo.odoo.orm import Env

SHOP_SKUS = {
    "IPOD2008PINK": ("IPod Nano - 8gb - pink", 199.0, "1234_pink"),
    "IPOD2008RED": ("IPod Nano - 8gb - red", 199.0, "1234_red"),
    "IPOD2008GREEN": ("IPod Nano - 8gb - green", 199.0, "1234_green"),
    "IPOD2008BLACK": ("IPod Nano - 8gb - black", 199.0, "1234_black"),
}
# Odoo 18 and 19 differ in how many contacts a new database has.
LAST_PARTNER = {18: 7, 19: 6}


def seed(env: Env, login: str) -> None:
    """A database as it is after installing sales: one company, an administrator, three visible contacts."""
    _put(env, "res.lang", 1, name="English (US)", code="en_US", active=True)
    _put(env, "res.currency", 1, name="USD", full_name="United States dollar", symbol="$", position="before")
    _put(env, "res.currency", 126, name="EUR", full_name="Euro", symbol="€", position="after")
    _countries(env)
    _partners(env)
    _put(env, "res.company", 1, name="My Company", partner_id=1, currency_id=1)
    _put(env, "res.users", 1, login="__system__", partner_id=2, company_id=1, company_ids=[1], active=False)
    _put(env, "res.users", 2, login=login, partner_id=3, company_id=1, company_ids=[1])
    for number, name in enumerate(("Units", "Dozens", "kg", "Hours", "Days", "L"), start=1):
        _put(env, "uom.uom", number, name=name, factor=12.0 if name == "Dozens" else 1.0)
    _put(env, "product.category", 1, name="All" if env.version < 19 else "Goods")
    _put(env, "crm.team", 1, name="Sales")
    _put(env, "product.pricelist", 1, name="Default")
    _put(env, "account.tax", 1, name="15%", amount=15.0, type_tax_use="sale")
    for number, name in enumerate(("Immediate Payment", "15 Days", "30 Days"), start=1):
        _put(env, "account.payment.term", number, name=name)
    for number, definition in enumerate(sorted(env.registry.models.values(), key=lambda each: each.name), start=1):
        _put(env, "ir.model", number, name=definition.description, model=definition.name)
        for name, field in definition.fields.items():
            _put(
                env,
                "ir.model.fields",
                env.store.next_id("ir.model.fields"),
                name=name,
                model=definition.name,
                model_id=number,
                field_description=field.string,
                ttype=field.type,
                relation=field.relation,
                on_delete=field.ondelete if field.type == "many2one" and field.delegate is None else None,
                related=f"{field.delegate}.{name}" if field.delegate else None,
                store=field.store and field.delegate is None,
                required=field.required,
                readonly=field.readonly,
            )


def _put(env: Env, model: str, record_id: int, /, **values: Any) -> None:
    """A row with an id of its own, past the rules that `create` applies."""
    row: dict[str, Any] = {"id": record_id}
    for name, field in env.model(model).fields.items():
        if field.is_column and field.default is not None and not callable(field.default):
            row[name] = field.default
    stamp = {"create_date": env.now, "write_date": env.now, "create_uid": 1, "write_uid": 1}
    env.store.put(model, {**row, **stamp, **values})
    env.store.reserve_id(model, record_id)


def _countries(env: Env) -> None:
    state_id = 0
    for country_id, code, name, phone_code in COUNTRIES:
        _put(env, "res.country", country_id, code=code, name=name, phone_code=phone_code, state_required=code in STATES)
        name_external(env, "res.country", f"base.{'uk' if code == 'GB' else code.lower()}", country_id)
        for state in filter(None, STATES.get(code, "").split(",")):
            state_id += 1
            state_code, _space, state_name = state.partition(" ")
            _put(env, "res.country.state", state_id, code=state_code, name=state_name, country_id=country_id)
            name_external(env, "res.country.state", f"base.state_{code.lower()}_{state_code.lower()}", state_id)


def _partners(env: Env) -> None:
    admin_email = "admin@example.com" if env.version < 19 else None
    _put(env, "res.partner", 1, name="My Company", is_company=True, country_id=233)
    _put(env, "res.partner", 2, name="OdooBot", email="odoobot@example.com", active=False)
    _put(env, "res.partner", 3, name="Administrator", email=admin_email)
    _put(env, "res.partner", 4, name="Public user", active=False)
    _put(env, "res.partner", 5, name="Portal User Template", active=False)
    _put(env, "res.partner", 6, name="Ready Mat", is_company=True, email="ready.mat28@example.com", country_id=233)
    env.store.reserve_id("res.partner", LAST_PARTNER[env.version])


def products(env: Env, count: int) -> list[int]:
    """Create `count` products, `DEMO-0001` and so on; answers the ids of their `product.product` records."""
    start = len([1 for row in env.store.table("product.product").values() if _is_demo(row.get("default_code"))])
    return env.create(
        "product.product",
        [
            {
                "name": f"Demo product {number}",
                "default_code": f"DEMO-{number:04d}",
                "barcode": ean13(200_000_000_000 + number),
                "list_price": round(5 + number * 1.25, 2),
                "standard_price": round(2 + number * 0.5, 2),
            }
            for number in range(start + 1, start + count + 1)
        ],
    )


def _is_demo(code: str | None) -> bool:
    return bool(code) and str(code).startswith("DEMO-")


def shop_skus(env: Env) -> list[int]:
    """Create the products that Shopify's example orders name, where missing; answers their ids."""
    ids = []
    for sku, (name, price, barcode) in SHOP_SKUS.items():
        found = env.search("product.product", [("default_code", "=", sku)], limit=1)
        ids += found or env.create(
            "product.product", [{"name": name, "default_code": sku, "list_price": price, "barcode": barcode}]
        )
    return ids


def partners(env: Env, count: int) -> list[int]:
    """Create `count` companies, `C-0001` and so on, spread over five countries."""
    countries = (20, 57, 75, 229, 233)
    return env.create(
        "res.partner",
        [
            {
                "name": f"Customer {number}",
                "ref": f"C-{number:04d}",
                "email": f"customer{number}@example.com",
                "is_company": True,
                "city": f"City {number % 10}",
                "country_id": countries[number % len(countries)],
            }
            for number in range(1, count + 1)
        ],
    )


def ean13(digits: int) -> str:
    """The twelve digits with their check digit."""
    text = f"{digits:012d}"
    total = sum(int(digit) * (3 if position % 2 else 1) for position, digit in enumerate(text))
    return f"{text}{-total % 10}"
