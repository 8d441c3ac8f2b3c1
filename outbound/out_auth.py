"""How a config's calls show who they are: the config's own authorization, OAuth2, a signature, a certificate.

Tokens and connections outlive a task: both are kept per process, under what they were made from.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any, Final

from django.conf import settings

from clients.auth import Auth, build_auth
from clients.errors import Kind, RemoteError
from clients.http import HttpClient
from clients.oauth2 import ClientCredentials
from clients.signing import WebhookSigner, webhook_signer
from outbound.models import OutAuth, OutAuthKind
from syncconfig.connections import address_policy, http_client
from syncconfig.models import SyncConfig

MAX_KEPT: Final = 100

_kept: OrderedDict[tuple[Any, ...], Any] = OrderedDict()
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Credentials:
    """`auth` and `signer` make headers; `http` is the way out, with the certificate where there is one; `secrets` must
    not be stored in the log."""

    auth: Auth
    http: HttpClient
    signer: WebhookSigner | None = None
    secrets: tuple[str, ...] = field(default=(), repr=False)


def credentials_of(config: SyncConfig) -> Credentials:
    """Raises RemoteError PERMANENT where they are incomplete, and SecretUnreadable."""
    further = OutAuth.objects.filter(config_id=config.pk).first() or OutAuth(config=config)
    http = _http(further)
    secrets = [config.auth_secret, further.secret, further.old_secret]
    try:
        signer = None
        if further.kind == OutAuthKind.WEBHOOK:
            signer = webhook_signer([secret for secret in (further.secret, further.old_secret) if secret])
        if further.kind == OutAuthKind.OAUTH2:
            auth: Auth = _oauth2(further, http)
        else:
            auth = build_auth(
                config.auth_type, login=config.auth_login, secret=config.auth_secret, header_name=config.auth_header
            )
    except ValueError as error:
        raise RemoteError(
            f"The authorization of {config.name} is incomplete: {error}", kind=Kind.PERMANENT, code="bad_config"
        ) from error
    return Credentials(auth, http, signer, tuple(secret for secret in secrets if secret))


def _http(further: OutAuth) -> HttpClient:
    if not (further.certificate or further.authorities):
        return http_client()
    key = ("http", further.certificate, further.authorities)
    return _keep(
        key,
        lambda: HttpClient(
            address_policy(),
            pool_size=max(8, settings.SYNC_CONNECTIONS_PER_HOST),
            authorities=further.authorities,
            certificate=further.certificate,
        ),
    )


def _oauth2(further: OutAuth, http: HttpClient) -> ClientCredentials:
    made_from = (further.token_url, further.client_id, further.secret, further.scope)
    return _keep(
        ("oauth2", id(http), *made_from),
        lambda: ClientCredentials(http, *made_from),
    )


def _keep(key: tuple[Any, ...], make: Any) -> Any:
    with _lock:
        if key not in _kept:
            _kept[key] = make()
            while len(_kept) > MAX_KEPT:
                _kept.popitem(last=False)
        _kept.move_to_end(key)
        return _kept[key]
