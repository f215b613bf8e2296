"""Answers of Anthropic's Messages API, from the types of `anthropic`."""

import copy
import json

from anthropic.types import beta

from .answer import Answer, packed, pieces, sse, without_nothing
from .variants import Unknown

WALKED = {
    "input": lambda walker: [{"query": walker.text("input")}, {}, {"a": [1, None, {"b": walker.text("input")}]}],
    "model": lambda walker: ["claude-sonnet-4-5"],
    "role": lambda walker: ["assistant"],
    "thinking_tokens": lambda walker: [3, 0],
}


def answers(walker, random):
    members = beta.BetaMessage.model_fields
    blocks = list(walker.variants(members["content"].annotation.__args__[0], "block"))
    for number, content in enumerate(packed(random, blocks)):
        yield from both(random, message(walker, content, stop_of(content)), number)
    for content in ([], [text(walker, "")], [text(walker), text(walker)]):
        yield from both(random, message(walker, content), 0)
    for other in walker.model(beta.BetaMessage, ()):
        if other.get("stop_reason"):
            call = [{"type": "tool_use", "id": walker.text("toolu"), "name": "get", "input": {}}] if other["stop_reason"] == "tool_use" else []
            whole = {**other, "id": walker.text("msg"), "content": [text(walker), *call]}
            if not whole["usage"]["output_tokens"]:
                whole["usage"]["output_tokens_details"] = None
            yield from both(random, whole, 1)


def stop_of(content):
    return "tool_use" if any(block.get("type") == "tool_use" for block in content) else "end_turn"


def text(walker, said=None):
    return {"type": "text", "text": walker.text("said") if said is None else said, "citations": None}


def message(walker, content, stop="end_turn"):
    return {
        "id": walker.text("msg"), "type": "message", "role": "assistant", "model": "claude-sonnet-4-5", "content": content,
        "stop_reason": stop, "stop_sequence": None, "usage": {"input_tokens": 11, "output_tokens": 7},
    }


def both(random, whole, number):
    yield Answer("anthropic", "anthropic.messages", facts(whole), whole)
    yield Answer("anthropic", "anthropic.messages", facts(whole), framing="sse", raw=sse(events(random, whole, number), named=True), content=whole)


def facts(whole):
    content = whole["content"]
    of = lambda kind: [block for block in content if block.get("type") == kind]  # noqa: E731
    choice = {
        "text": "".join(block["text"] for block in of("text")),
        "reasoning": "".join(block["thinking"] for block in of("thinking")),
        "refusal": (whole.get("stop_details") or {}).get("explanation") or "",
        "tool_calls": [{"id": block["id"], "name": block["name"], "json": block["input"]} for block in of("tool_use")],
        "other_items": [block["type"] for block in content if block["type"] not in ("text", "thinking", "tool_use")],
        "finish": whole["stop_reason"],
    }
    return {"choices": [without_nothing(choice)], "usage": whole["usage"]}


# --- the same as events -----------------------------------------------------------------------------------


def events(random, whole, number):
    """One order that a stream allows; every third answer has its blocks side by side, and events of tomorrow."""
    end = {name: whole.get(name) for name in ("stop_reason", "stop_sequence", "stop_details", "container") if name in whole}
    late = {name: whole[name] for name in ("context_management", "input_transformations") if name in whole}
    start = {name: value for name, value in whole.items() if name not in late and name not in end}
    usage = dict(whole["usage"])
    start |= {"content": [], "stop_reason": None, "stop_sequence": None, "usage": {**usage, "output_tokens": 1}}
    reported = {name: usage[name] for name in beta.BetaMessageDeltaUsage.model_fields if name in usage}
    yield {"type": "message_start", "message": start}
    if number % 3 == 0:
        yield {"type": "event_" + Unknown.TYPE, "index": "not a number", "delta": [1], "message": "?"}
    blocks = [list(block_events(random, index, block)) for index, block in enumerate(whole["content"])]
    kinds = [block["type"] for block in whole["content"]]
    if number % 3 == 1 and all(kinds.count(kind) < 2 for kind in ("text", "thinking")):
        yield from side_by_side(random, blocks)
    else:
        for block in blocks:
            yield from block
            yield {"type": "ping"}
    yield {"type": "message_delta", "delta": end, "usage": reported, **late}
    yield {"type": "message_stop"}


def side_by_side(random, blocks):
    """Begun in order, grown in any order; what one text is made of stays in order."""
    waiting = [list(block) for block in blocks]
    begun = 0
    while any(waiting):
        ready = [place for place in range(len(waiting)) if waiting[place] and place <= begun]
        place = random.choice(ready)
        begun = max(begun, place + 1)
        yield waiting[place].pop(0)


def block_events(random, index, block):
    block = copy.deepcopy(block)
    deltas = list(parts(random, block))
    if block["type"] in ("text", "thinking", "tool_use"):
        deltas.insert(random.randrange(len(deltas) + 1), {"type": "delta_" + Unknown.TYPE, "text": 7, "thinking": {}})
    yield {"type": "content_block_start", "index": index, "content_block": block}
    yield from ({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas)
    yield {"type": "content_block_stop", "index": index}


def parts(random, block):
    """Takes out of a block what comes in parts, and gives the parts."""
    if block["type"] == "text":
        said, block["text"] = block["text"], ""
        cited = block.get("citations") or []
        if cited:
            block["citations"] = []
        yield from ({"type": "text_delta", "text": part} for part in pieces(random, said))
        yield from ({"type": "citations_delta", "citation": citation} for citation in cited)
    elif block["type"] == "thinking":
        said, block["thinking"] = block["thinking"], ""
        signature, block["signature"] = block["signature"], ""
        yield from ({"type": "thinking_delta", "thinking": part} for part in pieces(random, said))
        yield {"type": "signature_delta", "signature": signature}
    elif "input" in block:
        given, block["input"] = block["input"], {}
        yield {"type": "input_json_delta", "partial_json": ""}
        if given:
            yield from ({"type": "input_json_delta", "partial_json": part} for part in pieces(random, json.dumps(given)))
    elif block["type"] == "compaction" and random.random() < 0.5:
        given = {name: block[name] for name in ("content", "encrypted_content") if name in block}
        block |= dict.fromkeys(given)
        yield {"type": "compaction_delta", **given}

