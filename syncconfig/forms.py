"""The forms of the configuration's rows."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from syncconfig.models import OdooConnection, SyncConfig, SyncHeader
from syncconfig.secret_forms import SecretField, SecretModelForm


class OdooConnectionForm(SecretModelForm):
    secret_names = secrets_needed = ("secret",)
    secret = SecretField()

    class Meta:
        model = OdooConnection
        exclude = ["secret"]


class SyncConfigForm(SecretModelForm):
    secret_names = ("auth_secret",)
    auth_secret = SecretField()

    class Meta:
        model = SyncConfig
        exclude = ["auth_secret"]

    def clean(self) -> dict[str, Any] | None:
        if self.cleaned_data.get("auth_type") == "none":
            self.unreadable.discard("auth_secret")
        return super().clean()


class SyncHeaderForm(SecretModelForm):
    secret_names = secrets_needed = ("value",)
    value = SecretField()

    class Meta:
        model = SyncHeader
        exclude = ["value"]


class DefaultValueField(forms.JSONField):
    """JSON whose absence is an empty input, not the word null."""

    default_error_messages = {
        "invalid": _('Write JSON: a text in double quotes, e.g. "draft"; a number, e.g. 1.5; true or false.')
    }

    def prepare_value(self, value: Any) -> Any:
        return "" if value is None else super().prepare_value(value)
