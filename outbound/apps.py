from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OutboundConfig(AppConfig):
    name = "outbound"
    verbose_name = _("Deliveries")

    def ready(self) -> None:
        from outbound import noticed, schedules, sweeps, triggers, write_backs

        triggers.connect_signals()
        sweeps.add_sweep(noticed.notices_start)
        sweeps.add_sweep(schedules.missed_start)
        sweeps.add_sweep(write_backs.write_backs_due)
