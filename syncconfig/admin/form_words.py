"""What the config form knows besides its fields: the variables of scripts, a sample to try them with, and links."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from syncconfig.code_inputs import AUTHOR_PERMISSION
from syncconfig.guided.samples import sample_text
from syncconfig.models import RequestType, SyncConfig


def form_words(model_admin: Any, request: HttpRequest, config: SyncConfig | None) -> dict[str, Any]:
    """Context of `config_before.html` and `config_after.html`."""
    may_edit = model_admin.has_change_permission(request, config) or (
        config is None and model_admin.has_add_permission(request)
    )
    return {
        "may_ask": may_edit,
        "may_bench": may_edit and request.user.has_perm(AUTHOR_PERMISSION),
        "script_variables": script_variables(),
        "bench_sample": _sample(request, config),
    }


def _sample(request: HttpRequest, config: SyncConfig | None) -> str:
    if config is None or config.request_type != RequestType.IN:
        return "{}"
    return sample_text(request.session, config)


def script_variables() -> list[tuple[str, str]]:
    """As docs/mapping.md tells them, in few words."""
    return [
        ("value", _("The value of the line's key, or of its field on the way out.")),
        ("record", _("The record at hand: as it came, or as Odoo reads it.")),
        ("request_data", _("The whole incoming record.")),
        ("item", _("The element, for a line within a list.")),
        ("values", _("What the lines have made so far.")),
        ("params", _("What the caller gives, or the sync's parameters.")),
        ("direction", _("“in” or “out”.")),
        ("model, env", _('Odoo, reading only: env["res.partner"].search_read(domain, fields).')),
        ("datetime, date, timedelta", _("Times; now is in the connection's time zone.")),
        ("result", _("Set it: it is what the script gives.")),
        ("UserError", _('raise UserError("why") refuses the record, with the reason for the caller.')),
        ("skip(reason)", _("Leaves the record out.")),
    ]
