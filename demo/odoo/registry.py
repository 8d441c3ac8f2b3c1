"""What a model is, and all models of one Odoo version by name."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from demo.odoo.fields import Field, char, many2one
from demo.odoo.store import Row

if TYPE_CHECKING:
    from demo.odoo.orm import Env

VERSION_NAMES = {18: "18.0-20250702", 19: "19.0-20251227"}


@dataclass(frozen=True, slots=True)
class Model:
    """One model: fields, order, how a record is called, and the hooks of its business rules.

    `before_create(env, raw_values)` and `before_write(env, rows, raw_values)` may change the values in place;
    `check(env, row)` raises ValidationError; `before_unlink(env, rows)` raises UserError or cleans up.
    `name_domain(env, operator, value)` is what a condition on the display name means, where it is more than one on
    `search_names`; `name_search(env, name, domain, operator, limit)` answers ids, the best first.
    """

    name: str
    description: str
    fields: dict[str, Field]
    order: str = "id"
    rec_name: str = "name"
    search_names: tuple[str, ...] = ("name",)
    display_name: Callable[["Env", Row], str] | None = None
    name_domain: Callable[["Env", str, Any], list[Any]] | None = None
    name_search: Callable[["Env", str, list[Any], str, int | None], list[int]] | None = None
    before_create: Callable[["Env", dict[str, Any]], None] | None = None
    after_create: Callable[["Env", Row, dict[str, Any]], None] | None = None
    before_write: Callable[["Env", list[Row], dict[str, Any]], None] | None = None
    after_write: Callable[["Env", list[Row], dict[str, Any]], None] | None = None
    before_unlink: Callable[["Env", list[Row]], None] | None = None
    check: Callable[["Env", Row], None] | None = None
    methods: dict[str, Callable[..., Any]] = field(default_factory=dict)


def magic_fields(created: str = "Created on", updated: str = "Last Updated on") -> dict[str, Field]:
    """The fields that every model has."""
    return {
        "id": Field("integer", "ID", readonly=True),
        "display_name": char("Display Name", readonly=True, store=False, search=True),
        "create_uid": many2one("res.users", "Created by", readonly=True),
        "create_date": Field("datetime", created, readonly=True),
        "write_uid": many2one("res.users", "Last Updated by", readonly=True),
        "write_date": Field("datetime", updated, readonly=True),
    }


@dataclass(frozen=True, slots=True)
class Registry:
    """All models of one version, and who refers to whom (for deleting)."""

    version: int
    models: dict[str, Model]
    referrers: dict[str, list[tuple[str, str, Field]]]

    @classmethod
    def of(cls, version: int, models: list[Model]) -> "Registry":
        by_name = {model.name: model for model in models}
        referrers: dict[str, list[tuple[str, str, Field]]] = {model.name: [] for model in models}
        for model in models:
            for name, definition in model.fields.items():
                if definition.type == "many2one" and definition.is_column and definition.relation in referrers:
                    referrers[definition.relation].append((model.name, name, definition))
        return cls(version, by_name, referrers)

    def indexed(self) -> dict[str, list[str]]:
        """For each model, the fields worth an index: marked ones and the far ends of one2many fields."""
        wanted: dict[str, set[str]] = {
            model.name: {name for name, definition in model.fields.items() if definition.index}
            for model in self.models.values()
        }
        for model in self.models.values():
            for definition in model.fields.values():
                if definition.relation_field and definition.relation in wanted:
                    wanted[definition.relation].add(definition.relation_field)
        return {name: sorted(names) for name, names in wanted.items()}
