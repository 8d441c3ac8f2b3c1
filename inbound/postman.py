"""The same document as a Postman collection (v2.1), for those who try things there."""

from __future__ import annotations

import json
from typing import Any, Final

SCHEMA: Final = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
_AUTH: Final = {"bearer": "Bearer {{token}}", "basic": "Basic {{basic}}"}


def collection(document: dict[str, Any]) -> dict[str, Any]:
    """Folders of requests by endpoint. `{{base_url}}` and `{{token}}` are variables; it holds no secret."""
    folders: dict[str, list[dict[str, Any]]] = {}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method == "parameters":
                continue
            folders.setdefault(operation["tags"][0], []).append(_request(document, path, method, operation))
    return {
        "info": {"name": document["info"]["title"], "schema": SCHEMA},
        "variable": [
            {"key": "base_url", "value": document["servers"][0]["url"]},
            {"key": "token", "value": ""},
            {"key": "basic", "value": ""},
        ],
        "item": [{"name": name, "item": requests} for name, requests in folders.items()],
    }


def _request(document: dict[str, Any], path: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    headers = [{"key": key, "value": value} for key, value in _headers(document, operation).items()]
    address = path.replace("{", ":").replace("}", "")
    request: dict[str, Any] = {
        "method": method.upper(),
        "header": headers,
        "url": {
            "raw": f"{{{{base_url}}}}{address}",
            "host": ["{{base_url}}"],
            "path": address.strip("/").split("/"),
            "query": [
                {"key": each["name"], "value": "", "description": each["description"], "disabled": True}
                for each in operation.get("parameters", [])
                if each["in"] == "query"
            ],
            "variable": [{"key": part[1:], "value": "1"} for part in address.split("/") if part.startswith(":")],
        },
    }
    if "requestBody" in operation:
        example = operation["requestBody"]["content"]["application/json"].get("example", {"operations": []})
        request["body"] = {"mode": "raw", "raw": json.dumps(example, indent=2, ensure_ascii=False)}
        headers.append({"key": "Content-Type", "value": "application/json"})
    return {"name": operation["summary"], "request": request}


def _headers(document: dict[str, Any], operation: dict[str, Any]) -> dict[str, str]:
    for choice in operation["security"]:
        for name in choice:
            scheme = document["components"]["securitySchemes"][name]
            if scheme["type"] == "http":
                return {"Authorization": _AUTH[scheme["scheme"]]}
            return {scheme["name"]: "{{token}}"}
    return {}
