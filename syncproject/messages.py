"""`python -m syncproject.messages`: brings the catalogues of translations to the state of the code.

Reads what is marked for translation in Python and templates, of the project and of the admin's theme, which brings no
translations. Writes `locale/<language>/LC_MESSAGES/django.po`, where new texts wait to be translated and old ones are
dropped, and compiles it to the `django.mo` that Django reads. Needs Babel, and no gettext on the machine.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

from syncproject.env import BASE_DIR

PACKAGES: Final = ("syncproject", "syncconfig", "auditlog", "inbound", "outbound")
THEME: Final = "unfold"
SINGULAR: Final = frozenset({"_", "_now", "gettext", "gettext_lazy", "gettext_noop"})
PLURAL: Final = frozenset({"ngettext", "ngettext_lazy"})
# What `templatize` makes of a template: calls among blanked out letters.
_CALL: Final = re.compile(
    r"""\b(?P<name>n?gettext|_)\((?P<texts>u?(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')(?:,\s*u?(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'))?)"""
)

Message = str | tuple[str, str]


def python_messages(source: str) -> Iterator[Message]:
    """The marked texts of a module; of a plural both."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        texts = [arg.value for arg in node.args[:2] if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
        if name in SINGULAR and texts:
            yield texts[0]
        elif name in PLURAL and len(texts) == 2:
            yield texts[0], texts[1]


def template_messages(source: str) -> Iterator[Message]:
    """The marked texts of a template."""
    for call in _CALL.finditer(templatize(source)):
        texts = ast.literal_eval(f"[{call['texts']}]")
        yield (texts[0], texts[1]) if call["name"] == "ngettext" else texts[0]


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        # Of the theme's own extensions this project uses the filters.
        is_extension = "contrib" in path.parts and "filters" not in path.parts
        if path.suffix in {".py", ".html", ".json", ".txt"} and "migrations" not in path.parts and not is_extension:
            yield path


def code_messages() -> dict[Message, list[str]]:
    """Every text of the project and of the theme that is to be translated, with the files that it is in."""
    spec = find_spec(THEME)
    if spec is None or spec.origin is None:
        raise RuntimeError(f"{THEME} is not installed; `make install` does it.")
    roots = [*(BASE_DIR / name for name in PACKAGES), BASE_DIR / "templates", Path(spec.origin).parent]
    found: dict[Message, list[str]] = {}
    for root in roots:
        for path in _files(root):
            # Of the theme the folder alone, so that its releases change no line of the catalogue.
            place = str(path.relative_to(BASE_DIR)) if root.is_relative_to(BASE_DIR) and root.name != THEME else THEME
            read = python_messages if path.suffix == ".py" else template_messages
            if path.suffix in {".json", ".txt"} and "templates" not in path.parts:
                continue
            for message in read(path.read_text(encoding="utf-8")):
                places = found.setdefault(message, [])
                if place not in places:
                    places.append(place)
    # What the theme has in common with Django's admin is translated there.
    known = _django_messages()
    return {
        message: places
        for message, places in found.items()
        if places != [THEME] or (message if isinstance(message, str) else message[0]) not in known
    }


def _django_messages() -> frozenset[str]:
    """What Django translates itself, by the example of a language that is complete there."""
    import django

    root = Path(django.__file__).parent
    known: set[str] = set()
    for path in (root / "conf" / "locale", root / "contrib" / "admin" / "locale", root / "contrib" / "auth" / "locale"):
        with (path / "fr" / "LC_MESSAGES" / "django.mo").open("rb") as file:
            known.update(message.id if isinstance(message.id, str) else message.id[0] for message in read_mo(file))
    return frozenset(known)


def catalogue_path(language: str) -> Path:
    return BASE_DIR / "locale" / language / "LC_MESSAGES" / "django.po"


def catalogue_read(language: str) -> Catalog:
    """The catalogue as it is stored, or an empty one."""
    path = catalogue_path(language)
    if not path.exists():
        return Catalog(locale=language, project="odoo-sync-hub", charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, domain="django")


def catalogue_update(language: str) -> Catalog:
    """Bring a catalogue and its compiled form to the state of the code; what is translated stays translated."""
    before = catalogue_read(language)
    after = Catalog(project="odoo-sync-hub", charset="utf-8", fuzzy=False)
    # Also the rule for plurals, in which Django and Unicode's tables differ for some languages.
    after.mime_headers = before.mime_headers
    for message, places in sorted(code_messages().items(), key=lambda item: (item[1][0], str(item[0]))):
        stored = before.get(message if isinstance(message, str) else message[0])
        after.add(message, stored.string if stored else None, locations=[(place, 0) for place in places])
    path = catalogue_path(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    after.header_comment = f"# The texts of the admin, for the language {language}."
    # Without times, so that the same code makes the same file.
    with path.open("wb") as file:
        write_po(file, after, width=116, include_lineno=False, omit_header=False)
    path.write_text(_without_times(path.read_text(encoding="utf-8")), encoding="utf-8")
    catalogue_compile(language)
    return after


def catalogue_compile(language: str) -> None:
    """Write the form that Django reads."""
    with catalogue_path(language).with_suffix(".mo").open("wb") as file:
        write_mo(file, catalogue_read(language))


def _without_times(text: str) -> str:
    return re.sub(r'^"(POT-Creation-Date|PO-Revision-Date|Generated-By|Last-Translator|Report-Msgid-Bugs-To): .*\n',
                  "", text, flags=re.MULTILINE)  # fmt: skip


def missing(catalogue: Catalog) -> list[str]:
    """The texts that wait to be translated."""
    return [
        message.id if isinstance(message.id, str) else message.id[0]
        for message in catalogue
        if message.id and not (message.string if isinstance(message.string, str) else all(message.string or [""]))
    ]


def main() -> int:
    for language, name in settings.LANGUAGES:
        if language == "en":
            continue
        catalogue = catalogue_update(language)
        waiting = missing(catalogue)
        sys.stdout.write(f"{name}: {len(catalogue)} texts, {len(waiting)} to be translated in "
                         f"{catalogue_path(language).relative_to(BASE_DIR)}\n")  # fmt: skip
    return 0


if __name__ == "__main__":
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "syncproject.settings")
    sys.exit(main())
