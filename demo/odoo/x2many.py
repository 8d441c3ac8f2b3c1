"""The commands of one2many and many2many fields: create, update, delete, unlink, link, clear, replace."""

from typing import TYPE_CHECKING, Any

from demo.odoo.faults import broken_link
from demo.odoo.store import Row

if TYPE_CHECKING:
    from demo.odoo.orm import Env

# The foreign keys to the far side that are not called after both tables.
FOREIGN_KEYS = {
    ("res.partner", "category_id"): "res_partner_res_partner_category_rel_category_id_fkey",
    ("sale.order", "tag_ids"): "sale_order_tag_rel_tag_id_fkey",
}
CREATE, UPDATE, DELETE, UNLINK, LINK, CLEAR, SET = range(7)


def apply(env: "Env", model: str, row: Row, name: str, value: Any) -> None:
    """Carry out a list of commands on one record's field; a list of ids replaces, False clears."""
    field = env.field(model, name)
    if field.relation not in env.registry.models or (field.type == "one2many" and not field.relation_field):
        return
    side = (
        _One2many(env, model, row["id"], name) if field.type == "one2many" else _Many2many(env, model, row["id"], name)
    )
    for command in _commands(model, name, value):
        code, record_id = command[0], command[1] if len(command) > 1 else 0
        payload = command[2] if code in (CREATE, UPDATE, SET) else None
        if code == CREATE:
            side.create(payload or {})
        elif code == UPDATE:
            env.write(side.relation, [record_id], payload or {})
        elif code == DELETE:
            env.unlink(side.relation, [record_id])
        elif code == UNLINK:
            side.unlink([record_id])
        elif code == LINK:
            side.link([record_id])
        elif code == CLEAR:
            side.unlink(side.current())
        elif code == SET:
            wanted = list(payload or ())
            side.unlink([current for current in side.current() if current not in wanted])
            side.link(wanted)


def _commands(model: str, name: str, value: Any) -> list[Any]:
    if value is None or value is False:
        return [(CLEAR, 0, 0)]
    if not isinstance(value, list | tuple):
        raise ValueError(f"Wrong value for {model}.{name}: {value}")
    if value and not isinstance(value[0], list | tuple):
        return [(SET, 0, list(value))]
    return list(value)


class _Side:
    def __init__(self, env: "Env", model: str, record_id: int, name: str) -> None:
        self.env, self.model, self.record_id, self.name = env, model, record_id, name
        self.field = env.field(model, name)
        self.relation = self.field.relation or ""


class _One2many(_Side):
    """The far record holds the link; without its owner it is emptied, or deleted if it cannot live alone."""

    @property
    def inverse(self) -> str:
        return self.field.relation_field or ""

    def current(self) -> list[int]:
        return self.env.store.find(self.relation, self.inverse, self.record_id)

    def create(self, vals: dict[str, Any]) -> None:
        self.env.create(self.relation, [{**vals, self.inverse: self.record_id}])

    def link(self, ids: list[int]) -> None:
        here = set(self.current())
        if moved := [record_id for record_id in ids if record_id not in here]:
            self.env.write(self.relation, moved, {self.inverse: self.record_id})

    def unlink(self, ids: list[int]) -> None:
        here = set(self.current())
        ids = [record_id for record_id in ids if record_id in here]
        if not ids:
            return
        far = self.env.field(self.relation, self.inverse)
        if far.ondelete == "cascade":
            self.env.unlink(self.relation, ids)
        else:
            self.env.write(self.relation, ids, {self.inverse: False})


class _Many2many(_Side):
    """The near row holds the list of ids."""

    def current(self) -> list[int]:
        return list(self.env.row(self.model, self.record_id).get(self.name) or ())

    def _replace(self, ids: list[int]) -> None:
        self.env.store.put(self.model, {**self.env.row(self.model, self.record_id), self.name: ids})

    def create(self, vals: dict[str, Any]) -> None:
        self.link(self.env.create(self.relation, [vals]))

    def link(self, ids: list[int]) -> None:
        if any(self.env.store.get(self.relation, record_id) is None for record_id in ids):
            raise broken_link(self.env.version, self._foreign_key())
        self._replace(list(dict.fromkeys([*self.current(), *ids])))

    def _foreign_key(self) -> str:
        """The name of the constraint on the far column, by Odoo's own names for tables and columns."""
        tables = sorted((self.model.replace(".", "_"), self.relation.replace(".", "_")))
        called = f"{'_'.join(tables)}_rel_{self.relation.replace('.', '_')}_id_fkey"
        return FOREIGN_KEYS.get((self.model, self.name), called)

    def unlink(self, ids: list[int]) -> None:
        self._replace([record_id for record_id in self.current() if record_id not in ids])
