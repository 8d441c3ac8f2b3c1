"""The admin of what staff configure; a file per concept."""

from syncconfig.admin import (
    asking,
    config,
    connection,
    exporting,
    history,
    importing,
    people,
    printing,
    queue,
    schema,
    ways_back,
)

__all__ = [
    "asking",
    "config",
    "connection",
    "exporting",
    "history",
    "importing",
    "people",
    "printing",
    "queue",
    "schema",
    "ways_back",
]
