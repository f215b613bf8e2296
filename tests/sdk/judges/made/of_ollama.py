"""Answers of Ollama's own API, from the types of `ollama`."""

import copy

import ollama
from ollama import _types as types

from .answer import Answer, ndjson, packed, pieces, without_nothing
from .variants import Unknown

WALKED = {
    "role": lambda walker: ["assistant"],
    "arguments": lambda walker: [{"a": walker.text("argument"), "b": [1, None, {"c": True}]}, {}],
    "created_at": lambda walker: ["2026-01-02T03:04:05.678901234Z"],
    "model": lambda walker: ["qwen3:8b"],
    "done": lambda walker: [True],
    "done_reason": lambda walker: ["stop", "length", "reason_of_tomorrow"],
    "images": lambda walker: [None],
    "prompt_eval_count": lambda walker: [11, 0],
    "eval_count": lambda walker: [7, 0],
}


def answers(walker, random):
    for message in walker.model(types.Message, ()):
        yield from both(random, response(walker, {**message, "role": "assistant"}), 1)
    calls = [{"function": {"name": walker.text("name"), "arguments": arguments}} for arguments in ({"a": 1}, {}, {"b": {"c": walker.text("deep")}})]
    calls += [{"id": walker.text("id"), "function": {"index": 0, "name": walker.text("name"), "arguments": {}}}]
    calls += [{**calls[0], Unknown.MEMBER: walker.text("unknown")}, {"function": {**calls[0]["function"], Unknown.MEMBER: walker.text("unknown")}}]
    for number, called in enumerate(packed(random, calls * 2, 3)):
        yield from both(random, response(walker, {"role": "assistant", "content": "", "tool_calls": [walker.renewed(each) for each in called]}), number)
    for content in ("", walker.text("said")):
        yield from both(random, response(walker, {"role": "assistant", "content": content, "thinking": walker.text("thought")}), 2)
    for whole in walker.model(ollama.ChatResponse, ()):
        if whole.get("done_reason"):
            yield from both(random, {**whole, "done": True, "message": {"role": "assistant", "content": walker.text("said")}}, 1)


def response(walker, message):
    return {"model": "qwen3:8b", "created_at": "2026-01-02T03:04:05.678901234Z", "message": message, "done": True, "done_reason": "stop", "prompt_eval_count": 11, "eval_count": 7}


def both(random, whole, number):
    yield Answer("ollama", "ollama.chat", facts(whole), whole)
    yield Answer("ollama", "ollama.chat", facts(whole), framing="ndjson", raw=ndjson(events(random, whole, number)), content=whole)


def facts(whole):
    message = whole["message"]
    calls = [{"id": call.get("id") or "", "name": call["function"]["name"], "json": call["function"]["arguments"]} for call in message.get("tool_calls") or []]
    choice = {"text": message.get("content") or "", "reasoning": message.get("thinking") or "", "tool_calls": calls, "finish": whole["done_reason"]}
    return {"choices": [without_nothing(choice)], "usage": {name: whole[name] for name in ("prompt_eval_count", "eval_count") if name in whole}}


def events(random, whole, number):
    """Lines; every third stream has its calls in its last line."""
    message = copy.deepcopy(whole["message"])
    head = {name: whole[name] for name in ("model", "created_at") if name in whole}
    for member in ("thinking", "content"):
        for part in pieces(random, message.pop(member, None) or ""):
            yield {**head, "message": {"role": "assistant", "content": "", member: part}, "done": False}
    calls = message.pop("tool_calls", None) or []
    if number % 3:
        yield from ({**head, "message": {"role": "assistant", "content": "", "tool_calls": [call]}, "done": False} for call in calls)
        calls = []
    last = {"role": "assistant", "content": "", **message, **({"tool_calls": calls} if calls else {})}
    yield {**whole, "message": last}
