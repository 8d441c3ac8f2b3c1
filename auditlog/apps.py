from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AuditlogConfig(AppConfig):
    name = "auditlog"
    verbose_name = _("Log")

    def ready(self) -> None:
        from auditlog import admin_calls

        admin_calls.connect()
