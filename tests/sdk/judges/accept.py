"""Each provider's own SDK as the judge of what it is sent: which keys there are, and what may stand in them."""

import inspect
import re

import botocore.session
from anthropic.types.message_create_params import MessageCreateParamsNonStreaming
from botocore.validate import ParamValidator
from cohere.v2.client import V2Client
from google.genai import types as google
from ollama import _types as ollama
from openai.types.responses.response_create_params import ResponseCreateParamsNonStreaming

from shapes import misfits

SAMPLING = ("temperature", "top_p", "top_k")
WITH_SAMPLING = ("2023-06-01", "vertex-2023-10-16")


def anthropic_misfits(captured):
    body = dict(captured.body)
    body.pop("stream", None)  # the type without it is the one for whole answers
    version = captured.headers.get("anthropic-version")
    if "/publishers/anthropic/" in captured.path:  # Vertex has the version in the body, and the model in the path
        version = body.pop("anthropic_version", None)
        body["model"] = "m"
    if version in WITH_SAMPLING:  # the SDK's types are those of a later version, which has none
        for name in SAMPLING:
            body.pop(name, None)
    return misfits(body, MessageCreateParamsNonStreaming) + ([] if version else ["anthropic-version: missing"])


# https://ai.google.dev/api/generate-content: what the SDK puts together from its own parameters.
GOOGLE = {
    "contents": list[google.Content],
    "systemInstruction": google.Content,
    "tools": list[google.Tool],
    "toolConfig": google.ToolConfig,
    "safetySettings": list[google.SafetySetting],
    "generationConfig": google.GenerationConfig,
    "cachedContent": str,
    "labels": dict[str, str],
    "serviceTier": google.ServiceTier,
    "store": bool,
}


def google_misfits(captured):
    found = [f".{name}: unknown key" for name in captured.body if name not in GOOGLE]
    for name, value in captured.body.items():
        if name in GOOGLE:
            found += misfits(value, GOOGLE[name], name)
    return found


def vertex_misfits(captured):
    """Vertex has two families; what a caller gives as options for Google's is not meant for the other."""
    if "/publishers/anthropic/" in captured.path:
        return [misfit for misfit in anthropic_misfits(captured) if misfit != ".safetySettings: unknown key"]
    return google_misfits(captured)


CONVERSE = botocore.session.get_session().get_service_model("bedrock-runtime").operation_model("Converse").input_shape


def bedrock_misfits(captured):
    body = dict(captured.body)
    body["modelId"] = "m"  # it stands in the path
    report = ParamValidator().validate(body, CONVERSE)
    return [report.generate_report()] if report.has_errors() else []


COHERE = {
    name: parameter.annotation
    for name, parameter in inspect.signature(V2Client.chat).parameters.items()
    if name not in ("self", "request_options")
} | {"stream": bool}


def cohere_misfits(captured):
    found = [f".{name}: unknown key" for name in captured.body if name not in COHERE]
    for name, value in captured.body.items():
        if name in COHERE:
            found += misfits(value, COHERE[name], name)
    return found


# The SDK takes mappings where it takes its own models, which would hide an unknown key.
OLLAMA = {
    "model": str,
    "stream": bool,
    "options": ollama.Options,
    "messages": list[ollama.Message],
    "tools": list[ollama.Tool],
    "keep_alive": float | str,
    "think": ollama.ChatRequest.model_fields["think"].annotation,
    "format": ollama.ChatRequest.model_fields["format"].annotation,
    "logprobs": bool,
    "top_logprobs": int,
}
# In the server, and not yet in the SDK: https://github.com/ollama/ollama/blob/main/api/types.go
OLLAMA_NEWER = ("tool_call_id", "id", "index", "min_p")


def ollama_misfits(captured):
    found = [f".{name}: unknown key" for name in captured.body if name not in OLLAMA]
    for name, value in captured.body.items():
        if name in OLLAMA:
            found += misfits(value, OLLAMA[name], name)
    # On the wire an image is a string in base64; the SDK has a type that makes one of a path or bytes.
    found = [misfit for misfit in found if ".images" not in misfit]
    for message in captured.body["messages"]:
        found += misfits(message.get("images", []), list[str], "messages.images")
    newer = tuple(f".{name}: unknown key" for name in OLLAMA_NEWER)
    # A tool's parameters are a JSON schema, of which the SDK's model knows a few words.
    return [misfit for misfit in found if not misfit.endswith(newer) and ".parameters" not in misfit]


# OpenAI's own words, and the tools that it runs, may be those of tomorrow: a chat's are passed on as they are.
PASSED_ON = re.compile(r"\.(reasoning\.effort|service_tier|tools\[\d+\]\.type): .* is none of ")


# What a model said is taken back without what only OpenAI can have given it, whatever the SDK's type for its own says.
AS_KEPT = {"type": "message", "id": "msg_1", "status": "completed"}


def responses_misfits(captured):
    body = dict(captured.body)
    body.pop("stream", None)
    body["input"] = [AS_KEPT | item if isinstance(item.get("content"), list) and item.get("role") == "assistant" else item for item in body["input"]]
    return [misfit for misfit in misfits(body, ResponseCreateParamsNonStreaming) if not PASSED_ON.match(misfit)]


JUDGES = {
    "anthropic": anthropic_misfits,
    "google": google_misfits,
    "vertex": vertex_misfits,
    "bedrock": bedrock_misfits,
    "cohere": cohere_misfits,
    "ollama": ollama_misfits,
    "responses": responses_misfits,
}
