"""What Odoo says went wrong, as one RemoteError whatever the version and the transport.

Odoo tells an error as an XML-RPC fault (an integer and a message, or for unexpected exceptions the whole traceback),
as JSON-RPC's `error.data` or as JSON-2's object; the sentence inside is nearly the same. So each transport only
takes out the exception's name and its sentence, and the rules below decide.

Codes: access_denied, access_error, missing_record, validation, required, not_unique, user_error, unknown_model,
unknown_field, unsearchable_field, unknown_method, unknown_database, missing_argument, bad_value, bad_request,
concurrent_update, unavailable, server_error. A ValidationError of a module's own cannot be told from a UserError over
XML-RPC, and is `user_error` there.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from clients.errors import Kind, RemoteError


class Fault(NamedTuple):
    """What every transport can tell. `exception` is the class's name without its package; '' if not told."""

    message: str
    exception: str = ""
    debug: str = ""


class Reading(NamedTuple):
    """What a rule made of a fault."""

    code: str
    message: str
    kind: Kind = Kind.PERMANENT
    model: str | None = None
    field: str | None = None


NONE_FAULT: Final = "cannot marshal None unless allow_none is enabled"
"""How XML-RPC answers a method that returned None, after it was committed: a success."""

ACCESS_DENIED: Final = (
    "Access Denied: the login or the key is wrong, or the key has expired. Check the login and the secret of the "
    "connection."
)
_MODEL: Final = r"(?P<model>[a-z_][\w.]*)"
_FIELD: Final = r"(?P<field>[\w.]+)"
_DATABASE_DOWN: Final = ("OperationalError", "InterfaceError", "PoolError")
_CONCURRENT: Final = ("SerializationFailure", "DeadlockDetected", "LockNotAvailable", "TransactionRollbackError")

_Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], Reading]]


def _rule(pattern: str, build: Callable[[re.Match[str]], Reading]) -> _Rule:
    return re.compile(pattern, re.DOTALL), build


def _required(match: re.Match[str]) -> Reading:
    model, label, name = match["model"], match["label"].strip("' "), match["field"]
    return Reading("required", f"The field '{label}' ({name}) of {model} is required.", model=model, field=name)


def _unknown_field(match: re.Match[str]) -> Reading:
    model, name = match["model"], match["field"]
    return Reading("unknown_field", f"The model '{model}' has no field '{name}'.", model=model, field=name)


def _unsearchable(match: re.Match[str]) -> Reading:
    model, name = match["model"], match["field"]
    return Reading(
        "unsearchable_field",
        f"Odoo computes the field '{name}' of '{model}' and can neither search nor sort by it. Use a stored field.",
        model=model,
        field=name,
    )


def _unknown_model(match: re.Match[str]) -> Reading:
    model = match["model"]
    return Reading(
        "unknown_model",
        f"The model '{model}' does not exist in this Odoo. Check its name, and whether its app is installed.",
        model=model,
    )


def _missing(match: re.Match[str]) -> Reading:
    model, ids = match["model"], match["ids"].rstrip(", ")
    return Reading("missing_record", f"The record {model}({ids}) does not exist or has been deleted.", model=model)


def _bad_selection(match: re.Match[str]) -> Reading:
    model, _dot, name = match["path"].rpartition(".")
    return Reading("bad_value", f"Wrong value for {model}.{name}: {match['value'].strip()}.", model=model, field=name)


def _concurrent(_match: re.Match[str]) -> Reading:
    return Reading("concurrent_update", "Odoo was changing the same record at the same time.", kind=Kind.RETRYABLE)


def _unknown_database(match: re.Match[str]) -> Reading:
    return Reading(
        "unknown_database",
        f"The database '{match['database']}' does not exist on this server. Check the database of the connection.",
    )


_RULES: Final[tuple[_Rule, ...]] = (
    _rule(
        r"mandatory field is not set.*Model: .*?\((?P<model>[\w.]+)\)\s+Fields?: (?P<label>.*?) \((?P<field>\w+)\)",
        _required,
    ),
    _rule(
        r"Missing required value for the field (?P<label>.*?) \((?P<field>\w+)\)\.\s+Model: .*?\((?P<model>[\w.]+)\)",
        _required,
    ),
    _rule(rf"^Invalid field '{_FIELD}' (?:on model|on|in) '{_MODEL}'", _unknown_field),
    _rule(rf"^Invalid field {_MODEL}\.(?P<field>\w+) in (?:leaf|condition|domain)", _unknown_field),
    _rule(rf"^Unknown field \"?{_MODEL}\.(?P<field>\w+)\"?", _unknown_field),
    _rule(rf"^Cannot convert {_MODEL}\.(?P<field>\w+) to SQL because it is not stored", _unsearchable),
    _rule(rf"^Object {_MODEL} doesn't exist", _unknown_model),
    _rule(rf"^the model '{_MODEL}' does not exist", _unknown_model),
    _rule(
        rf"^The method '{_MODEL}\.(?P<method>\w+)' does not exist",
        lambda m: Reading(
            "unknown_method", f"The model '{m['model']}' has no method '{m['method']}'.", model=m["model"]
        ),
    ),
    _rule(rf"does not exist or has been deleted.*\(Record: {_MODEL}\((?P<ids>[^)]*)\)", _missing),
    _rule(
        rf"^Private methods \(such as '{_MODEL}\.(?P<method>\w+)'\) cannot be called",
        lambda m: Reading(
            "access_error",
            f"The method '{m['method']}' of '{m['model']}' is private and cannot be called from outside.",
            model=m["model"],
        ),
    ),
    _rule(r"^Wrong value for (?P<path>[\w.]+): (?P<value>.*)$", _bad_selection),
    _rule(
        r"^time data (?P<value>'.*?') does not match format (?P<format>'.*?')",
        lambda m: Reading("bad_value", f"{m['value']} is no date or time in Odoo's form ({m['format']}, UTC)."),
    ),
    _rule(
        r"^could not convert string to float: (?P<value>.*)$",
        lambda m: Reading("bad_value", f"{m['value'].strip()} is no number."),
    ),
    _rule(
        r"^invalid literal for int\(\) with base 10: (?P<value>.*)$",
        lambda m: Reading("bad_value", f"{m['value'].strip()} is no whole number."),
    ),
    _rule(r'database "(?P<database>[^"]*)" does not exist', _unknown_database),
    _rule(
        r"missing (?:a required argument: |\d+ required positional arguments?: )(?P<names>'.*)",
        lambda m: Reading("missing_argument", f"The call lacks the argument {m['names'].strip()}."),
    ),
    _rule(r"could not serialize access|deadlock detected|could not obtain lock", _concurrent),
    _rule(
        r"duplicate key value violates unique constraint.*Key \((?P<field>[^)]*)\)=\((?P<value>[^)]*)\)",
        lambda m: Reading("not_unique", f"Another record has the same {m['field']} ({m['value']}).", field=m["field"]),
    ),
)
_NOT_UNIQUE: Final = re.compile(
    r"must be unique|duplicate key|already exists|already (?:been )?(?:used|assigned|taken)", re.IGNORECASE
)
_TAKEN: Final = re.compile(r"already assigned to|must be unique|duplicate key value violates", re.IGNORECASE)
_ACCESS_MODEL: Final = re.compile(r"\((?P<model>[a-z_]\w*(?:\.\w+)+)\)|on (?P<plain>[a-z_]\w*(?:\.\w+)+)")
_UNIQUE_DETAIL: Final = re.compile(r"Key \((?P<field>\w+)\)=")
_EXCEPTION_LINE: Final = re.compile(r"^(?P<name>[A-Za-z_][\w.]*)(?:: (?P<message>.*))?$", re.DOTALL)


def remote_error(
    fault: Fault, *, model: str | None = None, method: str | None = None, status: int | None = None
) -> RemoteError:
    """The RemoteError for `fault`, which a call of `method` on `model` got."""
    reading = _read(fault, model, method)
    return RemoteError(
        reading.message,
        kind=reading.kind,
        code=reading.code,
        status=status,
        model=reading.model or model,
        field=reading.field,
    )


def _read(fault: Fault, model: str | None, method: str | None) -> Reading:
    text = fault.message.strip()
    name = fault.exception
    if name in ("AccessDenied", "Unauthorized") or text == "Access Denied":
        return Reading("access_denied", ACCESS_DENIED)
    if name in _CONCURRENT:
        return Reading("concurrent_update", "Odoo was changing the same record at once.", kind=Kind.RETRYABLE)
    for pattern, build in _RULES:
        match = pattern.search(text)
        if match:
            return build(match)
    if name == "KeyError" and method in ("write", "create", "search_read", "read") and model:
        # Odoo 19's write looks the field up in a dict before it checks it.
        field = text.strip("'\"")
        return Reading("unknown_field", f"The model '{model}' has no field '{field}'.", model=model, field=field)
    sentence = _sentence(text) or "Odoo failed without a message."
    if name == "AccessError":
        found = _ACCESS_MODEL.search(text)
        return Reading("access_error", sentence, model=found["model"] or found["plain"] if found else None)
    if name == "MissingError":
        return Reading("missing_record", sentence)
    if name == "ValidationError" or text.startswith("The operation cannot be completed:"):
        if _NOT_UNIQUE.search(text) or "UniqueViolation" in fault.debug:
            key = _UNIQUE_DETAIL.search(fault.debug)
            return Reading("not_unique", sentence, field=key["field"] if key else None)
        return Reading("validation", sentence)
    if name == "UserError" and _TAKEN.search(text):
        # Over XML-RPC a module's own ValidationError looks like this.
        return Reading("not_unique", sentence)
    if name in ("UserError", "RedirectWarning", "Warning"):
        return Reading("user_error", _redirect_sentence(text) or sentence)
    if name in _DATABASE_DOWN:
        return Reading("unavailable", "Odoo cannot reach its database at the moment.", kind=Kind.RETRYABLE)
    if name in ("BadRequest", "UnprocessableEntity", "UnsupportedMediaType"):
        return Reading("bad_request", sentence)
    if name == "TooManyRequests":
        return Reading("rate_limited", sentence, kind=Kind.RETRYABLE)
    return Reading("server_error", f"Odoo failed with {name}: {sentence}" if name else sentence)


def _sentence(text: str) -> str:
    """`text` on one line, without a traceback."""
    if text.startswith("Traceback (most recent call last)"):
        text = split_traceback(text).message
    return " ".join(text.split())


def _redirect_sentence(text: str) -> str | None:
    """The sentence of a RedirectWarning, which arrives as the `str()` of a tuple: (message, action, button, ...)."""
    if not text.startswith("("):
        return None
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    return _sentence(value[0]) if isinstance(value, tuple) and value and isinstance(value[0], str) else None


def split_traceback(text: str) -> Fault:
    """The exception at the end of a traceback: what follows the last indented line, its class and its message."""
    lines = text.rstrip().split("\n")
    start = max((at for at, line in enumerate(lines) if line.startswith("  ")), default=-1) + 1
    # A message of several lines may be indented itself; then the traceback's last `File` line is the border.
    borders = [at for at, line in enumerate(lines) if line.startswith('  File "')]
    if start >= len(lines) and borders:
        start = borders[-1] + 1
    tail = "\n".join(lines[start:]).strip()
    match = _EXCEPTION_LINE.match(tail)
    if match is None:
        return Fault(tail, debug=text)
    return Fault(match["message"] or "", match["name"].rpartition(".")[2], debug=text)


def from_xmlrpc(code: object, text: str) -> Fault:
    """The fault of XML-RPC: 1 a traceback, 2 a user's error, 3 access denied, 4 access error (Odoo's rpc.py)."""
    if code == 3:
        return Fault("Access Denied", "AccessDenied")
    if code == 4:
        return Fault(text, "AccessError")
    if code == 2:
        return Fault(text, "RedirectWarning" if text.startswith("(") else _user_exception(text))
    if "Traceback (most recent call last)" in text:
        return split_traceback(text)
    match = _EXCEPTION_LINE.match(text.strip())
    if match and match["message"] and match["name"].endswith(("Error", "Exception")):
        return Fault(match["message"], match["name"].rpartition(".")[2])
    return Fault(text)


def _user_exception(text: str) -> str:
    return "MissingError" if "does not exist or has been deleted" in text else "UserError"


def from_json(data: dict[str, Any]) -> Fault:
    """The fault of JSON-RPC's `error.data` and of JSON-2's body: {name, message, arguments, debug}."""
    name = str(data.get("name") or "").rpartition(".")[2]
    message, arguments = str(data.get("message") or ""), data.get("arguments")
    if name == "RedirectWarning" and isinstance(arguments, list) and arguments and isinstance(arguments[0], str):
        # The message is all arguments joined: the sentence, an action for the web client, a button's text.
        message = arguments[0]
    return Fault(message, name, str(data.get("debug") or ""))
