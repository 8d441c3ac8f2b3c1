"""What each step of the guided path asks, and what it does with the answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any, ClassVar

from django.conf import settings
from django.contrib import messages
from django.forms import modelform_factory
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _now

from clients.errors import RemoteError
from clients.odoo.domain import DomainError, parse_domain
from syncconfig.admin.guided_access import AccessInStep, AccessOutStep
from syncconfig.admin.guided_forms import (
    ConnectionStep,
    OtherStep,
    ReviewStep,
    SampleStep,
    StepForm,
    WhenStep,
)
from syncconfig.admin.guided_lines import MappingStepMixin
from syncconfig.domains import domain_message, domain_paths
from syncconfig.fit import KnownFields, fields_learn, is_about_config
from syncconfig.guided.checking import lines_check, url_check
from syncconfig.guided.drafts import DRAFT_PK, Draft, free, template_of
from syncconfig.guided.previewing import draft_preview
from syncconfig.guided.proposing import records_offer
from syncconfig.guided.words import sentences
from syncconfig.models import OdooConnection, SyncConfig, SyncTrigger
from syncconfig.receiving import receiving_paths
from syncconfig.secrets import SecretUnreadable
from syncconfig.watching import watched


class StepPage:
    """One step for one request. `template` shows it; `form` is made once, `take` is called with it when it is valid."""

    template: ClassVar[str] = "admin/syncconfig/guided/step.html"

    def __init__(self, model_admin: Any, request: HttpRequest, draft: Draft) -> None:
        self.model_admin = model_admin
        self.request = request
        self.draft = draft
        self.form: Any = self.make_form(request.POST if request.method == "POST" else None)

    def make_form(self, data: Any) -> Any:
        raise NotImplementedError

    def is_valid(self) -> bool:
        return bool(self.form.is_valid())

    def take(self) -> None:
        """Put what was said into the draft."""
        raise NotImplementedError

    def context(self) -> dict[str, Any]:
        return {}

    def model_form(self, kind: type[StepForm], fields: list[str], data: Any, **kwargs: Any) -> Any:
        """A form of these fields with the widgets, words and rules of the ordinary one."""
        made = modelform_factory(
            SyncConfig,
            form=kind,
            fields=fields,
            formfield_callback=partial(self.model_admin.formfield_for_dbfield, request=self.request),
        )
        return made(data, instance=self.draft.config(), **kwargs)

    def keep(self, fields: list[str]) -> None:
        self.draft.values |= {name: getattr(self.form.instance, name) for name in fields}

    def learn(self, paths: list[str]) -> KnownFields | None:
        """What Odoo says of the model's fields; None, and a message, where it cannot be asked."""
        return self._learn(self.draft.config().connection, self.draft.values["model"], paths)

    def learn_there(self, keys: list[str]) -> KnownFields | None:
        """The same of the other Odoo, for what the keys name; None also where there is none."""
        target = self.draft.target
        return None if target is None else self._learn(target, self.draft.target_model, receiving_paths(keys))

    def _learn(self, connection: OdooConnection, model: str, paths: list[str]) -> KnownFields | None:
        try:
            with watched(connection):
                return fields_learn(connection, model, paths)
        except (RemoteError, SecretUnreadable) as error:
            messages.warning(self.request, str(error))
            return None


class ConnectionPage(StepPage):
    template = "admin/syncconfig/guided/connection.html"

    def make_form(self, data: Any) -> ConnectionStep:
        return ConnectionStep(data, initial={"connection": self.draft.connection})

    def take(self) -> None:
        self.draft.connection = self.form.cleaned_data["connection"].pk

    def context(self) -> dict[str, Any]:
        return {"has_connections": self.form.fields["connection"].queryset.exists()}


class ModelPage(StepPage):
    """The model and the filter; both are compared with what Odoo says."""

    template = "admin/syncconfig/guided/model.html"

    def make_form(self, data: Any) -> Any:
        form = self.model_form(StepForm, ["model", "domain"], data)
        form.fields["model"].widget.attrs["data-lookup-url"] = reverse("admin:syncconfig_lookup_models").removesuffix(
            "models/"
        )
        return form

    def is_valid(self) -> bool:
        if not self.form.is_valid():
            return False
        model, domain = self.form.cleaned_data["model"], self.form.cleaned_data["domain"]
        connection = self.draft.config().connection
        try:
            with watched(connection):
                known = fields_learn(connection, model, domain_paths(domain))
        except (RemoteError, SecretUnreadable) as error:
            if isinstance(error, RemoteError) and is_about_config(error):
                self.form.add_error("model", self._unknown(model, error))
                return False
            messages.warning(self.request, str(error))
            return True
        if message := domain_message(domain, model, known):
            self.form.add_error("domain", message)
        return not self.form.errors

    def _unknown(self, model: str, error: RemoteError) -> str:
        template = template_of(self.draft)
        if template is not None and template.needs and template.model == model:
            cure = _now("Install the app “%(app)s” in Odoo, or give the user of the connection its rights.")
            return f"{error} {cure % {'app': template.needs}}"
        return str(error)

    def take(self) -> None:
        self.keep(["model", "domain"])

    def context(self) -> dict[str, Any]:
        return {"connection": self.draft.connection}


class OtherPage(StepPage):
    """The other Odoo and the model there, under the rules of the form; that Odoo is asked whether it has the model."""

    template = "admin/syncconfig/guided/other.html"
    fields = ("target_connection", "target_model", "conflict_rule")

    def make_form(self, data: Any) -> Any:
        form = self.model_form(OtherStep, list(self.fields), data)
        form.fields["target_model"].widget.attrs["data-lookup-url"] = reverse(
            "admin:syncconfig_lookup_models"
        ).removesuffix("models/")
        return form

    def is_valid(self) -> bool:
        if not self.form.is_valid():
            return False
        config = self.form.instance
        try:
            with watched(config.target_connection):
                fields_learn(config.target_connection, config.receiving_model, [])
        except (RemoteError, SecretUnreadable) as error:
            if isinstance(error, RemoteError) and is_about_config(error):
                self.form.add_error("target_model", str(error))
                return False
            messages.warning(self.request, str(error))
        return True

    def take(self) -> None:
        self.keep(["target_model", "conflict_rule", "method_post", "method_put", "method_delete"])
        self.draft.values["target_connection_id"] = self.form.instance.target_connection_id

    def context(self) -> dict[str, Any]:
        return {
            "connection": self.draft.connection,
            "model": self.draft.values["model"],
            "has_others": self.form.fields["target_connection"].queryset.count() > 1,
        }


class SamplePage(StepPage):
    def make_form(self, data: Any) -> SampleStep:
        template = template_of(self.draft)
        sample = self.draft.sample
        is_first = "sample" not in self.draft.done
        if is_first and self.draft.maps_in and template is not None and template.sample is not None:
            sample = json.dumps(template.sample, indent=2, ensure_ascii=False)
        records = [] if self.draft.maps_in else self._records()
        initial = {"sample": sample, "record_id": self.draft.record_id, "items_path": self.draft.items_path}
        if is_first and records:
            initial["record_id"] = records[0][0]
        return SampleStep(data, initial=initial, draft=self.draft, records=records)

    def _records(self) -> list[tuple[int, str]]:
        config = self.draft.config()
        try:
            domain = parse_domain(config.domain or "[]", now=datetime.now(UTC), uid=1, tz=config.connection.timezone)
            with watched(config.connection):
                found = records_offer(config.connection, config.model, domain)
        except (RemoteError, SecretUnreadable, DomainError) as error:
            messages.warning(self.request, str(error))
            return []
        if not found:
            messages.info(self.request, _now("No record of Odoo is in the filter domain, so there is none to show."))
        return found

    def take(self) -> None:
        self.draft.sample = self.form.cleaned_data.get("sample", "")
        self.draft.items_path = self.form.cleaned_data.get("items_path", "")
        self.draft.record_id = self.form.cleaned_data.get("record_id")


class MappingPage(MappingStepMixin, StepPage):
    template = "admin/syncconfig/guided/mapping.html"


class AccessPage(StepPage):
    template = "admin/syncconfig/guided/access.html"
    shared = ("auth_type", "auth_login", "auth_header")

    def make_form(self, data: Any) -> Any:
        if self.draft.is_in:
            form = self.model_form(AccessInStep, self._fields(), data)
            if "access" not in self.draft.done and form.initial.get("endpoint"):
                form.initial["endpoint"] = free(form.initial["endpoint"], "endpoint", "-")
            return form
        return self.model_form(AccessOutStep, self._fields(), data, draft=self.draft)

    def _fields(self) -> list[str]:
        if self.draft.is_in:
            own = ["endpoint", "method_get", "method_post", "method_put", "method_delete", "on_existing"]
        elif self.draft.fetches:
            own = ["url", "on_existing"]
        else:
            own = ["url", "request_shape", "wrap_key", "answer_id_path"]
        return [*own, *self.shared]

    def is_valid(self) -> bool:
        if not self.form.is_valid():
            return False
        lines = self.draft.taken_lines()
        if message := url_check(self.form.instance, lines):
            self.form.add_error("url", message)
        linked_url = self.form.cleaned_data.get("linked_url")
        if linked_url and (message := url_check(self.form.instance, lines, url=linked_url)):
            self.form.add_error("linked_url", message)
        # The methods decide which ways the lines have to work.
        config = self.form.instance
        config.pk = DRAFT_PK
        check = lines_check(config, lines, self.learn([line.field for line in lines if line.field]))
        config.pk = None
        for index, found in check.by_line.items():
            self.form.add_error(None, [f"{lines[index].get_inline_title}: {message}" for message in found])
        for message in check.general:
            self.form.add_error(None, message)
        return not self.form.errors

    def take(self) -> None:
        self.keep(self._fields())
        if self.draft.is_in:
            return
        self.keep(["method_get", "method_post", "method_put", "method_delete"])
        if not self.draft.fetches:
            self.draft.on_change = self.form.cleaned_data["on_change"]
            self.draft.linked_url = self.form.cleaned_data["linked_url"]
        if self.form.cleaned_data["auth_type"] == "none":
            self.draft.secret = ""
        elif self.form.cleaned_data["auth_secret"]:
            self.draft.secret_set(self.form.cleaned_data["auth_secret"])


class WhenPage(StepPage):
    template = "admin/syncconfig/guided/when.html"

    def make_form(self, data: Any) -> WhenStep:
        trigger = self.draft.trigger
        initial: dict[str, Any] = {"when": self.draft.when, "minutes": trigger.get("interval_minutes")}
        if trigger.get("kind") == "cron":
            minute, hour, *_rest = trigger["cron"].split()
            if self.draft.when in ("daily", "workdays"):
                initial["at"] = f"{int(hour):02d}:{int(minute):02d}"
            else:
                initial["cron"] = trigger["cron"]
        return WhenStep(data, initial=initial, zone=settings.TIME_ZONE)

    def take(self) -> None:
        self.draft.when = self.form.cleaned_data["when"]
        self.draft.trigger = self.form.trigger()


class ReviewPage(StepPage):
    template = "admin/syncconfig/guided/review.html"

    def make_form(self, data: Any) -> Any:
        form = self.model_form(ReviewStep, ["name", "active"], data)
        template = template_of(self.draft)
        if not form.initial.get("name"):
            title = str(template.title) if template and not template.into_odoo else self._title()
            form.initial["name"] = free(title, "name", " ")
        return form

    def _title(self) -> str:
        model, target = self.draft.values["model"], self.draft.target
        return (
            f"{model} → {target.name}"[:90]
            if target is not None
            else f"{model} {'in' if self.draft.maps_in else 'out'}"
        )

    def take(self) -> None:
        self.keep(["name"])

    def context(self) -> dict[str, Any]:
        config, lines = self.draft.config(), self.draft.taken_lines()
        trigger = SyncTrigger(**self.draft.trigger) if self.draft.trigger and not self.draft.is_in else None
        template = template_of(self.draft)
        return {
            "sentences": sentences(
                config,
                lines,
                trigger=trigger,
                site_url=self.request.build_absolute_uri("/"),
                items_path=self.draft.items_path,
            ),
            "lines": lines,
            "notes": template.notes if template else (),
            "preview": draft_preview(self.draft),
            "makes_token": self.draft.is_in and config.auth_type != "none",
        }


PAGES: dict[str, Callable[[Any, HttpRequest, Draft], StepPage]] = {
    "connection": ConnectionPage,
    "model": ModelPage,
    "other": OtherPage,
    "sample": SamplePage,
    "mapping": MappingPage,
    "access": AccessPage,
    "when": WhenPage,
    "review": ReviewPage,
}
