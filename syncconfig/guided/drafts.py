"""What somebody has said of a new sync so far, kept in the session until it is made.

Each draft has a name of its own in the address, so that two windows do not mix. A secret is kept encrypted, under the
same keys as stored ones: sessions are rows that a backup holds.
"""

from __future__ import annotations

import secrets
from collections.abc import MutableMapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Self

from syncconfig.documents.sections import sections
from syncconfig.guided.templates import SyncTemplate, templates
from syncconfig.models import OdooConnection, RequestShape, RequestType, SyncConfig, SyncConfigLine
from syncconfig.secrets import decrypt, encrypt

MAX_DRAFTS: Final = 3
DRAFT_PK: Final = 0
"""No stored config has it, so whatever belongs to a config is empty for a draft, rather than an error."""

FETCH: Final = "fetch"
"""What is chosen for a sync that asks another system (Out with GET)."""

INTO_ODOO: Final = "odoo"
"""What is chosen for a sync whose records go into another Odoo."""

DELIVERY: Final = "delivery_policy"
"""How an Out sync delivers: a row of the app that sends, and its section in documents."""

AGAIN: Final = "again"
PUT_KNOWN: Final = "put"
ONCE: Final = "once"
"""What becomes of a posted record that changes."""

_KEY: Final = "guided"


@dataclass(slots=True)
class Draft:
    """Plain JSON. `values` are fields of SyncConfig, `lines` those of SyncConfigLine with "taken", "why" and "sample";
    `done` holds the steps that were completed, in any order."""

    name: str
    request_type: str
    into_odoo: bool = False
    template: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    connection: int | None = None
    secret: str = ""
    sample: str = ""
    items_path: str = ""
    """Where the records are in what is fetched; empty where the answer is the list."""
    record_id: int | None = None
    lines: list[dict[str, Any]] = field(default_factory=list)
    proposed_for: str = ""
    """What the lines were proposed for; when it changes, they are proposed anew."""
    on_change: str = ""
    """What becomes of a posted record that changes; empty until it was said: as the template has it."""
    linked_url: str = ""
    """Where a changed record is put, with placeholders."""
    trigger: dict[str, Any] = field(default_factory=dict)
    when: str = "hand"
    done: list[str] = field(default_factory=list)

    @classmethod
    def begun(cls, *, template: SyncTemplate | None, request_type: str) -> Self:
        """A new one, with what the template says."""
        name = secrets.token_hex(6)
        if template is None and request_type == FETCH:
            return cls(name, RequestType.OUT.value, values={"method_get": True})
        if template is None and request_type == INTO_ODOO:
            return cls(name, RequestType.OUT.value, into_odoo=True, values={"method_post": True})
        if template is None:
            # Most callers bring something; which ways the lines have to work depends on it.
            return cls(name, request_type, values={"method_post": True} if request_type == RequestType.IN else {})
        return cls(
            name,
            template.request_type,
            into_odoo=template.into_odoo,
            template=template.key,
            values={"model": template.model, **template.values},
        )

    @property
    def is_in(self) -> bool:
        """Whether others call us."""
        return self.request_type == RequestType.IN

    @property
    def fetches(self) -> bool:
        """Whether we ask another system, and write its answers into Odoo."""
        return not self.is_in and bool(self.values.get("method_get"))

    @property
    def maps_in(self) -> bool:
        """Whether it is the other system's records that are mapped."""
        return self.is_in or self.fetches

    @property
    def target(self) -> OdooConnection | None:
        """The other Odoo, once it was chosen and while it is there."""
        number = self.values.get("target_connection_id")
        return OdooConnection.objects.filter(pk=number).first() if number else None

    @property
    def target_model(self) -> str:
        """The model in the other Odoo."""
        return str(self.values.get("target_model") or self.values["model"])

    def forget_deleted(self) -> bool:
        """Whether a connection was deleted meanwhile; whatever was said of its Odoo has to be said again."""
        said = (self.connection, self.values.get("target_connection_id"))
        chosen = {int(number) for number in said if number is not None}
        left = set(OdooConnection.objects.filter(pk__in=chosen).values_list("pk", flat=True))
        if chosen == left:
            return False
        if self.connection not in left:
            self.connection, self.done = None, []
        if said[1] not in left:
            self.values.pop("target_connection_id", None)
            self.done = [name for name in self.done if name in ("connection", "model")]
        return True

    def secret_set(self, text: str) -> None:
        self.secret = encrypt(text) if text else ""

    def config(self) -> SyncConfig:
        """The sync as far as it is known, not stored. Raises SecretUnreadable."""
        config = SyncConfig(request_type=self.request_type, **self.values)
        config.auth_secret = decrypt(self.secret) if self.secret else ""
        if self.connection is not None:
            config.connection = OdooConnection.objects.filter(pk=self.connection).first()  # type: ignore[assignment]
        if delivering := self._delivering(config):
            policy = next(each.model for each in sections() if each.name == DELIVERY)
            setattr(config, DELIVERY, policy(**delivering))
        return config

    @property
    def changes(self) -> str:
        """What becomes of a record that was posted and changes: AGAIN, PUT_KNOWN or ONCE."""
        template = template_of(self)
        return self.on_change or (ONCE if template is not None and template.sends_once else AGAIN)

    def _delivering(self, config: SyncConfig) -> dict[str, Any]:
        """The delivery settings that say so; empty where the usual ones do."""
        if not config.method_post or config.request_shape != RequestShape.RECORD or self.into_odoo or self.is_in:
            return {}
        if self.changes == PUT_KNOWN:
            return {"puts_linked": True, "linked_url": self.linked_url}
        key = next((str(row["key"]) for row in self.chosen() if row.get("is_identifier")), "")
        return {"watched_fields": key} if self.changes == ONCE and key else {}

    def preview_config(self) -> SyncConfig:
        """The same as if it were stored and active, for what only reads."""
        config = self.config()
        config.pk, config.active = DRAFT_PK, True
        return config

    def taken_lines(self) -> list[SyncConfigLine]:
        """The lines that were chosen, not stored."""
        return [line_of(row, position) for position, row in enumerate(self.chosen())]

    def chosen(self) -> list[dict[str, Any]]:
        return [row for row in self.lines if row.get("taken")]


_LINE_FIELDS: Final = frozenset(
    {
        "field", "key", "calculation", "direction", "is_identifier", "required", "absent", "default", "match_field",
        "on_missing", "on_match", "x2many_mode", "options",
    }
)  # fmt: skip


def line_of(row: dict[str, Any], position: int) -> SyncConfigLine:
    """A line, not stored."""
    return SyncConfigLine(position=position, **{name: value for name, value in row.items() if name in _LINE_FIELDS})


class Drafts:
    """The drafts of one session."""

    def __init__(self, session: MutableMapping[str, Any]) -> None:
        self._session = session

    def get(self, name: str) -> Draft | None:
        found = self._session.get(_KEY, {}).get(name)
        try:
            return Draft(**found) if found else None
        except TypeError:
            return None  # begun before an upgrade that knows drafts otherwise

    def save(self, draft: Draft) -> None:
        """The oldest gives way when there are too many."""
        known = dict(self._session.get(_KEY, {}))
        known[draft.name] = asdict(draft)
        for name in list(known)[: max(0, len(known) - MAX_DRAFTS)]:
            del known[name]
        self._session[_KEY] = known

    def drop(self, draft: Draft) -> None:
        known = dict(self._session.get(_KEY, {}))
        known.pop(draft.name, None)
        self._session[_KEY] = known


def free(name: str, column: str, joint: str) -> str:
    """The name, or the first of it with a number that no stored config has in the column."""
    known = set(SyncConfig.objects.filter(**{f"{column}__startswith": name}).values_list(column, flat=True))
    return next(text for at in range(len(known) + 2) if (text := f"{name}{joint}{at + 1}" if at else name) not in known)


def template_of(draft: Draft) -> SyncTemplate | None:
    return templates().get(draft.template)
