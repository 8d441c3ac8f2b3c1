"""What is to be delivered, what became of it, and which record is which on the other side."""

from outbound.models.auth import OutAuth, OutAuthKind
from outbound.models.conflict import Conflict, ConflictState
from outbound.models.delivery import Delivery, DeliveryState
from outbound.models.delivery import _idempotency_key as _idempotency_key  # named by the first migration
from outbound.models.host import BreakerState, Host
from outbound.models.link import RecordClaim, RecordLink, WriteBack
from outbound.models.notice import Notice, OdooHook
from outbound.models.policy import BodyFormat, Deletions, DeliveryPolicy, policy_of
from outbound.models.pull import Pages, PullPolicy, pull_policy_of
from outbound.models.run import RunState, RunTrigger, SyncRun
from outbound.models.worker import Worker

__all__ = [
    "BodyFormat",
    "BreakerState",
    "Conflict",
    "ConflictState",
    "Deletions",
    "Delivery",
    "DeliveryPolicy",
    "DeliveryState",
    "Host",
    "Notice",
    "OdooHook",
    "OutAuth",
    "OutAuthKind",
    "Pages",
    "PullPolicy",
    "RecordClaim",
    "RecordLink",
    "RunState",
    "RunTrigger",
    "SyncRun",
    "Worker",
    "WriteBack",
    "policy_of",
    "pull_policy_of",
]
