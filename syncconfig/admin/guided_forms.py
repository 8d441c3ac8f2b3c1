"""The forms of the guided path's steps: the fields of the ordinary form, a few at a time, under the same rules."""

from __future__ import annotations

import json
from datetime import time
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.forms.models import construct_instance
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from syncconfig.guided.answers import first_record, items_guess
from syncconfig.guided.drafts import Draft
from syncconfig.guided.samples import hash_of
from syncconfig.models import OdooConnection, SyncConfig, SyncTrigger
from syncconfig.rules import config_messages, trigger_messages
from syncconfig.validators import validate_key_path

MAX_SAMPLE_LENGTH = 100_000
METHODS = ("POST", "PUT", "DELETE")


class StepForm(forms.ModelForm):
    """Some fields of a sync that is not stored. Rules about other fields are left to the steps that hold those."""

    has_secret: ClassVar[bool] = False

    class Meta:
        model = SyncConfig
        fields: ClassVar[list[str]] = []

    def _post_clean(self) -> None:
        options = self._meta
        exclude = self._get_validation_exclusions()  # type: ignore[attr-defined]
        self.instance = construct_instance(self, self.instance, options.fields, options.exclude)
        try:
            self.instance.clean_fields(exclude=exclude)
        except ValidationError as error:
            self._update_errors(error)  # type: ignore[attr-defined]
        self.instance.endpoint = self.instance.endpoint or None
        for name, message in config_messages(self.instance, has_secret=self.knows_secret()).items():
            if name in self.fields and name not in self.errors:
                self.add_error(name, message)
        self.validate_unique()

    def knows_secret(self) -> bool:
        return True


class ConnectionChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name} ({obj.url}, {obj.database})"


class ConnectionStep(forms.Form):
    connection = ConnectionChoice(
        queryset=OdooConnection.objects.none(),
        label=_("Odoo connection"),
        empty_label=None,
        widget=UnfoldAdminRadioSelectWidget,
        error_messages={"required": _("Choose the Odoo that the records are in.")},
        help_text=_("The Odoo that the records are in, and the user whose rights apply there."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["connection"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - declared above
        field.queryset = OdooConnection.objects.order_by("name").defer("secret")


class OtherStep(StepForm):
    """Where records go, what becomes of them there, and who wins."""

    target_connection = ConnectionChoice(
        queryset=OdooConnection.objects.none(),
        label=_("Other Odoo"),
        empty_label=None,
        widget=UnfoldAdminRadioSelectWidget,
        error_messages={"required": _("Choose the Odoo that the records go into.")},
        help_text=_("The Odoo that the records go into, and the user whose rights apply there."),
    )
    method = forms.ChoiceField(
        label=_("What happens there"),
        choices=[
            ("POST", _("Create and update")),
            ("PUT", _("Only update those that are there")),
            ("DELETE", _("Archive or delete them")),
        ],
        initial="POST",
        widget=UnfoldAdminRadioSelectWidget,
        help_text=_("What is removed is archived, unless the form says otherwise afterwards, under “DELETE means”."),
    )
    field_order = ("target_connection", "target_model", "method", "conflict_rule")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["target_connection"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - declared above
        field.queryset = OdooConnection.objects.order_by("name").defer("secret")
        self.initial.setdefault("method", next(iter(self.instance.methods), "POST"))

    def _post_clean(self) -> None:
        for name in METHODS:
            setattr(self.instance, f"method_{name.lower()}", name == self.cleaned_data.get("method"))
        super()._post_clean()


class SampleStep(forms.Form):
    """A record as the other system writes it; or, for what is sent, a record of Odoo."""

    record_id = forms.TypedChoiceField(
        label=_("A record of Odoo"),
        required=False,
        coerce=int,
        empty_value=None,
        widget=UnfoldAdminRadioSelectWidget,
        help_text=_("Lines are proposed from what it holds, and the last step shows what would be sent of it."),
    )
    sample = forms.CharField(
        label=_("Sample"),
        required=False,
        max_length=MAX_SAMPLE_LENGTH,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 14, "class": "sync-code-input", "spellcheck": "false"}),
    )
    items_path = forms.CharField(
        label=_("Items in the answer"),
        required=False,
        max_length=200,
        validators=[validate_key_path],
        widget=UnfoldAdminTextInputWidget,
        help_text=_(
            "Where the list of records is, e.g. <code>data.items</code>. Empty: the answer is the list. It is looked "
            "for in the sample."
        ),
    )
    asked_for = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, draft: Draft, records: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._is_in = draft.is_in
        if not draft.fetches:
            del self.fields["items_path"], self.fields["asked_for"]
        if draft.fetches:
            del self.fields["record_id"]
            self.fields["sample"].help_text = _(
                "A whole answer of the other system in JSON, from its documentation or as you got it; one or two "
                "records are enough. Leave out what is private: it is kept until your login ends, to try the sync "
                "with. Empty: you write the lines."
            )
            return
        if draft.maps_in:
            del self.fields["record_id"]
            self.fields["sample"].help_text = _(
                "A JSON object as the other system sends or gives it, from its documentation or its log. Leave out "
                "what is private: it is kept until your login ends, to try the sync with. Empty: you write the lines."
            )
            return
        choices = [("", _now("None")), *((number, f"{name} (id {number})") for number, name in records)]
        field = self.fields["record_id"]
        assert isinstance(field, forms.TypedChoiceField)  # noqa: S101 - declared above
        field.choices = choices
        if draft.into_odoo:
            del self.fields["sample"]
            field.help_text = _("Lines are proposed from what it holds, and the last step shows what it would change.")
            return
        self.fields["sample"].label = _("What the other system takes")
        self.fields["sample"].help_text = _(
            "If its documentation shows an example in JSON, paste it here: its keys are then proposed. May stay empty."
        )

    def clean_sample(self) -> str:
        text: str = self.cleaned_data["sample"].strip()
        if not text:
            return ""
        try:
            found = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise forms.ValidationError(_now("This is no JSON: %(error)s") % {"error": error}) from None
        first = found[0] if isinstance(found, list) and found else found
        if not isinstance(first, dict) or not first:
            raise forms.ValidationError(_now('Paste a JSON object with keys, e.g. {"name": "Ann"}, or a list of them.'))
        key, inner = next(iter(first.items()))
        if self._is_in and len(first) == 1 and isinstance(inner, list) and inner and isinstance(inner[0], dict):
            raise forms.ValidationError(
                _now("This holds a list of records under “%(key)s”. Paste one of them, as callers send it.")
                % {"key": key}
            )
        return text

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if "items_path" in self.fields and given.get("sample") and "items_path" in given:
            self._find_items(json.loads(given["sample"]), given)
        return given

    def _find_items(self, sample: Any, given: dict[str, Any]) -> None:
        """Ask, filled in, where nothing was said and the sample holds a list; once for each sample."""
        said, guess = given["items_path"], items_guess(sample)
        name = hash_of(given["sample"])
        if not said and guess and given.get("asked_for") != name:
            self.data = {**self.data, "sample": given["sample"], "items_path": guess, "asked_for": name}
            self.add_error(
                "items_path",
                _now(
                    "The records seem to be the list under “%(path)s”. Press “Next” if they are; clear it if the "
                    "sample itself is one record."
                )
                % {"path": guess},
            )
        elif said and first_record(sample, said) is None:
            told = _now("There is no list of records at “%(path)s” in the sample.") % {"path": said[:100]}
            self.add_error("items_path", f"{told} {_now('Try “%(path)s”.') % {'path': guess}}" if guess else told)


class WhenStep(forms.Form):
    """When a sync that sends runs by itself."""

    when = forms.ChoiceField(
        label=_("When"),
        choices=[
            ("hand", _("Only when somebody presses “Run now”")),
            ("interval", _("Again and again")),
            ("daily", _("Every day at a time")),
            ("workdays", _("Monday to Friday at a time")),
            ("cron", _("By a cron line")),
        ],
        widget=UnfoldAdminRadioSelectWidget,
        help_text=_("Several schedules, and Odoo telling of changes at once, are set on the form afterwards."),
    )
    minutes = forms.IntegerField(
        label=_("Minutes between two runs"),
        required=False,
        min_value=1,
        max_value=32767,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=_("For “again and again”, e.g. <code>15</code>."),
    )
    at = forms.TimeField(
        label=_("Time"),
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"type": "time"}),
        help_text=_("For the two with a time, in the hub's time zone (%(zone)s), e.g. <code>06:00</code>."),
    )
    cron = forms.CharField(
        label=_("Cron line"),
        required=False,
        max_length=100,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Minute, hour, day, month, weekday, e.g. <code>0 6 * * 1-5</code>: at 6 on working days."),
    )

    def __init__(self, *args: Any, zone: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["at"].help_text = self.fields["at"].help_text % {"zone": zone}

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        when = given.get("when")
        if when == "interval" and "minutes" not in self.errors and not given.get("minutes"):
            self.add_error("minutes", _("Write after how many minutes it runs again, e.g. 15."))
        if when in ("daily", "workdays") and "at" not in self.errors and given.get("at") is None:
            self.add_error("at", _("Write the time, e.g. 06:00."))
        if when == "cron" and "cron" not in self.errors:
            trigger = SyncTrigger(kind="cron", cron=given.get("cron") or "")
            try:
                trigger.clean_fields(exclude=["config"])
            except ValidationError as error:
                self.add_error("cron", error.message_dict.get("cron", error.messages))
            else:
                for message in trigger_messages(trigger).values():
                    self.add_error("cron", message)
        return given

    def trigger(self) -> dict[str, Any]:
        """The fields of the SyncTrigger that was asked for; empty for none."""
        given = self.cleaned_data
        at: time | None = given.get("at")
        if given["when"] == "interval":
            return {"kind": "interval", "interval_minutes": given["minutes"]}
        if given["when"] == "cron":
            return {"kind": "cron", "cron": given["cron"]}
        if at is None or given["when"] == "hand":
            return {}
        return {"kind": "cron", "cron": f"{at.minute} {at.hour} * * {'*' if given['when'] == 'daily' else '1-5'}"}


class ReviewStep(StepForm):
    """What it is called, and whether it works at once."""
