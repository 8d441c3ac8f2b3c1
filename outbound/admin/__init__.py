"""Runs, deliveries and links to look at, and the buttons that act on them."""

from auditlog.replays import add_replay_offer
from outbound.admin import config_columns, deleting
from outbound.admin.agree_deletions import agree_deletions, asks
from outbound.admin.bench import bench
from outbound.admin.conflicts import ConflictAdmin
from outbound.admin.deliveries import DeliveryAdmin
from outbound.admin.guided_preview import draft_shown
from outbound.admin.hooks import odoo_hook
from outbound.admin.hosts import HostAdmin
from outbound.admin.links import RecordLinkAdmin
from outbound.admin.pause import pause_chosen, resume_chosen
from outbound.admin.pause_button import is_paused, is_running, pause, resume
from outbound.admin.preview import preview
from outbound.admin.replays import delivery_offer
from outbound.admin.run_now import run_chosen, run_now
from outbound.admin.runs import SyncRunAdmin
from outbound.admin.send_sample import send_sample, sends
from outbound.admin.settings import DeliveryPolicyInline, OutAuthInline, PullPolicyInline
from outbound.admin.workers import WorkerAdmin
from syncconfig.admin.actions import add_config_action, add_config_button, add_config_inline, add_config_view
from syncconfig.admin.deleting import add_deletion_words
from syncconfig.guided.previewing import add_previewer
from syncconfig.models import RequestType

add_replay_offer(delivery_offer)
add_config_button(preview)
add_config_button(run_now, request_type=RequestType.OUT)
add_config_button(send_sample, request_type=RequestType.OUT, is_in_menu=True, only_if=sends)
add_config_button(pause, is_in_menu=True, only_if=is_running)
add_config_button(resume, is_in_menu=True, only_if=is_paused)
add_config_button(agree_deletions, request_type=RequestType.OUT, is_in_menu=True, only_if=asks)
add_config_button(odoo_hook, request_type=RequestType.OUT, is_in_menu=True)
add_config_action(run_chosen)
add_config_action(pause_chosen)
add_config_action(resume_chosen)
add_config_inline(PullPolicyInline, request_type=RequestType.OUT)
add_config_inline(DeliveryPolicyInline, request_type=RequestType.OUT)
add_config_inline(OutAuthInline, request_type=RequestType.OUT)
add_deletion_words(obstacles=deleting.obstacles, consequences=deleting.consequences)
add_config_view("bench/", name="syncconfig_bench", view=bench)
add_previewer(draft_shown)

__all__ = [
    "ConflictAdmin",
    "DeliveryAdmin",
    "HostAdmin",
    "RecordLinkAdmin",
    "SyncRunAdmin",
    "WorkerAdmin",
    "config_columns",
]
