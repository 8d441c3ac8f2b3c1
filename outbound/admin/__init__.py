"""Runs, deliveries and links to look at, and the buttons that act on them."""

from outbound.admin.deliveries import DeliveryAdmin
from outbound.admin.links import RecordLinkAdmin
from outbound.admin.preview import preview
from outbound.admin.run_now import run_chosen, run_now
from outbound.admin.runs import SyncRunAdmin
from syncconfig.admin.actions import add_config_action, add_config_button
from syncconfig.models import RequestType

add_config_button(preview)
add_config_button(run_now, request_type=RequestType.OUT)
add_config_action(run_chosen)

__all__ = ["DeliveryAdmin", "RecordLinkAdmin", "SyncRunAdmin"]
