from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InboundConfig(AppConfig):
    name = "inbound"
    verbose_name = _("Endpoints")

    def ready(self) -> None:
        from auditlog import finding, story
        from inbound import naming, needs, revisions, sweeping
        from inbound.models import Credential, EndpointPolicy
        from outbound import sweeps
        from syncconfig.attention import add_attention
        from syncconfig.documents.sections import Section, add_section

        revisions.connect_signals()
        add_section(Section("credentials", Credential, (("name",),)))
        add_section(Section("endpoint_policy", EndpointPolicy))
        sweeps.add_sweep(sweeping.queues_sweep)
        add_attention(needs.queues_need)
        finding.add_finder(naming.requested_records)
        story.add_teller(naming.our_part)
