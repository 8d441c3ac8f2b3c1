"""XML-RPC: `/xmlrpc/2/common` and `/xmlrpc/2/object`, with integer fault codes."""

import xmlrpc.client

from demo.httpserver import Request, Response
from demo.odoo.database import Database
from demo.odoo.faults import fault
from demo.odoo.services import SERVICES

PREFIX = "/xmlrpc/2/"
HEADER = '<?xml version="1.0"?>\n'


def answer(database: Database, request: Request) -> Response:
    """The result or the fault, always with status 200; None cannot be marshalled and becomes a fault."""
    try:
        params, method = xmlrpc.client.loads(request.body, use_builtin_types=True)
        result = SERVICES[request.path.removeprefix(PREFIX)](database, method or "", list(params))
        body = xmlrpc.client.dumps((result,), methodresponse=True)
    except Exception as error:  # noqa: BLE001 - Odoo answers every exception with a fault
        code, text = fault(error)
        body = xmlrpc.client.dumps(xmlrpc.client.Fault(code, text), methodresponse=True)
    return Response(200, body.replace("<?xml version='1.0'?>\n", HEADER, 1).encode(), "text/xml; charset=utf-8")
