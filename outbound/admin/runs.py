"""Runs: how far each has come, and how it ended."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import path
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm

from auditlog.naming import RecordName
from auditlog.story import story_query
from outbound.admin.looking import LookingAdmin, badge, link
from outbound.models import RunState, SyncRun
from outbound.order_keys import is_odoo_id
from outbound.progress import progress_of
from outbound.run_control import run_cancel, run_resume
from outbound.runs import RunRefused
from outbound.states import ACTIVE_RUNS
from outbound.terminal import duration
from syncconfig.admin.dialogs import dialog_done
from syncconfig.admin.finding import row_at
from syncconfig.admin.safety import NamedFilter
from syncconfig.trail import act_record

_COLOURS = {
    RunState.PENDING: "info",
    RunState.RUNNING: "primary",
    RunState.DONE: "success",
    RunState.FAILED: "danger",
    RunState.CANCELLED: "warning",
}
_RESUMABLE = (RunState.FAILED, RunState.CANCELLED)


@admin.register(SyncRun)
class SyncRunAdmin(LookingAdmin):
    class Media:
        css = {"all": ("auditlog/log.css",)}
        js = ("outbound/live.js",)

    empty_text = _(
        "No run yet. An Out sync runs at its schedule, when Odoo tells of a change, or by “Run now” on its form."
    )
    list_display = (
        "shown_number", "shown_state", "config", "trigger", "created_at", "read_count", "shown_left", "shown_progress",
        "dead_count", "shown_duration",
    )  # fmt: skip
    list_display_links = ("shown_number",)
    list_filter = ("state", ("config", NamedFilter), "trigger")
    fieldsets = (
        (None, {"fields": ("shown_state", "config_link", "trigger", "user", "is_full", "shown_error")}),
        (
            _("Progress"),
            {
                "fields": (
                    "shown_bar",
                    "deliveries_link",
                )
            },
        ),
        (_("Rejected records"), {"fields": ("shown_problems",)}),
        (_("Times"), {"fields": (("created_at", "started_at", "finished_at"), "next_attempt_at", "shown_duration")}),
    )
    readonly_fields = (
        "shown_state", "config_link", "shown_error", "deliveries_link", "shown_problems", "shown_duration", "shown_bar",
    )  # fmt: skip
    actions_detail = ("resume", "cancel")

    def get_queryset(self, request: HttpRequest) -> QuerySet[SyncRun]:
        return super().get_queryset(request).select_related("config").defer("config__auth_secret", "record_ids")

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.progress_view)
        return [path("<int:run_id>/progress/", view, name="outbound_syncrun_progress"), *super().get_urls()]

    def progress_view(self, request: HttpRequest, run_id: int) -> HttpResponse:
        """What the page of a run fetches again and again while it is live."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        run = SyncRun.objects.defer("problems", "record_ids").filter(pk=run_id).first()
        if run is None:
            raise Http404
        return HttpResponse(self._bar(run, fetched=True), headers={"Cache-Control": "no-store"})

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A run that is not over would be gone under whoever executes it."""
        return (obj is None or obj.state not in ACTIVE_RUNS) and super().has_delete_permission(request, obj)

    def has_resume_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may_run(request) and self._is_in(object_id, _RESUMABLE)

    def has_cancel_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may_run(request) and self._is_in(object_id, ACTIVE_RUNS)

    def _may_run(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("syncconfig.run_syncconfig"))

    def _is_in(self, run_id: Any, states: tuple[RunState, ...]) -> bool:
        return run_id is None or row_at(SyncRun.objects.filter(state__in=states), run_id) is not None

    # --- what is shown ---

    @admin.display(description=_("Run"), ordering="id")
    def shown_number(self, run: SyncRun) -> str:
        return f"#{run.pk}"

    @admin.display(description=_("State"))
    def shown_state(self, run: SyncRun) -> SafeString:
        shown = badge(run.get_state_display(), _COLOURS[RunState(run.state)])
        if run.state == RunState.PENDING and run.failures and run.error:
            # Why it waits; of one that failed, the list would be full of it.
            return format_html('{} <span class="text-xs">{}</span>', shown, Truncator(run.error).chars(80))
        return shown

    @admin.display(description=_("Not sent"))
    def shown_left(self, run: SyncRun) -> str:
        """What was read and is not sent, by why; in one column, of which most runs have little to say."""
        counts = (
            (_now("unchanged"), run.unchanged_count),
            (_now("held back"), run.held_count),
            (_now("rejected"), run.rejected_count),
            (_now("in conflict"), run.conflict_count),
        )
        return ", ".join(f"{count} {word}" for word, count in counts if count) or "-"

    @admin.display(description=_("Delivered"))
    def shown_progress(self, run: SyncRun) -> str:
        return _now("%(done)s of %(all)s") % {"done": run.delivered_count, "all": run.queued_count}

    @admin.display(description=_("Progress"))
    def shown_bar(self, run: SyncRun) -> SafeString:
        return self._bar(run)

    def _bar(self, run: SyncRun, *, fetched: bool = False) -> SafeString:
        progress = progress_of(run, now=timezone.now())
        left = None if progress.left_s is None else duration(progress.left_s)
        context = {"run": run, "progress": progress, "left": left, "colour": _COLOURS[RunState(run.state)],
                   "fetched": fetched}  # fmt: skip
        return render_to_string("admin/outbound/run_progress.html", context)

    @admin.display(description=_("Duration"))
    def shown_duration(self, run: SyncRun) -> str:
        if run.started_at is None or run.finished_at is None:
            return "-"
        return f"{(run.finished_at - run.started_at).total_seconds():.1f} s"

    @admin.display(description=_("Sync config"))
    def config_link(self, run: SyncRun) -> SafeString:
        return link("syncconfig_syncconfig_change", run.config, run.config_id)

    @admin.display(description=_("Deliveries"))
    def deliveries_link(self, run: SyncRun) -> SafeString:
        return link("outbound_delivery_changelist", _("Show them"), query=f"?run={run.pk}")

    @admin.display(description=_("Error"))
    def shown_error(self, run: SyncRun) -> str:
        return run.error or "-"

    @admin.display(description=_("Problems"))
    def shown_problems(self, run: SyncRun) -> str | SafeString:
        if not run.problems:
            return "-"
        rows = format_html_join(
            "",
            '<tr><td>{}</td><td class="sync-break">{}</td></tr>',
            ((self._problem_link(run, each["record_id"]), each["reason"]) for each in run.problems),
        )
        more = ""
        if run.rejected_count > len(run.problems):
            text = _now("The first %(shown)s of %(all)s.") % {"shown": len(run.problems), "all": run.rejected_count}
            more = format_html('<p class="text-sm">{}</p>', text)
        return format_html(
            '<table class="sync-table"><thead><tr><th scope="col">{}</th><th scope="col">{}</th></tr></thead>'
            "<tbody>{}</tbody></table>{}",
            _("Record and its story"), _("Reason"), rows, more,
        )  # fmt: skip

    def _problem_link(self, run: SyncRun, record_id: object) -> object:
        """To the record's story; what was fetched and not mapped has no name but its place in the answer."""
        if not isinstance(record_id, int) or not is_odoo_id(record_id):
            return record_id
        query = f"?{story_query(RecordName(run.config_id, record_id))}"
        return link("auditlog_apilog_story", record_id, query=query)

    # --- buttons ---

    @action(
        description=_("Go on"),
        url_path="resume",
        icon="resume",
        permissions=["resume"],
        dialog={
            "title": _("Go on with this run"),
            "description": _(
                "It goes on behind the last page that it had read. What was discarded when it was cancelled is sent as "
                "well, unless something newer of its record was."
            ),
            "form_class": BaseDialogForm,
            "form_submit_text": _("Go on"),
        },
    )
    def resume(self, request: HttpRequest, form: BaseDialogForm, object_id: int) -> HttpResponse:
        try:
            if run_resume(run_id=object_id):
                self._record(request, object_id, _("Let the run go on."))
                messages.success(request, _now("The run is on its way again."))
            else:
                messages.warning(request, _now("The run is neither failed nor cancelled any more."))
        except RunRefused as error:
            messages.error(request, str(error))
        return dialog_done("outbound_syncrun_change", object_id)

    @action(
        description=_("Cancel"),
        url_path="cancel",
        icon="cancel",
        permissions=["cancel"],
        variant=ActionVariant.DANGER,
        dialog={
            "title": _("Cancel this run"),
            "description": _(
                "What of it has not been sent is discarded, until somebody lets the run go on. What arrived stays "
                "where it is."
            ),
            "form_class": BaseDialogForm,
            "form_submit_text": _("Cancel the run"),
        },
    )
    def cancel(self, request: HttpRequest, form: BaseDialogForm, object_id: int) -> HttpResponse:
        if run_cancel(run_id=object_id):
            self._record(request, object_id, _("Cancelled the run."))
            messages.success(request, _now("The run is cancelled."))
        else:
            messages.warning(request, _now("The run was over already."))
        return dialog_done("outbound_syncrun_change", object_id)

    def _record(self, request: HttpRequest, run_id: Any, text: Promise) -> None:
        act_record(user=request.user, objects=self.get_queryset(request).filter(pk=run_id), text=text)
