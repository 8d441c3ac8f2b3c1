from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OutboundConfig(AppConfig):
    name = "outbound"
    verbose_name = _("Deliveries")

    def ready(self) -> None:
        from outbound import triggers

        triggers.connect_signals()
