"""The script bench: a script as it stands in the form, run once with a sample, under the limits of real runs.

For those who may write scripts. Nothing is stored, and `env` reads Odoo as it does for any script: within its limits,
through the connection's user, marked in the log as a dry run.
"""

from __future__ import annotations

import json
import uuid
from typing import Any, Final

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from auditlog.recorder import recording
from clients.errors import RemoteError
from clients.odoo.read_only import ReadOnlyOdoo
from mapping.paths import ABSENT, parse_path
from mapping.sandbox import SandboxError
from mapping.script_runs import Ask, Failed, Refused, Result, Script, ScriptError, Skipped, Trial
from outbound.script_env import EnvRefused, odoo_ask, script_params
from syncconfig.admin.actions import check_may_edit
from syncconfig.code_inputs import AUTHOR_PERMISSION, MAY_NOT_AUTHOR
from syncconfig.connections import client_for
from syncconfig.models import OdooConnection, SyncConfig
from syncconfig.row_ids import row_id
from syncconfig.script_limits import script_limits, validate_script_limits
from syncconfig.secrets import SecretUnreadable
from syncconfig.validators import validate_model_name

MAX_SAMPLE_LENGTH: Final = 500_000
RETURNS: Final = {
    "evaluate": "result",
    "execute": "values",
    "before_script": "record if result is None else result",
    "after_script": "values if result is None else result",
}
"""What a script in each place gives back, as in a real run."""


def bench(model_admin: Any, request: HttpRequest) -> JsonResponse:
    """POST script, place, direction, sample, values, key, limits, model, connection, config -> what came of it.

    The status is 200 whatever the script does; 403 is for users who may not, 400 for what is no question at all.
    """
    check_may_edit(model_admin, request)
    if not request.user.has_perm(AUTHOR_PERMISSION):
        raise PermissionDenied(MAY_NOT_AUTHOR)
    if request.method != "POST":
        return JsonResponse({"error": _("Send it with POST.")}, status=405)
    given = request.POST
    place = given.get("place", "")
    if place not in RETURNS:
        return JsonResponse({"error": _("Nothing is known of such a script.")}, status=400)
    try:
        job = _job(given)
        validate_script_limits(given.get("limits", ""))
        script = Script(given.get("script", ""), returns=RETURNS[place])
    except ScriptError as error:
        return JsonResponse({"kind": "invalid", "message": str(error), "line": error.line})
    except ValueError as error:
        return JsonResponse({"error": str(error)})
    except ValidationError as error:
        return JsonResponse({"error": _("Limits: %(why)s") % {"why": " ".join(error.messages)}})
    return JsonResponse(_run(script, job, given))


def _run(script: Script, job: dict[str, object], given: Any) -> dict[str, Any]:
    number = given.get("connection", "")
    connection = OdooConnection.objects.filter(pk=row_id(number) or 0).first()
    config = SyncConfig.objects.filter(pk=row_id(given.get("config", "")) or 0).first()
    if config is not None:
        job["params"] = script_params(config, now=timezone.now())
    tz = connection.timezone if connection else "UTC"
    limits = script_limits(given.get("limits", ""))
    try:
        if connection is None:
            return _told(script.try_out(job, limits=limits, tz=tz))
        request_id = f"bench-{uuid.uuid4().hex[:16]}"
        with recording(config=config, request_id=request_id, secrets=(connection.secret,), is_dry_run=True):
            return _told(script.try_out(job, limits=limits, tz=tz, ask=_ask(connection)))
    except (RemoteError, EnvRefused, SecretUnreadable) as error:
        return {"kind": "failed", "message": str(error), "line": None}
    except SandboxError as error:
        return {"error": str(error)}


def _ask(connection: OdooConnection) -> Ask:
    def ask(model: str, method: str, arguments: Any) -> object:
        # Made when it is needed: most scripts ask nothing, and then no Odoo has to answer.
        return odoo_ask(ReadOnlyOdoo(client_for(connection)))(model, method, arguments)

    return ask


def _job(given: Any) -> dict[str, object]:
    """The script's variables. Raises ValueError, for a human."""
    record = _parsed(given.get("sample", ""), _("Sample"))
    values = _parsed(given.get("values", ""), _("Values"))
    direction = "out" if given.get("direction") == "out" else "in"
    model = given.get("model", "").strip()
    try:
        validate_model_name(model)
    except ValidationError:
        model = ""
    key = given.get("key", "").strip()
    # In a list, a script gets the first element of the sample as its record, as it gets each in a real run.
    inner, is_in_list, _rest = key.rpartition("[]")
    item = _first(f"{inner}[]", record) if is_in_list and direction == "in" else None
    return {
        "request_data": record,
        "record": record if item is None else item,
        "item": item,
        "records": [record],
        "value": _first(key, record) if key else None,
        "values": values,
        "params": {},
        "model": model or None,
        "direction": direction,
    }


def _first(key: str, record: object) -> object:
    """What is under the key, of the first element of each list on the way; None where nothing is. Raises ValueError."""
    found = parse_path(key.replace("[]", "[0]")).read(record)
    return None if found is ABSENT else found


def _parsed(text: str, name: str) -> dict[str, Any]:
    if len(text) > MAX_SAMPLE_LENGTH:
        raise ValueError(_("%(name)s: at most %(most)s characters.") % {"name": name, "most": MAX_SAMPLE_LENGTH})
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError) as error:
        raise ValueError(_("%(name)s: this is no JSON: %(error)s") % {"name": name, "error": error}) from None
    if not isinstance(found, dict):
        raise ValueError(_("%(name)s: write a JSON object.") % {"name": name})
    return found


def _told(trial: Trial) -> dict[str, Any]:
    told: dict[str, Any] = {"printed": trial.printed, "duration_ms": round(trial.duration_ms, 1)}
    match trial.outcome:
        case Result(value):
            return {**told, "kind": "result", "value": json.dumps(value, indent=2, ensure_ascii=False)}
        case Refused(message):
            return {**told, "kind": "refused", "message": message}
        case Skipped(reason):
            return {**told, "kind": "skipped", "message": reason}
        case Failed(message, line):
            return {**told, "kind": "failed", "message": message, "line": line}
