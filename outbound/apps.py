from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OutboundConfig(AppConfig):
    name = "outbound"
    verbose_name = _("Deliveries")

    def ready(self) -> None:
        from auditlog import finding, story
        from auditlog import naming as names
        from outbound import (
            explaining,
            guided,
            moving,
            naming,
            needs,
            noticed,
            schedules,
            sweeps,
            triggers,
            write_backs,
        )
        from outbound.models import DeliveryPolicy, OutAuth, PullPolicy
        from outbound.move_doubts import LinkKeeper
        from syncconfig.attention import add_attention
        from syncconfig.documents.sections import Section, add_section
        from syncconfig.guided.belongings import add_maker
        from syncconfig.moves import set_keeper

        triggers.connect_signals()
        moving.connect_signals()
        set_keeper(LinkKeeper())
        add_section(Section("delivery_policy", DeliveryPolicy))
        add_section(Section("out_auth", OutAuth))
        add_section(Section("pull_policy", PullPolicy, left_out=("since_value",)))
        names.add_namer(naming.linked_names)
        finding.add_finder(naming.delivered_records)
        story.add_teller(naming.our_part)
        story.set_tracer(explaining.ways_of)
        sweeps.add_sweep(noticed.notices_start)
        sweeps.add_sweep(schedules.missed_start)
        sweeps.add_sweep(write_backs.write_backs_due)
        add_maker(guided.policies_make)
        for provider in needs.PROVIDERS:
            add_attention(provider)
