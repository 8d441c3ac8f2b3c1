"""The forms of the configuration's rows."""

from __future__ import annotations

import json
from typing import Any

from django import forms

from syncconfig.models import OdooConnection, SyncConfig, SyncConfigLine, SyncHeader
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


class _PlainJson(json.JSONEncoder):
    """Letters as they are, not as escapes: staff read this."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "ensure_ascii": False})


class SyncConfigLineForm(forms.ModelForm):
    class Meta:
        model = SyncConfigLine
        fields = "__all__"  # noqa: DJ007 - the inline chooses

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        default = self.fields.get("default")
        if isinstance(default, forms.JSONField):
            default.encoder = _PlainJson
            # Without a value the text area would otherwise show the word null.
            if self.initial.get("default") is None:
                self.initial.pop("default", None)
            default.error_messages["invalid"] = (
                'Write JSON: a text in double quotes, e.g. "draft"; a number, e.g. 1.5; true or false.'
            )
