"""Inputs for Python, and who may write into them."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

AUTHOR_PERMISSION: Final = "syncconfig.author_script"
MAY_NOT_AUTHOR = _("You may not write scripts. Ask somebody with the permission “Can write the scripts of a sync”.")


def code_widget() -> UnfoldAdminTextareaWidget:
    """A textarea for Python, with line numbers where the browser runs `code.js`."""
    attrs = {"rows": 8, "class": "sync-code-input", "spellcheck": "false", "wrap": "off", "autocapitalize": "off"}
    return UnfoldAdminTextareaWidget(attrs=attrs)


def plain_newlines(text: str) -> str:
    """The text without the carriage returns that browsers add."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


class CodeField(forms.CharField):
    """Python. A browser's carriage returns make no changed script of it, in what is stored as in the record of who
    changed what."""

    def to_python(self, value: Any) -> str:
        return plain_newlines(super().to_python(value) or "")

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(plain_newlines(initial or "").strip(), data)
