from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SyncconfigConfig(AppConfig):
    name = "syncconfig"
    verbose_name = _("Configuration")

    def ready(self) -> None:
        from syncconfig import checks, needs, revisions, roles  # noqa: F401 - the checks register themselves
        from syncconfig.attention import add_attention

        revisions.connect_signals()
        roles.connect_signals()
        add_attention(needs.connections_need)
        add_attention(needs.drifts_need)
