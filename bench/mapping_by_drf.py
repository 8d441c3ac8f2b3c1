"""The job as users of Django REST framework write it: a serializer, nested ones for the objects within, fields of
one's own where the other side writes in a way of its own, and a function that makes the values for Odoo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

from bench.mapping_by_hand import to_amount, to_boolean, to_float
from bench.mapping_job import COUNTRIES, KINDS, STATES, TZ


class DrfMapper:
    def __init__(self) -> None:
        self._serializer = _serializer_class()

    def __call__(self, page: Sequence[Mapping[str, Any]]) -> list[dict[str, Any] | None]:
        serializer = self._serializer(data=page, many=True)
        if serializer.is_valid():
            return [_values(data) for data in serializer.validated_data]
        # By place in newer versions of the framework, a list of them in older ones.
        errors = serializer.errors
        refused = [bool(errors.get(at) if isinstance(errors, dict) else errors[at]) for at in range(len(page))]
        again = self._serializer(data=[record for record, bad in zip(page, refused, strict=True) if not bad], many=True)
        again.is_valid(raise_exception=True)
        good = iter(again.validated_data)
        return [None if bad else _values(next(good)) for bad in refused]


def _serializer_class() -> Any:
    from django.conf import settings

    if not settings.configured:
        import django

        settings.configure(USE_TZ=True, TIME_ZONE="UTC")
        django.setup()
    from rest_framework import serializers

    def converted(convert: Any) -> Any:
        class Converted(serializers.Field):
            def to_internal_value(self, data: Any) -> Any:
                try:
                    return convert(data)
                except ValueError as error:
                    raise serializers.ValidationError(str(error)) from error

        return Converted(required=False, allow_null=True)

    def find_country(value: Any) -> int:
        if not isinstance(value, str) or value not in COUNTRIES:
            raise ValueError("no such country")
        return COUNTRIES[value]

    def text(**options: Any) -> Any:
        return serializers.CharField(
            required=False, allow_null=True, allow_blank=True, trim_whitespace=False, **options
        )

    class Contact(serializers.Serializer):
        email = text()
        phone = text()

    class Address(serializers.Serializer):
        street = text()
        city = text()
        zip = text()
        country = converted(find_country)

    class Record(serializers.Serializer):
        id = serializers.CharField(trim_whitespace=False)
        name = serializers.CharField(trim_whitespace=False)
        contact = Contact(required=False)
        address = Address(required=False)
        company = serializers.IntegerField(required=False, allow_null=True, min_value=1)
        active = converted(to_boolean)
        colour = serializers.IntegerField(required=False, allow_null=True, min_value=-(2**31), max_value=2**31 - 1)
        credit = converted(to_float)
        discount = converted(to_float)
        amount = converted(to_amount)
        birthday = serializers.DateField(required=False, allow_null=True)
        deadline = serializers.DateField(required=False, allow_null=True, input_formats=["%d/%m/%Y"])
        seen_at = serializers.DateTimeField(required=False, allow_null=True, default_timezone=ZoneInfo(TZ))
        state = serializers.ChoiceField(required=False, allow_null=True, choices=STATES)
        kind = serializers.ChoiceField(required=False, allow_null=True, choices=list(KINDS))

    return Record


def _values(data: Mapping[str, Any]) -> dict[str, Any]:
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
        moment = data["seen_at"]
        values["seen_at"] = moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S") if moment else False
    if "kind" in data:
        values["kind"] = KINDS[data["kind"]] if data["kind"] else False
    values["display"] = f"{data['name']} ({address.get('city') or ''})".strip()
    return values


def _unset(value: Any) -> Any:
    return False if value is None else value
