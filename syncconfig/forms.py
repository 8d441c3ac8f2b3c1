"""The forms of the configuration's rows."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from syncconfig.code_inputs import MAY_NOT_AUTHOR, CodeField, code_widget, plain_newlines
from syncconfig.domains import domain_message
from syncconfig.fit import KnownFields
from syncconfig.models import OdooConnection, SyncConfig, SyncHeader
from syncconfig.moves import MoveAskingForm
from syncconfig.secret_forms import SecretField, SecretModelForm

CONFIG_SCRIPTS = ("before_script", "after_script")


class SeenForm(SecretModelForm):
    """A form that is not saved while `overtaken` says who else has saved the row since it was opened."""

    overtaken: ClassVar[str] = ""

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.overtaken:
            self.add_error(None, self.overtaken)
        return cleaned


class OdooConnectionForm(MoveAskingForm, SeenForm):
    secret_names = secrets_needed = ("secret",)
    secret = SecretField()

    class Meta:
        model = OdooConnection
        exclude = ["secret"]


class SyncConfigForm(MoveAskingForm, SeenForm):
    """`known_fields` is what could be learnt of Odoo's fields; None, and the domain is not compared with them.
    `may_author` says whether the user may write scripts; without it any change of one is refused."""

    known_fields: ClassVar[KnownFields | None] = None
    may_author: ClassVar[bool] = True
    secret_names = ("auth_secret",)
    auth_secret = SecretField()

    class Meta:
        model = SyncConfig
        exclude = ["auth_secret"]
        widgets: ClassVar[dict[str, Any]] = {name: code_widget() for name in CONFIG_SCRIPTS}
        field_classes: ClassVar[dict[str, Any]] = dict.fromkeys(CONFIG_SCRIPTS, CodeField)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "model" in self.fields:
            models_url = reverse("admin:syncconfig_lookup_models")
            self.fields["model"].widget.attrs["data-lookup-url"] = models_url.removesuffix("models/")
        if "conflict_rule" in self.fields:
            # Of no use to most syncs; where it does not come along, it is the default.
            self.fields["conflict_rule"].required = False
        self._stored_scripts = {name: getattr(self.instance, name) for name in CONFIG_SCRIPTS}
        if not self.may_author:
            for name in CONFIG_SCRIPTS:
                if name in self.fields:
                    self.fields[name].widget.attrs["readonly"] = True

    def clean_before_script(self) -> str:
        return self._clean_script("before_script")

    def clean_after_script(self) -> str:
        return self._clean_script("after_script")

    def _clean_script(self, name: str) -> str:
        text = plain_newlines(self.cleaned_data[name])
        if not self.may_author and text.strip() != self._stored_scripts[name].strip():
            raise forms.ValidationError(MAY_NOT_AUTHOR)
        return text

    def clean(self) -> dict[str, Any] | None:
        if self.cleaned_data.get("auth_type") == "none":
            self.unreadable.discard("auth_secret")
        cleaned = super().clean()
        self._compare_domain()
        return cleaned

    def _compare_domain(self) -> None:
        domain, model = self.cleaned_data.get("domain"), self.cleaned_data.get("model")
        if self.known_fields is None or not domain or not model:
            return
        if message := domain_message(domain, model, self.known_fields):
            self.add_error("domain", message)


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
