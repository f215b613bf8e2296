"""Answers of Gemini, from the types of `google-genai`."""

import copy

from google.genai import types

from .answer import Answer, packed, pieces, sse, without_nothing

# A part holds one of these, and may have all of the others beside it.
DATA = ["text", "functionCall", "inlineData", "fileData", "executableCode", "codeExecutionResult", "toolCall", "toolResponse", "audioTranscription"]
NOT_SENT = ["functionResponse"]  # what a client says
MADE_BY_SDK = ["sdkHttpResponse", "automaticFunctionCallingHistory", "parsed"]
TOLD_BY_USAGE = ["promptTokenCount", "candidatesTokenCount", "thoughtsTokenCount", "toolUsePromptTokenCount"]


def parts(walker):
    members = {(field.alias or name): field.annotation for name, field in types.Part.model_fields.items()}
    beside = {name: kind for name, kind in members.items() if name not in (*DATA, *NOT_SENT)}
    for name in DATA:
        values = [value for value in walker.variants(members[name], name) if value is not None]
        yield from ({name: value} for value in values)
        yield {name: walker.renewed(values[0]), "thoughtSignature": next(walker.variants(bytes, "signature"))}
        yield {name: walker.renewed(values[0]), "memberOfTomorrow": walker.text("unknown")}
    for name, kind in beside.items():
        if name != "thought":
            yield from ({"text": walker.text("said"), name: value} for value in walker.variants(kind, name))
    yield {"text": walker.text("thought"), "thought": True}
    yield {"text": walker.text("thought"), "thought": True, "thoughtSignature": next(walker.variants(bytes, "signature"))}
    yield {"text": "", "thoughtSignature": next(walker.variants(bytes, "signature"))}
    yield {"text": walker.text("said"), "thought": False}
    yield {"partOfTomorrow": {"deep": [walker.text("unknown")]}}
    yield {}


def media(walker):
    for kind in ("image/png", "audio/wav"):
        yield {"mimeType": kind, "data": next(walker.variants(bytes, "data"))}
    yield {"mimeType": "video/mp4", "data": next(walker.variants(bytes, "data")), "displayName": walker.text("displayName")}
    yield {"mimeType": "image/png", "data": next(walker.variants(bytes, "data")), "displayName": walker.text("displayName")}


def function_calls(walker):
    yield {"id": walker.text("id"), "name": walker.text("name"), "args": {"a": walker.text("arg"), "b": [1, 2.5, None, {"c": True}]}}
    yield {"name": walker.text("name"), "args": {}}
    yield {"name": walker.text("name")}
    yield {"id": None, "name": walker.text("name"), "args": None}
    yield {"id": walker.text("id"), "name": walker.text("name"), "args": {"q": walker.text("arg")}, "memberOfTomorrow": walker.text("unknown")}


def usages(walker):
    members = types.GenerateContentResponseUsageMetadata
    for report in walker.model(members, ()):
        counts = [report.get(name) or 0 for name in TOLD_BY_USAGE]
        if report.get("totalTokenCount") is not None:
            report["totalTokenCount"] = sum(counts)
        if any(report.get(name) is not None for name in TOLD_BY_USAGE):
            yield report


WALKED = {
    types.Blob: media,
    types.FunctionCall: function_calls,
    types.GenerateContentResponseUsageMetadata: lambda walker: [USAGE],
    "createTime": lambda walker: ["2026-01-02T03:04:05.678Z"],
    "content": lambda walker: [{"role": "model", "parts": [{"text": walker.text("said")}]}, {"role": "model"}, {"parts": []}, {}],
    "index": lambda walker: [0],
    "continuationToken": lambda walker: [None],
    "finishReason": lambda walker: [reason.value for reason in types.FinishReason if reason.value != "FINISH_REASON_UNSPECIFIED"],
}
USAGE = {"promptTokenCount": 11, "candidatesTokenCount": 7, "totalTokenCount": 18}


def answers(walker, random):
    number = 0
    for content in packed(random, parts(walker)):
        number += 1
        yield from both(random, answer(walker, candidate(content)), number)
    for ended in walker.model(types.Candidate, ()):
        ended = {name: value for name, value in ended.items() if name != "continuationToken"}
        said = ((ended.get("content") or {}).get("parts") or []) != []
        ended |= {} if ended.get("finishReason") and said else {"finishReason": "STOP"}
        yield from both(random, answer(walker, ended), 1)
    for whole in walker.model(types.GenerateContentResponse, ()):
        whole = {name: value for name, value in whole.items() if name not in MADE_BY_SDK and name != "promptFeedback"}
        yield from both(random, {**whole, "candidates": [candidate([{"text": walker.text("said")}])]}, 2)
    for report in usages(walker):
        yield from both(random, {**answer(walker, candidate([{"text": walker.text("said")}])), "usageMetadata": report}, 2)
    several = [{**candidate([{"text": walker.text("said")}, call]), "index": place} for place, call in enumerate([{"text": "x"}, {"functionCall": {"name": "f", "args": {"a": 1}}}, {"text": "y", "thought": True}])]
    yield from both(random, {**answer(walker), "candidates": several}, 0)
    for feedback in walker.model(types.GenerateContentResponsePromptFeedback, ()):
        if feedback.get("blockReason"):
            yield from blocked({"promptFeedback": feedback, "usageMetadata": {"promptTokenCount": 11, "totalTokenCount": 11}})
            yield from blocked({"promptFeedback": feedback, "candidates": []})


def candidate(content):
    return {"content": {"role": "model", "parts": content}, "finishReason": "STOP", "index": 0}


def answer(walker, *candidates):
    return {"candidates": list(candidates), "usageMetadata": USAGE, "modelVersion": "gemini-3-pro", "responseId": walker.text("id")}


def blocked(whole):
    facts = {"choices": [], "error": {"blockReason": whole["promptFeedback"]["blockReason"]}, "usage": whole.get("usageMetadata")}
    yield Answer("google", "google.generateContent", facts, whole)
    yield Answer("google", "google.generateContent", facts, framing="sse", raw=sse([whole]), content=whole)


def both(random, whole, number):
    yield Answer("google", "google.generateContent", facts(whole), whole)
    text = sse(events(random, whole, number))
    text = text.replace("\n", "\r\n") if number % 2 else text
    yield Answer("google", "google.generateContent", facts(whole), framing="sse", raw=text, content=whole)


def facts(whole):
    return {"choices": [choice_facts(each) for each in whole["candidates"]], "usage": whole.get("usageMetadata")}


def choice_facts(each):
    content = (each.get("content") or {}).get("parts") or []
    calls = [part["functionCall"] for part in content if part.get("functionCall")]
    others = [name for part in content for name in part if name in DATA and name not in ("text", "functionCall")]
    choice = {
        "text": "".join(part["text"] for part in content if part.get("text") and not part.get("thought")),
        "reasoning": "".join(part["text"] for part in content if part.get("text") and part.get("thought")),
        "tool_calls": [{"id": call.get("id") or "", "name": call["name"], "json": call.get("args") or {}} for call in calls],
        "other_items": ["inlineData" if name == "inlineData" and is_media(content) else name for name in others if name != "inlineData" or is_media(content)],
        "finish": each["finishReason"],
    }
    return without_nothing(choice)


def is_media(content):
    return all(part["inlineData"]["mimeType"][:5] in ("image", "audio") for part in content if "inlineData" in part)


# --- the same as events -----------------------------------------------------------------------------------


def events(random, whole, number):
    """What comes in pieces first, what is known at the end last; candidates one by one."""
    shared = {name: whole[name] for name in ("modelVersion", "responseId", "createTime") if name in whole}
    for each in whole["candidates"]:
        index = {"index": each["index"]} if "index" in each else {}
        for content in in_pieces(random, (each.get("content") or {}).get("parts") or [], number):
            usage = {"usageMetadata": {**(whole.get("usageMetadata") or {}), "candidatesTokenCount": 1, "totalTokenCount": 12}} if number % 3 == 0 else {}
            yield {"candidates": [{"content": {"role": "model", "parts": content}, **index}], **usage, **shared}
        if number % 4 == 0:
            yield {**shared, "eventOfTomorrow": {"a": [1]}}
    last = [{name: value for name, value in each.items() if name != "content"} for each in whole["candidates"]]
    if number % 2:
        last = [{**each, "content": {"role": "model", "parts": [{"text": ""}]}} for each in last]
    yield {**{name: value for name, value in whole.items() if name != "candidates"}, "candidates": last}


def in_pieces(random, content, number):
    for part in copy.deepcopy(content):
        if part.get("text"):
            texts = pieces(random, part.pop("text"))
            for text in texts[:-1]:
                yield [{"text": text, **({"thought": True} if part.get("thought") else {})}]
            yield [{"text": texts[-1], **part}]
        elif part.get("functionCall", {}).get("args") and number % 2:
            yield from call_in_pieces(part)
        else:
            yield [part]


def call_in_pieces(part):
    """As newer models stream the arguments of a call."""
    call = part["functionCall"]
    arguments = call.pop("args")
    yield [{**part, "functionCall": {**call, "willContinue": True}}]
    for name, value in arguments.items():
        yield from ([{"functionCall": {"partialArgs": [piece], "willContinue": True}}] for piece in argument_pieces(f"$.{name}", value))
    yield [{"functionCall": {}}]


def argument_pieces(path, value):
    if isinstance(value, dict):
        for name, item in value.items():
            yield from argument_pieces(f"{path}.{name}", item)
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from argument_pieces(f"{path}[{place}]", item)
    elif isinstance(value, str):
        yield {"jsonPath": path, "stringValue": value[:3], "willContinue": True}
        yield {"jsonPath": path, "stringValue": value[3:]}
    elif isinstance(value, bool):
        yield {"jsonPath": path, "boolValue": value}
    elif value is None:
        yield {"jsonPath": path, "nullValue": "NULL_VALUE"}
    else:
        yield {"jsonPath": path, "numberValue": value}
