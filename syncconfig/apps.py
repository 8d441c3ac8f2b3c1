from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SyncconfigConfig(AppConfig):
    name = "syncconfig"
    verbose_name = _("Configuration")

    def ready(self) -> None:
        from django.db.models.signals import post_migrate

        from syncconfig import checks, needs, revisions, roles  # noqa: F401 - the checks register themselves
        from syncconfig.attention import add_attention
        from syncconfig.documents.history import histories_begin
        from syncconfig.documents.sections import add_own_sections

        revisions.connect_signals()
        roles.connect_signals()
        add_attention(needs.connections_need)
        add_attention(needs.drifts_need)
        add_own_sections()
        post_migrate.connect(histories_begin, sender=self, dispatch_uid="histories-begin")
