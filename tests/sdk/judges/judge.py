#!/usr/bin/env python3
"""The providers' own SDKs judge what the gateway sends them.

Every recorded OpenAI request of the corpus (GATEWAY_CORPUS), every request of requests.json, and every request that
openai-python's own types allow (asked.py) is asked of each translated provider. What arrives must fit the types of that provider's current SDK with no unknown key, and must hold
everything that was asked; or the gateway has named what it dropped, or has refused with a 4xx that names the member.

    python3 tests/sdk/judges/run.py            installs the SDKs and calls this
"""

import http.client
import json
import os
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from run import Gateway, gateway_binary  # noqa: E402

import asked  # noqa: E402
from accept import JUDGES  # noqa: E402
from carried import is_named, lost_content, parameters  # noqa: E402
from upstreams import Upstreams  # noqa: E402

# Older and newest models, since what they take differs.
TARGETS = [
    ("anthropic", "claude-sonnet-4-5"),
    ("anthropic", "claude-opus-5-5"),
    ("google", "gemini-2.5-flash"),
    ("google", "gemini-3-pro-preview"),
    ("vertex", "gemini-2.5-pro"),
    ("vertex", "claude-sonnet-4-5@20250929"),
    ("bedrock", "anthropic.claude-sonnet-4-5-20250929-v1:0"),
    ("bedrock", "amazon.nova-pro-v1:0"),
    ("cohere", "command-a-03-2025"),
    ("ollama", "qwen3:8b"),
    ("responses", "gpt-4.1"),
    ("responses", "gpt-5.5"),
]
BASES = {"anthropic": "/v1", "google": "/v1beta", "vertex": "/v1", "bedrock": "", "cohere": "", "ollama": "", "responses": "/v1"}
# Whose own dialect is another one.
SPEAK = {"ollama": 'dialect = "ollama"', "responses": 'vendor = "openai"\ndialect = "responses"'}


def config(url):
    lines = ["[features]", "vision = true", "discover_providers = false"]
    for provider, base in BASES.items():
        lines += [f"[providers.{provider}]", f'base_url = "{url}/{provider}{base}"', 'api_key = "k-0123456789"']
        lines += [SPEAK[provider]] if provider in SPEAK else []
    return "\n".join(lines) + "\n"


def recorded_requests():
    folder = os.environ.get("GATEWAY_CORPUS")
    if not folder:
        print("[judges] GATEWAY_CORPUS is not set: no recorded requests are judged")
        return
    for entry in json.loads((Path(folder) / "index.json").read_text()):
        if entry["dialect"] != "openai.chat":
            continue
        recording = json.loads((Path(folder) / entry["file"]).read_text())
        body = (recording.get("request") or {}).get("body")
        if isinstance(body, dict) and body.get("messages"):
            yield entry["id"], body


def made_requests():
    for name, body in json.loads((HERE / "requests.json").read_text()).items():
        yield f"made:{name}", body


class Judge:
    """A gateway, its upstreams, and what was found."""

    def __init__(self, binary):
        self.upstreams = Upstreams()
        self.gateway = Gateway(binary, config(self.upstreams.url))
        self.connection = http.client.HTTPConnection("127.0.0.1", self.gateway.port, timeout=30)
        self.verdicts = Counter()
        self.complaints = []

    def ask(self, provider, model, body):
        """The status, the error or None, what was dropped, and what arrived."""
        body = {key: value for key, value in body.items() if key not in ("stream", "stream_options")}
        body["model"] = f"{provider}/{model}"
        self.upstreams.take()
        self.connection.request("POST", "/v1/chat/completions", json.dumps(body).encode(), {"content-type": "application/json"})
        answer = self.connection.getresponse()
        content = answer.read()
        error = json.loads(content)["error"] if answer.status >= 400 else None
        dropped = answer.headers.get("x-gateway-dropped", "")
        return answer.status, error, [name for name in dropped.split(", ") if name], self.upstreams.take()

    def judge(self, name, provider, model, body):
        where = f"{name} -> {provider}/{model}"
        status, error, dropped, captured = self.ask(provider, model, body)
        if error is not None:
            named = 400 <= status < 500 and error.get("param")
            self.note("refused" if named else "broken", None if named else f"{where}: {status} {error}")
            return
        wrong = JUDGES[provider](captured)
        wrong += [f"lost: {path}" for path in lost_content(body, captured.body, dropped)]
        for parameter in parameters(body, provider == "responses"):
            if not is_named(parameter, dropped) and not self.matters(provider, model, body, parameter, captured):
                wrong.append(f"lost: {parameter}")
        self.note("wrong" if wrong else "whole", f"{where}: {'; '.join(wrong[:4])}" if wrong else None)

    def matters(self, provider, model, body, parameter, captured):
        """Whether what is sent differs when the parameter is left out."""
        without = {key: value for key, value in body.items() if key != parameter}
        _, error, _, other = self.ask(provider, model, without)
        version = "anthropic-version"
        return error is not None or other.body != captured.body or other.headers.get(version) != captured.headers.get(version)

    def note(self, verdict, complaint):
        self.verdicts[verdict] += 1
        if complaint:
            self.complaints.append(complaint)


def judged(binary, requests):
    """What a gateway of its own makes of some of the requests."""
    judge = Judge(binary)
    try:
        for name, body in requests:
            for provider, model in TARGETS:
                judge.judge(name, provider, model, body)
    finally:
        judge.gateway.stop()
    return judge.verdicts, judge.complaints


def main():
    began = time.monotonic()
    binary = gateway_binary()
    requests = [*made_requests(), *asked.requests(), *recorded_requests()]
    at_a_time = min(8, (os.cpu_count() or 1) + 1)
    verdicts, complaints = Counter(), []
    with ProcessPoolExecutor(at_a_time) as pool:
        shares = [requests[first::at_a_time] for first in range(at_a_time)]
        for found, complained in pool.map(judged, [binary] * at_a_time, shares):
            verdicts += found
            complaints += complained
    for complaint in sorted(complaints):
        print(f"[judges] {complaint}")
    print(f"[judges] {verdicts.total()} requests, {time.monotonic() - began:.0f} s: {dict(verdicts)}")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
