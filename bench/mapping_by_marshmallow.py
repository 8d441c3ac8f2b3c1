"""The job as marshmallow's users write it: a schema, nested ones for the objects within, fields of one's own where the
other side writes in a way of its own, and a `post_load` that makes the values for Odoo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, validate

from bench.mapping_by_hand import to_amount, to_boolean, to_float
from bench.mapping_job import COUNTRIES, KINDS, STATES, TZ

ZONE = ZoneInfo(TZ)


class Text(fields.Field[Any]):
    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, str):
            return value
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise ValidationError("a text is needed")
        return str(value)


class Number(fields.Field[Any]):
    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        try:
            return to_float(value)
        except ValueError as error:
            raise ValidationError(str(error)) from error


class Amount(fields.Field[Any]):
    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        try:
            return to_amount(value)
        except ValueError as error:
            raise ValidationError(str(error)) from error


class Bool(fields.Field[Any]):
    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        try:
            return to_boolean(value)
        except ValueError as error:
            raise ValidationError(str(error)) from error


class Country(fields.Field[Any]):
    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, str) or value not in COUNTRIES:
            raise ValidationError("no such country")
        return COUNTRIES[value]


class ContactSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    email = Text(allow_none=True)
    phone = Text(allow_none=True)


class AddressSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    street = Text(allow_none=True)
    city = Text(allow_none=True)
    zip = Text(allow_none=True)
    country = Country(allow_none=True)


class RecordSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    id = Text(required=True, validate=validate.Length(min=1))
    name = Text(required=True, validate=validate.Length(min=1))
    contact = fields.Nested(ContactSchema)
    address = fields.Nested(AddressSchema)
    company = fields.Integer(strict=True, allow_none=True, validate=validate.Range(min=1))
    active = Bool(allow_none=True)
    colour = fields.Integer(strict=True, allow_none=True, validate=validate.Range(min=-(2**31), max=2**31 - 1))
    credit = Number(allow_none=True)
    discount = Number(allow_none=True)
    amount = Amount(allow_none=True)
    birthday = fields.Date(allow_none=True, format="iso")
    deadline = fields.Date(allow_none=True, format="%d/%m/%Y")
    seen_at = fields.DateTime(allow_none=True, format="iso")
    state = fields.String(allow_none=True, validate=validate.OneOf([key for key, _label in STATES]))
    kind = fields.String(allow_none=True, validate=validate.OneOf(list(KINDS)))

    @post_load
    def to_values(self, data: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        contact, address = data.get("contact", {}), data.get("address", {})
        plain = {"ref": "id", "name": "name", "parent_id": "company", "active": "active", "color": "colour"}
        plain |= {name: name for name in ("credit", "discount", "amount", "state")}
        values = {field: _unset(data[key]) for field, key in plain.items() if key in data}
        values |= {key: _unset(contact[key]) for key in ("email", "phone") if key in contact}
        values |= {key: _unset(address[key]) for key in ("street", "city", "zip") if key in address}
        if "country" in address:
            values["country_id"] = _unset(address["country"])
        for name in ("birthday", "deadline"):
            if name in data:
                values[name] = data[name].isoformat() if data[name] else False
        if "seen_at" in data:
            values["seen_at"] = _moment(data["seen_at"]) if data["seen_at"] else False
        if "kind" in data:
            values["kind"] = KINDS[data["kind"]] if data["kind"] else False
        values["display"] = f"{data['name']} ({address.get('city') or ''})".strip()
        return values


def _unset(value: Any) -> Any:
    return False if value is None else value


def _moment(moment: datetime) -> str:
    moment = moment.replace(tzinfo=ZONE) if moment.tzinfo is None else moment
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


class MarshmallowMapper:
    """A page at once, and record by record only where some are refused, as `load(many=True)` tells which."""

    def __init__(self) -> None:
        self._schema = RecordSchema(many=True)

    def __call__(self, page: Sequence[Mapping[str, Any]]) -> list[dict[str, Any] | None]:
        try:
            found: list[dict[str, Any] | None] = self._schema.load(page)
        except ValidationError as error:
            refused = error.messages_dict
            good = iter(self._schema.load([record for at, record in enumerate(page) if at not in refused]))
            return [None if at in refused else next(good) for at in range(len(page))]
        return found
