"""JSON-2: `POST /json/2/<model>/<method>`, from version 19: bare results, statuses, and two answers in HTML."""

import html
import json
from typing import Any

from demo.httpserver import Request, Response
from demo.odoo.database import Database
from demo.odoo.faults import HttpError, error_data, http_status
from demo.odoo.methods import call_named

PREFIX = "/json/2/"
HTML = "text/html; charset=utf-8"
NO_DATABASE = """<!DOCTYPE html>
<title>404 Not Found</title>
<h1>Not Found</h1>
<p>No database is selected and the requested URL was not found in the server-wide controllers.</p>
<p>Please verify the hostname, <a href=/web/login>login</a> and try again.</p>

<!-- Alternatively, use the X-Odoo-Database header. -->
"""


def escape(text: str) -> str:
    """HTML's escapes with decimal quotes, as markupsafe writes them."""
    return html.escape(text).replace("&#x27;", "&#39;").replace("&quot;", "&#34;")


def page(status: int, title: str, text: str) -> Response:
    """An error page as werkzeug writes it; `text` is HTML already."""
    body = f"<!doctype html>\n<html lang=en>\n<title>{status} {title}</title>\n<h1>{title}</h1>\n<p>{text}</p>\n"
    return Response(status, body.encode(), HTML)


def answer(database: Database, request: Request) -> Response:
    """The bare result, or an error as `{name, message, arguments, context, debug}` with its status."""
    if request.headers.get("x-odoo-database", database.name) != database.name:
        return Response(404, NO_DATABASE.encode(), HTML)
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.body and content_type != "application/json":
        rule = escape("['http'] but '/json/2/<__model__>/<__method__>' is type='json2'.")
        return page(
            415,
            "Unsupported Media Type",
            f"Request inferred type is compatible with {rule}<br><br>"
            "Please verify the Content-Type request header and try again.",
        )
    try:
        return Response(200, json.dumps(_call(database, request)).encode())
    except Exception as error:  # noqa: BLE001 - Odoo answers every exception with an error object
        status = http_status(error)
        headers = {"WWW-Authenticate": "Bearer "} if status == 401 else {}
        return Response(status, json.dumps(error_data(error)).encode(), headers=headers)


def _call(database: Database, request: Request) -> Any:
    uid = _authenticate(database, request)
    model, slash, method = request.path.removeprefix(PREFIX).partition("/")
    if not slash:
        raise HttpError(404, "the URL must be /json/2/<model>/<method>")
    params = _params(request.body)
    context, ids = params.pop("context", None) or {}, params.pop("ids", None)
    database.count(model, method)
    return database.run(lambda env: call_named(env, model, method, ids, params), uid=uid, context=context)


def _authenticate(database: Database, request: Request) -> int:
    scheme, _space, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise HttpError(401, "User not authenticated, use an API Key with a Bearer Authorization header.")
    uid = database.uid_of_key(key.strip())
    if uid is None:
        raise HttpError(401, "Invalid apikey")
    return uid


def _params(body: bytes) -> dict[str, Any]:
    if not body:
        return {}
    try:
        params = json.loads(body)
    except ValueError as error:
        raise HttpError(400, f"could not parse the body as json: {error}") from error
    if not isinstance(params, dict):
        raise HttpError(400, "could not parse the body, expecting a json object")
    return params
