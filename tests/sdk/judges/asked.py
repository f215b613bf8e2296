"""Chat requests that nobody has recorded, made from openai-python's own parameter types.

Each type of message, of content part, of tool and of choice, and each parameter, in every way in which its type can be
said: full, without what is optional, with null and with nothing where that is allowed, and each value of each union.
"""

import re
from typing import get_origin

import typing_extensions
from openai.types.chat import chat_completion_message_param as messages
from openai.types.chat.completion_create_params import CompletionCreateParamsNonStreaming

from made.variants import Walker, may_be_null
from shapes import REQUIRED, typed_dict_members

SCHEMA = {"type": "object", "properties": {"city": {"type": "string", "description": "Which city?"}}, "required": ["city"], "additionalProperties": False}
FUNCTION = {"type": "function", "function": {"name": "get_weather", "description": "Tells the weather.", "parameters": SCHEMA}}
OTHER = {"type": "function", "function": {"name": "get_time", "description": "Tells the time."}}
CUSTOM = {"type": "custom", "custom": {"name": "cut_text", "description": "Cuts a text."}}
HELLO = {"role": "user", "content": "Hello to whoever reads this."}
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII="

# Where a type says less than is true: members by their name.
TRUER = {
    "url": lambda walker: [f"data:image/png;base64,{PIXEL}", f"https://example.com/{walker.text('picture')}.png"],
    "data": lambda walker: ["UklGRiQAAABXQVZFZm10IBAAAAABAAEA"],
    "file_data": lambda walker: ["data:application/pdf;base64,JVBERi0xLjQKJeLjz9MK", "data:text/plain;base64,VGhlIGZpbGUgc2F5cyB0aGlzLg=="],
    "filename": lambda walker: ["paper.pdf"],
    "arguments": lambda walker: [f'{{"city": "{walker.text("city")}", "days": [1, 2.5, null]}}', "{}", ""],
    "parameters": lambda walker: [SCHEMA, {"type": "object", "properties": {}}],
    "schema": lambda walker: [SCHEMA],
    "name": lambda walker: ["get_weather"],
    "metadata": lambda walker: [{"topic": walker.text("topic")}],
    "logit_bias": lambda walker: [{"1734": -99}],
    "stop": lambda walker: ["ENDE", ["ENDE", "HALT"], None],
    "temperature": lambda walker: [0.25, 0, 1.75, None],
    "top_p": lambda walker: [0.75, 0, None],
    "presence_penalty": lambda walker: [0.5, -1.25, None],
    "frequency_penalty": lambda walker: [0.5, -1.25, None],
    "n": lambda walker: [2, 1, None],
    "top_logprobs": lambda walker: [3, 0, None],
    "seed": lambda walker: [4711, -3, 0, None],
    "max_tokens": lambda walker: [2049, None],
    "max_completion_tokens": lambda walker: [2051, None],
    "allowed_tools": lambda walker: [{"mode": mode, "tools": [tool]} for mode in ("auto", "required") for tool in (FUNCTION, CUSTOM)],
}

# What a parameter needs beside it to mean anything.
BESIDE = {
    "tool_choice": {"tools": [FUNCTION, OTHER, CUSTOM]},
    "parallel_tool_calls": {"tools": [FUNCTION]},
    "function_call": {"functions": [FUNCTION["function"]]},
    "top_logprobs": {"logprobs": True},
    "audio": {"modalities": ["text", "audio"]},
}
NOT_ASKED = ("model", "messages", "stream", "stream_options")

ROLES = {
    "developer": messages.ChatCompletionDeveloperMessageParam,
    "system": messages.ChatCompletionSystemMessageParam,
    "user": messages.ChatCompletionUserMessageParam,
    "assistant": messages.ChatCompletionAssistantMessageParam,
    "tool": messages.ChatCompletionToolMessageParam,
    "function": messages.ChatCompletionFunctionMessageParam,
}


class Asker(Walker):
    """Walks typed dictionaries; of a union that OpenAI's own types close, nothing comes tomorrow."""

    def __init__(self):
        super().__init__(TRUER)

    def variants(self, kind, name="", seen=()):
        if get_origin(kind) in REQUIRED:
            kind = kind.__args__[0]
        if typing_extensions.is_typeddict(kind) and name not in self.fixed:
            yield from self.typed(kind, seen)
        else:
            yield from super().variants(kind, name, seen)

    def typed(self, kind, seen):
        members = {name: (annotation, required) for name, (annotation, required, _) in typed_dict_members(kind).items()}
        full = {name: next(self.variants(annotation, name, (*seen, kind))) for name, (annotation, _) in members.items()}
        yield full
        if kind in self.walked:
            return
        self.walked.add(kind)
        least = {name: value for name, value in full.items() if members[name][1]}
        yield self.renewed(least)
        nullable = [name for name, (annotation, _) in members.items() if may_be_null(plain(annotation))]
        if nullable:
            yield {**self.renewed(full), **dict.fromkeys(nullable)}
        for name, (annotation, required) in members.items():
            others = self.variants(annotation, name, (*seen, kind))
            if required:
                next(others)
            # Beside nothing else, so that nothing else can hide it.
            yield from ({**self.renewed(least), name: value} for value in others)

    def renewed(self, value):
        if isinstance(value, str):
            return re.sub(r"-é\d+", lambda _: f"-é{next(self.numbers)}", value)
        return super().renewed(value)


def plain(annotation):
    return annotation.__args__[0] if get_origin(annotation) in REQUIRED else annotation


def requests():
    """Each with a name."""
    for role, kind in ROLES.items():
        for number, message in enumerate(Asker().variants(kind)):
            if "name" in message and role != "function":
                message = {**message, "name": "Anna_the_third"}  # a person, and no function
            yield f"asked:{role}-{number}", around(message)
    for name, (annotation, _, _) in typed_dict_members(CompletionCreateParamsNonStreaming).items():
        if name not in NOT_ASKED:
            for number, value in enumerate(Asker().variants(annotation, name)):
                yield f"asked:{name}-{number}", {"messages": [HELLO], **BESIDE.get(name, {}), name: fitting(value)}


def fitting(value):
    """Who names a custom tool names one that is there."""
    if isinstance(value, dict) and value.get("type") == "custom" and set(value["custom"]) == {"name"}:
        return {**value, "custom": {"name": "cut_text"}}
    return value


def around(message):
    """A whole conversation with this message in it: calls are answered, and answers have been called for."""
    role = message["role"]
    if role in ("developer", "system"):
        return {"messages": [message, HELLO]}
    if role == "user":
        return {"messages": [message]}
    if role == "tool":
        call = {"id": message["tool_call_id"], "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
        return {"messages": [HELLO, {"role": "assistant", "content": None, "tool_calls": [call]}, message], "tools": [FUNCTION]}
    if role == "function":
        call = {"name": message["name"], "arguments": "{}"}
        return {"messages": [HELLO, {"role": "assistant", "content": None, "function_call": call}, message], "functions": [FUNCTION["function"]]}
    answers = [{"role": "tool", "tool_call_id": call["id"], "content": "It is sunny there."} for call in message.get("tool_calls") or []]
    if message.get("function_call") and not answers:
        answers = [{"role": "function", "name": "get_weather", "content": "It is sunny there."}]
    return {"messages": [HELLO, message, *answers, HELLO], "tools": [FUNCTION, CUSTOM]}
