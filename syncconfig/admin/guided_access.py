"""The step of the guided path that says where a sync is reached, or where it sends, and what is shown there."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminTextInputWidget

from syncconfig.admin.guided_forms import METHODS, StepForm
from syncconfig.guided.drafts import AGAIN, ONCE, PUT_KNOWN, Draft
from syncconfig.models import RequestShape
from syncconfig.secret_forms import STORED, SecretField
from syncconfig.validators import validate_http_url_template


class AccessInStep(StepForm):
    """Where others call, and what they show. The secret itself is made when the sync is."""


class AccessOutStep(StepForm):
    """Where records are sent, and what we show there."""

    method = forms.ChoiceField(
        label=_("Method"),
        choices=[(name, name) for name in METHODS],
        initial="POST",
        widget=UnfoldAdminRadioSelectWidget,
        help_text=_("As the other system's documentation says; most take new and changed records with POST or PUT."),
    )
    on_change = forms.ChoiceField(
        label=_("A record that was posted, and changes"),
        choices=[
            (AGAIN, _("is posted again: the other system knows it by its key, and changes its own")),
            (PUT_KNOWN, _("is sent with PUT to an address of its own")),
            (ONCE, _("is not sent again")),
        ],
        required=False,
        widget=UnfoldAdminRadioSelectWidget,
        help_text=_(
            "For POST with one request per record. See the other system's documentation: many make a second record of "
            "a second POST."
        ),
    )
    linked_url = forms.CharField(
        label=_("URL of a known record"),
        required=False,
        max_length=1000,
        validators=[validate_http_url_template],
        widget=UnfoldAdminTextInputWidget,
        help_text=_(
            "For that PUT, e.g. <code>https://shop.example.com/api/products/{external_id}</code>; the id is what the "
            "answer to the POST holds."
        ),
    )
    auth_secret = SecretField(
        label=_("Password, token or header value"), help_text=_("Stored encrypted and never shown again.")
    )
    field_order = ("url", "method", "request_shape", "wrap_key", "on_change", "answer_id_path", "linked_url")

    def __init__(self, *args: Any, draft: Draft, **kwargs: Any) -> None:
        self.draft = draft
        super().__init__(*args, **kwargs)
        self.initial.setdefault("method", next(iter(self.instance.methods), "POST"))
        self.initial.update(on_change=draft.changes, linked_url=draft.linked_url)
        if draft.fetches:
            del self.fields["method"], self.fields["on_change"], self.fields["linked_url"]
        if draft.secret:
            self.fields["auth_secret"].widget.attrs["placeholder"] = str(STORED)

    def knows_secret(self) -> bool:
        return bool(self.cleaned_data.get("auth_secret") or self.draft.secret)

    def clean_on_change(self) -> str:
        return self.cleaned_data["on_change"] or self.draft.changes

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if given.get("on_change") != PUT_KNOWN or given.get("method") != "POST":
            return given
        if given.get("request_shape") == RequestShape.PAGE:
            self.add_error("on_change", _("One request carries a page, and so has one method."))
        if not given.get("answer_id_path") and "answer_id_path" not in self.errors:
            self.add_error("answer_id_path", _("Say where the answer to the POST holds the id, e.g. id or data.id."))
        if not given.get("linked_url") and "linked_url" not in self.errors:
            self.add_error("linked_url", _("Write the address of one record, with {external_id} for its id."))
        return given

    def _post_clean(self) -> None:
        chosen = self.cleaned_data.get("method")
        for name in METHODS:
            setattr(self.instance, f"method_{name.lower()}", name == chosen)
        self.instance.method_get = self.draft.fetches
        super()._post_clean()
