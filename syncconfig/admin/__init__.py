"""The admin of what staff configure; a file per concept."""

from syncconfig.admin import config, connection, exporting, history, importing, people, queue, schema

__all__ = ["config", "connection", "exporting", "history", "importing", "people", "queue", "schema"]
