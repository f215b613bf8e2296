#!/usr/bin/env python3
"""The providers' own SDKs read what the corpus test's upstreams send as those providers.

What a provider sends is known from recordings, and from samples that we made up by its documents. Here the real clients
ask a server that answers with these bytes, whole and streamed: they must read the same texts, reasoning, calls and ends
as stand in the facts, and raise where a provider says that it failed. Otherwise our idea of the wire is not theirs.

    read.py FOLDER        every *.jsonl below it, as `tests/corpus/sent.rs` writes them
"""

import json
import logging
import sys
import threading
import warnings
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from clients import ASKED, Choices, Google, Vertex, parsed
from upstreams import ANSWERS

# What the SDKs themselves cannot take in, though it was recorded or is documented: the reason, and what tells it.
CANNOT = [
    (
        "one JSON array is what Gemini streams to who does not ask for events; the SDK always asks for them",
        lambda line: line["dialect"] == "google.generateContent" and line["stream"] and line["body"].lstrip().startswith(b"["),
    ),
    (
        "numbers instead of words are what Google answers to who asks for them (`enum-encoding=int`); the SDK never does",
        lambda line: line["dialect"] == "google.generateContent" and any(is_number(choice) for choice in line["facts"].get("choices", [])),
    ),
    (
        "a gateway that speaks Anthropic's protocol ends its streams with an event of its own, `[DONE]`, which is no JSON",
        lambda line: line["dialect"] == "anthropic.messages" and line["body"].endswith(b"event: data\ndata: [DONE]\n\n"),
    ),
]


def is_number(choice):
    return str(choice.get("finish", "")).isdigit()


class Provider(BaseHTTPRequestHandler):
    """Answers everything with one line's answer."""

    protocol_version = "HTTP/1.1"
    line = None

    def answer(self):
        self.rfile.read(int(self.headers.get("content-length", 0)))
        line = type(self).line
        self.send_response(line["status"])
        for name, value in line["headers"]:
            self.send_header(name, value)
        self.send_header("content-length", str(len(line["body"])))
        self.end_headers()
        self.wfile.write(line["body"])

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass


# Headers that say how to read the body; those that say how it was sent are the server's own.
READ_BY = ("content-type", "x-amzn-errortype", "retry-after")


def lines_below(folder):
    for path in sorted(Path(folder).glob("*.jsonl")):
        for text in path.read_text().splitlines():
            line = json.loads(text)
            line["body"] = bytes.fromhex(line["body"])
            line["facts"] = line["facts"] or {}
            line["headers"] = [pair for pair in line["headers"] if pair[0].lower() in READ_BY]
            yield line


def answers():
    """What the stand-in of the other judge answers with."""
    formats = {"anthropic": "anthropic.messages", "google": "google.generateContent", "bedrock": "bedrock.converse", "cohere": "cohere.chat_v2", "ollama": "ollama.chat"}
    for provider, dialect in formats.items():
        facts = {"choices": [{"text": "ok"}]}
        body = json.dumps(ANSWERS[provider]).encode()
        headers = [["content-type", "application/json"]]
        yield {"id": f"the stand-in's {provider}", "provider": provider, "dialect": dialect, "stream": False, "status": 200, "headers": headers, "body": body, "features": [], "faulted": False, "facts": facts}


# --- comparing --------------------------------------------------------------------------------------------


class Different(Exception):
    def __init__(self, where, wanted, told):
        super().__init__(f"{where}: wanted {shown(wanted)}, told {shown(told)}")


def shown(value):
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) < 300 else text[:300] + "…"


def differs(wanted, told):
    """The first of a choice's facts that is told in another way."""
    for fact in ("text", "reasoning", "tool_plan", "finish"):
        if fact in wanted and wanted[fact] != getattr(told, fact):
            return Different(fact, wanted[fact], getattr(told, fact))
    calls = [[call["name"], wanted_arguments(call)] for call in wanted.get("tool_calls", []) if not call.get("server")]
    if calls != [[name, {} if arguments == "" else arguments] for name, arguments in told.calls]:
        return Different("calls", calls, told.calls)
    return None


def wanted_arguments(call):
    """What they mean; nothing at all is an object without members."""
    return call["json"] if "json" in call else parsed(call.get("raw") or "{}")


def check(line, clients):
    """Raises where an SDK does not read what is there."""
    kind, asked = ASKED[line["dialect"]]
    kind = Vertex if kind is Google and line["provider"] == "vertex" else kind
    Provider.line, client = line, clients[kind]
    choices = Choices()
    try:
        if asked == "chat":
            client.chat(line["stream"], choices)
        else:
            assert getattr(client, asked)(line["stream"]) or line["status"] >= 400, "nothing was read"
    except client.errors as error:
        check_failure(line, client, error)
        return
    if line["status"] >= 400:
        raise Different("failure", line["status"], "a success")
    if asked == "chat" and not line["faulted"]:
        check_choices(line, choices)
    elif "mid_stream_error" in line["features"] and choices[0].finish != line["facts"]["choices"][0].get("finish"):
        raise Different("failure", line["facts"], choices[0].__dict__)


def check_choices(line, choices):
    wanted = line["facts"].get("choices") or []
    told = [choice for _, choice in sorted(choices.items())]
    if len(wanted) != len(told):
        raise Different("number of choices", len(wanted), len(told))
    for difference in map(differs, wanted, told):
        if difference:
            raise difference


def check_failure(line, client, error):
    """What was answered with an error status is told by it; what broke later is told somehow."""
    if line["status"] >= 400 and client.status(error) != line["status"]:
        raise Different("status", line["status"], client.status(error)) from error
    if line["status"] < 400 and not line["faulted"]:
        raise error


def main():
    # Several say aloud what they have never heard of, before they pass over it as they should.
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    clients = {kind: kind(f"http://127.0.0.1:{server.server_address[1]}") for kind in {Vertex, *(kind for kind, _ in ASKED.values())}}
    lines = [line for line in [*answers(), *lines_below(sys.argv[1])] if line["dialect"] in ASKED]
    read, excused, failures = 0, Counter(), []
    for line in lines:
        reason = next((reason for reason, tells in CANNOT if tells(line)), None)
        failure = failure_of(line, clients)
        if reason and failure:
            excused[reason] += 1
        elif reason or failure:
            failures.append(f"[judges] {line['id']} ({line['dialect']}): {failure or f'is read, though {reason}'}")
        else:
            read += 1
    for failure in failures:
        print(failure)
    for reason, count in excused.items():
        print(f"[judges] {count} cannot be read: {reason}")
    print(f"[judges] the SDKs read {read} of {len(lines)} answers, {len(failures)} in another way than they are")
    return 1 if failures or read < len(ASKED) else 0


def failure_of(line, clients):
    try:
        check(line, clients)
    except Exception as error:  # noqa: BLE001 (whatever an SDK throws is what is wanted to be known)
        return f"{type(error).__name__}: {error}"
    return None


if __name__ == "__main__":
    sys.exit(main())
