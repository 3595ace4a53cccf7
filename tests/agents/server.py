"""A server that speaks the Chat Completions API over a real socket, and minds its rules."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "sk-test-0123456789"


class ChatServer:
    """Answers what the test put into ``answers``, one by one, and keeps what was asked.

    Attributes:
        answers: each a text, a list of calls ``(id, name, arguments)``, or what is sent as it is:
            ``(status, headers, body)``.
        asked: the bodies of the requests that were well made.
        headers: the headers of all requests.
    """

    def __init__(self) -> None:
        self.answers: list[Any] = []
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}
        )
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, path: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        if path != "/v1/chat/completions":
            return _error(404, f"Invalid URL (POST {path})")
        if self.headers[-1].get("authorization") != f"Bearer {KEY}":
            return _error(401, "Incorrect API key provided")
        request = json.loads(body)
        fault = _fault(request)
        if fault:
            return _error(400, fault)
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, tuple):
            return answer
        return 200, {}, json.dumps(_completion(request, answer)).encode()


def _completion(request: dict[str, Any], answer: Any) -> dict[str, Any]:
    calls = answer if isinstance(answer, list) else []
    message: dict[str, Any] = {"role": "assistant", "content": None if calls else answer}
    message["refusal"] = None
    if calls:
        message["tool_calls"] = [
            {"id": call, "type": "function", "function": {"name": name, "arguments": arguments}}
            for call, name, arguments in calls
        ]
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": request["model"],
        "choices": [
            {
                "index": 0,
                "message": message,
                "logprobs": None,
                "finish_reason": "tool_calls" if calls else "stop",
            }
        ],
        "usage": {"prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 25},
    }


def _error(status: int, message: str) -> tuple[int, dict[str, str], bytes]:
    said = {"error": {"message": message, "type": "invalid_request_error", "code": None}}
    return status, {}, json.dumps(said).encode()


def _fault(request: dict[str, Any]) -> str | None:
    """What the API would refuse of a request."""
    if not isinstance(request.get("model"), str) or not request.get("messages"):
        return "you must provide a model and messages"
    for tool in request.get("tools", []):
        if tool["type"] != "function" or tool["function"]["parameters"]["type"] != "object":
            return "Invalid schema for function"
    open_calls: set[str] = set()
    for message in request["messages"]:
        if message["role"] == "tool":
            if message["tool_call_id"] not in open_calls:
                return "messages with role 'tool' must be a response to a preceeding tool call"
            open_calls.remove(message["tool_call_id"])
        elif open_calls:
            return "an assistant message with 'tool_calls' must be followed by tool messages"
        if message["role"] != "assistant" and not isinstance(message["content"], str):
            return "content must be a string"
        open_calls |= {call["id"] for call in message.get("tool_calls", [])}
    return "tool calls without answers" if open_calls else None


def _handler(server: ChatServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            server.headers.append({name.lower(): text for name, text in self.headers.items()})
            status, headers, answer = server.answer(self.path, body)
            self.send_response(status)
            for name, text in {"Content-Length": str(len(answer)), **headers}.items():
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *said):
            """Say nothing."""

    return Handler
