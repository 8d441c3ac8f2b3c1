from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InboundConfig(AppConfig):
    name = "inbound"
    verbose_name = _("Endpoints")

    def ready(self) -> None:
        from inbound import needs, revisions, sweeping
        from outbound import sweeps
        from syncconfig.attention import add_attention

        revisions.connect_signals()
        sweeps.add_sweep(sweeping.queues_sweep)
        add_attention(needs.queues_need)
