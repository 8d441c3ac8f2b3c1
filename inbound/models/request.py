"""A request that was accepted, and its answer."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from syncconfig.models import SyncConfig


class RequestState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")


class InboundRequest(models.Model):
    """A request that must not be lost, or not be done twice: a queued one, or one with an Idempotency-Key.

    `idempotency_key` is a hash of the key and of who sent it, `fingerprint` one of everything that was asked for.
    An immediate request is RUNNING under a lease (`claim`, `claimed_until`) and DONE with its answer; one whose
    process died is taken over by the next attempt. A queued one is WAITING, in order of its id, until it is DONE.
    `record_key` tells requests about one record, which are never processed out of their order.
    """

    public_id = models.UUIDField(_("id"), default=uuid.uuid4, unique=True)
    config = models.ForeignKey(
        SyncConfig, on_delete=models.CASCADE, related_name="inbound_requests", verbose_name=_("config"), db_index=False
    )
    is_queued = models.BooleanField(_("queued"), default=False)
    request_id = models.CharField(_("request id"), max_length=200, blank=True)
    idempotency_key = models.CharField(max_length=64, null=True, blank=True)
    fingerprint = models.CharField(max_length=64, blank=True)
    method = models.CharField(_("method"), max_length=10)
    action = models.CharField(_("what"), max_length=300, blank=True, help_text=_("Of the address, after the endpoint."))
    query = models.TextField(_("query"), blank=True)
    body = models.TextField(_("body"), blank=True)
    record_key = models.CharField(_("record"), max_length=64, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=RequestState.choices, default=RequestState.WAITING)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt"), null=True, blank=True)
    claim = models.CharField(max_length=32, blank=True, editable=False)
    claimed_until = models.DateTimeField(null=True, editable=False)
    status = models.PositiveSmallIntegerField(_("status"), null=True, blank=True)
    headers = models.JSONField(_("headers of the answer"), default=dict)
    answer = models.TextField(_("answer"), blank=True)
    last_error = models.TextField(_("last error"), blank=True)
    callback_tries = models.PositiveSmallIntegerField(default=0, editable=False)
    is_told = models.BooleanField(_("callback told"), default=True)
    created_at = models.DateTimeField(_("accepted"))
    done_at = models.DateTimeField(_("done"), null=True, blank=True)

    class Meta:
        verbose_name = _("accepted request")
        verbose_name_plural = _("accepted requests")
        ordering = ["-id"]
        default_permissions = ("view",)
        permissions = [("replay_inboundrequest", _("Can replay requests of others"))]
        constraints = [
            models.UniqueConstraint(fields=["config", "idempotency_key"], name="request_once_per_key"),
        ]
        indexes = [
            models.Index(fields=["config", "id"], name="request_waiting", condition=models.Q(state="waiting")),
            models.Index(fields=["config"], name="request_untold", condition=models.Q(is_told=False, state="done")),
            models.Index(fields=["created_at"], name="request_by_time"),
            models.Index(fields=["request_id"], name="request_by_request_id"),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.action} {self.public_id}"
