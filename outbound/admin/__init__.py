"""Runs, deliveries and links to look at, and the buttons that act on them."""

from auditlog.replays import add_replay_offer
from outbound.admin import config_columns
from outbound.admin.deliveries import DeliveryAdmin
from outbound.admin.hooks import odoo_hook
from outbound.admin.hosts import HostAdmin
from outbound.admin.links import RecordLinkAdmin
from outbound.admin.pause import pause_chosen, resume_chosen
from outbound.admin.preview import preview
from outbound.admin.replays import delivery_offer
from outbound.admin.run_now import run_chosen, run_now
from outbound.admin.runs import SyncRunAdmin
from outbound.admin.settings import DeliveryPolicyInline, OutAuthInline, PullPolicyInline
from outbound.admin.workers import WorkerAdmin
from syncconfig.admin.actions import add_config_action, add_config_button, add_config_inline
from syncconfig.models import RequestType

add_replay_offer(delivery_offer)
add_config_button(preview)
add_config_button(run_now, request_type=RequestType.OUT)
add_config_button(odoo_hook, request_type=RequestType.OUT)
add_config_action(run_chosen)
add_config_action(pause_chosen)
add_config_action(resume_chosen)
add_config_inline(PullPolicyInline, request_type=RequestType.OUT)
add_config_inline(DeliveryPolicyInline, request_type=RequestType.OUT)
add_config_inline(OutAuthInline, request_type=RequestType.OUT)

__all__ = ["DeliveryAdmin", "HostAdmin", "RecordLinkAdmin", "SyncRunAdmin", "WorkerAdmin", "config_columns"]
