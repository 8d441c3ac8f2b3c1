"""What runs in the sandbox's own process: takes pages of jobs from the pipe, feeds them to Monty, and tells what came.

Only this process loads Monty. Its native runtime does not survive a fork (a child that uses it hangs, and breaks its
parent), and whatever a hostile script might do to the process that hosts it, it does it to this one, which holds no
secret, no connection and an empty environment.

Messages are JSON after four bytes with its length. `run` is answered by any number of `ask` (each waits for its
answer) and `found` (outcomes, in order, a batch at a time), then `done`; `compile` by `done` or
`refused`. Where a `run` says that it is a trial, `found` also has what the script printed, and how long it took.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic_monty import (
    CollectStreams,
    Monty,
    MontyConversionError,
    MontyCrashedError,
    MontyError,
    MontyRuntimeError,
    MontySession,
)

from mapping.plain_values import OutputRefused, plain_value
from mapping.prelude import LINES_BEFORE, PRELUDE, VARIABLES
from mapping.script_pipes import Broken, Pipe, read_message, write_message

MAX_MESSAGE_LENGTH = 500
MAX_QUESTION_BYTES: Final = 100_000
PRINTED_BYTES: Final = 100_000
PRINTED_TOLD: Final = 20_000
"""Characters of what a trial printed that are told."""
_SCRIPT_FILE: Final = "<python-input-1>"  # the second thing a session is fed

Outcome = list[Any]
"""`["result", value]`, `["refused", message]`, `["skipped", reason]` or `["failed", message, line]`."""


class Worker:
    """One conversation after the other, over the process's own pipes."""

    def __init__(self, incoming: Pipe, outgoing: Pipe) -> None:
        self.incoming = incoming
        self.outgoing = outgoing

    def serve(self) -> None:
        """Until the other end closes the pipe."""
        with Monty(max_processes=1) as pool:
            while True:
                message = read_message(self.incoming)
                if message["do"] == "compile":
                    self._compile(pool, message["function"])
                else:
                    _Run(self, pool, message).run()
                    self.send({"do": "done"})

    def send(self, message: object) -> None:
        write_message(self.outgoing, message)

    def ask(self, model: object, method: object, arguments: object) -> object:
        """The host's answer to a script's question. Raises RuntimeError with the host's words."""
        asked = plain_value({"model": model, "method": method, "arguments": arguments}, max_bytes=MAX_QUESTION_BYTES)
        self.send({"do": "ask", "asked": asked})
        answer = read_message(self.incoming)
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["answer"]

    def _compile(self, pool: Monty, function: str) -> None:
        try:
            with pool.checkout(limits={"max_feed_duration_secs": 1.0, "max_memory": 2**26}) as session:
                session.feed_run(function)
        except MontyError as error:
            self.send({"do": "refused", "message": _message_of(error), "line": _line_of(error, anywhere=True)})
        else:
            self.send({"do": "done"})


class _Meddled(Exception):
    """The script has changed the list of what came of the records, so nobody knows which is whose."""


class _Run:
    """One script over the records of a page."""

    def __init__(self, worker: Worker, pool: Monty, message: Mapping[str, Any]) -> None:
        self.worker = worker
        self.pool = pool
        self.function: str = message["function"]
        self.limits: Mapping[str, Any] = message["limits"]
        self.tz: str = message["tz"]
        self.batch: int = message["batch"]
        # Only variables that the script names are sent; a job names them by their places in a table, so that what
        # several jobs share is sent once.
        table: list[Any] = message["table"]
        self.jobs: list[list[Any]] = []
        for row in message["jobs"]:
            job: list[Any] = [None] * len(VARIABLES)
            for place, variable in zip(row, message["variables"], strict=True):
                if place is not None:
                    job[variable] = table[place]
            self.jobs.append(job)
        self.found: list[Outcome] = []
        self.broken: int = message["broken"]
        self.is_trial: bool = message.get("is_trial", False)
        self.trial: dict[str, Any] = {}

    def run(self) -> None:
        told = 0
        while len(self.found) < len(self.jobs):
            if self.broken >= self.limits["broken_records"]:
                message = f"was not run, as the script broke its limits {self.broken} times on this page"
                self.found += [["failed", message, None]] * (len(self.jobs) - len(self.found))
            else:
                self._run_batch(self.jobs[len(self.found) : len(self.found) + self.batch])
            self.worker.send({"do": "found", "outcomes": self.found[told:], "broken": self.broken, **self.trial})
            told = len(self.found)

    def _run_batch(self, jobs: list[list[Any]]) -> None:
        """Runs as many of the jobs as go well in one session."""
        printed = CollectStreams(max_bytes=PRINTED_BYTES)
        known, began_s = len(self.found), time.perf_counter()
        try:
            with self._checkout() as session:
                session.feed_run(PRELUDE)
                session.feed_run(self.function)
                began_s = time.perf_counter()
                self._drive(session, jobs, printed)
        except _Meddled:
            self.broken = self.limits["broken_records"]
            self.found[known:] = [["failed", "was stopped: it changed what runs it", None]] * len(jobs)
        except (MontyRuntimeError, MontyCrashedError, MontyConversionError) as error:
            self._note_trial(printed, began_s)
            # Nothing more of this session can be trusted.
            if len(jobs) == 1:
                self.broken += 1
                self.found.append(["failed", self._limit_message(error), _line_of(error)])
            else:
                # Fewer than now in any case: a script may print numbers too.
                self.batch = max(1, min(_last_index(printed), len(jobs) - 1) // 2)

    def _checkout(self) -> MontySession:
        limits = self.limits
        return self.pool.checkout(
            script_name="script.py",
            limits={
                "max_feed_duration_secs": limits["time_s"],
                "max_memory": limits["memory_bytes"],
                "max_recursion_depth": limits["depth"],
                "max_total_sleep_secs": 0.0,
                # Each question to Odoo costs one, and so does each name that is not known.
                "max_suspensions": 1000 + 2 * limits["env_calls"],
            },
            os_policy={"sleep": "zero", "timezone": self.tz},
            assert_message_annotations=False,
        )

    def _drive(self, session: MontySession, jobs: list[list[Any]], printed: CollectStreams) -> None:
        began_s = time.perf_counter()
        rows, failure = self._fed(session, "_drive(_jobs, 0)", printed, jobs)
        self._note_trial(printed, began_s)
        at = 0
        while True:
            is_whole = len(rows) == len(jobs) if failure is None else at <= len(rows) < len(jobs)
            if not is_whole or any(row is None for row in rows[at:]):
                raise _Meddled
            self.found += [self._outcome(kind, value) for kind, value in rows[at:]]
            at = len(rows)
            if failure is not None:
                self.found.append(["failed", failure, self._line_again(session, at, failure, printed)])
                # A place of its own keeps the places of results and jobs the same.
                session.feed_run("_out.append(None)")
                at += 1
            if at >= len(jobs):
                return
            rows, failure = self._fed(session, f"_drive(_jobs, {at})", printed)

    def _note_trial(self, printed: CollectStreams, began_s: float) -> None:
        """Before a job is run again to find its line, which prints again."""
        if self.is_trial and not self.trial:
            text = "".join(text for stream, text in printed.output if stream == "stdout")
            self.trial = {"printed": text[:PRINTED_TOLD], "seconds": time.perf_counter() - began_s}

    def _fed(
        self, session: MontySession, code: str, printed: CollectStreams, jobs: list[list[Any]] | None = None
    ) -> tuple[Sequence[Any], str | None]:
        """The rows that the driver has made so far, and why it broke off at the job after them. Raises _Meddled."""
        inputs = None if jobs is None else {"_jobs": jobs}
        try:
            return _checked(self._feed(session, code, printed, inputs)), None
        except MontyRuntimeError as error:
            if _is_limit(error):
                raise
            return _checked(session.feed_run("_out")), _message_of(error)

    def _line_again(self, session: MontySession, at: int, message: str, printed: CollectStreams) -> int | None:
        """The line at which the job breaks off. The driver catches exceptions, and those it lets through have lost
        where they come from, so the job is run once more without it."""
        try:
            self._feed(session, f"_script(*_arguments(_jobs[{at}]))", printed, None)
        except MontyRuntimeError as error:
            if _is_limit(error):
                raise
            return _line_of(error) if _message_of(error) == message else None
        return None

    def _feed(self, session: MontySession, code: str, printed: CollectStreams, inputs: dict[str, Any] | None) -> Any:
        return session.feed_run(code, inputs=inputs, external_lookup={"_ask": self.worker.ask}, print_callback=printed)

    def _outcome(self, kind: str, value: object) -> Outcome:
        if kind != "result":
            return [kind, str(value)[:MAX_MESSAGE_LENGTH]]
        try:
            return [kind, plain_value(value, max_bytes=self.limits["output_bytes"])]
        except OutputRefused as error:
            return ["failed", f"gave back what cannot be used: {error}", None]

    def _limit_message(self, error: MontyError) -> str:
        inner = error.exception()
        if isinstance(error, MontyConversionError):
            return "was not run: the record holds a value that a script cannot be given"
        if isinstance(inner, TimeoutError):
            return f"was stopped: it ran for more than {self.limits['time_s']:g} s"
        if isinstance(inner, MemoryError):
            if f"> {PRINTED_BYTES} bytes" in str(error):
                return f"was stopped: it printed more than {PRINTED_BYTES} bytes"
            return f"was stopped: it needed more than {self.limits['memory_bytes'] // 2**20} MB of memory"
        return "was stopped: it broke the sandbox"


def _checked(rows: object) -> Sequence[Any]:
    """The rows as the driver makes them. Raises _Meddled."""
    if not isinstance(rows, list):
        raise _Meddled
    for row in rows:
        is_row = isinstance(row, (list, tuple)) and len(row) == 2 and row[0] in ("result", "refused", "skipped")
        if row is not None and not is_row:
            raise _Meddled
    return rows


def _line_of(error: MontyError, *, anywhere: bool = False) -> int | None:
    """The innermost of staff's lines in the traceback."""
    traceback = getattr(error, "traceback", None)
    for frame in reversed(traceback() if traceback is not None else []):
        if (anywhere or frame.filename == _SCRIPT_FILE) and frame.line > LINES_BEFORE:
            return int(frame.line) - LINES_BEFORE
    return None


def _message_of(error: MontyError) -> str:
    text = str(error).replace("The monty syntax parser does not yet support", "scripts do not know")
    return text if len(text) <= MAX_MESSAGE_LENGTH else text[: MAX_MESSAGE_LENGTH - 1] + "…"


def _is_limit(error: MontyError) -> bool:
    """Whether the session may have been stopped in the middle of something."""
    return isinstance(error, MontyCrashedError) or isinstance(error.exception(), (TimeoutError, MemoryError))


def _last_index(printed: CollectStreams) -> int:
    """The index of the record that was being run, as far as it is known."""
    lines = "".join(text for stream, text in printed.output if stream == "stderr").split("\n")
    return next((int(line) for line in reversed(lines) if line.isascii() and line.isdigit() and len(line) < 6), 0)


def main() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        Worker(sys.stdin.buffer, sys.stdout.buffer).serve()
    except (Broken, BrokenPipeError, KeyboardInterrupt):
        return


if __name__ == "__main__":
    main()
