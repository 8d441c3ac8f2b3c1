"""The admin of what staff configure; a file per concept."""

from syncconfig.admin import config, connection, people, queue, schema, trail

__all__ = ["config", "connection", "people", "queue", "schema", "trail"]
