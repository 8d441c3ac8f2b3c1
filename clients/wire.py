"""The sockets under `http`: they connect only to checked addresses and give up at a deadline.

requests and urllib3 keep their own pooling, TLS and parsing; what is replaced is how a connection is opened (through
`AddressPolicy`, no second resolution) and how long it may be read (in total, not only between two bytes).
"""

from __future__ import annotations

import http.client
import os
import socket
import ssl
import tempfile
import threading
from http.cookiejar import DefaultCookiePolicy
from time import monotonic
from typing import Any, ClassVar

from requests import PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from clients.guard import AddressPolicy

FOREVER = float("inf")


class Call(threading.local):
    """What happens to the call that this thread is making; the connection writes it, `http` reads it."""

    total_s: float = FOREVER
    connected: bool = False
    """A new connection was opened, so the one used was no kept-alive one."""
    sent: bool = False
    """The request, or its beginning, may have reached the server."""

    def begin(self, total_s: float) -> None:
        self.total_s = total_s
        self.connected = False
        self.sent = False


call = Call()


def _limit(sock: socket.socket, deadline: float) -> None:
    """Shorten the timeout of the next read to what is left until `deadline`."""
    left = deadline - monotonic()
    if left <= 0:
        raise TimeoutError("the answer took longer than its total time limit")
    timeout = sock.gettimeout()
    if timeout is None or left < timeout:
        sock.settimeout(left)


class DeadlineSocket(socket.socket):
    """A socket whose reads end at `deadline` (monotonic seconds), however slowly the bytes drip."""

    deadline: float = FOREVER

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        _limit(self, self.deadline)
        return super().recv_into(buffer, nbytes, flags)


class DeadlineTlsSocket(ssl.SSLSocket):
    """The same over TLS."""

    deadline: float = FOREVER

    def recv_into(self, buffer: Any, nbytes: int | None = None, flags: int = 0) -> int:
        _limit(self, self.deadline)
        return super().recv_into(buffer, nbytes, flags)


def connect(connection: HTTPConnection, policy: AddressPolicy) -> socket.socket:
    """Open `connection`'s socket to one of its host's checked addresses, all tried within one connect timeout."""
    call.connected = True
    timeout = connection.timeout
    deadline = monotonic() + timeout if isinstance(timeout, int | float) else FOREVER
    failure: OSError | None = None
    # `_dns_host` is the name as given, with a trailing dot and without brackets; urllib3 resolves the same one.
    for family, sockaddr in policy.check(connection._dns_host, connection.port):
        left = deadline - monotonic()
        if left <= 0:
            failure = TimeoutError("timed out")
            break
        sock = DeadlineSocket(family, socket.SOCK_STREAM)
        try:
            for option in connection.socket_options or ():
                sock.setsockopt(*option)
            sock.settimeout(None if left == FOREVER else left)
            sock.connect(sockaddr)
        except OSError as error:
            sock.close()
            failure = error
        else:
            sock.settimeout(None if timeout is None else float(timeout))
            return sock
    if isinstance(failure, TimeoutError):
        raise ConnectTimeoutError(connection, f"Connection to {connection.host} timed out.") from failure
    raise NewConnectionError(connection, f"Failed to establish a new connection: {failure}") from failure


def _arm(sock: Any) -> None:
    call.sent = True
    sock.deadline = monotonic() + call.total_s


class _Lines:
    """A response's file while its head is read; remembers the last line."""

    def __init__(self, fp: Any) -> None:
        self._readline = fp.readline
        self.close = fp.close
        self.last: bytes = b""

    def readline(self, limit: int = -1) -> bytes:
        self.last = self._readline(limit)
        return self.last


class WholeHeadResponse(http.client.HTTPResponse):
    """A response whose head must end with its blank line: http.client takes a connection that breaks in the middle of
    the headers for their end, and an answer cut short for an empty success."""

    def begin(self) -> None:
        fp: Any = self.fp
        lines: Any = _Lines(fp)
        self.fp = lines
        try:
            super().begin()
        finally:
            if self.fp is lines:
                self.fp = fp
        if not lines.last:
            fp.close()
            raise http.client.IncompleteRead(b"")


class GuardedConnection(HTTPConnection):
    response_class = WholeHeadResponse
    policy: ClassVar[AddressPolicy]

    def _new_conn(self) -> socket.socket:
        return connect(self, self.policy)

    def request(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is None:
            self.connect()
        _arm(self.sock)
        super().request(*args, **kwargs)


class GuardedTlsConnection(HTTPSConnection):
    response_class = WholeHeadResponse
    policy: ClassVar[AddressPolicy]

    def _new_conn(self) -> socket.socket:
        return connect(self, self.policy)

    def request(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is None:
            self.connect()
        _arm(self.sock)
        super().request(*args, **kwargs)


def tls_context(verify: bool | str, *, authorities: str = "", certificate: str = "") -> ssl.SSLContext:
    """A client context: `verify` True for the public authorities, a path for one's own, False for none.

    `authorities` are further ones as PEM; `certificate` is what we show, with its private key, as PEM. Raises OSError
    if one of them cannot be read as certificates.
    """
    if verify is False:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        import certifi

        context = ssl.create_default_context(cafile=certifi.where() if verify is True else verify)
    if authorities:
        context.load_verify_locations(cadata=authorities)
    if certificate:
        _load_certificate(context, certificate)
    context.sslsocket_class = DeadlineTlsSocket
    return context


def _load_certificate(context: ssl.SSLContext, certificate: str) -> None:
    """OpenSSL reads a key from a file only: one that only we may read, for as long as that takes."""
    handle, path = tempfile.mkstemp()
    try:
        with os.fdopen(handle, "w") as file:
            file.write(certificate)
        # A key with a password would otherwise be asked for at the terminal.
        context.load_cert_chain(path, password="")
    finally:
        os.unlink(path)


class _TlsPool(HTTPSConnectionPool):
    def _validate_conn(self, conn: Any) -> None:
        """Connect, without urllib3's warning at every call where the operator chose not to verify."""
        if conn.is_closed:
            conn.connect()


class GuardedAdapter(HTTPAdapter):
    """An adapter whose pools open guarded connections with one shared TLS context."""

    def __init__(self, policy: AddressPolicy, context: ssl.SSLContext | None, *, pool_size: int) -> None:
        self._policy = policy
        self._context = context
        super().__init__(pool_connections=1, pool_maxsize=pool_size, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        if self._context is not None:
            kwargs["ssl_context"] = self._context
        super().init_poolmanager(*args, **kwargs)
        plain = type("Plain", (GuardedConnection,), {"policy": self._policy})
        tls = type("Tls", (GuardedTlsConnection,), {"policy": self._policy})
        self.poolmanager.pool_classes_by_scheme = {
            "http": type("PlainPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
            "https": type("TlsPool", (_TlsPool,), {"ConnectionCls": tls}),
        }

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Nothing: the context decides, and holds the authorities already (requests would load them per call)."""

    def build_connection_pool_key_attributes(
        self, request: PreparedRequest, verify: Any, cert: Any = None
    ) -> tuple[Any, Any]:
        host, _tls = super().build_connection_pool_key_attributes(request, verify, cert)
        required = self._context is None or self._context.verify_mode == ssl.CERT_REQUIRED
        return host, {"cert_reqs": "CERT_REQUIRED" if required else "CERT_NONE"}


class GuardedSession(Session):
    """A session that follows no redirect, keeps no cookie and reads nothing from the environment."""

    def __init__(self, policy: AddressPolicy, context: ssl.SSLContext | None, *, pool_size: int) -> None:
        super().__init__()
        self.trust_env = False
        self.headers.clear()
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        adapter = GuardedAdapter(policy, context, pool_size=pool_size)
        self.adapters.clear()
        self.mount("https://" if context is not None else "http://", adapter)

    def get_redirect_target(self, resp: Response) -> None:
        """None: with a target, requests would read the whole body of the redirect, without limit."""

    def send_once(self, request: PreparedRequest, timeout: tuple[float, float]) -> Response:
        """Send `request` and return the answer with its body unread."""
        return self.send(request, stream=True, timeout=timeout, allow_redirects=False, proxies={})
