"""Records as Odoo's ORM handles them: create, write, unlink, values, names, search, over the store.

An Env is one call: who calls, in what context, at what time. Everything here works on ids and rows and knows no
transport. It raises the exceptions of `faults` and plain Python ones, as Odoo does; the caller rolls back.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from demo.odoo import automation, conditions, domains, x2many
from demo.odoo.faults import DatabaseError, UserError, mandatory, missing, still_needed
from demo.odoo.fields import MAGIC, X2MANY, Field, to_stored, to_wire
from demo.odoo.ordering import ordered
from demo.odoo.registry import Model, Registry
from demo.odoo.store import Row, Store


class Env:
    def __init__(
        self, store: Store, registry: Registry, *, uid: int = 2, context: dict[str, Any] | None = None
    ) -> None:
        self.store = store
        self.registry = registry
        self.version = registry.version
        self.uid = uid
        self.context = context or {}
        self.now = datetime.now(UTC).replace(tzinfo=None)
        self.touched = 0
        self.written: set[tuple[str, int]] = set()
        self.after_commit: list[Callable[[], None]] = []
        self._names: dict[tuple[str, int], str] = {}

    def with_context(self, **more: Any) -> "Env":
        env = Env(self.store, self.registry, uid=self.uid, context={**self.context, **more})
        env.now = self.now
        env.after_commit = self.after_commit
        env.written = self.written
        return env

    # -- models, rows, values ---------------------------------------------------------------------------------

    def model(self, name: str) -> Model:
        model = self.registry.models.get(name)
        if model is None:
            raise UserError(f"Object {name} doesn't exist")
        return model

    def field(self, model: str, name: str) -> Field:
        field = self.model(model).fields.get(name)
        if field is None:
            raise self.invalid_field(model, name)
        return field

    def invalid_field(self, model: str, name: object) -> ValueError:
        where = f"on model {model!r}" if self.version < 19 else f"on {model!r}"
        return ValueError(f"Invalid field {name!r} {where}")

    def row(self, model: str, record_id: Any) -> Row:
        row = self.store.get(model, record_id) if isinstance(record_id, int) else None
        if row is None:
            raise missing(model, record_id, self.uid)
        return row

    def rows(self, model: str, ids: Iterable[Any]) -> list[Row]:
        return [self.row(model, record_id) for record_id in ids]

    @property
    def active_test(self) -> bool:
        return bool(self.context.get("active_test", True))

    def value(self, model: str, row: Row, name: str) -> Any:
        """The stored or computed value: an id for a many2one, a list of ids for x2many, None when unset."""
        if name == "display_name":
            return self.name_of(model, row["id"])
        field = self.model(model).fields[name]
        if field.compute is not None:
            return field.compute(self, row)
        if field.delegate is not None:
            parent = self.model(model).fields[field.delegate].relation or ""
            return self.value(parent, self.row(parent, row[field.delegate]), name)
        if field.type in X2MANY:
            return self._related_ids(field, row, name)
        return row.get(name)

    def _related_ids(self, field: Field, row: Row, name: str) -> list[int]:
        relation = field.relation or ""
        if field.type == "one2many" and field.relation_field:
            ids: Iterable[int] = self.store.find(relation, field.relation_field, row["id"])
        else:
            ids = row.get(name) or ()
        table = self.store.table(relation)
        rows = [table[related] for related in ids if related in table]
        if self.active_test and "active" in self.model(relation).fields:
            rows = [related for related in rows if self.value(relation, related, "active")]
        if len(rows) > 1:
            rows = self.sorted(relation, rows, None)
        return [related["id"] for related in rows]

    def name_of(self, model: str, record_id: int) -> str:
        """The display name; cached for the length of the call."""
        key = (model, record_id)
        if key not in self._names:
            definition, row = self.model(model), self.row(model, record_id)
            if definition.display_name is not None:
                self._names[key] = definition.display_name(self, row)
            else:
                self._names[key] = self.value(model, row, definition.rec_name) or f"{model},{record_id}"
        return self._names[key]

    def wire_value(self, model: str, row: Row, name: str, *, names: bool = True) -> Any:
        """The value as `read` answers it; a many2one is `[id, name]`, or the id alone without `names`."""
        field = self.field(model, name)
        value = self.value(model, row, name)
        if field.type == "many2one":
            if not value or self.store.get(field.relation or "", value) is None:
                return False
            return [value, self.name_of(field.relation or "", value)] if names else value
        return list(value) if field.type in X2MANY else to_wire(field, value)

    # -- search -----------------------------------------------------------------------------------------------

    def search(
        self, model: str, domain: Any, *, offset: int = 0, limit: int | None = None, order: str | None = None
    ) -> list[int]:
        rows = self.matching(model, domain)
        if len(rows) > 1:
            rows = self.sorted(model, rows, order)
        elif order:
            self.sorted(model, [], order)
        offset, limit = _row_count("OFFSET", offset), _row_count("LIMIT", limit)
        end = offset + limit if limit else None
        return [row["id"] for row in rows[offset:end]]

    def matching(self, model: str, domain: Any) -> list[Row]:
        """The rows that a domain selects, unordered; archived ones only if the domain or context says so."""
        definition = self.model(model)
        terms = domains.normalize(domain, self.version)
        if self.active_test and "active" in definition.fields and not domains.mentions(terms, "active"):
            terms = domains.both(terms, [("active", "=", True)])
        test = conditions.predicate(self, model, terms)
        return [row for row in conditions.candidates(self, model, terms) if test(row)]

    def sorted(self, model: str, rows: list[Row], order: str | None) -> list[Row]:
        return ordered(self, model, rows, order)

    def name_domain(self, model: str, operator: str, value: Any) -> list[Any]:
        """The domain that a condition on `display_name` stands for."""
        definition = self.model(model)
        if operator in ("like", "ilike", "not like", "not ilike") and not value:
            return [(0, "=", 1)] if operator in domains.NEGATIVE else []
        if definition.name_domain is not None:
            return definition.name_domain(self, operator, value)
        return domains.any_of([(name, operator, value) for name in definition.search_names], operator)

    # -- create, write, unlink --------------------------------------------------------------------------------

    def create(self, model: str, vals_list: list[dict[str, Any]]) -> list[int]:
        """Create all or raise; conversions of all come before the first insert, as in Odoo."""
        definition = self.model(model)
        prepared = []
        for given in vals_list:
            raw = dict(given)
            if definition.before_create is not None:
                definition.before_create(self, raw)
            prepared.append((raw, self._split(model, raw)))
        created = []
        for raw, (columns, others) in prepared:
            row = self._insert(definition, columns, others)
            if definition.after_create is not None:
                definition.after_create(self, row, raw)
            self._write_others(model, row["id"], others)
            created.append(row["id"])
        for record_id in created:
            self._check(definition, self.row(model, record_id))
        self.touched += len(created)
        automation.created(self, model, created)
        return created

    def _insert(self, definition: Model, columns: Row, others: dict[str, Any]) -> Row:
        self._create_parents(definition, columns, others)
        row: Row = {"id": 0}
        row.update(columns)
        for name, field in definition.fields.items():
            if name not in row and name not in others and field.default is not None and field.is_column:
                row[name] = field.default(self, row) if callable(field.default) else field.default
        row["id"] = self.store.next_id(definition.name)
        row["create_date"] = row["write_date"] = self.now
        row["create_uid"] = row["write_uid"] = self.uid
        self._check_required(definition, row, definition.fields)
        if definition.check is not None:
            definition.check(self, row)
        self.store.put(definition.name, row)
        return row

    def _create_parents(self, definition: Model, columns: Row, others: dict[str, Any]) -> None:
        """Create the record that delegated fields live in, when none is given (`_inherits`)."""
        delegated: dict[str, dict[str, Any]] = {}
        for name, field in definition.fields.items():
            if field.delegate is not None:
                mine = delegated.setdefault(field.delegate, {})
                if name in others:
                    mine[name] = others[name]
        for link, vals in delegated.items():
            if columns.get(link) is None:
                relation = definition.fields[link].relation or ""
                for name in vals:
                    del others[name]
                columns[link] = self.with_context(no_variant=True).create(relation, [vals])[0]

    def write(self, model: str, ids: list[int], vals: dict[str, Any]) -> None:
        definition = self.model(model)
        rows = self.rows(model, ids)
        before = automation.values_before(self, model, rows)
        raw = dict(vals)
        if definition.before_write is not None:
            definition.before_write(self, rows, raw)
        columns, others = self._split(model, raw, writing=True)
        for row in rows:
            changed = {**row, **columns, "write_date": self.now, "write_uid": self.uid}
            self._check_required(definition, changed, columns)
            self.store.put(model, changed)
            self._write_others(model, row["id"], others)
        self._names.clear()
        if definition.after_write is not None:
            definition.after_write(self, self.rows(model, ids), raw)
        for record_id in ids:
            self._check(definition, self.row(model, record_id))
        self.touched += len(rows)
        self.written.update((model, record_id) for record_id in ids)
        automation.written(self, model, ids, before, vals)

    def _check(self, definition: Model, row: Row) -> None:
        if definition.check is not None:
            definition.check(self, row)

    def _split(self, model: str, vals: dict[str, Any], *, writing: bool = False) -> tuple[Row, dict[str, Any]]:
        """Values for the row itself, converted, and those that are written elsewhere, as they are."""
        columns: Row = {}
        others: dict[str, Any] = {}
        fields = self.model(model).fields
        for name, value in vals.items():
            if name in MAGIC:
                continue
            field = fields.get(name)
            if field is None:
                raise KeyError(name) if writing and self.version >= 19 else self.invalid_field(model, name)
            if field.is_column and field.type not in X2MANY:
                columns[name] = to_stored(model, name, field, value)
                if field.type == "many2one" and columns[name] and field.relation in self.registry.models:
                    self.row(field.relation, columns[name])
            elif field.compute is None or field.inverse is not None:
                others[name] = value
        return columns, others

    def _write_others(self, model: str, record_id: int, others: dict[str, Any]) -> None:
        for name, value in others.items():
            field, row = self.field(model, name), self.row(model, record_id)
            if field.inverse is not None:
                field.inverse(self, row, value)
            elif field.delegate is not None:
                parent = self.field(model, field.delegate).relation or ""
                self.write(parent, [row[field.delegate]], {name: value})
            else:
                x2many.apply(self, model, row, name, value)

    def _check_required(self, definition: Model, row: Row, names: Iterable[str]) -> None:
        for name in names:
            field = definition.fields[name]
            if field.required and field.is_column and field.type not in X2MANY and row.get(name) is None:
                raise mandatory(self.version, definition.description, definition.name, field.string, name)

    def unlink(self, model: str, ids: list[int]) -> None:
        """Delete the records and what cascades; raise where another record needs them."""
        rows = self.rows(model, dict.fromkeys(ids))
        automation.deleted(self, model, [row["id"] for row in rows])
        self._unlink(model, rows)

    def _unlink(self, model: str, rows: list[Row]) -> None:
        definition = self.model(model)
        if definition.before_unlink is not None:
            definition.before_unlink(self, rows)
        for row in rows:
            if self.store.get(model, row["id"]) is None:
                continue
            for referrer, name, field in self.registry.referrers[model]:
                self._unlink_reference(referrer, name, field, row["id"])
            self.store.remove(model, row["id"])
        self._names.clear()
        self.touched += len(rows)

    def _unlink_reference(self, referrer: str, name: str, field: Field, record_id: int) -> None:
        if self.store.is_indexed(referrer, name):
            ids = self.store.find(referrer, name, record_id)
        else:
            ids = [row["id"] for row in self.store.table(referrer).values() if row.get(name) == record_id]
        if not ids:
            return
        if field.ondelete == "cascade":
            # The database does it: no rule hears of them.
            self._unlink(referrer, self.rows(referrer, ids))
        elif field.ondelete == "restrict" or field.required:
            raise still_needed(self.version, self.model(referrer).description, referrer, field.string, name)
        else:
            for row in self.rows(referrer, ids):
                self.store.put(referrer, {**row, name: None})


def _row_count(clause: str, number: Any) -> int:
    """A limit or an offset; texts of digits will do. Raises what PostgreSQL says of a negative one."""
    count = int(number or 0)
    if count < 0:
        kind = "InLimitClause" if clause == "LIMIT" else "InResultOffsetClause"
        raise DatabaseError(f"{clause} must not be negative\n", name=f"InvalidRowCount{kind}")
    return count
