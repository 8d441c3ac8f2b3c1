"""Every language that is offered is complete, and says with its placeholders what the code says with them.

Does this fail? `make messages` writes what is new into `locale/<language>/LC_MESSAGES/django.po`: translate it there,
and run `make messages` once more.
"""

from __future__ import annotations

import gettext
import re
from collections import Counter

import pytest
from babel.messages.catalog import Catalog
from django.conf import settings
from django.test import Client
from django.utils import translation

from syncproject.messages import (
    catalogue_path,
    catalogue_read,
    code_messages,
    missing,
    python_messages,
    template_messages,
)

LANGUAGES = [code for code, _name in settings.LANGUAGES if code != "en"]
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")
TAG = re.compile(r"</?\w+[^>]*>")
# Names, codes and words that are the same in the other language are no forgotten translations.
SAME_AT_MOST = 0.12


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    code: str = request.param
    return code


@pytest.fixture
def catalogue(language: str) -> Catalog:
    return catalogue_read(language)


def _pairs(catalogue: Catalog) -> list[tuple[str, str]]:
    """Each text with its translation; of a plural, both forms with their own."""
    pairs = []
    for message in catalogue:
        if not message.id:
            continue
        if isinstance(message.id, str):
            pairs.append((message.id, str(message.string)))
        else:
            pairs += [(message.id[min(number, 1)], text) for number, text in enumerate(message.string)]
    return pairs


def test_every_text_of_the_code_is_in_the_catalogue_and_no_other(catalogue: Catalog) -> None:
    wanted = {message if isinstance(message, str) else message[0] for message in code_messages()}
    stored = {message.id if isinstance(message.id, str) else message.id[0] for message in catalogue if message.id}
    assert sorted(wanted - stored) == [], "run `make messages`, and translate what is new"
    assert sorted(stored - wanted) == [], "run `make messages`, which drops what is not used any more"


def test_every_text_is_translated(catalogue: Catalog) -> None:
    assert missing(catalogue) == []
    assert [message.id for message in catalogue if message.id and message.fuzzy] == []


def test_translations_have_the_placeholders_of_their_texts(catalogue: Catalog) -> None:
    differ = [
        (text, translated)
        for text, translated in _pairs(catalogue)
        if Counter(PLACEHOLDER.findall(text)) != Counter(PLACEHOLDER.findall(translated))
    ]
    assert differ == []


def test_translations_have_the_markup_of_their_texts(catalogue: Catalog) -> None:
    differ = [
        (text, translated)
        for text, translated in _pairs(catalogue)
        if Counter(TAG.findall(text)) != Counter(TAG.findall(translated))
    ]
    assert differ == []


def test_few_translations_are_the_text_itself(catalogue: Catalog) -> None:
    pairs = _pairs(catalogue)
    same = [text for text, translated in pairs if text == translated]
    assert len(same) <= SAME_AT_MOST * len(pairs), same


def test_what_django_reads_is_compiled_from_the_catalogue(language: str, catalogue: Catalog) -> None:
    with catalogue_path(language).with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    for text, translated in _pairs(catalogue):
        message = catalogue.get(text)
        if message is not None and isinstance(message.id, str):
            assert compiled.gettext(text) == translated, "run `make messages`, which compiles it"


def test_marked_texts_are_found_in_python_and_templates() -> None:
    assert list(python_messages('_("a" "b")\n_now("c %(d)s") % {}\nngettext("e", "f", 2)\nother("g")')) == [
        "ab",
        ("e", "f"),
        "c %(d)s",
    ]
    template = (
        "{% translate 'a' %}{% blocktranslate with b=c %}d {{ b }}{% endblocktranslate %}"
        "{% blocktranslate count n=m %}{{ n }} e{% plural %}{{ n }} f{% endblocktranslate %}{{ _('g')|upper }}"
    )
    assert list(template_messages(template)) == ["a", "d %(b)s", ("%(n)s e", "%(n)s f"), "g"]


def test_the_admin_speaks_the_language_that_one_chooses(admin_client: Client, language: str) -> None:
    page = admin_client.get("/admin/syncconfig/syncconfig/")
    assert "Odoo connections" in page.content.decode()
    admin_client.post("/admin/language/setlang/", {"language": language, "next": "/admin/"})
    with translation.override(language):
        wanted = translation.gettext("Odoo connections")
    assert wanted != "Odoo connections"
    page = admin_client.get("/admin/syncconfig/syncconfig/")
    assert wanted in page.content.decode()
    assert page.headers["Content-Language"] == language
