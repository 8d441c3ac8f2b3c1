"""“New sync”: the guided path through a new config, step by step, which ends in the ordinary form.

Each step is a page with a form; what it takes goes into a draft in the session (`syncconfig.guided.drafts`). Back and
forward work: a step may be looked at and sent again at any time, and those behind it ask again where it changed.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from unfold.decorators import action
from unfold.enums import ActionVariant

from syncconfig.admin.guided_steps import PAGES, StepPage
from syncconfig.guided.drafts import FETCH, INTO_ODOO, Draft, Drafts, template_of
from syncconfig.guided.making import draft_make
from syncconfig.guided.samples import sample_keep
from syncconfig.guided.steps import (
    REVIEW,
    Step,
    first_open,
    may_enter,
    next_step,
    step_before,
    step_done,
    steps_of,
)
from syncconfig.guided.templates import templates
from syncconfig.models import RequestType, SyncConfig
from syncconfig.secrets import SecretUnreadable, decrypt, encrypt

FRESH_TOKEN = "guided-token-{}"  # noqa: S105 - the name of a session key


@action(
    description=_("New sync"),
    url_path="begin",
    icon="add",
    permissions=["add"],
    variant=ActionVariant.PRIMARY,
)
def new_sync(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """The button over the list."""
    return redirect("admin:syncconfig_guided_start")


class GuidedMixin:
    """For the ModelAdmin of sync configs."""

    def get_urls(self) -> list[URLPattern]:
        site = self.admin_site  # type: ignore[attr-defined]
        view = site.admin_view
        own = [
            path("new/", view(self.guided_start), name="syncconfig_guided_start"),
            path("new/<str:draft>/", view(self.guided_resume), name="syncconfig_guided_resume"),
            path("new/<str:draft>/<str:step>/", view(self.guided_step), name="syncconfig_guided_step"),
        ]
        return [*own, *super().get_urls()]  # type: ignore[misc]

    def guided_start(self, request: HttpRequest) -> HttpResponse:
        """What the new sync starts from; choosing it is a POST, which begins a draft."""
        self._check_may_add(request)
        known = templates()
        if request.method == "POST":
            template = known.get(request.POST.get("template", ""))
            request_type = request.POST.get("request_type", "")
            if template is None and request_type not in (*RequestType.values, FETCH, INTO_ODOO):
                return redirect("admin:syncconfig_guided_start")
            draft = Draft.begun(template=template, request_type=request_type)
            Drafts(request.session).save(draft)
            return redirect("admin:syncconfig_guided_resume", draft=draft.name)
        return self._page(
            request,
            "admin/syncconfig/guided/start.html",
            {
                "title": _now("New sync"),
                "groups": [
                    (
                        _now("Into Odoo"),
                        _now("Another system calls an address here, or is asked; what it says lands in Odoo."),
                        RequestType.IN,
                        [each for each in known.values() if each.request_type == RequestType.IN],
                    ),
                    (
                        _now("Out of Odoo"),
                        _now("Records of Odoo are sent to another system's address, or into another Odoo."),
                        RequestType.OUT,
                        [each for each in known.values() if each.request_type == RequestType.OUT],
                    ),
                ],
            },
        )

    def guided_resume(self, request: HttpRequest, draft: str) -> HttpResponse:
        """Where the draft was left; by POST it is thrown away."""
        self._check_may_add(request)
        found = Drafts(request.session).get(draft)
        if found is None:
            return self._gone(request)
        if request.method == "POST":
            Drafts(request.session).drop(found)
            messages.info(request, _now("The new sync was thrown away; nothing was stored."))
            return redirect("admin:syncconfig_syncconfig_changelist")
        return redirect("admin:syncconfig_guided_step", draft=draft, step=first_open(found).name)

    def guided_step(self, request: HttpRequest, draft: str, step: str) -> HttpResponse:
        """One step: shown, or taken and followed by the next."""
        self._check_may_add(request)
        found = Drafts(request.session).get(draft)
        if found is None:
            return self._gone(request)
        if found.forget_deleted():
            Drafts(request.session).save(found)
        here = next((each for each in steps_of(found) if each.name == step), None)
        if here is None:
            raise Http404
        if not may_enter(found, here):
            return redirect("admin:syncconfig_guided_step", draft=draft, step=first_open(found).name)
        return self._take_step(request, found, here)

    @staticmethod
    def _said(draft: Draft) -> tuple[Any, ...]:
        """What later steps depend on."""
        names = ("model", "domain", "target_connection_id", "target_model")
        return (
            draft.connection,
            *(draft.values.get(name) for name in names),
            draft.record_id,
            draft.sample,
            draft.items_path,
        )

    @method_decorator(sensitive_post_parameters("auth_secret"))
    def _take_step(self, request: HttpRequest, draft: Draft, step: Step) -> HttpResponse:
        drafts = Drafts(request.session)
        before = self._said(draft)
        try:
            page = PAGES[step.name](self, request, draft)
            if request.method == "POST" and page.is_valid():
                page.take()
                if step is REVIEW:
                    return self._make(request, draft, page)
                step_done(draft, step, changes=self._said(draft) != before)
                drafts.save(draft)
                return redirect("admin:syncconfig_guided_step", draft=draft.name, step=next_step(draft, step).name)
            context = page.context()
        except SecretUnreadable as error:
            messages.error(request, str(error))
            return redirect("admin:syncconfig_syncconfig_changelist")
        if request.method != "POST":
            drafts.save(draft)  # lines may have been proposed
        return self._step_page(request, draft, step, page, context)

    def _step_page(
        self, request: HttpRequest, draft: Draft, step: Step, page: StepPage, context: dict[str, Any]
    ) -> HttpResponse:
        steps = steps_of(draft)
        return self._page(
            request,
            page.template,
            {
                "title": _now("New sync: %(step)s") % {"step": step.title},
                "draft": draft,
                "template": template_of(draft),
                "step": step,
                "number": steps.index(step) + 1,
                "steps": [
                    {"step": each, "is_done": each.name in draft.done, "may_enter": may_enter(draft, each)}
                    for each in steps
                ],
                "back": step_before(draft, step),
                "is_last": step is steps[-1],
                "form": page.form,
                "is_refused": request.method == "POST",
                **context,
            },
        )

    def _make(self, request: HttpRequest, draft: Draft, page: StepPage) -> HttpResponse:
        values = page.form.cleaned_data
        try:
            made = draft_make(draft=draft, name=values["name"], active=values["active"])
        except ValidationError as error:
            # Somebody took the name or the endpoint meanwhile, or Odoo's fields have changed.
            for message in error.messages:
                messages.error(request, message)
            return redirect("admin:syncconfig_guided_step", draft=draft.name, step=REVIEW.name)
        Drafts(request.session).drop(draft)
        if draft.is_in:
            sample_keep(request.session, made.config, draft.sample)
        if made.token:
            request.session[FRESH_TOKEN.format(made.config.pk)] = encrypt(made.token)
        template = template_of(draft)
        if template is not None and template.counterpart:
            request.session[f"guided-counterpart-{made.config.pk}"] = template.counterpart
        self.log_addition(request, made.config, [{"added": {}}])  # type: ignore[attr-defined]
        messages.success(request, _now("%(name)s was made.") % {"name": made.config.name})
        return redirect("admin:syncconfig_syncconfig_change", made.config.pk)

    def guided_words(self, request: HttpRequest, config: SyncConfig) -> dict[str, Any]:
        """For the form of a config that was made just now: its token, which is told once, and what comes next."""
        token = request.session.pop(FRESH_TOKEN.format(config.pk), "")
        counterpart = templates().get(request.session.pop(f"guided-counterpart-{config.pk}", ""))
        try:
            return {"fresh_token": decrypt(token) if token else "", "counterpart": counterpart}
        except SecretUnreadable:
            return {"counterpart": counterpart}

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        site = self.admin_site  # type: ignore[attr-defined]
        opts = self.opts  # type: ignore[attr-defined]
        return TemplateResponse(
            request,
            template,
            {**site.each_context(request), "opts": opts, "media": self.media, **context},  # type: ignore[attr-defined]
        )

    def _check_may_add(self, request: HttpRequest) -> None:
        if not self.has_add_permission(request):  # type: ignore[attr-defined]
            raise PermissionDenied

    def _gone(self, request: HttpRequest) -> HttpResponse:
        messages.warning(request, _now("This new sync was made or thrown away already. Begin another one."))
        return redirect("admin:syncconfig_guided_start")
