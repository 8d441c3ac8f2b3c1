"""JSON-RPC: `/jsonrpc`, always status 200, errors in `error.data`."""

import json
from typing import Any

from demo.httpserver import Request, Response
from demo.odoo.database import Database
from demo.odoo.faults import error_data
from demo.odoo.services import SERVICES


def answer(database: Database, request: Request) -> Response:
    """The result or the error of one call; a result of None leaves `result` out."""
    try:
        call = json.loads(request.body)
        params = call.get("params") or {}
    except (ValueError, AttributeError):
        return Response(400, b"Invalid JSON data", "text/html; charset=utf-8")
    reply: dict[str, Any] = {"jsonrpc": "2.0", "id": call.get("id")}
    try:
        result = SERVICES[params["service"]](database, params["method"], list(params.get("args") or []))
        if result is not None:
            reply["result"] = result
        body = json.dumps(reply).encode()
    except Exception as error:  # noqa: BLE001 - Odoo answers every exception with an error object
        code = 200 if database.version < 19 else 0
        reply["error"] = {"code": code, "message": "Odoo Server Error", "data": error_data(error)}
        body = json.dumps(reply).encode()
    return Response(200, body)
