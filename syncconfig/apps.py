from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SyncconfigConfig(AppConfig):
    name = "syncconfig"
    verbose_name = _("Configuration")

    def ready(self) -> None:
        from syncconfig import checks, revisions  # noqa: F401 - the checks register themselves

        revisions.connect_signals()
