"""Customers both ways: a CRM or shop posts them, and those of Odoo are sent; the same lines, the same identifier."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from syncconfig.guided.templates import SyncTemplate

_LINES = (
    {"field": "email", "key": "email", "is_identifier": True, "required": True, "options": {"case": "ignore"}},
    {"field": "name", "key": "name", "required": True},
    {"field": "is_company", "key": "is_company"},
    {"field": "phone", "key": "phone"},
    {"field": "vat", "key": "vat"},
    {"field": "street", "key": "address.street"},
    {"field": "street2", "key": "address.street2"},
    {"field": "zip", "key": "address.zip"},
    {"field": "city", "key": "address.city"},
    {"field": "country_id", "key": "address.country", "calculation": "relational", "match_field": "code"},
    {"field": "comment", "key": "note", "is_optional": True},
)

_SAMPLE = {
    "email": "ada@example.com",
    "name": "Ada Lovelace",
    "is_company": False,
    "phone": "+32 2 555 12 12",
    "address": {"street": "Rue de la Loi 16", "zip": "1000", "city": "Brussels", "country": "BE"},
}

_BOTH_WAYS = _(
    "In both directions, a customer who came in from the other system goes out to it once too. It has to know them by "
    "their e-mail address, as by PUT to an address with {email}, or it has them twice."
)

CUSTOMERS_IN = SyncTemplate(
    key="customers-in",
    title=_("Customers in"),
    summary=_("A CRM or shop posts customers, and each becomes a contact in Odoo, or changes the one it is already."),
    icon="person_add",
    request_type="in",
    model="res.partner",
    values={
        "endpoint": "customers",
        "method_get": True,
        "method_post": True,
        "method_put": True,
        "auth_type": "bearer",
        "on_existing": "update",
    },
    lines=_LINES,
    sample=_SAMPLE,
    notes=(
        _("A contact is recognised by its e-mail address. Take another field where addresses change, e.g. ref."),
        _("For both ways set up “Customers out” as well."),
        _BOTH_WAYS,
    ),
    counterpart="customers-out",
)

CUSTOMERS_OUT = SyncTemplate(
    key="customers-out",
    title=_("Customers out"),
    summary=_("Contacts of Odoo are sent to a CRM, shop or marketing platform whenever they change."),
    icon="contacts",
    request_type="out",
    model="res.partner",
    values={
        "domain": "[('email', '!=', False), ('type', '=', 'contact')]",
        "method_post": True,
        "auth_type": "bearer",
        "only_changed": True,
    },
    lines=_LINES,
    sample=_SAMPLE,
    notes=(
        _("Only contacts with an e-mail address are sent: it is what they are recognised by."),
        _BOTH_WAYS,
    ),
    counterpart="customers-in",
)
