"""One execution of an Out config."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from syncconfig.models import SyncConfig


class RunTrigger(models.TextChoices):
    MANUAL = "manual", _("By hand")
    COMMAND = "command", _("Command line")
    SCHEDULE = "schedule", _("Schedule")
    REPLAY = "replay", _("Replay")
    CHANGES = "changes", _("Odoo told of a change")
    SAMPLE = "sample", _("A sample")


class RunState(models.TextChoices):
    PENDING = "pending", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


class SyncRun(models.Model):
    """One execution of an Out config: a walk over its records by id, page by page; or over an external API's pages.

    `cursor` is the highest id whose page has its deliveries in the table; a run that is taken up again goes on
    from there. Done means that every record is read and what has to be delivered is in the table; deliveries that
    wait for another attempt go on counting in `delivered_count` and `dead_count` afterwards.

    `change_cursor` is how far a run over changes has looked; it becomes the config's when the run is done.

    Only `outbound.states` changes `state`. `claimed_until` is the lease of whoever executes it, and tells one
    executor from the next; `failures` counts the failed tries since the last page that could be read.
    """

    config = models.ForeignKey(SyncConfig, on_delete=models.CASCADE, related_name="runs", verbose_name=_("config"))
    trigger = models.CharField(_("started by"), max_length=10, choices=RunTrigger.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("user"),
    )
    state = models.CharField(_("state"), max_length=10, choices=RunState.choices, default=RunState.PENDING)
    record_ids = models.JSONField(_("chosen records"), null=True, blank=True)
    is_full = models.BooleanField(_("everything"), default=False, help_text=_("Send unchanged records too."))
    cursor = models.BigIntegerField(_("cursor"), default=0)
    change_cursor = models.CharField(max_length=50, blank=True, editable=False)
    pull_state = models.JSONField(null=True, editable=False)
    """Of a run that fetches: which page comes next, and what was seen so far (`outbound.pull_states`)."""
    total_count = models.PositiveIntegerField(
        _("records in all"),
        null=True,
        blank=True,
        help_text=_("As Odoo counted them when the run had more than a page to read."),
    )
    read_count = models.PositiveIntegerField(_("read"), default=0)
    unchanged_count = models.PositiveIntegerField(_("unchanged"), default=0)
    held_count = models.PositiveIntegerField(
        _("held back"),
        default=0,
        help_text=_(
            "Refused by the other side before, or in conflict, and unchanged since. Replay or discard their dead "
            "deliveries, or settle their conflicts."
        ),
    )
    rejected_count = models.PositiveIntegerField(_("rejected by the mapping"), default=0)
    queued_count = models.PositiveIntegerField(_("to deliver"), default=0)
    delivered_count = models.PositiveIntegerField(_("delivered"), default=0)
    dead_count = models.PositiveIntegerField(_("dead"), default=0)
    conflict_count = models.PositiveIntegerField(
        _("in conflict"), default=0, help_text=_("Changed on both sides; they wait until somebody has chosen.")
    )
    error = models.TextField(_("error"), blank=True)
    problems = models.JSONField(_("rejected records"), default=list, help_text=_("The first hundred, with the reason."))
    claimed_until = models.DateTimeField(null=True, editable=False)
    failures = models.PositiveSmallIntegerField(_("failed tries"), default=0, editable=False)
    next_attempt_at = models.DateTimeField(_("next attempt"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    started_at = models.DateTimeField(_("started"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        ordering = ["-id"]
        default_permissions = ("view", "delete")
        indexes = [
            models.Index(fields=["state", "claimed_until"]),
            models.Index(fields=["config", "-id"], name="run_by_config"),
            # By time: asked for the latest of a config in the order of ids, PostgreSQL walks back through the runs of
            # all configs, which is the whole table for one that never ran.
            models.Index(fields=["config", "-created_at"], name="run_by_time"),
            models.Index(fields=["config", "-created_at"], name="run_done_by_time", condition=models.Q(state="done")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["config"],
                condition=models.Q(state__in=["pending", "running"]),
                name="one_active_run_per_config",
            )
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.config}"
