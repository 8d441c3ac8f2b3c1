"""What staff configure."""

from syncconfig.models.config import (
    AuthType,
    ConflictRule,
    DeleteMode,
    OnExisting,
    RequestShape,
    RequestType,
    SyncConfig,
)
from syncconfig.models.connection import OdooConnection
from syncconfig.models.extras import SyncHeader, SyncParam
from syncconfig.models.line import SyncConfigLine
from syncconfig.models.role import Role
from syncconfig.models.schema import ModelSchema
from syncconfig.models.trigger import SyncTrigger
from syncconfig.models.version import ConfigVersion, VersionSource

__all__ = [
    "AuthType",
    "ConfigVersion",
    "ConflictRule",
    "DeleteMode",
    "ModelSchema",
    "OdooConnection",
    "OnExisting",
    "RequestShape",
    "RequestType",
    "Role",
    "SyncConfig",
    "SyncConfigLine",
    "SyncHeader",
    "SyncParam",
    "SyncTrigger",
    "VersionSource",
]
