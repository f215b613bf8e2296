"""A stand-in for every translated provider: keeps what it is sent, and answers as little as each protocol allows."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ANSWERS = {
    "anthropic": {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "m", "stop_reason": "end_turn",
        "stop_sequence": None, "content": [{"type": "text", "text": "ok"}],
        "usage": {"input_tokens": 1, "output_tokens": 1},
    },
    "google": {
        "candidates": [{"content": {"role": "model", "parts": [{"text": "ok"}]}, "finishReason": "STOP", "index": 0}],
        "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 1, "totalTokenCount": 2},
    },
    "bedrock": {
        "output": {"message": {"role": "assistant", "content": [{"text": "ok"}]}}, "stopReason": "end_turn",
        "usage": {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2}, "metrics": {"latencyMs": 1},
    },
    "cohere": {
        "id": "1", "finish_reason": "COMPLETE", "message": {"role": "assistant", "content": [{"type": "text", "text": "ok"}]},
        "usage": {"tokens": {"input_tokens": 1, "output_tokens": 1}},
    },
    "responses": {
        "id": "resp_1", "object": "response", "created_at": 1, "model": "m", "status": "completed", "tools": [],
        "parallel_tool_calls": True, "tool_choice": "auto",
        "output": [
            {
                "id": "msg_1", "type": "message", "role": "assistant", "status": "completed",
                "content": [{"type": "output_text", "text": "ok", "annotations": []}],
            }
        ],
        "usage": {
            "input_tokens": 1, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 1,
            "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 2,
        },
    },
    "ollama": {
        "model": "m", "created_at": "2026-01-01T00:00:00Z", "message": {"role": "assistant", "content": "ok"},
        "done": True, "done_reason": "stop", "prompt_eval_count": 1, "eval_count": 1,
    },
}
ANSWERS["vertex"] = ANSWERS["google"]


def answer_to(captured):
    """Vertex answers as whose model it is."""
    return ANSWERS["anthropic" if "/publishers/anthropic/" in captured.path else captured.provider]


class Captured:
    """One request as it arrived."""

    def __init__(self, provider, path, headers, body):
        self.provider, self.path, self.headers, self.body = provider, path, headers, body


class Upstreams:
    """Listens on a free port; the first segment of a path says who is meant."""

    def __init__(self):
        self.last = None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))))
                _, provider, rest = self.path.split("/", 2)
                outer.last = Captured(provider, rest, dict(self.headers.items()), body)
                self.answer(200, answer_to(outer.last))

            def do_GET(self):
                self.answer(404, {"message": "no list here"})

            def answer(self, status, value):
                body = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{server.server_address[1]}"

    def take(self):
        """What came since the last time."""
        taken, self.last = self.last, None
        return taken
