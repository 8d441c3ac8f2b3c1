"""Configuration as text: what is written is what is stored, and what is read back is the same again."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from demo.configs import create_examples
from demo.site import Demo
from inbound.models import Credential, EndpointPolicy
from outbound.models import DeliveryPolicy, OutAuth, PullPolicy
from syncconfig.documents.importing import text_import
from syncconfig.documents.outcome import Effect, Outcome
from syncconfig.documents.secret_refs import EnvReferences, env_name
from syncconfig.documents.sections import CONFIGS, Section, sections
from syncconfig.documents.writing import config_documents, connection_documents, export_text
from syncconfig.models import OdooConnection, SyncConfig, SyncConfigLine, SyncHeader, SyncParam, SyncTrigger
from syncconfig.plans import line_spec
from tests.syncconfig.conftest import SECRETS


def exported() -> str:
    """Everything there is."""
    return export_text(
        config_ids=list(SyncConfig.objects.values_list("pk", flat=True)),
        connection_ids=list(OdooConnection.objects.values_list("pk", flat=True)),
    )


def environment() -> dict[str, str]:
    """Each stored secret under the name that the export has for it."""
    found: dict[str, str] = {}

    class Reading(EnvReferences):
        def __call__(self, secret: Any) -> Any:
            reference = super().__call__(secret)
            found[reference["env"]] = secret.read()
            return reference

    reading = Reading()
    connection_documents(list(OdooConnection.objects.values_list("pk", flat=True)), reading)
    config_documents(list(SyncConfig.objects.values_list("pk", flat=True)), reading)
    return found


def wipe() -> None:
    SyncConfig.objects.all().delete()
    OdooConnection.objects.all().delete()


def done(text: str, environ: dict[str, str] | None = None, **options: Any) -> Outcome:
    """The outcome of an import that must have no problem."""
    outcome = text_import(text, environ=environ or {}, **options)
    assert [str(problem) for problem in outcome.problems] == []
    return outcome


def problems(text: str, **options: Any) -> str:
    """What is said against the document, which changed nothing."""
    before = exported(), list(SyncConfig.objects.values_list("revision", flat=True))
    outcome = text_import(text, environ=options.pop("environ", {}), **options)
    assert outcome.problems
    assert not outcome.is_done
    assert (exported(), list(SyncConfig.objects.values_list("revision", flat=True))) == before
    return "\n".join(str(problem) for problem in outcome.problems)


def specs() -> dict[str, list[Any]]:
    """What the mapping sees of each config's lines, but for their ids."""
    found = {}
    for config in SyncConfig.objects.all():
        lines = [line_spec(line) for line in config.lines.all()]
        found[config.name] = [
            {name: getattr(line, name) for name in line.__slots__ if name != "line_id"} for line in lines
        ]
    return found


@pytest.fixture
def full(sync: SyncConfig) -> SyncConfig:
    """A config that has something of everything, and another of the other direction."""
    script = "# A comment\nif value:\n    result = value.strip()\nelse:\n    result = 'none: \"x\"'"
    SyncConfigLine.objects.create(
        config=sync, position=1, field="name", key="title", calculation="script", direction="out", script=script,
        script_reverse="",
    )  # fmt: skip
    SyncConfigLine.objects.create(
        config=sync, position=2, field="type", key="kind", calculation="value_map", direction="out",
        options={"map": [["goods", "consu"], ["none", None]], "rest": "keep"},
    )  # fmt: skip
    SyncConfigLine.objects.create(
        config=sync, position=3, key="secret", calculation="constant", direction="out", is_secret=True,
        default={"key": "constant-secret-4Ks"},
    )  # fmt: skip
    SyncConfig.objects.filter(pk=sync.pk).update(after_script="values['a'] = 1\n\nresult = values")
    SyncParam.objects.create(config=sync, name="since", value="datetime.now()", is_computed=True)
    SyncTrigger.objects.create(config=sync, interval_minutes=15)
    SyncTrigger.objects.create(config=sync, kind="cron", cron="0 6 * * 1-5", active=False)
    DeliveryPolicy.objects.create(config=sync, rate_per_minute=120, alert_url="https://h/alert-5Tq", deletions="report")
    OutAuth.objects.create(
        config=sync, kind="oauth2", token_url="https://h/token", client_id="c", secret="oauth-6Rw", certificate="A\nB"
    )
    other = SyncConfig.objects.create(
        name="Партнери", request_type="in", connection=sync.connection, model="res.partner", endpoint="partners",
        method_post=True, method_get=True,
    )  # fmt: skip
    SyncConfigLine.objects.create(config=other, field="ref", key="no", is_identifier=True, required=True)
    Credential.objects.create(config=other, name="Shop", secret="caller-2Zx", expires_at="2030-01-31T12:00:00Z")
    Credential.objects.create(config=other, name="Магазин", kind="basic", login="yes", secret="caller-3Zx")
    EndpointPolicy.objects.create(config=other, mode="queued", per_minute=7)
    return sync


def test_what_was_exported_wiped_and_imported_is_exported_the_same(full: SyncConfig) -> None:
    text, environ, before = exported(), environment(), specs()
    wipe()
    outcome = done(text, environ)
    assert {change.effect for change in outcome.changes} == {Effect.CREATED}
    assert exported() == text
    assert environment() == environ
    assert specs() == before


def test_the_demo_comes_back_as_it_was_and_maps_the_same(db: None) -> None:
    demo = Demo(
        odoo_url="http://127.0.0.1:9", odoo_database="d", odoo_login="l", odoo_key="k", shop_url="http://127.0.0.1:9",
        shop_token="t", inbound_token="i",
    )  # fmt: skip
    create_examples(demo)
    text, environ, before = exported(), environment(), specs()
    wipe()
    done(text, environ)
    assert (exported(), environment(), specs()) == (text, environ, before)


def test_no_secret_is_in_an_export(full: SyncConfig) -> None:
    text = exported()
    hidden = (*SECRETS, "alert-5Tq", "oauth-6Rw", "caller-2Zx", "caller-3Zx", "constant-secret-4Ks")
    assert not [secret for secret in hidden if secret in text]
    assert set(environment().values()) >= {*SECRETS, "caller-2Zx", '{"key": "constant-secret-4Ks"}'}


def test_scripts_are_block_scalars_and_defaults_are_left_out(full: SyncConfig) -> None:
    text = exported()
    assert "        script: |\n          # A comment\n          if value:\n              result = value.strip()" in text
    assert "page_size" not in text
    assert "absent:" not in text
    assert "      - active: false\n        kind: cron\n        cron: 0 6 * * 1-5" in text


def test_a_second_import_changes_nothing_and_makes_no_revision(full: SyncConfig) -> None:
    text = exported()
    before = list(SyncConfig.objects.order_by("pk").values("pk", "revision", "updated_at"))
    lines = list(SyncConfigLine.objects.order_by("pk").values_list("pk", flat=True))
    for environ in ({}, environment()):
        outcome = done(text, environ)
        assert not outcome.effective
    assert list(SyncConfig.objects.order_by("pk").values("pk", "revision", "updated_at")) == before
    assert list(SyncConfigLine.objects.order_by("pk").values_list("pk", flat=True)) == lines


def test_a_dry_run_tells_and_does_nothing(full: SyncConfig) -> None:
    text = exported()
    changed = text.replace("key: title", "key: name_there")
    outcome = done(changed, is_dry_run=True)
    assert [(change.name, change.effect) for change in outcome.effective] == [("Products out", Effect.CHANGED)]
    assert not outcome.is_done
    assert exported() == text


def test_an_import_changes_lines_in_place_moves_them_and_removes_what_is_gone(full: SyncConfig) -> None:
    ids = {line.field: line.pk for line in full.lines.all()}
    text = exported()
    start, end = text.index("      - field: default_code"), text.index("      - field: name\n")
    identifier = text[start:end]
    rest_end = text.index("      - field: type\n")
    moved = text[:start] + text[end:rest_end].replace("key: title", "key: label") + identifier + text[rest_end:]
    moved = moved.replace(
        "      - key: X-Shop\n        value: {env: SYNC_SECRET_FOR_PRODUCTS_OUT_HEADERS_X_SHOP_VALUE, missing: keep}\n",
        "",
    ).replace("    headers:\n", "")
    done(moved)
    full.refresh_from_db()
    assert [(line.field, line.key, line.pk) for line in full.lines.all()][:2] == [
        ("name", "label", ids["name"]),
        ("default_code", "sku", ids["default_code"]),
    ]
    assert not full.headers.exists()
    assert full.auth_secret == SECRETS[1]
    assert exported() == moved.replace("#   SYNC_SECRET_FOR_PRODUCTS_OUT_HEADERS_X_SHOP_VALUE\n", "")


def test_a_section_that_is_left_out_is_set_back_and_keeps_what_the_hub_remembers(full: SyncConfig) -> None:
    DeliveryPolicy.objects.update(change_cursor="2026-01-01 00:00:00")
    text = exported()
    start, end = text.index("    delivery_policy:"), text.index("    out_auth:")
    done(text[:start] + text[end:])
    policy = DeliveryPolicy.objects.get()
    assert (policy.rate_per_minute, policy.alert_url, policy.change_cursor) == (None, "", "2026-01-01 00:00:00")


def test_where_fetching_got_to_is_in_no_document_and_outlives_an_import(sync: SyncConfig) -> None:
    PullPolicy.objects.create(config=sync, max_pages=7, since_value="2026-05-01")
    text = exported()
    assert "max_pages: 7" in text
    assert "2026-05-01" not in text
    done(text.replace("max_pages: 7", "max_pages: 8"))
    policy = PullPolicy.objects.get()
    assert (policy.max_pages, policy.since_value) == (8, "2026-05-01")


MINIMAL = """
version: 1
configs:
  - name: Partners in
    request_type: in
    connection: Nowhere
    model: res.partner
    endpoint: partners
    method_post: true
    lines:
      - field: ref
        key: id
        is_identifier: true
      - field: name
        key: name
"""


def test_two_configs_can_change_endpoints_with_each_other(unreachable: OdooConnection) -> None:
    second = MINIMAL.partition("configs:\n")[2].replace("Partners in", "Other").replace("partners", "other")
    done(MINIMAL + second)
    swapped = (
        (MINIMAL + second).replace("endpoint: partners", "endpoint: x").replace("endpoint: other", "endpoint: partners")
    )
    done(swapped.replace("endpoint: x", "endpoint: other"))
    assert dict(SyncConfig.objects.values_list("name", "endpoint")) == {"Partners in": "other", "Other": "partners"}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("key: name", "key: name\n        calculation: nothing", "configs[0].lines[1].calculation (line 16): "),
        ("key: name", "key: 'a..b'", "configs[0].lines[1].key (line 15): "),
        ("key: name", "kee: name", "configs[0].lines[1].kee (line 15): There is nothing of this name. Do you mean"),
        ("key: name", "key: name\n        options: {template: x}", "lines[1].options.template (line 16): This calcul"),
        ("key: name", "key: k\n        calculation: value_map\n        options: {map: [a]}", "Write a list of pairs"),
        ("key: name", "key: k\n        calculation: date_format\n        options: {timezone: X/Y}", "options.timezone"),
        ("key: name", "key: name\n        active: 'yes'", "lines[1].active (line 16): Write true or false."),
        ("key: name", "key: 12", "lines[1].key (line 15): Write a text"),
        ("field: name", "field: ref", "configs[0].lines[1].field (line 14): Another line maps ref"),
        ("        is_identifier: true\n", "", "configs[0].lines (line 11): Mark one active line as identifier"),
        ("    endpoint: partners\n", "", "configs[0].endpoint (line 4): An In sync needs an endpoint"),
        ("request_type: in", "request_type: both", "configs[0].request_type (line 5): Value 'both' is"),
        ("connection: Nowhere", "connection: X", "configs[0].connection (line 6): There is no Odoo connection of the"),
        ("model: res.partner", "model: Partner", "configs[0].model (line 7): Write the technical name"),
        ("method_post: true", "method_post: true\n    page_size: 5000", "configs[0].page_size (line 10): "),
        ("method_post: true", "method_post: true\n    page_size: '5'", "Write a whole number"),
        ("method_post: true", "method_post: true\n    headers: 5", "configs[0].headers (line 10): Write a list here"),
        ("method_post: true", "method_post: true\n    triggers: [{}]", "triggers[0].interval_minutes (line 10): "),
        ("method_post: true", "method_post: true\n    endpoint_policy: {callback_url: https://h}", "Only a queued"),
        ("method_post: true", "method_post: true\n    revision: 5", "configs[0].revision (line 10): There is nothing"),
        ("method_post: true", "method_post: true\n    auth_type: bearer", "configs[0].auth_secret (line 4): Bearer"),
        ("version: 1", "version: 2", "version (line 2): Write version: 1"),
        ("version: 1", "version: true", "version (line 2): Write version: 1"),
        ("name: Partners in", "nam: x", "configs[0].name (line 4): Write its name"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_its_place_and_line(
    unreachable: OdooConnection, old: str, new: str, said: str
) -> None:
    assert old in MINIMAL
    assert said in problems(MINIMAL.replace(old, new, 1))


def test_every_problem_is_told_at_once(unreachable: OdooConnection) -> None:
    text = MINIMAL.replace("model: res.partner", "model: Partner").replace("key: id", "key: 'a..b'")
    assert problems(text + "      - field: 7\n").count("configs[0]") == 4


def test_with_one_bad_config_the_good_ones_are_not_stored_either(unreachable: OdooConnection) -> None:
    second = MINIMAL.partition("configs:\n")[2].replace("Partners in", "Other")
    assert "configs[1].endpoint (line 20): Sync config with this Endpoint already exists." in problems(MINIMAL + second)
    assert not SyncConfig.objects.exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: &a [x]\nb: [*a, *a]", "Line 1: Anchors"),
        ("version: !!python/object/apply:os.system [id]", "Line 1: Tags such as tag:yaml.org,2002:python"),
        ("version: !env X", "Line 1: Tags such as !env"),
        ("version: 1\nversion: 1", "Line 2: version stands here twice"),
        ("[" * 500, "Line 1: Lists and mappings are nested too deeply"),
        ("[" * 50_000, "nesting depth"),
        ("[" + "a," * 200_000 + "]", "Line 1: The document has more than 200000 values"),
        ("x" * 2_000_001, "more than 2000000 characters"),
        ("version: 1\n---\nversion: 1", "Line 3: One document at a time"),
        ("", "The document is empty"),
        ("configs: 'x", "This is no YAML"),
        ("1: 2", "Line 1: The key of a mapping is a text"),
        ("? [a]\n: b", "Line 1: The key of a mapping is a text"),
        ('version: "\\0"', "Line 1: A text holds a character"),
        ("\x07", "This is no YAML"),
        ("- a", "Write a mapping here"),
        ("version: 1\nconfigs: {}", "configs (line 2): Write a list here"),
        ("version: 1\nconfigs: [5]", "configs[0] (line 2): Write a mapping here"),
        ("version: 1\nconfigs: [{name: {a: b}}]", "configs[0].name"),
        ("version: 1", "neither configs nor connections"),
        ("version: 1\n<<: {a: b}", "<< (line 2): There is nothing of this name."),
    ],
)
def test_a_hostile_or_broken_document_is_refused(db: None, text: str, said: str) -> None:
    assert said in problems(text)


@pytest.mark.parametrize("value", ["5", "x", "[]", "{}", "null", "true", "{a: b}", "[[[]]]", "1.5", "'{env: X}'"])
def test_values_of_any_type_in_any_place_never_break_the_import(full: SyncConfig, value: str) -> None:
    def every(section: Section) -> str:
        return ", ".join(f"{field.name}: {value}" for field in section.fields if field.name != "name")

    texts = [f"{{name: Products out, {every(CONFIGS)}}}"]
    for section in sections():
        row = f"{{{every(section)}}}"
        texts += [f"{{name: Products out, {section.name}: {value}}}"]
        texts += [f"{{name: Products out, {section.name}: {f'[{row}]' if section.is_list else row}}}"]
    for text in texts:
        text_import(f"version: 1\nconfigs: [{text}]", environ={}, is_dry_run=True)


# --- secrets ---


WITH_SECRET = MINIMAL.replace("method_post: true", "method_post: true\n    auth_type: bearer\n    auth_secret: {}")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("{env: SYNC_SECRET_FOR_X}", "The environment variable SYNC_SECRET_FOR_X is not set"),
        ("{env: SYNC_SECRET_FOR_X, missing: keep}", "The environment variable SYNC_SECRET_FOR_X is not set"),
        ("{env: SYNC_SECRET_KEYS}", "begins with SYNC_SECRET_FOR_"),
        ("{env: SYNC_SECRET_FOR_CONNECTIONS_NOWHERE_SECRET}", "are for Odoo connections"),
        ("{env: PATH}", "begins with SYNC_SECRET_FOR_"),
        ("{env: SYNC_SECRET_FOR_X, missing: ignore}", "takes keep only"),
        ("hunter2", "A secret is not written into a document"),
        ("{env: [a]}", "begins with SYNC_SECRET_FOR_"),
        ("null", "Bearer authorization needs a token. Write {env: SYNC_SECRET_FOR_PARTNERS_IN_AUTH_SECRET}"),
    ],
)
def test_a_secret_that_is_not_there_is_told_with_the_cure(unreachable: OdooConnection, given: str, said: str) -> None:
    found = problems(WITH_SECRET.format(given))
    assert said in found
    assert "hunter2" not in found


def test_a_variable_sets_the_secret_and_without_it_what_is_stored_is_kept(unreachable: OdooConnection) -> None:
    text = WITH_SECRET.format("{env: SYNC_SECRET_FOR_X, missing: keep}")
    done(text, {"SYNC_SECRET_FOR_X": "first"})
    assert SyncConfig.objects.get().auth_secret == "first"
    assert not done(text).effective
    assert not done(MINIMAL.replace("method_post: true", "method_post: true\n    auth_type: bearer")).effective
    assert done(text, {"SYNC_SECRET_FOR_X": "second"}).effective
    assert SyncConfig.objects.get().auth_secret == "second"
    done(MINIMAL.replace("method_post: true", "method_post: true\n    auth_secret: null"))
    assert SyncConfig.objects.get().auth_secret == ""


def test_a_strict_reference_is_not_satisfied_by_what_is_stored(unreachable: OdooConnection) -> None:
    text = WITH_SECRET.format("{env: SYNC_SECRET_FOR_X}")
    done(text, {"SYNC_SECRET_FOR_X": "first"})
    assert "SYNC_SECRET_FOR_X is not set" in problems(text)


def test_a_secret_that_no_key_opens_breaks_neither_export_nor_import(full: SyncConfig, lost_key: Any) -> None:
    lost_key(full, "auth_secret")
    lost_key(full.headers.get(), "value")
    lost_key(full.connection, "secret")
    text = exported()
    assert not done(text).effective
    done(text.replace("key: title", "key: label"))
    done(text, {"SYNC_SECRET_FOR_PRODUCTS_OUT_AUTH_SECRET": "anew"})
    assert SyncConfig.objects.defer("connection__secret").get(pk=full.pk).auth_secret == "anew"


def test_names_in_any_script_have_variables_of_their_own(full: SyncConfig) -> None:
    names = list(environment())
    assert len(names) == len(set(names)) == 9
    assert all(name.startswith("SYNC_SECRET_FOR_") and name.isascii() and name.isupper() for name in names)


def test_a_config_of_that_name_does_not_get_the_variables_of_connections() -> None:
    assert env_name(("connections", "Out", "secret")) == "SYNC_SECRET_FOR_CONNECTIONS_OUT_SECRET"
    assert env_name(("Connections", "headers", "X", "value")) == "SYNC_SECRET_FOR_CONFIG_CONNECTIONS_HEADERS_X_VALUE"


# --- Odoo, queries ---


def test_lines_are_compared_with_odoo_as_in_the_admin(connection: OdooConnection) -> None:
    text = MINIMAL.replace("Nowhere", connection.name)
    assert "configs[0].lines[1].field (line 14)" in problems(text.replace("field: name", "field: no_such"))
    assert "configs[0].domain" in problems(
        text.replace("method_post", "domain: \"[('nme', '=', 1)]\"\n    method_post")
    )
    assert done(text).warnings == []
    assert SyncConfig.objects.get().relied_on


def test_without_an_answer_of_odoo_the_import_says_that_it_did_not_compare(unreachable: OdooConnection) -> None:
    second = MINIMAL.partition("configs:\n")[2].replace("Partners in", "Other").replace("partners", "other")
    outcome = done(MINIMAL + second)
    assert len(outcome.warnings) == 1
    assert "Nowhere: the mapping lines were not compared" in outcome.warnings[0]


def test_a_connection_and_its_first_config_come_in_one_document(db: None) -> None:
    text = MINIMAL.replace(
        "configs:",
        "connections:\n  - {name: Nowhere, url: 'http://127.0.0.1:9', database: d, login: l,\n"
        "     secret: {env: SYNC_SECRET_FOR_ODOO}}\nconfigs:",
    )
    done(text, {"SYNC_SECRET_FOR_ODOO": "k"})
    assert SyncConfig.objects.get().connection.secret == "k"


def test_a_connection_that_misses_its_secret_is_the_only_problem(db: None) -> None:
    text = MINIMAL.replace(
        "configs:",
        "connections:\n  - {name: Nowhere, url: 'http://127.0.0.1:9', database: d, login: l,\n"
        "     secret: {env: SYNC_SECRET_FOR_ODOO}}\nconfigs:",
    )
    outcome = text_import(text, environ={})
    assert [problem.place for problem in outcome.problems] == ["connections[0].secret"]
    assert outcome.needs_only_secrets
    assert not SyncConfig.objects.exists()
    outcome = text_import(text, environ={}, typed_secrets={"connections[0].secret": "typed"})
    assert outcome.is_done
    assert SyncConfig.objects.get().connection.secret == "typed"


def test_another_odoo_that_misses_its_secret_is_the_only_problem(unreachable: OdooConnection) -> None:
    text = f"""
version: 1
connections:
- {{name: There, url: 'http://127.0.0.1:9', database: there, login: admin, secret: {{env: SYNC_SECRET_FOR_THERE}}}}
configs:
- name: Contacts over
  connection: {unreachable.name}
  target_connection: There
  request_type: out
  method_post: true
  model: res.partner
  lines:
  - {{field: ref, key: ref, is_identifier: true}}
"""
    outcome = text_import(text, environ={})
    assert [problem.place for problem in outcome.problems] == ["connections[0].secret"]
    assert text_import(text, environ={"SYNC_SECRET_FOR_THERE": "k"}).is_done


def test_the_queries_of_an_export_do_not_grow_with_the_configs(full: SyncConfig) -> None:
    counts = []
    for start in (0, 10):
        for number in range(start):
            config = SyncConfig.objects.create(
                name=f"c{number}", request_type="in", connection=full.connection, model="m", auth_secret="s"
            )
            SyncHeader.objects.create(config=config, key="X", value="v")
        with CaptureQueriesContext(database) as queries:
            exported()
        counts.append(len(queries))
    assert counts[0] == counts[1]
