"""The mapping lines of a form together: what no single line can know."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _
from unfold.forms import PaginationInlineFormSet

from syncconfig.fit import KnownFields
from syncconfig.models import SyncConfigLine
from syncconfig.receiving import lines_fit
from syncconfig.row_ids import row_id
from syncconfig.rules import lines_messages, url_message


class LineFormSet(PaginationInlineFormSet):
    """Adds the rules over lines, and what Odoo says of the fields, to the forms that can mend it.

    `known_fields` is what could be learnt of the model's fields; None, and the lines are not compared with them.
    `known_there` is the same for the other Odoo, where one is the target.
    """

    known_fields: ClassVar[KnownFields | None] = None
    known_there: ClassVar[KnownFields | None] = None

    def clean(self) -> None:
        super().clean()
        kept = [form for form in self.forms if self._is_kept(form)]
        if any(form.errors for form in self.forms):
            return
        lines: list[SyncConfigLine] = [form.instance for form in kept]
        _place_new(lines)
        messages = lines_messages(lines)
        if not messages:
            messages = lines_fit(self.instance, lines, self.known_fields, self.known_there)
        general = [message.message for message in messages if message.index is None]
        for found in messages:
            if found.index is not None:
                form = kept[found.index]
                form.add_error(found.field if found.field in form.fields else None, found.message)
        unfillable = url_message(self.instance, keys=_keys(lines), path_params=self._path_params())
        if unfillable:
            general.append(unfillable)
        if general:
            raise forms.ValidationError(general)
        if messages:
            raise forms.ValidationError(_("Some mapping lines need a change; they are marked below."))

    def _is_kept(self, form: forms.BaseModelForm) -> bool:
        if self.can_delete and self._should_delete_form(form):
            return False
        return bool(form.has_changed() or form.instance.pk)

    def _path_params(self) -> set[str]:
        """The names of path parameters in the same submission; they are a formset of their own."""
        data: Any = self.data
        found = set()
        for index in range(_number(data.get("params-TOTAL_FORMS"))):
            if data.get(f"params-{index}-kind") == "path" and not data.get(f"params-{index}-DELETE"):
                found.add(data.get(f"params-{index}-name", "").strip())
        return found


class HeaderFormSet(PaginationInlineFormSet):
    """Looks its rows up without their values: one that no key opens any more must not break the submission."""

    def add_fields(self, form: forms.BaseModelForm, index: int | None) -> None:
        super().add_fields(form, index)
        row_id = form.fields[self._pk_field.name]
        if isinstance(row_id, forms.ModelChoiceField) and row_id.queryset is not None:
            row_id.queryset = row_id.queryset.defer("value")


def _place_new(lines: list[SyncConfigLine]) -> None:
    """New lines come behind the stored ones, in their order: they cannot be dragged before they are stored."""
    last = max((line.position for line in lines if line.pk), default=None)
    if last is not None:
        for line in lines:
            if not line.pk and not line.position:
                last += 1
                line.position = last


def _number(text: str | None) -> int:
    return min(row_id(text or "") or 0, 1000)


def _keys(lines: list[SyncConfigLine]) -> set[str]:
    return {line.key for line in lines if line.active and line.key and line.direction != "in"}
