"""`child_of` and `parent_of`: a record with all below it, or with all above it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from demo.odoo.fields import X2MANY, Field
from demo.odoo.store import Row

if TYPE_CHECKING:
    from demo.odoo.orm import Env


def hierarchy(env: "Env", model: str, name: str, field: Field, operator: str, value: Any) -> Callable[[Row], bool]:
    """The test of one such condition. A field that leads to its own model asks about the record itself."""
    if name != "id" and field.relation is None:
        raise KeyError(operator)
    relation = field.relation or model
    values = value if isinstance(value, list | tuple) else [value]
    roots = {each for each in values if type(each) is int}
    for text in values:
        if isinstance(text, str):
            roots.update(env.search(relation, [("display_name", "ilike", text)]))
    table = env.store.table(relation)
    parent_field = name if field.type == "many2one" and relation == model else "parent_id"

    def ancestors(record_id: int | None) -> set[int]:
        seen: set[int] = set()
        while record_id and record_id not in seen and record_id in table:
            seen.add(record_id)
            record_id = table[record_id].get(parent_field)
        return seen

    above = {each for root in roots for each in ancestors(root)}

    def test(row: Row) -> bool:
        if relation == model and field.type not in X2MANY:
            ids = [row["id"]]
        else:
            found = env.value(model, row, name)
            ids = found if field.type in X2MANY else [found] if found else []
        if operator == "parent_of":
            return any(each in above for each in ids)
        return any(ancestors(each) & roots for each in ids)

    return test
