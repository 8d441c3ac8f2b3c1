"""One script of staff's over a page of records, in the sandbox.

A script is fed a page at once. It can reach nothing but what it is given: no file, no network, no module of ours; and
what it gives back is measured and reduced to JSON before anybody looks at it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from mapping.prelude import VARIABLES, NotPython, as_function
from mapping.sandbox import Sandbox, SandboxError, sandbox
from mapping.script_pipes import Broken
from mapping.spec import ScriptLimits

MAX_SOURCE_LENGTH = 20_000
READING = frozenset({"search", "search_count", "search_read", "read"})

_BATCH: Final = 1000
_NO_ANSWER: Final = "Odoo could not be asked"
# The sandbox tells something after every batch, and a batch takes no longer than its time limit.
_SILENCE_S: Final = 30.0

Ask = Callable[[str, str, Mapping[str, object]], object]
"""ask(model, method, arguments) answers a script's `env`: method is search, search_count, search_read or read, and
the answer plain JSON. It decides what may be asked, and raises AskRefused where the question is at fault; what it
raises, the script may catch."""


class AskRefused(ValueError):
    """The script asked what it may not, or what makes no sense: a mistake of the script's, told with its line."""


class Result(NamedTuple):
    """The script gave this, as plain JSON."""

    value: object


class Refused(NamedTuple):
    """The script raised UserError with this message, which is meant for the caller."""

    message: str


class Skipped(NamedTuple):
    """The script does not want the record."""

    reason: str


class Failed(NamedTuple):
    """The script broke off: why, and in which of staff's lines where that is known."""

    message: str
    line: int | None


Outcome = Result | Refused | Skipped | Failed


class Trial(NamedTuple):
    """What one run for a looker-on came to, what it printed, and how long it took without what leads up to it."""

    outcome: Outcome
    printed: str
    duration_ms: float


class ScriptError(ValueError):
    """The text makes no script; `line` counts staff's lines from 1."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message if line is None else f"{message} (line {line} of the script)")
        self.line = line


class Script:
    """A script that has been compiled once. `names` are the names in it, so that nothing unused is sent to it."""

    def __init__(self, source: str, *, returns: str = "result") -> None:
        """Raises ScriptError. `returns` is the expression over the script's variables that it gives back."""
        if not source.strip():
            raise ScriptError("the script is empty")
        if len(source) > MAX_SOURCE_LENGTH:
            raise ScriptError(f"a script has at most {MAX_SOURCE_LENGTH} characters")
        try:
            self._function, self.names = as_function(source, returns=returns)
        except NotPython as error:
            raise ScriptError(str(error), error.line) from None
        _compile(self._function)

    def run(
        self,
        jobs: Sequence[Mapping[str, object]],
        *,
        limits: ScriptLimits,
        tz: str = "UTC",
        ask: Ask | None = None,
    ) -> list[Outcome]:
        """One outcome for each job, which holds the script's variables by name; those left out are None.

        What `ask` raises is raised again when the script lets it through. Raises SandboxError where there is no
        sandbox to be had.
        """
        used = [name for name in VARIABLES if name in self.names]
        rows = [[job.get(name) for name in used] for job in jobs]
        places = [VARIABLES.index(name) for name in used]
        return _Conversation(self._function, places, rows, limits, tz, ask).outcomes()

    def try_out(
        self, job: Mapping[str, object], *, limits: ScriptLimits, tz: str = "UTC", ask: Ask | None = None
    ) -> Trial:
        """Run it once for somebody who looks on. Raises as `run` does."""
        used = [name for name in VARIABLES if name in self.names]
        places = [VARIABLES.index(name) for name in used]
        trial = _Conversation(
            self._function, places, [[job.get(name) for name in used]], limits, tz, ask, is_trial=True
        )
        (outcome,) = trial.outcomes()
        return Trial(outcome, trial.printed, trial.seconds * 1000)


class _Conversation:
    """One script over the records of a page, with as many sandboxes as it takes."""

    def __init__(
        self,
        function: str,
        variables: Sequence[int],
        jobs: Sequence[Sequence[object]],
        limits: ScriptLimits,
        tz: str,
        ask: Ask | None,
        *,
        is_trial: bool = False,
    ) -> None:
        self.is_trial = is_trial
        self.printed = ""
        self.seconds = 0.0
        self.function = function
        self.variables = variables
        self.jobs = jobs
        self.limits = limits
        self.tz = tz
        self.asking = _Asking(ask, limits.env_calls)
        self.found: list[Outcome] = []
        self.broken = 0

    def outcomes(self) -> list[Outcome]:
        batch = _BATCH
        while len(self.found) < len(self.jobs):
            known = len(self.found)
            try:
                with sandbox() as talk:
                    self._talk(talk, batch)
            except Broken:
                # One by one the record that does it is found, and the others are spared.
                if batch == 1 and len(self.found) == known:
                    self.found.append(Failed("was stopped: it broke the sandbox", None))
                    self.broken += 1
                batch = 1
        return self.found

    def _talk(self, talk: Sandbox, batch: int) -> None:
        table, jobs = _shared(self.jobs[len(self.found) :])
        talk.send(
            {
                "do": "run",
                "function": self.function,
                "variables": self.variables,
                "table": table,
                "jobs": jobs,
                "limits": dataclasses.asdict(self.limits),
                "tz": self.tz,
                "batch": batch,
                "broken": self.broken,
                "is_trial": self.is_trial,
            }
        )
        while True:
            message = talk.receive(_SILENCE_S + 2 * self.limits.time_s)
            if message["do"] == "done":
                return
            if message["do"] == "ask":
                talk.send(self.asking.answer(**message["asked"]))
                continue
            if self.is_trial:
                self.printed, self.seconds = message.get("printed", ""), message.get("seconds", 0.0)
            outcomes = [_outcome(each) for each in message["outcomes"]]
            if any(isinstance(outcome, Failed) for outcome in outcomes):
                self.asking.raise_if_it_was(outcomes)
            self.found += outcomes
            self.broken = message["broken"]


def _shared(jobs: Sequence[Sequence[object]]) -> tuple[list[object], list[list[int | None]]]:
    """The jobs' variables in one table, what several jobs share once in it, and the jobs as places in the table."""
    table: list[object] = []
    places: dict[int, int] = {}
    rows: list[list[int | None]] = []
    for job in jobs:
        row: list[int | None] = []
        for value in job:
            place = None if value is None else places.get(id(value))
            if value is not None and place is None:
                place = places[id(value)] = len(table)
                table.append(value)
            row.append(place)
        rows.append(row)
    return table, rows


def _outcome(told: Sequence[Any]) -> Outcome:
    return _OUTCOMES[told[0]](*told[1:])


_OUTCOMES: Final[Mapping[str, Callable[..., Outcome]]] = {
    "result": Result,
    "refused": Refused,
    "skipped": Skipped,
    "failed": Failed,
}


class _Asking:
    """The host's end of `env`: counts, and keeps what went wrong so that it can be raised here."""

    def __init__(self, ask: Ask | None, calls: int) -> None:
        self.ask = ask
        self.calls = calls
        self.left = calls
        self.failure: Exception | None = None

    def answer(self, model: object, method: object, arguments: object) -> dict[str, object]:
        if self.ask is None:
            return {"error": "env cannot be used here"}
        if not isinstance(model, str) or method not in READING or not isinstance(arguments, Mapping):
            return {"error": "env takes the name of a model, and reads only"}
        if self.left <= 0:
            return {"error": f"env may be asked at most {self.calls} times for a page of records"}
        self.left -= 1
        try:
            return {"answer": self.ask(model, str(method), arguments)}
        except AskRefused as error:
            return {"error": str(error)}
        except Exception as error:  # noqa: BLE001 - raised again below, unless the script has caught it
            self.failure = error
            return {"error": f"{_NO_ANSWER}: {type(error).__name__}"}

    def raise_if_it_was(self, outcomes: Sequence[Outcome]) -> None:
        """Raise what `ask` raised, if that is what broke a script off."""
        if self.failure is not None and any(
            isinstance(outcome, Failed) and _NO_ANSWER in outcome.message for outcome in outcomes
        ):
            raise self.failure


@lru_cache(maxsize=1000)
def _compile(function: str) -> None:
    """Let the sandbox read the function, which runs nothing of it. Raises ScriptError."""
    try:
        with sandbox() as talk:
            talk.send({"do": "compile", "function": function})
            answer = talk.receive(_SILENCE_S)
    except Broken:
        raise ScriptError("the script breaks the sandbox that reads it") from None
    except SandboxError as error:
        raise ScriptError(str(error)) from None
    if answer["do"] == "refused":
        raise ScriptError(answer["message"], answer["line"])
