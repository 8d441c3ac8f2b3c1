"""What staff configure."""

from syncconfig.models.config import RequestType, SyncConfig
from syncconfig.models.connection import OdooConnection
from syncconfig.models.extras import SyncHeader, SyncParam
from syncconfig.models.line import SyncConfigLine
from syncconfig.models.schema import ModelSchema
from syncconfig.models.trigger import SyncTrigger

__all__ = [
    "ModelSchema",
    "OdooConnection",
    "RequestType",
    "SyncConfig",
    "SyncConfigLine",
    "SyncHeader",
    "SyncParam",
    "SyncTrigger",
]
