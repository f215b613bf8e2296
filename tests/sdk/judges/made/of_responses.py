"""Answers of OpenAI's Responses API, from the types of `openai`, for a chat client."""

import copy
import json
import re

from openai.types import responses

from .answer import Answer, packed, pieces, sse, without_nothing
from .variants import Unknown

# What an answer repeats of its request.
ECHOED = [
    "instructions", "metadata", "tool_choice", "tools", "temperature", "top_p", "parallel_tool_calls", "background", "conversation", "max_output_tokens",
    "max_tool_calls", "previous_response_id", "prompt", "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention", "reasoning", "safety_identifier",
    "text", "top_logprobs", "truncation", "user", "image",
]
WALKED = {
    "arguments": lambda walker: [json.dumps({"a": walker.text("argument"), "b": [1, None]}), "{}", ""],
    "role": lambda walker: ["assistant"],
    "tools": lambda walker: [[{"type": "function", "name": walker.text("tool"), "parameters": {}, "strict": True}], []],
    "moderation": lambda walker: [{"input": {"type": "moderation_results", "model": walker.text("model"), "results": []}}, None],
    "reasoning_tokens": lambda walker: [3, 0],
    "cached_tokens": lambda walker: [2, 0],
    "cache_write_tokens": lambda walker: [1, 0],
    responses.ResponseUsage: lambda walker: [USAGE],
}
USAGE = {"input_tokens": 11, "input_tokens_details": {"cached_tokens": 2}, "output_tokens": 7, "output_tokens_details": {"reasoning_tokens": 3}, "total_tokens": 18}


def answers(walker, random):
    items = [dict(item) for item in walker.variants(responses.ResponseOutputItem, "item")]
    for number, output in enumerate(packed(random, items)):
        yield from both(random, response(walker, [done(item) for item in output]), number)
    for output in ([], [said(walker, "")], [said(walker), said(walker)]):
        yield from both(random, response(walker, output), 0)
    known = set()
    for whole in walker.model(responses.Response, ()):
        whole = {name: value for name, value in whole.items() if name not in ECHOED}
        shape = re.sub(r"é\d+|\d+", "", json.dumps(whole, ensure_ascii=False))
        if shape in known:  # what it repeats of its request was another, which is no matter here
            continue
        known.add(shape)
        whole |= {"object": "response", "status": "completed", "error": None, "incomplete_details": None, "output": [said(walker)]}
        if whole.get("created_at") is not None:
            whole["created_at"] = 1767323045.0
        yield from both(random, whole, 1)
    for reason in ("max_output_tokens", "content_filter"):
        yield from both(random, {**response(walker, [said(walker)]), "status": "incomplete", "incomplete_details": {"reason": reason}}, 2)
    for report in usages(walker):
        yield from both(random, {**response(walker, [said(walker)]), "usage": report}, 2)


def usages(walker):
    special = WALKED.pop(responses.ResponseUsage)
    for report in walker.model(responses.ResponseUsage, ()):
        yield {**report, "input_tokens": 11, "output_tokens": 7, "total_tokens": 18}
    WALKED[responses.ResponseUsage] = special


def done(item):
    """An item of an answer that is complete."""
    return {**item, "status": "completed"} if item.get("status") == "in_progress" else item


def said(walker, text=None):
    content = [{"type": "output_text", "text": walker.text("said") if text is None else text, "annotations": [], "logprobs": []}]
    return {"id": walker.text("msg"), "type": "message", "role": "assistant", "status": "completed", "content": content}


def response(walker, output):
    return {
        "id": walker.text("resp"), "object": "response", "created_at": 1767323045, "model": "gpt-5.5", "status": "completed", "error": None,
        "incomplete_details": None, "output": output, "parallel_tool_calls": True, "tool_choice": "auto", "tools": [], "usage": USAGE,
    }


def both(random, whole, number):
    yield Answer("openai", "openai.responses", facts(whole), whole)
    yield Answer("openai", "openai.responses", facts(whole), framing="sse", raw=sse(numbered(events(random, whole, number)), named=True), content=whole)


def facts(whole):
    output = whole["output"]
    of = lambda kind: [item for item in output if item["type"] == kind]  # noqa: E731
    contents = [part for item in of("message") for part in item["content"]]
    reason = (whole.get("incomplete_details") or {}).get("reason")
    functions = [{"id": item["call_id"], "name": item["name"], **parsed(item["arguments"])} for item in of("function_call")]
    choice = {
        "text": "".join(part["text"] for part in contents if part["type"] == "output_text"),
        "refusal": "".join(part["refusal"] for part in contents if part["type"] == "refusal"),
        "reasoning": "".join(thoughts(item) for item in of("reasoning")),
        "tool_calls": functions,
        "other_items": [item["type"] for item in output if item["type"] not in ("message", "function_call", "reasoning")],
        "finish": f"incomplete:{reason}" if reason else whole["status"],
    }
    return {"choices": [without_nothing(choice)], "usage": whole.get("usage")}


def thoughts(item):
    """The summary, and the text itself where it is open."""
    return "".join(part.get("text") or "" for name in ("summary", "content") for part in item.get(name) or [])


def parsed(arguments):
    return {"json": json.loads(arguments)} if arguments else {"raw": ""}


# --- the same as events -----------------------------------------------------------------------------------


def numbered(events):
    return [{**event, "sequence_number": number} for number, event in enumerate(events)]


def events(random, whole, number):
    begun = {**whole, "status": "in_progress", "output": [], "usage": None, "incomplete_details": None}
    yield {"type": "response.created", "response": begun}
    yield {"type": "response.in_progress", "response": begun}
    if number % 3 == 0:
        yield {"type": "response.event_" + Unknown.TYPE, "delta": {"a": 1}, "item": 7, "response": "?"}
    for index, item in enumerate(whole["output"]):
        yield from item_events(random, index, copy.deepcopy(item))
    end = {**whole, "output": []} if number % 4 == 1 else whole
    yield {"type": f"response.{whole['status']}", "response": end}


def item_events(random, index, item):
    place = {"output_index": index, "item_id": item.get("id") or ""}
    begun = {**item}
    parts = []
    if item["type"] == "message":
        begun |= {"content": [], "status": "in_progress"}
        parts = [event for number, part in enumerate(item["content"]) for event in content_events(random, {**place, "content_index": number}, part)]
    elif item["type"] == "function_call":
        begun |= {"arguments": "", "status": "in_progress"}
        parts = text_events(random, "response.function_call_arguments", place, "arguments", item["arguments"])
    elif item["type"] == "custom_tool_call":
        begun |= {"input": ""}
        parts = text_events(random, "response.custom_tool_call_input", place, "input", item["input"])
    elif item["type"] == "mcp_call":
        begun |= {"arguments": "", "output": None}
        parts = text_events(random, "response.mcp_call_arguments", place, "arguments", item["arguments"])
    elif item["type"] == "code_interpreter_call":
        begun |= {"code": "", "outputs": None}
        parts = text_events(random, "response.code_interpreter_call_code", place, "code", item.get("code") or "")
    elif item["type"] == "reasoning":
        begun |= {"summary": [], "encrypted_content": None}
        begun.pop("content", None)
        parts = reasoning_events(random, place, item)
    yield {"type": "response.output_item.added", "output_index": index, "item": begun}
    yield from parts
    yield {"type": "response.output_item.done", "output_index": index, "item": item}


def text_events(random, name, place, member, text):
    yield from ({"type": f"{name}.delta", **place, "delta": part, "obfuscation": "xyz"} for part in pieces(random, text))
    yield {"type": f"{name}.done", **place, member: text}


def content_events(random, place, part):
    kind, member = ("response.refusal", "refusal") if part["type"] == "refusal" else ("response.output_text", "text")
    if part["type"] not in ("output_text", "refusal"):
        yield {"type": "response.content_part.done", **place, "part": part}
        return
    empty = {**part, member: "", **({"annotations": []} if "annotations" in part else {})}
    yield {"type": "response.content_part.added", **place, "part": empty}
    yield from text_events(random, kind, place, member, part[member])
    for number, annotation in enumerate(part.get("annotations") or []):
        yield {"type": "response.output_text.annotation.added", **place, "annotation_index": number, "annotation": annotation}
    yield {"type": "response.content_part.done", **place, "part": part}


def reasoning_events(random, place, item):
    for number, part in enumerate(item.get("summary") or []):
        index = {**place, "summary_index": number}
        yield {"type": "response.reasoning_summary_part.added", **index, "part": {**part, "text": ""}}
        yield from text_events(random, "response.reasoning_summary_text", index, "text", part["text"])
        yield {"type": "response.reasoning_summary_part.done", **index, "part": part}
    for number, part in enumerate(item.get("content") or []):
        yield from text_events(random, "response.reasoning_text", {**place, "content_index": number}, "text", part["text"])
