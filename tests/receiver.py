"""A stand-in on loopback for whatever takes alerts and signs of life: it remembers what came."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PATIENCE_S = 40.0


@dataclass
class Receiver:
    """What came, by its method.

    Attributes:
        alerts: the messages of apprise's JSON service.
        posted, pinged: the paths of POST and GET requests.
    """

    port: int
    alerts: list[dict[str, Any]] = field(default_factory=list)
    posted: list[str] = field(default_factory=list)
    pinged: list[str] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def url(self, scheme: str, path: str = "") -> str:
        """Return its address."""
        return f"{scheme}://127.0.0.1:{self.port}/{path}"


@contextmanager
def receiving(status: int = 200, headers: Mapping[str, str] | None = None) -> Iterator[Receiver]:
    """Run a receiver that always answers the same."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with receiver.changed:
                receiver.posted.append(self.path)
                receiver.alerts.append(body)
                receiver.changed.notify_all()
            self._answer()

        def do_GET(self) -> None:
            with receiver.changed:
                receiver.pinged.append(self.path)
                receiver.changed.notify_all()
            self._answer()

        def _answer(self) -> None:
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Be silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver = Receiver(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
