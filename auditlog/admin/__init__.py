"""The log, to look at: its list, an entry, finding a record, and a record's story."""

from auditlog import admin_trail  # noqa: F401 - registers itself
from auditlog.admin.log import ApiLogAdmin

__all__ = ["ApiLogAdmin"]
