"""A sync on paper: everything that was set, on one clean page, and no credential.

What is shown is what the form has, tab by tab, so that a field or a tab that is added later is printed too. What is
empty or off and so says nothing is left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from django.contrib.admin.utils import display_for_field, label_for_field, lookup_field
from django.core.exceptions import FieldDoesNotExist, ObjectDoesNotExist
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from syncconfig.admin.actions import add_config_button
from syncconfig.admin.dialogs import dialog_done
from syncconfig.secrets import EncryptedTextField, secret_is_stored

MOST_COLUMNS: Final = 4
Pair = tuple[str, Any]


@action(description=_("Print"), url_path="print", icon="print", permissions=["view"])
def print_config(model_admin: Any, request: HttpRequest, object_id: str) -> HttpResponse:
    """The page to be printed."""
    config = model_admin.get_object(request, object_id)
    if config is None:
        return dialog_done("syncconfig_syncconfig_changelist")
    sections, tables = sections_of(model_admin, request, config), []
    for heading, heads, rows in tables_of(model_admin, request, config):
        # A single row of many columns, such as the delivery settings, is read downwards.
        if len(rows) == 1 and len(heads) > MOST_COLUMNS:
            sections.append((heading, list(zip(heads, rows[0], strict=True))))
        else:
            tables.append((heading, heads, rows))
    context = {
        **model_admin.admin_site.each_context(request),
        "title": config.name,
        "opts": model_admin.opts,
        "original": config,
        "printed_at": timezone.now(),
        "sections": sections,
        "tables": tables,
    }
    return TemplateResponse(request, "admin/syncconfig/print.html", context)


def sections_of(model_admin: Any, request: HttpRequest, config: Any) -> list[tuple[str, list[Pair]]]:
    """The form's own fields by the titles above them."""
    sections = []
    for title, options in model_admin.get_fieldsets(request, config):
        pairs = _pairs(config, _flat(options["fields"]), model_admin)
        if pairs:
            sections.append((str(title or ""), pairs))
    return sections


def tables_of(model_admin: Any, request: HttpRequest, config: Any) -> list[tuple[str, list[str], list[list[Any]]]]:
    """What belongs to the config: title, heads and rows; columns in which no row says anything are left out."""
    tables = []
    for inline in model_admin.get_inline_instances(request, config):
        key = next(
            field.name for field in inline.model._meta.fields
            if field.is_relation and field.related_model is config._meta.model
        )  # fmt: skip
        rows = list(inline.get_queryset(request).filter(**{key: config}))
        if not rows:
            continue
        names = [
            name
            for name in (*_names(inline.get_fieldsets(request, config)), "options")
            if name != inline.ordering_field and (hasattr(inline.model, name) or hasattr(inline, name))
        ]
        columns = {name: [_value(row, name, inline, usual="") for row in rows] for name in names}
        said = {name: values for name, values in columns.items() if any(value not in ("", None) for value in values)}
        heads = [_label(name, inline.model, inline) for name in said]
        tables.append(
            (capfirst(inline.verbose_name_plural), heads, [list(row) for row in zip(*said.values(), strict=True)])
        )
    return tables


def _names(fieldsets: Iterable[Any]) -> list[str]:
    return [name for _title, options in fieldsets for name in _flat(options["fields"]) if not name.startswith("opt_")]


def _flat(fields: Iterable[Any]) -> list[str]:
    names: list[str] = []
    for field in fields:
        names += [field] if isinstance(field, str) else field
    return names


def _pairs(row: Model, names: Iterable[str], model_admin: Any) -> list[Pair]:
    pairs = ((_label(name, type(row), model_admin), _value(row, name, model_admin)) for name in names)
    return [(label, value) for label, value in pairs if value not in ("", None)]


def _label(name: str, model: type[Model], model_admin: Any) -> str:
    return capfirst(str(label_for_field(name, model, model_admin)))


def _value(row: Any, name: str, model_admin: Any, *, usual: Any = None) -> Any:
    """How a value is written on paper; empty where it says nothing. `usual` takes the place of a field's default."""
    try:
        field = row._meta.get_field(name)
    except FieldDoesNotExist:
        return lookup_field(name, row, model_admin)[2]
    if isinstance(field, EncryptedTextField):
        return _("Stored") if secret_is_stored(row, name) else ""
    try:
        value = getattr(row, name)
    except ObjectDoesNotExist:
        return ""
    if usual is not None and field.has_default() and value == field.get_default():
        return usual
    if isinstance(value, bool) and (value or field.default is True):
        return _("yes") if value else _("no")
    if value in (False, None, "", [], {}):
        return ""
    if field.choices:
        return getattr(row, f"get_{name}_display")()
    return value if field.is_relation else display_for_field(value, field, "")


add_config_button(print_config, is_in_menu=True)
