"""Domains with every operator, order, limit and offset, pages by key, and finding by name."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from clients.errors import Kind, RemoteError
from clients.odoo.client import OdooClient

Raised = Callable[..., RemoteError]
ALL = ("ann", "bob", "co", "eve")


@dataclass(frozen=True)
class Family:
    """A company `co` with two contacts, `ann` and `bob`, an unrelated `eve`, and `old`, who is archived."""

    odoo: OdooClient
    tag: str
    ids: dict[str, int]

    def find(self, domain: Sequence[Any], **options: Any) -> list[str]:
        """The short names of the members that the domain selects, in order if one is given, else by name."""
        inside = ["&", ["id", "in", list(self.ids.values())], *anded(domain)] if domain else self.inside()
        found = self.odoo.search("res.partner", inside, **options)
        names = {record_id: name for name, record_id in self.ids.items()}
        return [names[each] for each in found] if "order" in options else sorted(names[each] for each in found)

    def inside(self) -> list[Any]:
        return [["id", "in", list(self.ids.values())]]

    def fill(self, value: Any) -> Any:
        """The value with `@name` replaced by that member's id and `{tag}` by the tag."""
        if isinstance(value, list):
            return [self.fill(each) for each in value]
        if isinstance(value, str):
            return self.ids[value[1:]] if value.startswith("@") else value.replace("{tag}", self.tag)
        return value


def anded(domain: Sequence[Any]) -> list[Any]:
    """The domain with its outermost conditions joined, to stand after an `&`."""
    conditions = all(isinstance(term, list) for term in domain)
    return [*["&"] * (len(domain) - 1), *domain] if conditions else list(domain)


@pytest.fixture(scope="module")
def family(odoo: OdooClient, country: Callable[[str], int]) -> Any:
    tag = f"conf-{uuid.uuid4().hex[:10]}"
    (vip,) = odoo.create("res.partner.category", [{"name": f"{tag}-vip"}])
    co, eve, old = odoo.create(
        "res.partner",
        [
            {"name": f"{tag}-co", "is_company": True, "ref": f"{tag}-co", "color": 3, "country_id": country("BE")},
            {"name": f"{tag}-eVE", "ref": "", "color": 3, "employee": True, "country_id": country("US")},
            {"name": f"{tag}-old", "active": False, "parent_id": False},
        ],
    )
    vals = {"parent_id": co, "type": "other"}
    ann, bob = odoo.create(
        "res.partner",
        [
            {**vals, "name": f"{tag}-ann", "ref": f"{tag}_a", "color": 1, "email": "ann@example.com",
             "category_id": [[6, 0, [vip]]], "partner_latitude": 1.5},
            {**vals, "name": f"{tag}-bob", "color": 2},
        ],
    )  # fmt: skip
    ids = {"co": co, "ann": ann, "bob": bob, "eve": eve, "old": old}
    yield Family(odoo, tag, ids)
    odoo.unlink("res.partner", [ann, bob, co, eve, old])
    odoo.unlink("res.partner.category", [vip])


Cases = list[tuple[list[Any], tuple[str, ...]]]
CASES: dict[str, Cases] = {
    "equality, and what counts as unset": [
        ([["name", "=", "{tag}-ann"]], ("ann",)),
        ([["name", "=", "{tag}-ANN"]], ()),
        ([["name", "!=", "{tag}-ann"]], ("bob", "co", "eve")),
        ([["ref", "=", False]], ("bob", "eve")),
        ([["ref", "=", ""]], ("bob", "eve")),
        ([["ref", "!=", False]], ("ann", "co")),
        ([["email", "!=", "ann@example.com"]], ("bob", "co", "eve")),
        ([["color", "=", 3]], ("co", "eve")),
        ([["partner_latitude", "=", 0]], ("bob", "co", "eve")),
        ([["partner_latitude", "!=", 0]], ("ann",)),
        ([["employee", "=", True]], ("eve",)),
        ([["employee", "=", False]], ("ann", "bob", "co")),
        ([["employee", "!=", False]], ("eve",)),
        ([["color", "=?", False]], ALL),
        ([["color", "=?", 2]], ("bob",)),
    ],
    "order": [
        ([["color", ">", 1]], ("bob", "co", "eve")),
        ([["color", ">=", 2], ["color", "<", 3]], ("bob",)),
        ([["color", "<=", 1]], ("ann",)),
        ([["create_date", ">", "2001-01-01"]], ALL),
        ([["create_date", "<", "2001-01-01 00:00:00"]], ()),
    ],
    "lists": [
        ([["color", "in", [1, 2]]], ("ann", "bob")),
        ([["color", "not in", [1, 2]]], ("co", "eve")),
        ([["color", "in", []]], ()),
        ([["color", "not in", []]], ALL),
        ([["color", "=", [1, 2]]], ("ann", "bob")),
        ([["name", "in", ["{tag}-ann", "{tag}-bob", "x"]]], ("ann", "bob")),
        ([["ref", "in", ["{tag}_a", False]]], ("ann", "bob", "eve")),
        ([["employee", "in", [True, False]]], ALL),
        ([["id", "in", ["@ann", "@eve"]]], ("ann", "eve")),
    ],
    "patterns": [
        ([["name", "like", "{tag}-a"]], ("ann",)),
        ([["name", "like", "eve"]], ()),
        ([["name", "ilike", "eve"]], ("eve",)),
        ([["name", "not like", "{tag}-a"]], ("bob", "co", "eve")),
        ([["name", "not ilike", "eve"]], ("ann", "bob", "co")),
        ([["email", "not ilike", "ann"]], ("bob", "co", "eve")),
        ([["name", "=like", "{tag}-%n"]], ("ann",)),
        ([["name", "=like", "{tag}-a_n"]], ("ann",)),
        ([["name", "=like", "a%"]], ()),
        ([["name", "=ilike", "{tag}-e_e"]], ("eve",)),
        ([["ref", "=like", "{tag}\\_a"]], ("ann",)),
        ([["ref", "=ilike", "{tag}\\_A"]], ("ann",)),
        ([["ref", "=ilike", "{tag}\\%a"]], ()),
        ([["ref", "like", "{tag}_"]], ("ann", "co")),
        ([["ref", "ilike", ""]], ALL),
        ([["color", "like", "3"]], ("co", "eve")),
    ],
    "relations": [
        ([["parent_id", "=", "@co"]], ("ann", "bob")),
        ([["parent_id", "!=", "@co"]], ("co", "eve")),
        ([["parent_id", "=", False]], ("co", "eve")),
        ([["parent_id", "in", ["@co", False]]], ALL),
        ([["parent_id", "not in", ["@co"]]], ("co", "eve")),
        ([["parent_id", "=", "{tag}-co"]], ("ann", "bob")),
        ([["parent_id", "ilike", "{tag}-c"]], ("ann", "bob")),
        ([["parent_id", "not ilike", "{tag}-c"]], ("co", "eve")),
        ([["child_ids", "=", "@ann"]], ("co",)),
        ([["child_ids", "!=", False]], ("co",)),
        ([["child_ids", "=", False]], ("ann", "bob", "eve")),
        ([["category_id", "=", "{tag}-vip"]], ("ann",)),
        ([["category_id", "ilike", "{tag}"]], ("ann",)),
        ([["category_id", "not ilike", "{tag}"]], ("bob", "co", "eve")),
        ([["country_id", "=", "Belgium"]], ("co",)),
    ],
    "paths": [
        ([["country_id.code", "=", "US"]], ("eve",)),
        ([["parent_id.country_id.code", "=", "BE"]], ("ann", "bob")),
        ([["parent_id.name", "!=", "{tag}-co"]], ()),
        (["!", ["parent_id.name", "=", "{tag}-co"]], ("co", "eve")),
        ([["child_ids.color", ">", 1]], ("co",)),
        ([["category_id.name", "ilike", "{tag}"]], ("ann",)),
        ([["create_uid.login", "=", False]], ()),
        ([["country_code", "=", "BE"]], ("co",)),
    ],
    "hierarchies and sub-domains": [
        ([["id", "child_of", "@co"]], ("ann", "bob", "co")),
        ([["id", "child_of", ["@ann", "@eve"]]], ("ann", "eve")),
        ([["id", "parent_of", "@ann"]], ("ann", "co")),
        ([["parent_id", "child_of", "@co"]], ("ann", "bob", "co")),
        ([["parent_id", "any", [["color", "=", 3]]]], ("ann", "bob")),
        ([["child_ids", "any", [["color", "=", 1]]]], ("co",)),
        ([["child_ids", "not any", [["color", "=", 1]]]], ("ann", "bob", "eve")),
    ],
    "and, or, not": [
        (["|", ["color", "=", 1], ["color", "=", 2]], ("ann", "bob")),
        (["&", ["color", "=", 3], ["employee", "=", True]], ("eve",)),
        (["!", ["color", "=", 3]], ("ann", "bob")),
        (["!", "|", ["color", "=", 1], ["color", "=", 2]], ("co", "eve")),
        (["|", "|", ["color", "=", 1], ["color", "=", 2], ["employee", "=", True]], ("ann", "bob", "eve")),
        (["&", "!", ["color", "=", 3], "|", ["color", "=", 1], ["employee", "=", True]], ("ann",)),
        (["!", "!", ["color", "=", 1]], ("ann",)),
    ],
    "archived ones and computed names": [
        ([["active", "=", False]], ("old",)),
        ([["active", "in", [True, False]]], ("ann", "bob", "co", "eve", "old")),
        ([["display_name", "=", "{tag}-co, {tag}-ann"]], ("ann",)),
    ],
}  # fmt: skip


@pytest.mark.parametrize("group", CASES)
def test_domains_select(family: Family, group: str) -> None:
    found = {str(domain): tuple(family.find(family.fill(domain))) for domain, _names in CASES[group]}
    assert found == {str(domain): names for domain, names in CASES[group]}


UNSEARCHABLE: list[tuple[str, Any]] = [
    ("=", "company"),
    ("!=", "company"),
    ("=", False),
    ("in", ["company"]),
    ("ilike", "comp"),
    (">", "a"),
    ("=?", "person"),
]


@pytest.mark.parametrize("path", ["company_type", "parent_id.company_type"])
@pytest.mark.parametrize(("operator", "value"), UNSEARCHABLE)
def test_18_lets_every_record_pass_where_it_cannot_search_and_19_refuses(
    family: Family, error: Raised, major: int, path: str, operator: str, value: Any
) -> None:
    if major < 19:
        assert family.find([[path, operator, value]]) == (["ann", "bob"] if "." in path else sorted(ALL))
    else:
        raised = error(family.find, [[path, operator, value]])
        assert (raised.kind, raised.code) == (Kind.PERMANENT, "unsearchable_field")
        assert (raised.model, raised.field) == ("res.partner", "company_type")


@pytest.mark.parametrize(
    ("operator", "value", "names"),
    [("in", [], []), ("not in", [], sorted(ALL)), ("ilike", "", sorted(ALL)), ("=?", False, sorted(ALL))],
)
def test_a_condition_that_needs_no_value_of_its_field_can_be_searched(
    family: Family, operator: str, value: Any, names: list[str]
) -> None:
    assert family.find([["company_type", operator, value]]) == names


ORDERS = {
    "name": ["ann", "bob", "co", "eve"],
    "name desc": ["eve", "co", "bob", "ann"],
    "color desc, name": ["co", "eve", "bob", "ann"],
    "color DESC,name desc": ["eve", "co", "bob", "ann"],
    "email, name desc": ["ann", "eve", "co", "bob"],
    "email desc, name": ["bob", "co", "eve", "ann"],
    "email desc nulls last, name": ["ann", "bob", "co", "eve"],
    "parent_id, name": ["ann", "bob", "co", "eve"],
    "country_id, name desc": ["co", "eve", "bob", "ann"],
    "employee desc, name": ["eve", "ann", "bob", "co"],
}


def test_records_come_in_order_and_unset_ones_last(family: Family) -> None:
    assert {order: family.find([], order=order) for order in ORDERS} == ORDERS


def test_limit_and_offset_take_a_part_and_no_limit_takes_all(family: Family) -> None:
    assert family.find([], order="name", limit=2) == ["ann", "bob"]
    assert family.find([], order="name", offset=1, limit=2) == ["bob", "co"]
    assert family.find([], order="name", offset=3) == ["eve"]
    assert family.find([], order="name", limit=0) == []
    raw = family.odoo.call("res.partner", "search", kwargs={"domain": family.inside(), "limit": 0})
    assert len(raw) == 4


def test_counting_counts_what_searching_finds(family: Family) -> None:
    assert family.odoo.search_count("res.partner", family.inside()) == 4
    assert family.odoo.search_count("res.partner", family.inside(), context={"active_test": False}) == 5


@pytest.mark.parametrize("page_size", [1, 2, 4, 100])
def test_pages_by_key_bring_every_record_once(family: Family, page_size: int) -> None:
    pages = list(family.odoo.iter_pages("res.partner", family.inside(), ["name"], page_size=page_size))
    found = [record["id"] for page in pages for record in page]
    assert found == sorted(family.ids[name] for name in ALL)
    assert all(len(page) <= page_size for page in pages)


def test_pages_by_key_go_on_where_they_stopped(family: Family) -> None:
    everyone = sorted(family.ids[name] for name in ALL)
    rest = family.odoo.iter_pages("res.partner", family.inside(), ["name"], page_size=2, after_id=everyone[1])
    assert [record["id"] for page in rest for record in page] == everyone[2:]


def test_pages_by_key_neither_skip_nor_repeat_while_records_come_and_go(
    odoo: OdooClient, tag: str, later: Callable[[str, list[int]], None]
) -> None:
    ids = odoo.create("res.partner", [{"name": f"{tag}-{number}"} for number in range(6)])
    later("res.partner", ids)
    seen = []
    for page in odoo.iter_pages("res.partner", [["name", "=like", f"{tag}-%"]], ["name"], page_size=2):
        seen += [record["id"] for record in page]
        if len(seen) == 2:
            odoo.unlink("res.partner", [seen[0], ids[5]])
            later("res.partner", odoo.create("res.partner", [{"name": f"{tag}-new"}]))
    assert seen[:5] == ids[:5]
    assert len(seen) == 6
    assert ids[5] not in seen


def test_a_name_is_found_by_its_parts_and_other_telling_fields(family: Family) -> None:
    ann = (family.ids["ann"], f"{family.tag}-co, {family.tag}-ann")
    within = family.inside()
    assert family.odoo.name_search("res.partner", f"{family.tag}-ann", domain=within) == [ann]
    assert family.odoo.name_search("res.partner", "ann@example.com", domain=within) == [ann]
    assert family.odoo.name_search("res.partner", f"{family.tag}_a", domain=within, operator="=") == [ann]
    assert len(family.odoo.name_search("res.partner", "", domain=within)) == 4
    assert len(family.odoo.name_search("res.partner", family.tag, domain=within, limit=1)) == 1
    others = family.odoo.name_search("res.partner", f"{family.tag}-ann", domain=within, operator="not ilike")
    assert ann not in others
    assert len(others) == 3


def test_a_country_is_found_by_its_code_first(odoo: OdooClient, country: Callable[[str], int]) -> None:
    assert odoo.name_search("res.country", "BE", limit=1) == [(country("BE"), "Belgium")]


@pytest.mark.parametrize(
    ("domain", "order", "code"),
    [
        ([["conf_no_field", "=", 1]], None, "unknown_field"),
        ([["parent_id.conf_no_field", "=", 1]], None, "unknown_field"),
        ([], "conf_no_field", "unknown_field"),
        ([], "name; drop table", "user_error"),
        ([["name", "~", "x"]], None, "server_error"),
        (["|", ["name", "=", "x"]], None, "server_error"),
        ([], "company_type", "unsearchable_field"),
    ],
)
def test_what_cannot_be_searched_is_told(
    odoo: OdooClient, error: Raised, domain: list[Any], order: str | None, code: str
) -> None:
    raised = error(odoo.search, "res.partner", domain, order=order, limit=1)
    assert raised.code == code
    if code == "unknown_field":
        assert (raised.model, raised.field) == ("res.partner", "conf_no_field")
        assert raised.message == "The model 'res.partner' has no field 'conf_no_field'."
