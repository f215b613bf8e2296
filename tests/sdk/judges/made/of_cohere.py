"""Answers of Cohere's v2 chat, from the types of `cohere`."""

import copy
import json

import cohere
from cohere import types

from .answer import Answer, packed, pieces, sse, without_nothing
from .variants import Unknown

WALKED = {
    "role": lambda walker: ["assistant"],
    "arguments": lambda walker: [json.dumps({"a": walker.text("argument")}), "{}", ""],
    "input_tokens": lambda walker: [9.0, 0],
    "output_tokens": lambda walker: [5.0, 0],
    "cached_tokens": lambda walker: [2, 0],
    types.UsageTokens: lambda walker: [{"input_tokens": 11, "output_tokens": 7}],
    "finish_reason": lambda walker: ["COMPLETE", "STOP_SEQUENCE", "MAX_TOKENS", "TOOL_CALL", "REASON_OF_TOMORROW"],
    "type": lambda walker: ["function"],
}


def answers(walker, random):
    items = [text(walker), text(walker, ""), thinking(walker), thinking(walker, ""), {**text(walker), Unknown.MEMBER: walker.text("unknown")}]
    items.append({"type": Unknown.TYPE, "deep": [walker.text("unknown")]})
    for number, content in enumerate(packed(random, items * 3, 3)):
        content = [{name: walker.renewed(value) for name, value in item.items()} for item in content]
        yield from both(random, response(walker, {"content": content}), number)
    calls = [call(walker, arguments) for arguments in ('{"a": 1}', "{}", "", None)] + [{**call(walker, '{"b": [2]}'), Unknown.MEMBER: walker.text("unknown")}]
    for number, called in enumerate(packed(random, calls * 2, 3)):
        called = [walker.renewed(each) for each in called]
        yield from both(random, response(walker, {"tool_plan": walker.text("plan"), "tool_calls": called}), number)
    for citation in citations(walker):
        yield from both(random, response(walker, {"content": [text(walker)], "citations": [citation]}), 1)
    for message in ({"content": None, "tool_calls": None, "tool_plan": None, "citations": None}, {"content": [], "tool_calls": [], "citations": []}, {}):
        yield from both(random, response(walker, message), 2)
    for whole in walker.model(cohere.V2ChatResponse, ()):
        called = {"tool_calls": [call(walker, "{}")]} if whole["finish_reason"] == "TOOL_CALL" else {}
        yield from both(random, {**whole, "message": {"role": "assistant", "content": [text(walker)], **called}}, 1)
    for usage in walker.model(types.Usage, ()):
        yield from both(random, {**response(walker, {"content": [text(walker)]}), "usage": usage}, 2)


def text(walker, said=None):
    return {"type": "text", "text": walker.text("said") if said is None else said}


def thinking(walker, said=None):
    return {"type": "thinking", "thinking": walker.text("thought") if said is None else said}


def call(walker, arguments):
    return {"id": walker.text("id"), "type": "function", "function": {"name": walker.text("name"), "arguments": arguments}}


def citations(walker):
    """A citation's own kind is one thing, its sources' another."""
    kinds = WALKED.pop("type")
    members = {"type": ["TEXT_CONTENT", "THINKING_CONTENT", "PLAN", "KIND_OF_TOMORROW"], "start": [0, 3], "content_index": [0, 1]}
    tool = {"type": "tool", "id": walker.text("tool"), "tool_output": {"a": walker.text("output")}}
    document = {"type": "document", "id": walker.text("document"), "document": {"title": walker.text("title"), "snippet": walker.text("snippet")}}
    base = {"start": 0, "end": 4, "text": walker.text("cited"), "sources": [tool, document], "type": "TEXT_CONTENT", "content_index": 0}
    yield base
    for sources in ([], None, [{"type": Unknown.TYPE, "id": walker.text("source")}], [{**document, Unknown.MEMBER: walker.text("unknown")}]):
        yield {**base, "sources": sources}
    for name, values in members.items():
        yield from ({**base, "text": walker.text("cited"), name: value} for value in values)
    yield {"text": walker.text("cited")}
    WALKED["type"] = kinds


def response(walker, message):
    usage = {"billed_units": {"input_tokens": 9, "output_tokens": 7}, "tokens": {"input_tokens": 11, "output_tokens": 7}}
    return {"id": walker.text("id"), "finish_reason": "TOOL_CALL" if message.get("tool_calls") else "COMPLETE", "message": {"role": "assistant", **message}, "usage": usage}


def both(random, whole, number):
    yield Answer("cohere", "cohere.chat_v2", facts(whole), whole)
    yield Answer("cohere", "cohere.chat_v2", facts(whole), framing="sse", raw=sse(events(random, whole, number), named=True, done=number % 2), content=whole)


def facts(whole):
    message = whole["message"]
    content = message.get("content") or []
    calls = [{"id": each["id"], "name": each["function"]["name"], **parsed(each["function"]["arguments"])} for each in message.get("tool_calls") or []]
    choice = {
        "text": "".join(item.get("text", "") for item in content if item["type"] == "text"),
        "reasoning": "".join(item.get("thinking", "") for item in content if item["type"] == "thinking"),
        "tool_plan": message.get("tool_plan") or "",
        "tool_calls": calls,
        "finish": whole["finish_reason"],
    }
    return {"choices": [without_nothing(choice)], "usage": whole.get("usage")}


def parsed(arguments):
    return {"json": json.loads(arguments) or {}} if arguments else {"raw": ""}


# --- the same as events -----------------------------------------------------------------------------------


def events(random, whole, number):
    message = copy.deepcopy(whole["message"])
    empty = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}
    yield {"id": whole["id"], "type": "message-start", "delta": {"message": empty if number % 2 else {"role": "assistant"}}}
    if number % 3 == 0:
        yield {"type": "event-" + Unknown.TYPE, "index": "?", "delta": [7]}
    for part in pieces(random, message.get("tool_plan") or ""):
        yield {"type": "tool-plan-delta", "delta": {"message": {"tool_plan": part}}}
    for index, item in enumerate(message.get("content") or []):
        yield from content_events(random, index, item, list(whole.get("logprobs") or []) if index == 0 else [])
    for index, each in enumerate(message.get("tool_calls") or []):
        yield from call_events(random, index, each)
    for index, citation in enumerate(message.get("citations") or []):
        yield {"type": "citation-start", "index": index, "delta": {"message": {"citations": citation}}}
        yield {"type": "citation-end", "index": index}
    end = {"finish_reason": whole["finish_reason"], **({"usage": whole["usage"]} if "usage" in whole else {})}
    yield {"type": "message-end", "delta": end, **{name: whole[name] for name in (Unknown.MEMBER,) if name in whole}}


def content_events(random, index, item, logprobs):
    member = item["type"] if item["type"] in ("text", "thinking") else None
    begun = {**item, member: ""} if member else item
    yield {"type": "content-start", "index": index, "delta": {"message": {"content": begun}}}
    parts = pieces(random, item[member]) if member else []
    for part in parts + [""] * (len(logprobs) - len(parts)):
        yield {"type": "content-delta", "index": index, "delta": {"message": {"content": {member: part}}}, **({"logprobs": logprobs.pop(0)} if logprobs else {})}
    yield {"type": "content-end", "index": index}


def call_events(random, index, each):
    function = each["function"]
    begun = {**each, "function": {**function, "arguments": ""}}
    yield {"type": "tool-call-start", "index": index, "delta": {"message": {"tool_calls": begun}}}
    for part in pieces(random, function["arguments"] or ""):
        yield {"type": "tool-call-delta", "index": index, "delta": {"message": {"tool_calls": {"function": {"arguments": part}}}}}
    yield {"type": "tool-call-end", "index": index}
