"""The scripts of a plan over a page: before its records are mapped, in their lines, and after.

Scripts run for all sound records of the page at once, one script after the other. What they give is converted and
checked like anything else that comes from outside; a record whose script breaks off or refuses it has an error, and
one that a script skips is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from mapping.around import Around
from mapping.inward import Job, Run
from mapping.lines import CONVERSION_ERRORS, Line, bind_in, is_blank
from mapping.outward import OutScript, Reading
from mapping.paths import is_object
from mapping.related_values import decode, encode, holds
from mapping.results import FieldError, Rule, same
from mapping.script_runs import Ask, Failed, Outcome, Refused, Result, Script, Skipped
from mapping.scripts import VALUES, Scripted
from mapping.spec import Direction, FieldType, ScriptLimits

Errors = list[tuple[int, FieldError]]
"""Errors with the places of their lines."""

BEFORE, AFTER = -1, 10**6
"""The places of the config's own scripts among the lines."""


@dataclass(slots=True)
class Page:
    """A page on its way: for each record what it has become, its errors, and why a script skipped it."""

    model: str
    direction: Direction
    records: list[object]
    params: Mapping[str, object]
    ask: Ask | None
    tz: str
    values: list[dict[str, object] | None] = field(default_factory=list)
    errors: list[Errors] = field(default_factory=list)
    skipped: list[str | None] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.values = [None] * len(self.records)
        self.errors = [[] for _ in self.records]
        self.skipped = [None] * len(self.records)

    def is_sound(self, at: int) -> bool:
        return not self.errors[at] and self.skipped[at] is None

    def run(self, script: Script, jobs: Sequence[dict[str, object]], limits: ScriptLimits) -> list[Outcome]:
        params = dict(self.params)
        for job in jobs:
            job["params"] = params
            job["direction"] = self.direction.value
            job["model"] = self.model
            job["records"] = self.records
            if self.direction is Direction.IN:
                job.setdefault("request_data", job.get("record"))
        return script.run(jobs, limits=limits, tz=self.tz, ask=self.ask)


def run_before(page: Page, around: Around | None) -> None:
    """Let the config's script have each record first; `page.records` are then what it has made of them."""
    if around is None or not around.runs(page.direction):
        return
    places = [at for at, record in enumerate(page.records) if is_object(record)]
    jobs: list[dict[str, object]] = [{"record": page.records[at]} for at in places]
    for at, outcome in zip(places, page.run(around.script, jobs, around.limits), strict=True):
        value = _settled(page, at, outcome, BEFORE, _config_error)
        if value is not None:
            page.records[at] = value[0]
            if not is_object(value[0]):
                page.errors[at].append(
                    (BEFORE, _config_error(Rule.SCRIPT, "the script before mapping must give an object"))
                )


def run_after(page: Page, around: Around | None) -> None:
    """Let the config's script have what each record has become."""
    if around is None or not around.runs(page.direction):
        return
    places = [at for at, values in enumerate(page.values) if values is not None and page.is_sound(at)]
    codes = [encode(page.values[at]) for at in places]
    jobs: list[dict[str, object]] = [
        {"record": page.records[at], "values": plain} for at, (plain, _) in zip(places, codes, strict=True)
    ]
    outcomes = page.run(around.script, jobs, around.limits)
    for at, (_, related), outcome in zip(places, codes, outcomes, strict=True):
        value = _settled(page, at, outcome, AFTER, _config_error)
        if value is None:
            continue
        new = decode(value[0], related)
        if not isinstance(new, dict):
            page.errors[at].append((AFTER, _config_error(Rule.SCRIPT, "the script after mapping must give an object")))
        elif page.direction is Direction.OUT:
            page.values[at] = new
        else:
            old = page.values[at] or {}
            page.values[at], errors = _written(old, new, around.writable, page.tz)
            page.errors[at] += [(AFTER, _config_error(Rule.SCRIPT, message)) for message in errors]


def run_in(page: Page, scripts: Sequence[Scripted], run: Run) -> None:
    """Run what the lines' scripts were left to do, and complete the values in place."""
    broken: dict[int, Errors] = {}
    for calculation in scripts:
        jobs = [
            job for job in run.jobs if job.step is calculation.in_step and (job.in_related or page.is_sound(job.at))
        ]
        if not jobs or calculation.script is None:
            continue
        # What the script does not name needs no picture of it.
        seen = VALUES in calculation.script.names or calculation.executes
        codes: list[tuple[object, list[object]]] = [encode(job.values) if seen else (None, []) for job in jobs]
        given = [_seen_in(job, plain) for job, (plain, _) in zip(jobs, codes, strict=True)]
        outcomes = page.run(calculation.script, given, calculation.limits)
        for job, (_, related), outcome in zip(jobs, codes, outcomes, strict=True):
            found: Errors = []
            skipped = _complete(calculation, job, outcome, related, found, page.tz)
            page.errors[job.at] += found
            if skipped is not None and page.skipped[job.at] is None:
                page.skipped[job.at] = skipped
            if found and job.in_related:
                broken[id(job.values)] = found
    if broken:
        # A related record that a script has refused spoils every record that refers to it.
        for at, values in enumerate(page.values):
            for owner in holds(values, broken) if page.is_sound(at) else ():
                page.errors[at] += broken[owner]


def _seen_in(job: Job, values: object) -> dict[str, object]:
    is_item = len(job.scope) > 1
    return {
        "request_data": job.scope[0],
        "record": job.scope[-1],
        "item": job.scope[-1] if is_item else None,
        "value": job.value,
        "values": values,
    }


def _complete(
    calculation: Scripted, job: Job, outcome: Outcome, related: Sequence[object], found: Errors, tz: str
) -> str | None:
    """Put what the script gave into the values, or add to `found`. Gives the reason where it skips the record."""
    line = calculation.line

    def refuse(rule: Rule, message: str, value: object = None) -> None:
        key = line.path.render(job.indexes[: line.depth])
        found.append((line.position, line.error(rule, message, value, key)))

    if isinstance(outcome, Skipped):
        return outcome.reason
    if not isinstance(outcome, Result):
        refuse(*_said(outcome, is_secret=line.spec.secret))
        return None
    value = decode(outcome.value, related)
    if calculation.executes:
        if not isinstance(value, dict):
            refuse(Rule.SCRIPT, "the script must leave values an object")
            return None
        new, errors = _written(job.values, value, calculation.writable, tz)
        for message in errors:
            refuse(Rule.SCRIPT, message if not line.spec.secret else "the script gives what cannot be used")
        job.values.clear()
        job.values.update(new)
    elif value is None:
        if line.must_come and not job.mode.partial:
            refuse(Rule.REQUIRED, f"the script gave nothing; {line.spec.field} must have a value")
    elif line.strict and (value is False or is_blank(value)):
        refuse(Rule.REQUIRED, f"the script gave nothing; {line.spec.field} must have a value", value)
    else:
        try:
            job.values[line.name] = value if holds_related(value, related) else calculation.simple_convert()(value)
        except CONVERSION_ERRORS as error:
            refuse(Rule.TYPE, f"the script's result: {line.reason(value, error)}", value)
    return None


def holds_related(value: object, related: Sequence[object]) -> bool:
    """Whether the value is one of the related records that the script was shown."""
    return any(value is each for each in related)


def run_out(page: Page, scripts: Sequence[OutScript], reading: Reading) -> None:
    """Run the lines' scripts over the payloads, and write what they give to their keys."""
    for calculation, read, write, depth in scripts:
        if calculation.reverse is None:
            continue
        line = calculation.line
        places: list[int] = []
        jobs: list[dict[str, object]] = []
        shapes: list[object] = []
        for at, record in enumerate(page.records):
            payload = page.values[at]
            if payload is None or not page.is_sound(at) or not isinstance(record, Mapping):
                continue
            shape = read(record, reading, ())
            if reading.errors:
                page.errors[at] += reading.errors
                reading.errors = []
                continue
            leaves: list[object] = []
            _flatten(shape, depth, leaves)
            places += [at] * len(leaves)
            jobs += [{"record": record, "value": leaf, "values": payload} for leaf in leaves]
            shapes.append((at, shape))
        given: dict[int, list[object]] = {}
        outcomes = page.run(calculation.reverse, jobs, calculation.limits)
        for at, outcome in zip(places, outcomes, strict=True):
            value = _settled(page, at, outcome, line.position, _line_error(line))
            given.setdefault(at, []).append(value[0] if value else None)
        for at, shape in shapes:  # type: ignore[misc]
            if page.is_sound(at):
                _write_out(page, calculation, at, _rebuilt(shape, depth, iter(given.get(at, ()))), write, reading)


def _write_out(
    page: Page, calculation: Scripted, at: int, value: object, write: Callable[..., None] | None, reading: Reading
) -> None:
    line = calculation.line
    if write is None:
        if isinstance(value, dict):
            page.values[at] = value
        else:
            page.errors[at].append(
                (line.position, _line_error(line)(Rule.SCRIPT, "the script must leave values an object"))
            )
    elif line.spec.required and reading.enforce_required and is_blank(value):
        page.errors[at].append(
            (line.position, _line_error(line)(Rule.REQUIRED, "the script gave nothing, and a value must be"))
        )
    else:
        write(page.values[at], value)


def _flatten(shape: object, depth: int, leaves: list[object]) -> None:
    if depth == 0:
        leaves.append(shape)
    elif isinstance(shape, list):
        for each in shape:
            _flatten(each, depth - 1, leaves)


def _rebuilt(shape: object, depth: int, leaves: object) -> object:
    if depth == 0:
        return next(leaves)  # type: ignore[call-overload]
    return [_rebuilt(each, depth - 1, leaves) for each in shape] if isinstance(shape, list) else shape


Explain = Callable[[Rule, str], FieldError]


def _settled(page: Page, at: int, outcome: Outcome, position: int, explain: Explain) -> tuple[object] | None:
    """What the script gave, in a tuple; None after the record was refused or skipped."""
    if isinstance(outcome, Result):
        return (outcome.value,)
    if isinstance(outcome, Skipped):
        if page.skipped[at] is None:
            page.skipped[at] = outcome.reason
    else:
        page.errors[at].append((position, explain(*_said(outcome))))
    return None


def _said(outcome: Refused | Failed, *, is_secret: bool = False) -> tuple[Rule, str]:
    if isinstance(outcome, Refused):
        return Rule.REFUSED, outcome.message or "refused by a script"
    place = f" on line {outcome.line}" if outcome.line else ""
    if is_secret:
        return Rule.SCRIPT, f"the script failed{place} (its reason is hidden because the line is secret)"
    return Rule.SCRIPT, f"the script failed{place}: {outcome.message}"


def _config_error(rule: Rule, message: str) -> FieldError:
    return FieldError(None, "", "", rule, message)


def _line_error(line: Line) -> Explain:
    def explain(rule: Rule, message: str) -> FieldError:
        if line.spec.secret and rule is Rule.SCRIPT:
            message = "the script failed (its reason is hidden because the line is secret)"
        return line.error(rule, message, None, str(line.path))

    return explain


def _written(
    old: Mapping[str, object], new: Mapping[str, object], writable: Mapping[str, FieldType], tz: str
) -> tuple[dict[str, object], list[str]]:
    """The values a script has left, converted where it changed them, and what is wrong with those."""
    values: dict[str, object] = {}
    errors: list[str] = []
    for name, value in new.items():
        if name in old and same(old[name], value):
            values[name] = old[name]
        elif name not in writable:
            errors.append(f"the script sets {name[:100]!r}, which no line writes; name it in writes")
        else:
            try:
                values[name] = bind_in(writable[name], tz)(value)
            except CONVERSION_ERRORS as error:
                errors.append(f"the script gives {name} what cannot be used: {error}")
    return values, errors
