"""Whether everything in an OpenAI request is found in the native one, or named as dropped.

Content is looked for by its value. A parameter is looked for by leaving it out: where the native request is the same
without it and nobody says that it was dropped, it was lost in silence.
"""

import base64
import json

# What says the same as leaving it out.
DEFAULTS = {
    "n": [1], "tool_choice": ["auto"], "parallel_tool_calls": [True], "logprobs": [False], "stream": [False],
    "temperature": [1, 1.0], "top_p": [1, 1.0], "presence_penalty": [0], "frequency_penalty": [0],
    "response_format": [{"type": "text"}], "modalities": [["text"]], "service_tier": ["auto"], "store": [False],
    "logit_bias": [{}], "function_call": ["auto"],
    # Most models do not think unless they are asked to.
    "reasoning_effort": ["none"], "thinking": [{"type": "disabled"}],
}
# Says so where nobody but OpenAI has another.
USUAL_ELSEWHERE = {"service_tier": "default"}
# Of messages and tools the contents are looked for.
NOT_PARAMETERS = ("model", "messages", "tools", "stream", "stream_options", "provider_options")


def leaves(value):
    """Every string, number and key in a JSON value."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item)
    elif value is not None:
        yield value


def values(value):
    """Every string, number and truth value in a JSON value; the keys are not what was said."""
    if isinstance(value, dict):
        for item in value.values():
            yield from values(item)
    elif isinstance(value, list):
        for item in value:
            yield from values(item)
    elif value is not None:
        yield value


class Native:
    """What was sent, ready to be searched."""

    def __init__(self, body):
        self.values = list(leaves(body))
        self.texts = [value for value in self.values if isinstance(value, str)]

    def has_text(self, text):
        text = text.strip()
        escaped = json.dumps(text)[1:-1]
        return not text or any(text in known or escaped in known for known in self.texts)

    def has(self, value):
        if isinstance(value, tuple):
            return any(self.has(form) for form in value)
        if isinstance(value, str):
            return self.has_text(value)
        if isinstance(value, bool):
            return True  # `true` is everywhere; what it belongs to is looked for by its name
        as_text = json.dumps(value)
        return any(known == value for known in self.values if not isinstance(known, str)) or any(
            as_text in known for known in self.texts
        )


def lost_content(request, native, dropped):
    """Paths of contents that are neither in the native request nor named."""
    native = Native(native)
    lost = []

    def look(path, found):
        named = any(path.startswith(name) or name.startswith(path) for name in dropped)
        if not found and not named:
            lost.append(path)

    for index, message in enumerate(request.get("messages", [])):
        path = f"messages[{index}]"
        for place, value in message_values(message):
            look(f"{path}.{place}", native.has(value))
    for index, tool in enumerate(request.get("tools") or []):
        if is_shut_out(tool, request.get("tool_choice")):
            continue
        inner = tool.get(tool.get("type"), tool)
        if inner.get("format") == {"type": "text"}:  # as a custom tool's input is anyway
            inner = {name: value for name, value in inner.items() if name != "format"}
        for value in leaves(inner):
            if value not in ("strict", "description", "parameters", "function", "name"):
                look(f"tools[{index}]", native.has(value) or isinstance(value, bool))
    return sorted(set(lost))


def is_shut_out(tool, choice):
    """Whether the request itself forbids the tool."""
    allowed = choice.get("allowed_tools") if isinstance(choice, dict) else None
    return allowed is not None and not any(
        tool.get("function", {}).get("name") == known.get("function", {}).get("name") for known in allowed["tools"]
    )


def message_values(message):
    """What a message holds: (place, value) pairs; a tuple is one value in several forms, any of which will do."""
    content = message.get("content")
    if isinstance(content, str):
        yield "content", content
    for index, part in enumerate(content if isinstance(content, list) else []):
        place = f"content[{index}]"
        if isinstance(part, str):
            yield place, part
            continue
        inner = part.get(part.get("type"), part)
        for value in values(inner):
            if isinstance(value, str) and value.startswith("data:text/"):
                encoded = value.split(",", 1)[1]
                yield place, (base64.b64decode(encoded).decode(), encoded)
            elif isinstance(value, str) and value.startswith("data:"):
                yield place, value.split(",", 1)[1]
            elif isinstance(value, str) and len(value) > 8 and value != part.get("type"):
                # A provider that tells a file's kind apart has its name without the ending.
                yield place, value.rsplit(".", 1)[0] if value == part.get("file", {}).get("filename") else value
    for index, call in enumerate(message.get("tool_calls") or []):
        inner = call.get("function") or call.get("custom") or {}
        yield f"tool_calls[{index}]", inner.get("name", "")
        text = inner.get("arguments") or inner.get("input") or ""
        try:
            for value in leaves(json.loads(text)):
                yield f"tool_calls[{index}]", value
        except ValueError:
            yield f"tool_calls[{index}]", text
    if isinstance(message.get("audio"), dict):
        yield "audio", message["audio"].get("id") or ""
    for place, value in (message.get("function_call") or {}).items():
        try:
            yield from (("function_call", leaf) for leaf in leaves(json.loads(value) if place == "arguments" else value))
        except ValueError:
            yield "function_call", value
    for name in ("reasoning_content", "reasoning", "refusal", "name"):
        if isinstance(message.get(name), str):
            yield name, message[name]


def parameters(request, is_openai):
    """Members that say something."""
    for name, value in request.items():
        if not is_openai and USUAL_ELSEWHERE.get(name) == value is not None:
            continue
        if name in NOT_PARAMETERS or value is None or value in DEFAULTS.get(name, []):
            continue
        if value in ([], {}, ""):
            continue
        if name == "max_tokens" and request.get("max_completion_tokens") is not None:
            continue  # its newer name counts
        if value == {"type": "enabled"} and name == "thinking" and request.get("reasoning_effort"):
            continue  # who asks for an effort asks for thinking
        yield name


def is_named(name, dropped):
    return any(known == name or known.startswith((f"{name}.", f"{name}[")) for known in dropped)
