"""What staff are asked when a sync, or an Odoo connection, is pointed elsewhere: whether the records that are known are
the same ones there.

What is known is another app's matter, and imports point one way: it says so by `set_keeper`.
"""

from __future__ import annotations

from typing import Any, ClassVar, Protocol

from django import forms
from django.db.models import Model, TextChoices
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminRadioSelectWidget

from syncconfig.trail import act_record

FIELD = "known_records"


class Keeping(TextChoices):
    KEEP = "keep", _("Keep what is known: it is the same system, under another address")
    FORGET = "forget", _("Forget it: it is another system. All records are sent anew, and what waits is discarded")


class Keeper(Protocol):
    """Whoever knows which record is which."""

    def doubt(self, instance: Model) -> str:
        """Why it is doubtful, as a question to staff, given the row as it is going to be saved; empty where it is not.
        Asked before saving."""
        ...

    def forget(self, instance: Model) -> None:
        """Forget what is in doubt. Called in the transaction that saves, before it does."""
        ...


_keepers: list[Keeper] = []


def set_keeper(keeper: Keeper) -> None:
    """Called once, when the app that knows is ready."""
    _keepers[:] = [keeper]


class MoveAskingForm(forms.ModelForm):
    """A form that is not valid until the question is answered, if there is one; it is asked when all else is right."""

    known_records = forms.ChoiceField(
        label=_("Known records"), choices=Keeping.choices, required=False, widget=forms.HiddenInput
    )
    is_doubtful = False

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if self.errors or self.instance.pk is None:
            return
        question = next((text for keeper in _keepers if (text := keeper.doubt(self.instance))), "")
        if not question:
            return
        self.is_doubtful = True
        self.fields[FIELD].widget = UnfoldAdminRadioSelectWidget(choices=Keeping.choices)
        if not self.cleaned_data.get(FIELD):
            self.add_error(FIELD, question)


class MoveAskingAdminMixin:
    """For the ModelAdmin of such a form."""

    asked_in: ClassVar[int] = 0
    """The fieldset with the question."""

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """With the question, where a submission may need it."""
        fieldsets = list(super().get_fieldsets(request, obj))  # type: ignore[misc]
        if request.method != "POST" or obj is None or not self.has_change_permission(request, obj):  # type: ignore[attr-defined]
            return fieldsets
        title, options = fieldsets[self.asked_in]
        fieldsets[self.asked_in] = (title, {**options, "fields": (FIELD, *options["fields"])})
        return fieldsets

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not getattr(form, "is_doubtful", False):
            super().save_model(request, obj, form, change)  # type: ignore[misc]
            return
        forgets = form.cleaned_data[FIELD] == Keeping.FORGET
        if forgets:
            for keeper in _keepers:
                keeper.forget(obj)
        super().save_model(request, obj, form, change)  # type: ignore[misc]
        text = (
            _("Pointed elsewhere: which records are known was forgotten.")
            if forgets
            else _("Pointed elsewhere: the known records were kept.")
        )
        act_record(user=request.user, objects=[obj], text=text)
