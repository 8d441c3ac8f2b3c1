"""The form of a mapping line: the inputs of its kind of calculation, kept in the line's options."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from syncconfig.code_inputs import MAY_NOT_AUTHOR, CodeField, code_widget, plain_newlines
from syncconfig.kinds import KIND_OPTIONS
from syncconfig.models import SyncConfigLine
from syncconfig.pairs import pairs_from_text, text_from_pairs
from syncconfig.script_limits import HELP as LIMITS_HELP
from syncconfig.script_limits import validate_script_limits
from syncconfig.validators import validate_timezone

PREFIX = "opt_"
SCRIPT_NAMES = ("script", "script_reverse")


class PairsField(forms.CharField):
    """A value map, a line for each pair."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"rows": 5, "class": "sync-code-input", "spellcheck": "false", "placeholder": "paid -> sale"}
        super().__init__(widget=UnfoldAdminTextareaWidget(attrs=attrs), required=False, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, dict):
            value = list(value.items())
        return text_from_pairs(value) if isinstance(value, list) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        shown = self.prepare_value(initial) or ""
        return bool(plain_newlines(str(shown)).strip() != plain_newlines(str(data or "")).strip())

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        try:
            return pairs_from_text(text) if text else None
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error


def _text(label: Any, help_text: Any) -> forms.CharField:
    return forms.CharField(
        label=label, help_text=help_text, required=False, max_length=2000, widget=UnfoldAdminTextInputWidget
    )


class OptionField(forms.ChoiceField):
    """A choice whose first entry is what holds without the option."""

    def __init__(self, *, choices: tuple[tuple[str, Any], ...], **kwargs: Any) -> None:
        super().__init__(choices=choices, **kwargs)
        self._first = choices[0][0]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(initial or self._first, data or self._first)


def _choice(label: Any, help_text: Any, *choices: tuple[str, Any]) -> forms.ChoiceField:
    return OptionField(
        label=label, help_text=help_text, required=False, choices=choices, widget=UnfoldAdminSelectWidget
    )


_REST = (
    ("error", _("Reject the record")),
    ("keep", _("Take the value as it is")),
    ("value", _("Take the value below")),
)


class LineForm(forms.ModelForm):
    """Options of other kinds than the chosen one are dropped when the line is saved.

    `may_author` says whether the user may write scripts; without it any change of one is refused.
    """

    may_author: ClassVar[bool] = True

    opt_template = forms.CharField(
        label=_("Template"),
        required=False,
        max_length=2000,
        widget=UnfoldAdminTextInputWidget,
        help_text=_(
            "Text with external keys in braces, e.g. <code>{first_name} {last_name}</code>. Into Odoo only; the "
            "external key may stay empty."
        ),
    )
    opt_map = PairsField(
        label=_("Map"),
        help_text=_("A line for each value: theirs, an arrow, Odoo's, e.g. <code>paid -&gt; sale</code>."),
    )
    opt_rest = _choice(_("Other values"), _("Into Odoo: what happens to a value that is not in the map."), *_REST)
    opt_rest_value = _text(_("Value for others"), _("Odoo's value, e.g. <code>draft</code>."))
    opt_rest_out = _choice(_("Others, out of Odoo"), _("Out of Odoo: the same for a value that is not there."), *_REST)
    opt_rest_out_value = _text(_("Value for others, out"), _("The other system's value, e.g. <code>unknown</code>."))
    opt_format = _text(
        _("Format"),
        _("As in Python: <code>%d/%m/%Y %H:%M</code>; or <code>epoch_s</code>, <code>epoch_ms</code> for a count."),
    )
    opt_timezone = _text(
        _("Time zone"), _("Of the other system, e.g. <code>Europe/Brussels</code>. Empty: the connection's.")
    )
    opt_decimal_separator = _text(_("Decimal separator"), _("Empty: a point. E.g. <code>,</code>"))
    opt_thousands_separator = _text(_("Thousands separator"), _("Empty: none. E.g. <code>.</code>"))
    opt_decimals = forms.IntegerField(
        label=_("Decimals"),
        required=False,
        min_value=0,
        max_value=20,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Out of Odoo: digits behind the separator, e.g. <code>2</code>. Empty: as many as there are."),
    )
    opt_case = _choice(
        _("Upper and lower case"),
        _("Of the value by which a record is recognised: e-mail addresses are best the same in any case."),
        ("", _("Are different")),
        ("ignore", _("Are the same")),
    )
    opt_match_key = _text(
        _("Records of the list by"),
        _("For “match”: the field of a sub-line that tells the records apart, e.g. <code>product_id</code>."),
    )
    opt_unmatched = _choice(
        _("Records that did not come"),
        _("For “match”: what becomes of records in the list that the payload does not have."),
        ("remove", _("Remove them")),
        ("keep", _("Keep them")),
    )
    opt_out_as = _choice(
        _("Relation goes out as"),
        _("Relations out of Odoo, e.g. <code>{“id”: 7, “name”: “Ann”}</code> as an object."),
        ("", _("The matched field, or the id")),
        ("id", _("The id")),
        ("name", _("The name")),
        ("object", _("An object: id and name, or what sub-lines make")),
        ("list", _("A list")),
    )
    opt_script_mode = _choice(
        _("Script works on"),
        _("A value is set as <code>result</code>; on the whole record the script may change <code>values</code>."),
        ("evaluate", _("The value of this line")),
        ("execute", _("The whole record")),
    )
    opt_writes = _text(
        _("Also writes"), _("Whole record, into Odoo: fields that no line writes, e.g. <code>note</code>.")
    )
    opt_reads = _text(_("Also reads"), _("Out of Odoo: fields that the script needs, e.g. <code>write_date</code>."))
    opt_limits = forms.CharField(
        label=_("Limits"),
        required=False,
        max_length=200,
        validators=[validate_script_limits],
        widget=UnfoldAdminTextInputWidget,
        help_text=LIMITS_HELP,
    )

    class Meta:
        model = SyncConfigLine
        exclude = ["options"]  # noqa: DJ006 - the inline says which fields there are
        widgets: ClassVar[dict[str, Any]] = {"script": code_widget(), "script_reverse": code_widget()}
        field_classes: ClassVar[dict[str, Any]] = {"script": CodeField, "script_reverse": CodeField}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self._option_names():
            self.initial.setdefault(PREFIX + name, self.instance.options.get(name))
        self._stored = (self.instance.calculation == "script", self.instance.script, self.instance.script_reverse)
        if not self.may_author:
            for name in SCRIPT_NAMES:
                if name in self.fields:
                    self.fields[name].widget.attrs["readonly"] = True

    def _option_names(self) -> list[str]:
        return [name.removeprefix(PREFIX) for name in self.fields if name.startswith(PREFIX)]

    def clean_opt_timezone(self) -> str:
        text: str = self.cleaned_data["opt_timezone"]
        if text:
            validate_timezone(text)
        return text

    def clean_script(self) -> str:
        return plain_newlines(self.cleaned_data["script"])

    def clean_script_reverse(self) -> str:
        return plain_newlines(self.cleaned_data["script_reverse"])

    def _post_clean(self) -> None:
        kind = self.cleaned_data.get("calculation") or self.instance.calculation
        options: dict[str, Any] = {}
        for name in KIND_OPTIONS.get(kind, ()):
            value = self.cleaned_data.get(PREFIX + name)
            if value not in (None, "", []):
                options[name] = value
        self.instance.options = options
        super()._post_clean()  # type: ignore[misc]
        self._check_author(kind)

    def _check_author(self, kind: str) -> None:
        if self.may_author:
            return
        was_script, *stored = self._stored
        given = [self.cleaned_data.get(name, "") for name in SCRIPT_NAMES]
        begins = kind == "script" and not was_script
        if begins or [text.strip() for text in given] != [text.strip() for text in stored]:
            self.add_error(
                "script" if "script" in self.fields else None,
                MAY_NOT_AUTHOR,
            )
