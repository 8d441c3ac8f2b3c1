"""The admin of what staff configure; a file per concept."""

from syncconfig.admin import config, connection, people, queue, schema

__all__ = ["config", "connection", "people", "queue", "schema"]
