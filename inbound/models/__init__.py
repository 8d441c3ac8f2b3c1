"""What belongs to the endpoints: who may call them, within which limits, and what was accepted."""

from inbound.models.archived import ArchivedRecord
from inbound.models.counter import RateCounter
from inbound.models.credential import Credential, CredentialKind, SignatureScheme
from inbound.models.policy import EndpointMode, EndpointPolicy
from inbound.models.request import InboundRequest, RequestState

__all__ = [
    "ArchivedRecord",
    "Credential",
    "CredentialKind",
    "EndpointMode",
    "EndpointPolicy",
    "InboundRequest",
    "RateCounter",
    "RequestState",
    "SignatureScheme",
]
