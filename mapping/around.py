"""The scripts of a config: one before the mapping of each record, one after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mapping.checks import writable_fields
from mapping.script_runs import Script, ScriptError
from mapping.spec import ConfigScript, Direction, FieldType, Problem, ScriptLimits
from mapping.tree import Tree


@dataclass(frozen=True, slots=True)
class Around:
    """A compiled script of a config. `name` is before or after; `writable` is what it may write on the way in."""

    name: str
    script: Script
    direction: Direction
    reads: tuple[str, ...]
    writable: Mapping[str, FieldType]
    limits: ScriptLimits

    def runs(self, direction: Direction) -> bool:
        return self.direction in (Direction.BOTH, direction)


def compile_around(tree: Tree) -> tuple[Around | None, Around | None]:
    """The config's scripts before and after; what is wrong with them is added to the tree's problems."""
    spec = tree.spec
    return (
        _compiled(tree, "before", spec.before, "record if result is None else result"),
        _compiled(tree, "after", spec.after, "values if result is None else result"),
    )


def _compiled(tree: Tree, name: str, given: ConfigScript | None, returns: str) -> Around | None:
    if given is None:
        return None
    known = len(tree.problems)
    if given.direction not in list(Direction):
        _report(tree, name, f"direction is {given.direction!r}; write one of {', '.join(Direction)}")
    for field in (*given.reads, *given.writes):
        if tree.schema.field(spec_model := tree.spec.model, field) is None:
            _report(tree, name, f"{spec_model} has no field {field!r}; mend reads or writes")
    try:
        script = Script(given.script, returns=returns)
    except ScriptError as error:
        _report(tree, name, str(error))
        return None
    if len(tree.problems) > known:
        return None
    direction = Direction(given.direction)
    reads = given.reads if direction.is_out and tree.direction.is_out else ()
    limits = given.limits or tree.spec.limits
    return Around(name, script, direction, reads, writable_fields(tree, given.writes), limits)


def _report(tree: Tree, name: str, message: str) -> None:
    tree.problems.append((len(tree.spec.lines), Problem(None, "", f"the script {name} mapping: {message}")))
