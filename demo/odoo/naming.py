"""Finding records by name: the plain way, and those that try the most telling fields first."""

import re
from typing import Any

from demo.odoo.domains import NEGATIVE, any_of
from demo.odoo.orm import Env


def name_search(env: Env, model: str, name: str, domain: list[Any], operator: str, limit: int | None) -> list[int]:
    """By the display name, in the model's order."""
    terms = [*domain, ("display_name", operator, name)] if name else domain
    return env.search(model, terms, limit=limit)


def first_by_code(
    env: Env, model: str, name: str, domain: list[Any], operator: str, limit: int | None, code_operator: str
) -> list[int]:
    """Those of that code, then the others by name."""
    found: list[int] = []
    if operator not in NEGATIVE:
        found = env.search(model, [*domain, ("code", code_operator, name)], limit=limit)
        if limit is not None and len(found) >= limit:
            return found
        domain = [*domain, ("id", "not in", found)]
        limit = None if limit is None else limit - len(found)
    return found + name_search(env, model, name, domain, operator, limit)


def of_country(env: Env, name: str, domain: list[Any], operator: str, limit: int | None) -> list[int]:
    if len(name) != 2:
        return name_search(env, "res.country", name, domain, operator, limit)
    return first_by_code(env, "res.country", name, domain, operator, limit, operator)


def of_state(env: Env, name: str, domain: list[Any], operator: str, limit: int | None) -> list[int]:
    return first_by_code(env, "res.country.state", name, domain, operator, limit, "=like")


def of_variant(env: Env, name: str, domain: list[Any], operator: str, limit: int | None) -> list[int]:
    """The very code or barcode, then the beginnings of either or of the name, then a code in brackets."""
    model = "product.product"
    if operator in NEGATIVE:
        unlike = [("name", operator, name), "|", ("default_code", operator, name), ("default_code", "=", False)]
        return env.search(model, [*domain, *unlike], limit=limit)
    for field in ("default_code", "barcode"):
        if found := env.search(model, [*domain, (field, "=", name)], limit=limit):
            return found
    found = env.search(model, [*domain, ("default_code", operator, name)], limit=limit)
    if limit is None or len(found) < limit:
        rest = None if limit is None else limit - len(found)
        by_name = env.search(model, [*domain, ("id", "not in", found), ("name", operator, name)], limit=rest)
        found += by_name
    bracketed = re.search(r"\[(.*?)\]", name)
    if not found and bracketed:
        found = env.search(model, [*domain, ("default_code", "=", bracketed[1])], limit=limit)
    return found


def of_template(env: Env, name: str, domain: list[Any], operator: str, limit: int | None) -> list[int]:
    """By name or by its variants' codes; by name alone where the caller chooses among given templates."""
    chosen = any(isinstance(term, list | tuple) and term[0] == "id" for term in domain)
    scope = env.with_context(search_product_product=False) if chosen else env
    return name_search(scope, "product.template", name, domain, operator, limit)


def variant_domain(env: Env, operator: str, value: Any) -> list[Any]:
    terms: list[Any] = [("name", operator, value), ("default_code", operator, value)]
    if operator in ("=", "in") or (operator.endswith("like") and operator not in NEGATIVE):
        terms.append(("barcode", "in", value if operator == "in" else [value]))
    bracketed = re.search(r"\[(.*?)\]", value) if operator == "=" and isinstance(value, str) else None
    if bracketed:
        terms.append(("default_code", "=", bracketed[1]))
    return any_of(terms, operator)


def template_domain(env: Env, operator: str, value: Any) -> list[Any]:
    terms: list[Any] = [("name", operator, value)]
    if env.context.get("search_product_product", bool(value)):
        terms.append(("product_variant_ids", operator, value))
    return any_of(terms, operator)
