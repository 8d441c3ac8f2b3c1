"""Form fields for credentials: written, kept, never shown.

A stored credential is not even read for its form, so one that no key opens any more breaks no page: the form says
so, and asks for it anew.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminPasswordToggleWidget

from syncconfig.secrets import secret_is_readable, secret_is_stored

STORED = _("Stored. Leave empty to keep it.")
UNREADABLE = _("Cannot be decrypted. Enter it again.")


class SecretField(forms.CharField):
    """A password input that is empty whatever is stored. Spaces at its ends are kept: they may belong to it."""

    def __init__(self, **kwargs: Any) -> None:
        widget = UnfoldAdminPasswordToggleWidget(attrs={"autocomplete": "new-password", "spellcheck": "false"})
        super().__init__(**{"widget": widget, "required": False, "strip": False, "max_length": 10_000, **kwargs})


class SecretModelForm(forms.ModelForm):
    """A model form whose `secret_names` are encrypted fields of the model.

    Subclasses list the same names in `Meta.exclude`, so that the form machinery never reads the stored value. An empty
    input keeps what is stored; `secrets_needed` names those that a new row must bring.
    """

    secret_names: ClassVar[tuple[str, ...]] = ()
    secrets_needed: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.unreadable: set[str] = set()
        for name in self.secret_names:
            if name not in self.fields:
                continue
            model_field = self.instance._meta.get_field(name)
            field = self.fields[name]
            field.label = field.label or capfirst(model_field.verbose_name)
            field.help_text = field.help_text or model_field.help_text
            state = self._state(name)
            if state == UNREADABLE:
                self.unreadable.add(name)
                field.help_text = _(
                    "The stored value cannot be decrypted. Put the key that encrypted it back into SYNC_SECRET_KEYS, "
                    "or enter the value again."
                )
            if state:
                field.widget.attrs["placeholder"] = str(state)
            else:
                field.required = name in self.secrets_needed

    def _state(self, name: str) -> Any:
        """The placeholder that tells what is stored; empty if nothing is."""
        if self.instance.pk is None:
            return ""
        if not secret_is_readable(self.instance, name):
            return UNREADABLE
        return STORED if secret_is_stored(self.instance, name) else ""

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        for name in self.unreadable:
            if not self.cleaned_data.get(name):
                self.add_error(
                    name,
                    _("The stored value cannot be decrypted; enter it again, or restore its key in SYNC_SECRET_KEYS."),
                )
        return cleaned

    def _post_clean(self) -> None:
        for name in self.secret_names:
            if self.cleaned_data.get(name):
                setattr(self.instance, name, self.cleaned_data[name])
        super()._post_clean()  # type: ignore[misc]
