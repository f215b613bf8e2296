"""Answers of Bedrock's Converse, from the shapes of `botocore`'s service model."""

import base64
import copy
import json
import struct
import zlib

import botocore.session

from .answer import Answer, packed, pieces, without_nothing
from .variants import Unknown

OPERATIONS = botocore.session.get_session().get_service_model("bedrock-runtime")
RESPONSE = OPERATIONS.operation_model("Converse").output_shape
BLOCK = RESPONSE.members["output"].members["message"].members["content"].member
# What an assistant does not say.
ASKED_ONLY = ["document", "guardContent", "cachePoint", "searchResult", "toolAddition", "toolRemoval", "video"]
WALKED = {}


class Shapes:
    """The variants of botocore's shapes; see `variants`."""

    def __init__(self, walker):
        self.walker = walker
        self.walked = set()

    def variants(self, shape, name="", depth=0):
        kind = shape.type_name
        if shape.name == "Document" or getattr(shape, "is_document_type", False):
            yield {"q": self.walker.text(name), "list": [1, None, {"deep": True}]}
            yield {}
        elif kind == "structure":
            yield from self.structure(shape, depth)
        elif kind == "list":
            values = list(self.variants(shape.member, name, depth + 1))
            yield values[:1]
            yield from ([value] for value in values[1:])
            yield values[:3]
            yield []
        elif kind == "map":
            yield {self.walker.text("key"): next(self.variants(shape.value, name, depth + 1))}
        elif kind == "string":
            yield from shape.enum or (self.walker.text(name), "")
        elif kind == "blob":
            yield base64.b64encode(self.walker.text(name).encode()).decode()
        elif kind == "boolean":
            yield from (True, False)
        elif kind in ("float", "double"):
            yield 0.5
        else:
            yield from (100 + next(self.walker.numbers), 0)

    def structure(self, shape, depth):
        if getattr(shape, "is_tagged_union", False):
            for name, member in shape.members.items():
                yield from ({name: value} for value in self.variants(member, name, depth + 1))
            return
        full = {name: next(self.variants(member, name, depth + 1)) for name, member in shape.members.items()}
        yield full
        if shape.name in self.walked or not full:
            return
        self.walked.add(shape.name)
        yield {name: self.walker.renewed(value) for name, value in full.items() if name in shape.required_members}
        yield {**self.walker.renewed(full), Unknown.MEMBER: self.walker.text("unknown")}
        for name, member in shape.members.items():
            others = self.variants(member, name, depth + 1)
            next(others)
            yield from ({**self.walker.renewed(full), name: value} for value in others)


def answers(walker, random):
    shapes = Shapes(walker)
    blocks = [block for block in shapes.variants(BLOCK, "block") if not ASKED_ONLY.count(next(iter(block)))]
    blocks.append({"blockOfTomorrow": {"deep": [walker.text("unknown")]}})
    for number, content in enumerate(packed(random, blocks)):
        yield from both(random, response(walker, content), number)
    for content in ([], [{"text": ""}], [{"text": walker.text("said")}, {"text": walker.text("said")}]):
        yield from both(random, response(walker, content), 0)
    for whole in shapes.variants(RESPONSE):
        content = [{"text": walker.text("said")}] + ([call(walker)] if whole["stopReason"] == "tool_use" else [])
        whole["output"] = {"message": {"role": "assistant", "content": content}}
        usage = whole["usage"]
        usage["totalTokens"] = sum(usage.get(name, 0) for name in ("inputTokens", "outputTokens", "cacheReadInputTokens", "cacheWriteInputTokens"))
        yield from both(random, whole, 1)


def call(walker):
    return {"toolUse": {"toolUseId": walker.text("id"), "name": "get", "input": {}}}


def response(walker, content):
    stop = "tool_use" if any(is_call(block) for block in content) else "end_turn"
    usage = {"inputTokens": 11, "outputTokens": 7, "totalTokens": 18}
    return {"output": {"message": {"role": "assistant", "content": content}}, "stopReason": stop, "usage": usage, "metrics": {"latencyMs": 5}}


def is_call(block):
    return "toolUse" in block and not is_servers(block["toolUse"])


def is_servers(tool_use):
    return tool_use.get("type") == "server_tool_use"


def both(random, whole, number):
    yield Answer("bedrock", "bedrock.converse", facts(whole), whole)
    content = whole["output"]["message"]["content"]
    if all(next(iter(block)) in STREAMED for block in content) and "malformed" not in whole["stopReason"]:
        raw = b"".join(frame(name, payload) for name, payload in events(random, whole, number))
        yield Answer("bedrock", "bedrock.converse", facts(whole), framing="aws-eventstream", raw=base64.b64encode(raw).decode(), content=whole)


def facts(whole):
    content = whole["output"]["message"]["content"]
    choice = {
        "text": "".join(text for block in content for text in said(block)),
        "reasoning": "".join(block["reasoningContent"]["reasoningText"]["text"] for block in content if "reasoningText" in block.get("reasoningContent", {})),
        "tool_calls": [{"id": use["toolUseId"], "name": use["name"], "json": use["input"]} for use in (block["toolUse"] for block in content if is_call(block))],
        "other_items": ["citationsContent" for block in content if block.get("citationsContent", {}).get("citations")] + ["toolResult" for block in content if "toolResult" in block],
        "finish": whole["stopReason"],
    }
    return {"choices": [without_nothing(choice)], "usage": whole["usage"]}


def said(block):
    if "text" in block:
        yield block["text"]
    for part in block.get("citationsContent", {}).get("content", []):
        yield part.get("text", "")


# --- the same as events -----------------------------------------------------------------------------------

STREAMED = ["text", "toolUse", "toolResult", "reasoningContent", "citationsContent", "image"]


def events(random, whole, number):
    yield "messageStart", {"role": "assistant", "p": "abc"}
    if number % 3 == 0:
        yield "eventOfTomorrow", {"delta": "?", "contentBlockIndex": "none"}
    for index, block in enumerate(whole["output"]["message"]["content"]):
        place = {"contentBlockIndex": index}
        start, deltas = in_parts(random, copy.deepcopy(block))
        if start:
            yield "contentBlockStart", {"start": start, **place}
        yield from (("contentBlockDelta", {"delta": delta, **place, "p": "ab"}) for delta in deltas)
        yield "contentBlockStop", place
    own = {"additionalModelResponseFields": whole["additionalModelResponseFields"]} if "additionalModelResponseFields" in whole else {}
    yield "messageStop", {"stopReason": whole["stopReason"], **own}
    metadata = {name: value for name, value in whole.items() if name not in ("output", "stopReason", "additionalModelResponseFields")}
    yield "metadata", metadata


def in_parts(random, block):
    kind, value = next(iter(block.items()))
    if kind == "text":
        return None, [{"text": part} for part in pieces(random, value)]
    if kind == "toolUse":
        given = value.pop("input")
        return {"toolUse": value}, [{"toolUse": {"input": part}} for part in ["", *pieces(random, json.dumps(given) if given else "")]]
    if kind == "toolResult":
        results = value.pop("content")
        return {"toolResult": value}, [{"toolResult": [result]} for result in results]
    if kind == "image":
        rest = {name: value[name] for name in ("source", "error") if name in value}
        return {"image": {name: item for name, item in value.items() if name not in rest}}, [{"image": rest}]
    if kind == "citationsContent":
        texts = [{"text": part["text"]} for part in value.get("content", []) if "text" in part]
        return None, [*texts, *({"citation": citation} for citation in value.get("citations", []))]
    if "reasoningText" in value:
        thought = value["reasoningText"]
        signature = [{"reasoningContent": {"signature": thought["signature"]}}] if "signature" in thought else []
        return None, [*({"reasoningContent": {"text": part}} for part in pieces(random, thought["text"])), *signature]
    return None, [{"reasoningContent": value}]


def frame(name, payload):
    """One message of an AWS event stream."""
    headers = {":event-type": name, ":content-type": "application/json", ":message-type": "event"}
    head = b"".join(bytes([len(key)]) + key.encode() + b"\x07" + struct.pack(">H", len(value)) + value.encode() for key, value in headers.items())
    body = json.dumps(payload).encode()
    prelude = struct.pack(">II", 16 + len(head) + len(body), len(head))
    message = prelude + struct.pack(">I", zlib.crc32(prelude)) + head + body
    return message + struct.pack(">I", zlib.crc32(message))
