"""The exceptions of Odoo, and what each becomes on each transport.

Odoo's own exceptions carry a fault code for XML-RPC and a status for JSON-2. Any other Python exception is what it
is in Odoo too: a server error, fault code 1, status 500, with a traceback as its text. Tracebacks here are short
and name this package instead of Odoo's files; their last line is the message, as in Odoo.
"""

from typing import Any


class OdooError(Exception):
    """An exception of `odoo.exceptions`; `fault_code` is XML-RPC's, `http_status` is JSON-2's."""

    fault_code = 2
    http_status = 422

    @property
    def qualified_name(self) -> str:
        return f"odoo.exceptions.{type(self).__name__}"


class UserError(OdooError):
    """What the user did is not possible."""


class RedirectWarning(OdooError):
    """A UserError with a way out: (message, action, button text, context); its text is the tuple's."""


class ValidationError(UserError):
    """A constraint does not hold."""


class MissingError(UserError):
    """A record does not exist (any more)."""

    http_status = 404


class AccessError(UserError):
    """The user may not do this, or the method is private."""

    fault_code = 4
    http_status = 403


class AccessDenied(UserError):
    """Wrong login, password or key."""

    fault_code = 3
    http_status = 403

    def __init__(self, *, hides_traceback: bool) -> None:
        """19 shows no traceback for it, 18 does."""
        super().__init__("Access Denied")
        self.hides_traceback = hides_traceback


class DatabaseError(Exception):
    """What psycopg2 raises, for instance for a database that does not exist; `name` is its class of error."""

    def __init__(self, message: str, *, name: str | None = None) -> None:
        super().__init__(message)
        self.name = name


class HttpError(Exception):
    """An error of the HTTP layer, as werkzeug raises them; only JSON-2 has these."""

    reasons = {
        400: "BadRequest",
        401: "Unauthorized",
        404: "NotFound",
        422: "UnprocessableEntity",
    }

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message, status)
        self.status = status
        self.message = message


def missing(model: str, record_id: object, uid: int) -> MissingError:
    return MissingError(f"Record does not exist or has been deleted.\n(Record: {model}({record_id},), User: {uid})")


def mandatory(version: int, description: str, model: str, label: str, name: str) -> ValidationError:
    """A required field is not set."""
    if version < 19:
        return ValidationError(
            "The operation cannot be completed:\n- Create/update: a mandatory field is not set.\n"
            "- Delete: another model requires the record being deleted. If possible, archive it instead.\n\n"
            f"Model: {description} ({model})\nField: {label} ({name})\n"
        )
    return ValidationError(
        f"The operation cannot be completed: Missing required value for the field '{label}' ({name}).\n"
        f"Model: '{description}' ({model})\n"
        "- create/update: a mandatory field is not set\n"
        "- delete: another model requires the record being deleted, you can archive it instead\n"
    )


def still_needed(version: int, description: str, model: str, label: str, name: str) -> ValidationError:
    """A record cannot be deleted because that field of that model needs it."""
    if version < 19:
        return _broken_key_18(f"{description} ({model})", f"{model.replace('.', '_')}_{name}_fkey")
    return _broken_key_19(f"'{description}' ({model})", f"'{label}' ({name})")


def broken_link(version: int, constraint: str) -> ValidationError:
    """A missing record was linked to a many2many: Odoo takes that for a deletion, by a model it cannot name."""
    if version < 19:
        return _broken_key_18("Unknown (unknown)", constraint)
    return _broken_key_19("Unknown", constraint)


def _broken_key_18(model: str, constraint: str) -> ValidationError:
    return ValidationError(
        "The operation cannot be completed: another model requires the record being deleted. "
        f"If possible, archive it instead.\n\nModel: {model}\nConstraint: {constraint}\n"
    )


def _broken_key_19(model: str, constraint: str) -> ValidationError:
    return ValidationError(
        "The operation cannot be completed: Another model is using the record you are trying to delete.\n\n"
        f"The troublemaker is: {model}\nThanks to the following constraint: {constraint}\n"
        "How about archiving the record instead?"
    )


def unsearchable(model: str, name: str) -> ValueError:
    """A field without a column orders nothing, and from 19 no condition may name it."""
    return ValueError(f"Cannot convert {model}.{name} to SQL because it is not stored")


def unknown_database(name: str) -> DatabaseError:
    return DatabaseError(
        f'connection to server at "127.0.0.1", port 5433 failed: FATAL:  database "{name}" does not exist\n'
    )


def qualified_name(error: Exception) -> str:
    """The exception's name as Odoo serializes it, for instance `builtins.ValueError`."""
    if isinstance(error, OdooError):
        return error.qualified_name
    if isinstance(error, HttpError):
        return f"werkzeug.exceptions.{error.reasons[error.status]}"
    if isinstance(error, DatabaseError):
        return f"psycopg2.errors.{error.name}" if error.name else "psycopg2.OperationalError"
    return f"{type(error).__module__}.{type(error).__qualname__}"


def message(error: Exception) -> str:
    return error.message if isinstance(error, HttpError) else str(error)


def traceback_text(error: Exception) -> str:
    """A traceback in Odoo's form whose last line is `Name: message`."""
    name = qualified_name(error).removeprefix("builtins.")
    text = message(error)
    if isinstance(error, HttpError):
        phrases = {"BadRequest": "Bad Request", "NotFound": "Not Found"}
        reason = error.reasons[error.status]
        words = phrases.get(reason, "Unprocessable Entity" if error.status == 422 else reason)
        text = f"{error.status} {words}: {text}"
    if isinstance(error, AccessDenied) and error.hides_traceback:
        return f"{name}: {text}\n"
    frame = error.__traceback__
    lines = []
    while frame is not None:
        code = frame.tb_frame.f_code
        lines.append(
            f'  File "{code.co_filename.rpartition("/demo/")[2]}", line {frame.tb_lineno}, in {code.co_name}\n'
        )
        frame = frame.tb_next
    return f"Traceback (most recent call last):\n{''.join(lines)}{name}: {text}\n"


def fault(error: Exception) -> tuple[int, str]:
    """The code and the text of an XML-RPC fault."""
    if isinstance(error, OdooError):
        return error.fault_code, str(error)
    return 1, traceback_text(error)


def error_data(error: Exception) -> dict[str, Any]:
    """`error.data` of JSON-RPC and the body of a JSON-2 error."""
    return {
        "name": qualified_name(error),
        "message": "\n".join(map(str, error.args)) if isinstance(error, OdooError) else message(error),
        "arguments": list(error.args),
        "context": {},
        "debug": traceback_text(error),
    }


def http_status(error: Exception) -> int:
    """The status of a JSON-2 answer."""
    if isinstance(error, OdooError):
        return error.http_status
    return error.status if isinstance(error, HttpError) else 500
