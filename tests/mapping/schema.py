"""A small Odoo for the mapping tests: models, fields, and conversions of their own, so that mapping is tested alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class FakeField:
    name: str
    type: str
    relation: str | None = None
    required: bool = False
    readonly: bool = False
    has_default: bool = False

    def to_odoo(self, value: object, *, tz: str = "UTC") -> object:
        if value is None:
            return [[6, 0, []]] if self.type in ("one2many", "many2many") else False
        return getattr(self, f"_{self.type}")(value, tz)

    def from_odoo(self, value: object, *, tz: str = "UTC") -> object:
        if self.type == "boolean":
            return bool(value)
        if value is False:
            return None
        if self.type == "datetime":
            moment = datetime.strptime(str(value), "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
            return moment.astimezone(ZoneInfo(tz)).isoformat()
        return value

    def _char(self, value: object, tz: str) -> object:
        if isinstance(value, str):
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        raise ValueError(f"text is expected, not {value!r}")

    def _float(self, value: object, tz: str) -> object:
        if isinstance(value, bool):
            raise ValueError("a number is expected, not true or false")
        return float(value)  # type: ignore[arg-type]

    def _integer(self, value: object, tz: str) -> object:
        if isinstance(value, bool) or int(value) != float(value):  # type: ignore[call-overload,arg-type]
            raise ValueError(f"a whole number is expected, not {value!r}")
        return int(value)  # type: ignore[call-overload]

    def _boolean(self, value: object, tz: str) -> object:
        if isinstance(value, bool):
            return value
        raise ValueError(f"true or false is expected, not {value!r}")

    def _datetime(self, value: object, tz: str) -> object:
        moment = datetime.fromisoformat(str(value))
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=ZoneInfo(tz))
        return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")

    def _date(self, value: object, tz: str) -> object:
        return date.fromisoformat(str(value)).isoformat()

    def _many2one(self, value: object, tz: str) -> object:
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        raise ValueError(f"an id is expected, not {value!r}")

    def _many2many(self, value: object, tz: str) -> object:
        if isinstance(value, list) and all(isinstance(each, int) for each in value):
            return [[6, 0, value]]
        raise ValueError("a list of ids is expected")

    _one2many = _many2many


def _model(*fields: FakeField) -> dict[str, FakeField]:
    own = FakeField("id", "integer", readonly=True)
    return {field.name: field for field in (own, *fields)}


MODELS = {
    "res.country": _model(
        FakeField("name", "char", required=True),
        FakeField("code", "char"),
    ),
    "res.partner.category": _model(
        FakeField("name", "char", required=True),
        FakeField("color", "integer"),
    ),
    "res.partner": _model(
        FakeField("name", "char", required=True),
        FakeField("email", "char"),
        FakeField("ref", "char"),
        FakeField("city", "char"),
        FakeField("active", "boolean"),
        FakeField("credit", "float", readonly=True),
        FakeField("parent_id", "many2one", "res.partner"),
        FakeField("country_id", "many2one", "res.country"),
        FakeField("category_id", "many2many", "res.partner.category"),
        FakeField("child_ids", "one2many", "res.partner"),
    ),
    "product.product": _model(
        FakeField("name", "char", required=True),
        FakeField("default_code", "char"),
        FakeField("lst_price", "float"),
    ),
    "account.tax": _model(FakeField("name", "char", required=True)),
    "sale.order": _model(
        FakeField("name", "char"),
        FakeField("client_order_ref", "char"),
        FakeField("state", "char", readonly=True),
        FakeField("note", "char"),
        FakeField("date_order", "datetime"),
        FakeField("company_id", "integer", required=True, has_default=True),
        FakeField("commitment_date", "datetime"),
        FakeField("validity_date", "date"),
        FakeField("origin", "char"),
        FakeField("priority", "integer"),
        FakeField("amount_paid", "float"),
        FakeField("amount_total", "float", readonly=True),
        FakeField("partner_id", "many2one", "res.partner", required=True),
        FakeField("partner_shipping_id", "many2one", "res.partner"),
        FakeField("order_line", "one2many", "sale.order.line"),
    ),
    "sale.order.line": _model(
        FakeField("name", "char"),
        FakeField("product_id", "many2one", "product.product", required=True),
        FakeField("product_uom_qty", "float"),
        FakeField("discount", "float"),
        FakeField("tax_id", "many2many", "account.tax"),
    ),
}


class FakeSchema:
    def field(self, model: str, name: str, /) -> FakeField | None:
        return MODELS.get(model, {}).get(name)
