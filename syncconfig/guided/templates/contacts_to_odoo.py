"""Contacts from one Odoo into another, recognised by their e-mail address or by their reference."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from syncconfig.guided.templates import SyncTemplate


def _same(field: str, **more: Any) -> dict[str, Any]:
    """The key is the field's name there."""
    return {"field": field, "key": field, **more}


_LINES = (
    _same("name", required=True),
    _same("is_company"),
    _same("phone"),
    _same("website"),
    _same("vat"),
    _same("street"),
    _same("street2"),
    _same("zip"),
    _same("city"),
    _same("country_id", calculation="relational", match_field="code"),
    _same("function", is_optional=True),
    _same("comment", is_optional=True),
    _same("active", is_optional=True),
)
_BOTH_WAYS = _("For both ways, make this sync, and press “Make the way back” under “More” on its form.")
_PARENT = _(
    "A person is linked with the company when its line is taken; a person whose company is not there yet waits for it."
)

BY_EMAIL = SyncTemplate(
    key="contacts-to-odoo-by-email",
    title=_("Odoo to Odoo: contacts by e-mail"),
    summary=_("Contacts are created and updated in another Odoo, and recognised there by their e-mail address."),
    icon="sync_alt",
    request_type="out",
    into_odoo=True,
    model="res.partner",
    values={
        "domain": "[('email', '!=', False), ('type', '=', 'contact')]",
        "method_post": True,
        "only_changed": True,
    },
    lines=(
        _same("email", is_identifier=True, required=True, options={"case": "ignore"}),
        *_LINES,
        _same("ref", is_optional=True),
        _same(
            "parent_id",
            calculation="relational",
            match_field="email",
            is_optional=True,
            options={"case": "ignore"},
        ),
    ),
    notes=(
        _("Two contacts with one e-mail address are not told apart: the second is refused. Use references there."),
        _PARENT,
        _BOTH_WAYS,
    ),
)

BY_REFERENCE = SyncTemplate(
    key="contacts-to-odoo-by-reference",
    title=_("Odoo to Odoo: contacts by reference"),
    summary=_("Contacts are created and updated in another Odoo, and recognised by a number that both of them know."),
    icon="sync_alt",
    request_type="out",
    into_odoo=True,
    model="res.partner",
    values={
        "domain": "[('ref', '!=', False), ('type', '=', 'contact')]",
        "method_post": True,
        "only_changed": True,
    },
    lines=(
        _same("ref", is_identifier=True, required=True),
        *_LINES,
        _same("email"),
        _same("parent_id", calculation="relational", match_field="ref", is_optional=True),
    ),
    notes=(_PARENT, _BOTH_WAYS),
)
