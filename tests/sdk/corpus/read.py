#!/usr/bin/env python3
"""The real openai-python reads everything that the gateway said for the recorded traffic and the made-up samples.

The corpus test writes down each answer and what it found in it (GATEWAY_CORPUS_OUT). Here the SDK gets the same bytes
through its own HTTP client: its whole answers, its streams and its stream helper must hold the same texts, arguments
and ends, and what is no success must raise.

    read.py FOLDER        every *.jsonl below it
"""

import json
import sys
from pathlib import Path

import httpx2
import openai
from openai import OpenAI
from openai.lib.streaming.chat import ChatCompletionStreamState

MESSAGES = [{"role": "user", "content": "Say something."}]

# Answers that the SDK's stream helper itself cannot take in, though its plain stream can: the reason, and what tells them.
HELPER_CANNOT = [
    ("a custom tool in a chat stream: it knows functions only", lambda line: any(call["custom"] for choice in line["told"] for call in choice["calls"])),
    ("chunks without a name, which it skips", lambda line: '"chat.completion' not in line["body"]),
]

# What the stream helper raises by design when an answer ends so, even where nothing is to be parsed.
RAISED_FOR = {"length": openai.LengthFinishReasonError, "content_filter": openai.ContentFilterFinishReasonError}


def client_for(line):
    """A client whose upstream is the one answer."""
    headers = {"content-type": line["content_type"]} if line["content_type"] else {}
    answer = httpx2.MockTransport(lambda request: httpx2.Response(line["status"], headers=headers, content=line["body"].encode()))
    return OpenAI(api_key="sk-none", base_url="http://gateway.test/v1", max_retries=0, http_client=httpx2.Client(transport=answer))


# --- what is told -----------------------------------------------------------------------------------------


def told_by_message(choice, message):
    calls = [told_by_call(call) for call in message.tool_calls or []]
    if not calls and message.function_call and message.function_call.name:
        calls = [{"name": message.function_call.name, "arguments": message.function_call.arguments, "custom": False}]
    return {"text": message.content or "", "refusal": message.refusal or "", "finish": choice.finish_reason or None, "calls": calls}


def told_by_call(call):
    if call.type == "custom":
        return {"name": call.custom.name, "arguments": call.custom.input, "custom": True}
    return {"name": call.function.name, "arguments": call.function.arguments, "custom": False}


def told_by_chunks(chunks):
    """What a program that reads the deltas has in the end, as the SDK's own examples put it together."""
    choices = {}
    for chunk in chunks:
        for choice in chunk.choices or []:
            told = choices.setdefault(choice.index, {"text": "", "refusal": "", "finish": None, "calls": {}})
            told["finish"] = choice.finish_reason or told["finish"]
            delta = choice.delta
            if delta is None:
                continue
            told["text"] += delta.content or ""
            told["refusal"] += getattr(delta, "refusal", None) or ""
            for part in delta.tool_calls or []:
                add_call(told["calls"], part)
            if delta.function_call and delta.function_call.name:
                add_call(told["calls"], Legacy(delta.function_call))
    return [{**told, "calls": [call for _, call in sorted(told["calls"].items())]} for _, told in sorted(choices.items())]


class Legacy:
    """A function call of the old kind as a tool call's part."""

    index, type, custom = 0, "function", None

    def __init__(self, function):
        self.function = function


def add_call(calls, part):
    call = calls.setdefault(part.index, {"name": "", "arguments": "", "custom": False})
    custom = getattr(part, "custom", None)
    if custom and (part.type == "custom" or call["custom"]):
        call["custom"] = True
        custom = custom if isinstance(custom, dict) else custom.to_dict()
        call["name"] = call["name"] or custom.get("name") or ""
        call["arguments"] += custom.get("input") or ""
    elif part.function:
        call["name"] = call["name"] or part.function.name or ""
        call["arguments"] += part.function.arguments or ""


# --- reading ----------------------------------------------------------------------------------------------


def read_chat(line):
    client = client_for(line)
    if not line["stream"]:
        answer = client.chat.completions.create(model="m", messages=MESSAGES)
        yield "whole", [told_by_message(choice, choice.message) for choice in answer.choices]
        return
    chunks = list(client.chat.completions.create(model="m", messages=MESSAGES, stream=True))
    yield "stream", told_by_chunks(chunks)
    if any(tells(line) for _, tells in HELPER_CANNOT):
        return
    state = ChatCompletionStreamState()
    for chunk in chunks:
        if chunk.object == "chat.completion.chunk":  # as the helper itself does
            state.handle_chunk(chunk)
    raised_for = {RAISED_FOR[choice["finish"]] for choice in line["told"] if choice["finish"] in RAISED_FOR}
    try:
        final = state.get_final_completion()
        yield "helper", [told_by_message(choice, choice.message) for choice in sorted(final.choices, key=lambda choice: choice.index)]
    except tuple(raised_for):
        pass
    with client_for(line).chat.completions.stream(model="m", messages=MESSAGES) as stream:
        text = "".join(event.delta for event in stream if event.type == "content.delta")
    wanted = "".join(choice["text"] for choice in line["told"])
    if len(line["told"]) == 1 and text != wanted:
        raise Different("helper's events", wanted, text)


def read_responses(line):
    client = client_for(line)
    if not line["stream"]:
        client.responses.create(model="m", input="x").output_text  # noqa: B018 (reads the output)
        return
    events = list(client.responses.create(model="m", input="x", stream=True))
    assert events, "no event"


def read_embeddings(line):
    if line["status"] == 200 and '"object":"list"' not in line["body"].replace(" ", ""):
        return  # another list of the same vendor's, recorded under the name of embeddings
    answer = client_for(line).embeddings.create(model="m", input="x", encoding_format="float")
    assert answer.data and answer.data[0].embedding, "no vector"


def read_moderations(line):
    assert client_for(line).moderations.create(input="x").results, "no result"


def read_images(line):
    assert client_for(line).images.generate(prompt="x").data, "no image"


def read_completions(line):
    client = client_for(line)
    if line["stream"]:
        assert list(client.completions.create(model="m", prompt="x", stream=True)), "no chunk"
    else:
        assert client.completions.create(model="m", prompt="x").choices, "no choice"


READERS = {
    "Embeddings": read_embeddings,
    "Moderations": read_moderations,
    "Images": read_images,
    "Completions": read_completions,
    "Responses": read_responses,
}


class Different(Exception):
    def __init__(self, where, wanted, told):
        super().__init__(f"{where}: wanted {shown(wanted)}, told {shown(told)}")


def shown(value):
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) < 400 else text[:400] + "…"


def same(wanted, told):
    """Arguments are compared as what they mean, where they mean something."""

    def meant(choices):
        return [{**choice, "calls": [{**call, "arguments": parsed(call["arguments"])} for call in choice["calls"]]} for choice in choices]

    return meant(wanted) == meant(told)


def parsed(arguments):
    try:
        return json.loads(arguments or "{}")
    except ValueError:
        return arguments


def check(line):
    """Raises where the SDK does not read what is there."""
    if line["operation"] not in READERS and line["operation"] != "Chat":
        return False  # rerankers are no operation of the SDK; audio is read by the contract tests
    if line["status"] >= 400 or line["faulted"]:
        return check_failure(line)
    if line["operation"] != "Chat":
        READERS[line["operation"]](line)
        return True
    for where, told in read_chat(line):
        if not same(line["told"], told):
            raise Different(where, line["told"], told)
    return True


def check_failure(line):
    try:
        if line["operation"] == "Chat":
            list(read_chat(line))
        else:
            READERS[line["operation"]](line)
    except openai.APIStatusError as error:
        assert error.status_code == line["status"] and str(error), f"another status: {error.status_code}"
        return True
    except openai.APIError as error:
        assert str(error.message), "an error without words"
        return True
    if line["operation"] == "Responses" and '"response.failed"' in line["body"]:
        return True  # the API's own way to say it: an event that the program reads
    raise Different("failure", "an APIError", "a success")


def main():
    lines = [json.loads(text) for path in sorted(Path(sys.argv[1]).glob("*.jsonl")) for text in path.read_text().splitlines()]
    if not lines:
        sys.exit(f"{sys.argv[1]} holds no answers")
    read, failures = 0, []
    for line in lines:
        try:
            read += check(line)
        except Exception as error:  # noqa: BLE001 (whatever the SDK throws is what is wanted to be known)
            failures.append(f"{line['id']} ({line['operation']}{', streamed' if line['stream'] else ''}): {type(error).__name__}: {error}")
    print("\n".join(failures))
    print(f"openai-python {openai.__version__} read {read} of {len(lines)} answers, {len(failures)} in another way than they are")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
