"""What opens an endpoint: the config's own credential and those beside it, as values read once per revision."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from inbound.models import Credential, CredentialKind
from inbound.signatures import Signing
from inbound.validators import Network, networks_of
from syncconfig.models import SyncConfig


@dataclass(frozen=True, slots=True)
class Key:
    """One way of getting in. `credential_id` is None for the config's own; `secrets` holds every one that is valid."""

    kind: str
    secrets: tuple[str, ...] = field(repr=False)
    login: str = ""
    header: str = ""
    signing: Signing | None = None
    expires_at: datetime | None = None
    networks: tuple[Network, ...] = ()
    credential_id: int | None = None
    per_minute: int | None = None
    per_hour: int | None = None


def keys_of(config: SyncConfig) -> tuple[Key, ...]:
    """None at all: anybody may call."""
    found: list[Key] = []
    if config.auth_type != "none":
        secrets = (config.auth_secret,) if config.auth_secret else ()
        found.append(Key(config.auth_type, secrets, config.auth_login, config.auth_header))
    credentials = list(Credential.objects.filter(config=config).order_by("pk"))
    found += [_key(credential) for credential in credentials if credential.active]
    if credentials and not found:
        # All of them are switched off, which must not open the endpoint to everybody.
        found.append(Key("bearer", ()))
    return tuple(found)


def _key(credential: Credential) -> Key:
    signing = None
    if credential.kind == CredentialKind.SIGNATURE:
        signing = Signing(
            credential.scheme,
            credential.header_name if credential.scheme == "custom" else "",
            credential.algorithm,
            credential.encoding,
            credential.tolerance_s,
        )
    return Key(
        credential.kind,
        tuple(secret for secret in (credential.secret, credential.next_secret) if secret),
        credential.login,
        credential.header_name,
        signing,
        credential.expires_at,
        networks_of(credential.allowed_networks),
        credential.pk,
        credential.per_minute,
        credential.per_hour,
    )
