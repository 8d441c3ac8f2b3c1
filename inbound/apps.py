from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InboundConfig(AppConfig):
    name = "inbound"
    verbose_name = _("Endpoints")

    def ready(self) -> None:
        from inbound import revisions, sweeping
        from outbound import sweeps

        revisions.connect_signals()
        sweeps.add_sweep(sweeping.queues_sweep)
