"""A receiver of OTLP: an HTTP server that decodes what is sent to it."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


class Received:
    """What a receiver got.

    Attributes:
        url: the endpoint.
        spans: the spans.
        metrics: the metrics of each export.
        resources: the attributes of who sent them.
        headers: of the last request.
    """

    def __init__(self) -> None:
        self.url = ""
        self.spans: list[Any] = []
        self.metrics: list[Any] = []
        self.resources: list[dict[str, Any]] = []
        self.headers: dict[str, str] = {}

    def named(self, name: str) -> Any:
        """The only span of a name."""
        [found] = [each for each in self.spans if each.name == name]
        return found

    def names(self) -> list[str]:
        return sorted(each.name for each in self.spans)


def attributes(of: Any) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in of.attributes}


@contextmanager
def receiver() -> Iterator[Received]:
    """Receive what is exported, on a port of this machine."""
    received = Received()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            received.headers = dict(self.headers)
            if self.path == "/v1/traces":
                for each in ExportTraceServiceRequest.FromString(body).resource_spans:
                    received.resources.append(attributes(each.resource))
                    for scope in each.scope_spans:
                        received.spans.extend(scope.spans)
            elif self.path == "/v1/metrics":
                for figures in ExportMetricsServiceRequest.FromString(body).resource_metrics:
                    received.resources.append(attributes(figures.resource))
                    for part in figures.scope_metrics:
                        received.metrics.append({each.name: each for each in part.metrics})
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    received.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield received
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
