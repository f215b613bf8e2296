"""The providers' own clients, each asked for what was answered; what they read is put into one form for all of them."""

import json

import anthropic
import boto3
import botocore.config
import botocore.exceptions
import cohere
import cohere.core
import httpx
import ollama
from google import genai
from google.genai import errors as google_errors

KEY = "k-0123456789"
TEXT = "Say something."
MESSAGES = [{"role": "user", "content": TEXT}]


class Choice:
    """What one choice said."""

    def __init__(self):
        self.text = self.reasoning = self.tool_plan = ""
        self.finish = None
        self.calls = []

    def call(self, name, arguments):
        """Arguments are an object, or text that grows."""
        self.calls.append([name, arguments])

    def more_arguments(self, text):
        self.calls[-1][1] += text


class Choices(dict):
    """Choices by their index, kept while they are read: a stream that breaks has told what came before."""

    def __missing__(self, index):
        self[index] = Choice()
        return self[index]


# --- Anthropic --------------------------------------------------------------------------------------------


class Anthropic:
    errors = (anthropic.APIError, httpx.HTTPError)

    def __init__(self, url):
        self.client = anthropic.Anthropic(base_url=url, api_key=KEY, max_retries=0)

    def chat(self, stream, choices):
        asked = {"model": "m", "max_tokens": 9, "messages": MESSAGES}
        choice = choices[0]
        if stream:
            self.stream(asked, choice)
        else:
            self.whole(self.client.messages.create(**asked), choice)

    def whole(self, message, choice, inputs=None):
        choice.finish = message.stop_reason
        for index, block in enumerate(message.content):
            if block.type == "text":
                choice.text += block.text
            elif block.type == "thinking":
                choice.reasoning += block.thinking
            elif block.type == "tool_use":
                # Of an input that was cut off the SDK keeps what can be read; what came is its text.
                text = (inputs or {}).get(index)
                choice.call(block.name, parsed(text) if text and parsed(text) == text else block.input)

    def stream(self, asked, choice):
        inputs = {}
        with self.client.messages.stream(**asked) as stream:
            for event in stream:
                if event.type == "text":
                    choice.text += event.text
                elif event.type == "content_block_delta" and event.delta.type == "input_json_delta":
                    inputs[event.index] = inputs.get(event.index, "") + event.delta.partial_json
            final = Choice()
            self.whole(stream.get_final_message(), final, inputs)
        # A block's first event may hold text, too, which is no event of its own for the helper.
        assert final.text.endswith(choice.text), f"the helper's events tell {choice.text!r}, its message {final.text!r}"
        choice.__dict__ = final.__dict__

    def models(self, _stream):
        return self.client.models.list().data

    def status(self, error):
        return error.status_code


# --- Google -----------------------------------------------------------------------------------------------


class Google:
    errors = (google_errors.APIError, httpx.HTTPError)

    is_vertex = False

    def __init__(self, url):
        options = genai.types.HttpOptions(base_url=url)
        self.client = genai.Client(vertexai=self.is_vertex, api_key=KEY, http_options=options)

    def chat(self, stream, choices):
        models = self.client.models
        if stream:
            for chunk in models.generate_content_stream(model="m", contents=TEXT):
                self.add(chunk, choices)
        else:
            self.add(models.generate_content(model="m", contents=TEXT), choices)

    def add(self, answer, choices):
        for candidate in answer.candidates or []:
            choice = choices[candidate.index or 0]
            choice.finish = candidate.finish_reason.value if candidate.finish_reason else choice.finish
            for part in (candidate.content and candidate.content.parts) or []:
                if part.text:
                    name = "reasoning" if part.thought else "text"
                    setattr(choice, name, getattr(choice, name) + part.text)
                if part.function_call and part.function_call.name:
                    choice.call(part.function_call.name, part.function_call.args or {})
                if part.function_call and part.function_call.partial_args:
                    self.add_pieces(choice.calls[-1][1], part.function_call.partial_args)

    def add_pieces(self, arguments, pieces):
        """Members of the object itself; the SDK hands the pieces on as they are."""
        for piece in pieces:
            name = piece.json_path.removeprefix("$.")
            if piece.string_value is not None:
                arguments[name] = arguments.get(name, "") + piece.string_value
            else:
                arguments[name] = piece.number_value if piece.bool_value is None else piece.bool_value

    def embeddings(self, _stream):
        return self.client.models.embed_content(model="gemini-embedding-2", contents=TEXT).embeddings

    def predict(self, _stream):
        return self.client.models.embed_content(model="gemini-embedding-001", contents=TEXT).embeddings

    def models(self, _stream):
        return list(self.client.models.list())

    def status(self, error):
        return error.code


class Vertex(Google):
    is_vertex = True


# --- Bedrock ----------------------------------------------------------------------------------------------


class Bedrock:
    errors = (botocore.exceptions.ClientError, botocore.exceptions.EventStreamError, botocore.eventstream.ChecksumMismatch)

    def __init__(self, url):
        place = {"region_name": "us-east-1", "endpoint_url": url, "aws_access_key_id": KEY, "aws_secret_access_key": KEY}
        once = botocore.config.Config(retries={"total_max_attempts": 1})
        self.runtime = boto3.client("bedrock-runtime", config=once, **place)
        self.control = boto3.client("bedrock", config=once, **place)

    def chat(self, stream, choices):
        asked = {"modelId": "m", "messages": [{"role": "user", "content": [{"text": TEXT}]}]}
        choice = choices[0]
        if stream:
            for event in self.runtime.converse_stream(**asked)["stream"]:
                self.add(event, choice)
        else:
            self.whole(self.runtime.converse(**asked), choice)
        for call in choice.calls:
            call[1] = parsed(call[1])

    def whole(self, answer, choice):
        choice.finish = answer["stopReason"]
        for block in answer["output"]["message"]["content"]:
            choice.text += block.get("text", "")
            choice.reasoning += block.get("reasoningContent", {}).get("reasoningText", {}).get("text", "")
            if call := block.get("toolUse"):
                if call.get("type") != "server_tool_use":
                    choice.call(call["name"], call["input"])

    def add(self, event, choice):
        if start := event.get("contentBlockStart", {}).get("start", {}).get("toolUse"):
            # A tool that Bedrock runs is no call of the client's; its input is kept out of the way.
            self.is_own = start.get("type") == "server_tool_use"
            if not self.is_own:
                choice.call(start["name"], "")
        delta = event.get("contentBlockDelta", {}).get("delta", {})
        choice.text += delta.get("text", "")
        choice.reasoning += delta.get("reasoningContent", {}).get("text", "")
        if "toolUse" in delta and not self.is_own:
            choice.more_arguments(delta["toolUse"]["input"])
        choice.finish = event.get("messageStop", {}).get("stopReason", choice.finish)

    def models(self, _stream):
        return self.control.list_foundation_models()["modelSummaries"]

    def status(self, error):
        return error.response["ResponseMetadata"]["HTTPStatusCode"]


# --- Cohere -----------------------------------------------------------------------------------------------


class Cohere:
    errors = (cohere.core.ApiError, httpx.HTTPError)

    def __init__(self, url):
        self.client = cohere.ClientV2(KEY, base_url=url, log_warning_experimental_features=False)

    def chat(self, stream, choices):
        options = cohere.core.RequestOptions(max_retries=0)
        asked = {"model": "m", "messages": MESSAGES, "request_options": options}
        choice = choices[0]
        if stream:
            for event in self.client.chat_stream(**asked):
                self.add(event, choice)
        else:
            self.whole(self.client.chat(**asked), choice)
        for call in choice.calls:
            call[1] = parsed(call[1])

    def whole(self, answer, choice):
        choice.finish = answer.finish_reason
        choice.tool_plan = answer.message.tool_plan or ""
        for block in answer.message.content or []:
            if block.type == "thinking":
                choice.reasoning += block.thinking
            else:
                choice.text += block.text
        for call in answer.message.tool_calls or []:
            choice.call(call.function.name, call.function.arguments)

    def add(self, event, choice):
        message = getattr(event.delta, "message", None) if getattr(event, "delta", None) else None
        if event.type in ("content-start", "content-delta"):
            choice.text += message.content.text or ""
            choice.reasoning += message.content.thinking or ""
        elif event.type == "tool-plan-delta":
            choice.tool_plan += message.tool_plan
        elif event.type == "tool-call-start":
            choice.call(message.tool_calls.function.name, message.tool_calls.function.arguments or "")
        elif event.type == "tool-call-delta":
            choice.more_arguments(message.tool_calls.function.arguments)
        elif event.type == "message-end":
            choice.finish = event.delta.finish_reason

    def embeddings(self, _stream):
        answer = self.client.embed(model="m", texts=[TEXT], input_type="search_query", embedding_types=["float"])
        return answer.embeddings.float_ or answer.embeddings.int8

    def rerank(self, _stream):
        return self.client.rerank(model="m", query=TEXT, documents=[TEXT]).results

    def status(self, error):
        return error.status_code


# --- Ollama -----------------------------------------------------------------------------------------------


class Ollama:
    errors = (ollama.ResponseError, httpx.HTTPError)

    def __init__(self, url):
        self.client = ollama.Client(host=url)

    def chat(self, stream, choices):
        answer = self.client.chat(model="m", messages=MESSAGES, stream=stream)
        for part in answer if stream else [answer]:
            choice = choices[0]
            choice.text += part.message.content or ""
            choice.reasoning += part.message.thinking or ""
            choice.finish = part.done_reason or choice.finish
            for call in part.message.tool_calls or []:
                choice.call(call.function.name, dict(call.function.arguments))

    def models(self, _stream):
        return self.client.list().models

    def status(self, error):
        return error.status_code


def parsed(arguments):
    """What the text means, where it means something."""
    try:
        return json.loads(arguments) if isinstance(arguments, str) else arguments
    except ValueError:
        return arguments


# Each wire format's client, and what it is asked for; Vertex has a client of its own.
ASKED = {
    "anthropic.messages": (Anthropic, "chat"),
    "anthropic.models": (Anthropic, "models"),
    "google.generateContent": (Google, "chat"),
    "google.embedContent": (Google, "embeddings"),
    "google.predict": (Google, "predict"),
    "google.models": (Google, "models"),
    "bedrock.converse": (Bedrock, "chat"),
    "bedrock.models": (Bedrock, "models"),
    "cohere.chat_v2": (Cohere, "chat"),
    "cohere.embed": (Cohere, "embeddings"),
    "cohere.rerank": (Cohere, "rerank"),
    "ollama.chat": (Ollama, "chat"),
    "ollama.models": (Ollama, "models"),
}
