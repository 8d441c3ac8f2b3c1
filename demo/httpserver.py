"""The small HTTP server under the demo Odoo and the demo shop: threads, loopback, and faults on demand.

It speaks as much HTTP/1.1 as their clients need (Content-Length and chunked requests, keep-alive, 100-continue),
with little overhead per call, because benchmarks measure the product as a ratio against direct calls to it.
It refuses to be a general web server: no TLS, no static files, no other address than the one it is given.
"""

import contextlib
import re
import socket
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, BinaryIO, Self, cast
from urllib.parse import parse_qsl, unquote, urlsplit

MAX_BODY_BYTES = 64 * 1024 * 1024
MAX_LINE_BYTES = 65_536
POLL_S = 0.05


class Headers(dict[str, str]):
    """Headers by lower-case name, found by any."""

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name.lower(), default)

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and super().__contains__(name.lower())


@dataclass(frozen=True, slots=True)
class Request:
    """One received request; `path` is unquoted and without the query."""

    method: str
    path: str
    query: dict[str, str]
    headers: Headers
    body: bytes


@dataclass(frozen=True, slots=True)
class Response:
    """An answer; Content-Length and Connection are added when it is sent."""

    status: int
    body: bytes
    content_type: str = "application/json; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fault:
    """How one of the next calls goes wrong; `only` is a text that must occur in its path or body."""

    mode: str
    retry_after_s: float | None = None
    only: str | None = None

    def concerns(self, request: Request) -> bool:
        if self.only is None:
            return True
        return self.only in request.path or self.only.encode() in request.body


class BadRequest(Exception):
    """What arrived is no HTTP request; the connection is answered with 400 and closed."""


class DemoServer:
    """Serves `respond()` on loopback, one thread per connection, between `start()` and `stop()`.

    The port stays the same over stop and start, so that "the server was down for a while" can be played.
    """

    keep_alive = True

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.host = host
        self.port = port
        self.connections = 0
        self._faults: deque[Fault] = deque()
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._threads: set[threading.Thread] = set()
        self._stopping = threading.Event()
        self._listener: socket.socket | None = None
        self._acceptor: threading.Thread | None = None

    def respond(self, request: Request) -> Response:
        """Answer one request; called from many threads at once."""
        raise NotImplementedError

    def on_request(self, request: Request) -> None:
        """Called for every request that arrived whole, before any planned fault; servers may keep a log here."""

    def fault_response(self, status: int, fault: Fault) -> Response:
        """The answer of a fault that is a plain status; servers override it with their own shape."""
        html = f"<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>"
        return Response(status, html.encode(), "text/html", _retry_after(fault))

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def start(self) -> Self:
        if self._listener is not None:
            return self
        self._stopping.clear()
        listener = socket.create_server((self.host, self.port), backlog=256)
        listener.settimeout(POLL_S)
        self.port = listener.getsockname()[1]
        self._listener = listener
        self._acceptor = threading.Thread(target=self._accept, args=(listener,), daemon=True)
        self._acceptor.start()
        return self

    def stop(self) -> None:
        """Close the port and every open connection, and wait for the threads to be done."""
        if self._listener is None:
            return
        self._stopping.set()
        with contextlib.suppress(OSError):
            # Wakes the acceptor at once where the system can do that; elsewhere it looks every POLL_S.
            self._listener.shutdown(socket.SHUT_RDWR)
        if self._acceptor is not None:
            self._acceptor.join()
        self._listener.close()
        self._listener = None
        with self._lock:
            open_sockets, threads = list(self._open), list(self._threads)
        for sock in open_sockets:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join(timeout=5)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_exc: object) -> None:
        self.stop()

    def wait(self) -> None:
        """Serve until interrupted; for running as a command."""
        with contextlib.suppress(KeyboardInterrupt):
            while not self._stopping.wait(1):
                pass
        self.stop()

    def plan_fault(self, count: int, fault: Fault) -> None:
        """Let the next `count` matching calls go wrong.

        Modes: a status such as `503`; `502_html`, a proxy's error page; `drop_before`, the connection closes and
        nothing was done; `drop_after`, the work is done and the connection closes without an answer; `truncate`,
        the work is done and half of the answer arrives; `slow:<seconds>`, the work is done and the answer waits.
        """
        if not re.fullmatch(r"\d{3}|502_html|drop_before|drop_after|truncate|slow:\d+(\.\d+)?", fault.mode):
            raise ValueError(f"unknown fault mode {fault.mode!r}; see plan_fault for the modes")
        with self._lock:
            self._faults.extend([fault] * count)

    def clear_faults(self) -> None:
        with self._lock:
            self._faults.clear()

    # -- one connection ---------------------------------------------------------------------------------------

    def _accept(self, listener: socket.socket) -> None:
        while not self._stopping.is_set():
            try:
                sock, _address = listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            sock.settimeout(None)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            thread = threading.Thread(target=self._serve, args=(sock,), daemon=True)
            with self._lock:
                self.connections += 1
                self._open.add(sock)
                self._threads.add(thread)
            thread.start()

    def _serve(self, sock: socket.socket) -> None:
        try:
            with sock, sock.makefile("rb", 65_536) as stream:
                while self._serve_one(sock, cast(BinaryIO, stream)):
                    pass
        except OSError:
            # The client went away, or stop() closed the connection under us.
            pass
        finally:
            with self._lock:
                self._open.discard(sock)
                self._threads.discard(threading.current_thread())

    def _serve_one(self, sock: socket.socket, stream: BinaryIO) -> bool:
        """Answer one request; False when the connection is to be closed."""
        try:
            request = _read_request(sock, stream)
        except BadRequest as error:
            sock.sendall(_encode(Response(400, str(error).encode(), "text/plain"), keep_alive=False))
            return False
        if request is None:
            return False
        keep_alive = self.keep_alive and request.headers.get("connection", "").lower() != "close"
        self.on_request(request)
        fault = self._next_fault(request)
        if fault is None:
            sock.sendall(_encode(self.respond(request), keep_alive))
            return keep_alive
        return self._serve_fault(sock, request, fault, keep_alive)

    def _serve_fault(self, sock: socket.socket, request: Request, fault: Fault, keep_alive: bool) -> bool:
        mode = fault.mode
        if mode.isdigit():
            sock.sendall(_encode(self.fault_response(int(mode), fault), keep_alive))
            return keep_alive
        if mode == "502_html":
            page = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
            sock.sendall(_encode(Response(502, page, "text/html", _retry_after(fault)), keep_alive))
            return keep_alive
        if mode == "drop_before":
            return False
        answer = _encode(self.respond(request), keep_alive)
        if mode == "truncate":
            head_bytes = answer.index(b"\r\n\r\n") + 4
            sock.sendall(answer[: head_bytes + (len(answer) - head_bytes) // 2])
        elif mode.startswith("slow:"):
            self._stopping.wait(float(mode.removeprefix("slow:")))
            sock.sendall(answer)
            return keep_alive
        return False

    def _next_fault(self, request: Request) -> Fault | None:
        if not self._faults:
            return None
        with self._lock:
            for position, fault in enumerate(self._faults):
                if fault.concerns(request):
                    del self._faults[position]
                    return fault
        return None


def _retry_after(fault: Fault) -> dict[str, str]:
    return {} if fault.retry_after_s is None else {"Retry-After": f"{fault.retry_after_s:g}"}


def _read_request(sock: socket.socket, stream: BinaryIO) -> Request | None:
    line = stream.readline(MAX_LINE_BYTES)
    if not line:
        return None
    parts = line.decode("latin-1").split()
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
        raise BadRequest("malformed request line")
    method, target, version = parts
    headers = Headers()
    while (line := stream.readline(MAX_LINE_BYTES)) not in (b"\r\n", b"\n", b""):
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon:
            raise BadRequest("malformed header")
        headers[name.strip().lower()] = value.strip()
    if version == "HTTP/1.0":
        headers.setdefault("connection", "close")
    if headers.get("expect", "").lower() == "100-continue":
        sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    url = urlsplit(target)
    query = dict(parse_qsl(url.query, keep_blank_values=True))
    return Request(method, unquote(url.path), query, headers, _read_body(stream, headers))


def _read_body(stream: BinaryIO, headers: Headers) -> bytes:
    try:
        if headers.get("transfer-encoding", "").lower() == "chunked":
            return _read_chunks(stream)
        length = int(headers.get("content-length", "0"))
    except ValueError:
        raise BadRequest("malformed length") from None
    if not 0 <= length <= MAX_BODY_BYTES:
        raise BadRequest("the body is too large")
    return stream.read(length) if length else b""


def _read_chunks(stream: BinaryIO) -> bytes:
    chunks = []
    while size := int(stream.readline(MAX_LINE_BYTES).split(b";")[0] or b"0", 16):
        chunks.append(stream.read(size))
        stream.readline()
    stream.readline()
    return b"".join(chunks)


def _encode(response: Response, keep_alive: bool) -> bytes:
    """Head and body in one piece, so that one send carries the whole answer."""
    try:
        reason = HTTPStatus(response.status).phrase
    except ValueError:
        reason = ""
    lines = [
        f"HTTP/1.1 {response.status} {reason}",
        f"Content-Type: {response.content_type}",
        f"Content-Length: {len(response.body)}",
        *(f"{name}: {value}" for name, value in response.headers.items()),
        f"Connection: {'keep-alive' if keep_alive else 'close'}",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + response.body
