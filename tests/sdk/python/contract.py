"""What a program with openai-python may rely on."""

import asyncio
import base64
import io
import os
import unittest
import urllib.request

import openai
from openai import AsyncOpenAI, OpenAI
from pydantic import BaseModel

OPEN = os.environ["OPEN_URL"] + "/v1"
KEYED = os.environ["KEYED_URL"] + "/v1"
KEY = os.environ["GATEWAY_KEY"]
HELLO = [{"role": "user", "content": "Hello gateway"}]
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=="
)

client = OpenAI(base_url=KEYED, api_key=KEY, timeout=30)
once = client.with_options(max_retries=0)

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get the weather of a city",
        "parameters": {
            "type": "object",
            "properties": {"location": {"type": "string"}},
            "required": ["location"],
            "additionalProperties": False,
        },
        "strict": True,
    },
}


def upstream_count(model):
    with urllib.request.urlopen(f"{os.environ['UPSTREAM_URL']}/count/{model}") as response:
        return int(response.read())


class Chat(unittest.TestCase):
    def test_whole(self):
        answer = client.chat.completions.create(model="demo/chat", messages=HELLO)
        self.assertTrue(answer.id.startswith("chatcmpl"))
        self.assertEqual(answer.object, "chat.completion")
        self.assertEqual(answer.choices[0].finish_reason, "stop")
        self.assertIn("demo", answer.choices[0].message.content.lower())
        usage = answer.usage
        self.assertEqual(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens)
        self.assertTrue(answer._request_id)

    def test_open_gateway_takes_any_key(self):
        answer = OpenAI(base_url=OPEN, api_key="not-needed").chat.completions.create(model="default", messages=HELLO)
        self.assertTrue(answer.choices[0].message.content)

    def test_choices_limits_and_logprobs(self):
        answer = client.chat.completions.create(
            model="demo/chat", messages=HELLO, n=3, max_completion_tokens=2, logprobs=True, top_logprobs=2
        )
        self.assertEqual([choice.index for choice in answer.choices], [0, 1, 2])
        self.assertEqual(answer.choices[0].finish_reason, "length")
        self.assertEqual(len(answer.choices[0].logprobs.content[0].top_logprobs), 2)

    def test_stream(self):
        whole = client.chat.completions.create(model="demo/chat", messages=HELLO).choices[0].message.content
        chunks = list(client.chat.completions.create(model="demo/chat", messages=HELLO, stream=True))
        text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
        self.assertEqual(text, whole)
        self.assertEqual(len({chunk.id for chunk in chunks}), 1)
        self.assertTrue(all(chunk.choices and chunk.usage is None for chunk in chunks), "no usage without being asked")
        self.assertEqual(chunks[-1].choices[0].finish_reason, "stop")

    def test_stream_with_usage(self):
        chunks = list(
            client.chat.completions.create(
                model="demo/chat", messages=HELLO, stream=True, stream_options={"include_usage": True}
            )
        )
        self.assertEqual(chunks[-1].choices, [])
        self.assertGreater(chunks[-1].usage.completion_tokens, 0)
        self.assertEqual(sum(chunk.usage is not None for chunk in chunks), 1)

    def test_stream_helper(self):
        with client.chat.completions.stream(model="demo/chat", messages=HELLO) as stream:
            events = list(stream)
            final = stream.get_final_completion()
        text = "".join(event.delta for event in events if event.type == "content.delta")
        self.assertEqual(text, final.choices[0].message.content)
        self.assertIn("content.done", {event.type for event in events})

    def test_reasoning_is_kept(self):
        answer = client.chat.completions.create(model="demo/reasoning", messages=HELLO)
        self.assertTrue(answer.choices[0].message.model_extra.get("reasoning_content"))

    def test_extra_members_pass(self):
        answer = client.chat.completions.create(model="demo/chat", messages=HELLO, extra_body={"top_k": 5, "x": None})
        self.assertTrue(answer.choices)

    def test_async(self):
        async def both():
            async with AsyncOpenAI(base_url=KEYED, api_key=KEY) as other:
                whole = await other.chat.completions.create(model="demo/chat", messages=HELLO)
                stream = await other.chat.completions.create(model="demo/chat", messages=HELLO, stream=True)
                parts = [chunk.choices[0].delta.content or "" async for chunk in stream]
                return whole.choices[0].message.content, "".join(parts)

        whole, streamed = asyncio.run(both())
        self.assertEqual(whole, streamed)

    def test_leaving_a_stream_early(self):
        stream = client.chat.completions.create(model="demo/stall", messages=HELLO, stream=True)
        next(iter(stream))
        stream.close()
        self.test_whole()


class Tools(unittest.TestCase):
    ask = [{"role": "user", "content": "What is the weather in Paris?"}]

    def test_round_trip(self):
        first = client.chat.completions.create(model="demo/chat", messages=self.ask, tools=[WEATHER])
        self.assertEqual(first.choices[0].finish_reason, "tool_calls")
        call = first.choices[0].message.tool_calls[0]
        self.assertEqual(call.function.name, "get_weather")
        result = {"role": "tool", "tool_call_id": call.id, "content": "sunny, 21 degrees"}
        second = client.chat.completions.create(
            model="demo/chat", messages=[*self.ask, first.choices[0].message, result], tools=[WEATHER]
        )
        self.assertIn("sunny", second.choices[0].message.content)

    def test_stream_helper(self):
        with client.chat.completions.stream(model="demo/chat", messages=self.ask, tools=[WEATHER]) as stream:
            kinds = [event.type for event in stream]
            final = stream.get_final_completion()
        self.assertIn("tool_calls.function.arguments.delta", kinds)
        self.assertIn("tool_calls.function.arguments.done", kinds)
        self.assertIn("location", final.choices[0].message.tool_calls[0].function.parsed_arguments)

    def test_forced_and_forbidden(self):
        forced = client.chat.completions.create(
            model="demo/chat",
            messages=HELLO,
            tools=[WEATHER],
            tool_choice={"type": "function", "function": {"name": "get_weather"}},
        )
        self.assertEqual(forced.choices[0].message.tool_calls[0].function.name, "get_weather")
        none = client.chat.completions.create(model="demo/chat", messages=self.ask, tools=[WEATHER], tool_choice="none")
        self.assertIsNone(none.choices[0].message.tool_calls)


class Step(BaseModel):
    explanation: str
    output: int


class Solution(BaseModel):
    steps: list[Step]
    final_answer: str


class Structured(unittest.TestCase):
    def test_parse(self):
        answer = client.chat.completions.parse(model="demo/chat", messages=HELLO, response_format=Solution)
        self.assertIsInstance(answer.choices[0].message.parsed, Solution)

    def test_stream(self):
        with client.chat.completions.stream(model="demo/chat", messages=HELLO, response_format=Solution) as stream:
            stream.until_done()
            final = stream.get_final_completion()
        self.assertIsInstance(final.choices[0].message.parsed, Solution)

    def test_json_object(self):
        answer = client.chat.completions.create(
            model="demo/chat", messages=HELLO, response_format={"type": "json_object"}
        )
        self.assertTrue(answer.choices[0].message.content.startswith("{"))


class Embeddings(unittest.TestCase):
    def test_base64_is_the_default_and_decodes(self):
        packed = client.embeddings.create(model="demo/embeddings", input=["one", "two"])
        plain = client.embeddings.create(model="demo/embeddings", input=["one", "two"], encoding_format="float")
        self.assertEqual(len(packed.data), 2)
        self.assertEqual(len(packed.data[0].embedding), 256)
        for left, right in zip(packed.data[1].embedding, plain.data[1].embedding):
            self.assertAlmostEqual(left, right, places=6)

    def test_dimensions(self):
        answer = client.embeddings.create(model="demo/embeddings", input="one", dimensions=16)
        self.assertEqual(len(answer.data[0].embedding), 16)


class Models(unittest.TestCase):
    def test_list_and_retrieve(self):
        ids = [model.id for model in client.models.list()]
        self.assertIn("demo/chat", ids)
        self.assertEqual(len(ids), len(set(ids)))
        for name in ["demo/chat", "Qwen/Qwen2.5-7B-Instruct", "default"]:
            model = client.models.retrieve(name)  # the SDK writes the slash as %2F
            self.assertEqual(model.object, "model")
            self.assertIsInstance(model.created, int)
        with self.assertRaises(openai.NotFoundError):
            client.models.retrieve("nobody/nothing")


class Others(unittest.TestCase):
    def test_completions(self):
        answer = client.completions.create(model="demo/chat", prompt="Say hello", max_tokens=5)
        self.assertEqual(answer.object, "text_completion")
        chunks = list(client.completions.create(model="demo/chat", prompt="Say hello", stream=True))
        self.assertTrue("".join(chunk.choices[0].text for chunk in chunks if chunk.choices))

    def test_images(self):
        image = client.images.generate(model="demo/image", prompt="a cat", response_format="b64_json")
        self.assertTrue(base64.b64decode(image.data[0].b64_json).startswith(b"\x89PNG"))
        edited = client.images.edit(model="demo/image", image=("a.png", PNG), prompt="a dog")
        self.assertTrue(edited.data)
        varied = client.images.create_variation(model="demo/image", image=("a.png", PNG))
        self.assertTrue(varied.data)

    def test_responses(self):
        answer = client.responses.create(model="demo/chat", input="Hello gateway")
        self.assertEqual((answer.object, answer.status), ("response", "completed"))
        self.assertIn("demo", answer.output_text.lower())
        events = list(client.responses.create(model="demo/chat", input="Hello gateway", stream=True))
        self.assertEqual(events[-1].type, "response.completed")
        text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
        self.assertEqual(text, answer.output_text)
        with client.responses.stream(model="demo/chat", input="Hello gateway") as stream:
            stream.until_done()
            self.assertEqual(stream.get_final_response().output_text, answer.output_text)

    def test_moderations(self):
        answer = client.moderations.create(model="demo/moderation", input="a kind word")
        self.assertFalse(answer.results[0].flagged)

    def test_speech(self):
        answer = client.audio.speech.create(model="demo/speech", voice="alloy", input="hi", response_format="wav")
        self.assertTrue(answer.content.startswith(b"RIFF"))
        with client.audio.speech.with_streaming_response.create(
            model="demo/speech", voice="alloy", input="hi", response_format="wav"
        ) as streamed:
            self.assertEqual(b"".join(streamed.iter_bytes()), answer.content)

    def test_transcriptions(self):
        sound = io.BytesIO(b"RIFF" + bytes(range(256)) * 2000)
        sound.name = "sound.wav"
        self.assertTrue(client.audio.transcriptions.create(model="demo/transcription", file=sound).text)
        sound.seek(0)
        self.assertTrue(client.audio.translations.create(model="demo/transcription", file=sound).text)


class Errors(unittest.TestCase):
    def fails(self, kind, model, **more):
        with self.assertRaises(kind) as caught:
            once.chat.completions.create(**{"model": model, "messages": HELLO, **more})
        return caught.exception

    def test_statuses_of_the_upstream(self):
        table = {
            400: openai.BadRequestError,
            402: openai.APIStatusError,
            404: openai.NotFoundError,
            409: openai.ConflictError,
            422: openai.UnprocessableEntityError,
            429: openai.RateLimitError,
            500: openai.InternalServerError,
            503: openai.InternalServerError,
        }
        for status, kind in table.items():
            for stream in (False, True):
                with self.subTest(status=status, stream=stream):
                    error = self.fails(kind, f"demo/{status}", stream=stream)
                    self.assertEqual(error.status_code, status)
                    self.assertTrue(error.message and error.request_id)

    def test_the_gateways_own_errors(self):
        missing = self.fails(openai.NotFoundError, "nobody/nothing")
        self.assertEqual((missing.code, missing.param, missing.type), ("model_not_found", "model", "not_found"))
        bad = self.fails(openai.BadRequestError, "demo/chat", messages=[])
        self.assertEqual((bad.code, bad.param, bad.type), ("invalid_value", "messages", "invalid_request"))
        refused = self.fails(openai.InternalServerError, "demo/401")
        self.assertEqual((refused.status_code, refused.code), (502, "backend_auth_error"))
        for key in ("wrong", "wrong-too"):
            with self.assertRaises(openai.AuthenticationError) as caught:
                OpenAI(base_url=KEYED, api_key=key).chat.completions.create(model="demo/chat", messages=HELLO)
            self.assertEqual(caught.exception.code, "invalid_api_key")

    def test_a_broken_stream_raises(self):
        for model in ("cut", "reset", "error-in-stream", "error-event", "error-string", "bare-json", "bad-json", "bad-utf8"):
            with self.subTest(model=model):
                with self.assertRaises(openai.APIError) as caught:
                    for _ in once.chat.completions.create(model=f"demo/{model}", messages=HELLO, stream=True):
                        pass
                self.assertTrue(caught.exception.message)

    def test_a_stream_without_content_raises_before_it_begins(self):
        for model in ("empty", "only-done", "html", "error-first", "json-error"):
            with self.subTest(model=model):
                with self.assertRaises(openai.APIStatusError):
                    once.chat.completions.create(model=f"demo/{model}", messages=HELLO, stream=True)

    def test_an_odd_stream_is_whole(self):
        expected = client.chat.completions.create(model="demo/chat", messages=HELLO).choices[0].message.content
        for model in ("trickle", "no-done", "finish-reset", "done-reset", "after-done", "no-blank-line", "noise", "crlf", "bom", "whole", "wrong-type", "error-null"):
            with self.subTest(model=model):
                chunks = list(once.chat.completions.create(model=f"demo/{model}", messages=HELLO, stream=True))
                text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
                self.assertEqual(text, expected)
                self.assertTrue(any(chunk.choices and chunk.choices[0].finish_reason for chunk in chunks))


class Retries(unittest.TestCase):
    """The SDK tries three times where that can help. The gateway adds no tries of its own, and none where it cannot."""

    def test_not_amplified(self):
        for status, tries in {500: 3, 503: 3, 429: 3, 409: 3, 501: 1, 400: 1, 402: 1, 422: 1}.items():
            with self.subTest(status=status):
                model = f"status-{status}-python"
                with self.assertRaises(openai.APIStatusError):
                    client.chat.completions.create(model=f"count/{model}", messages=HELLO)
                self.assertEqual(upstream_count(model), tries)

    def test_unsupported_is_final(self):
        sent = []
        hooked = OpenAI(
            base_url=KEYED,
            api_key=KEY,
            http_client=openai.DefaultHttpx2Client(event_hooks={"request": [sent.append]}),
        )
        with self.assertRaises(openai.InternalServerError) as caught:
            hooked.embeddings.create(model="count/status-200-x", input="x")
        self.assertEqual((caught.exception.status_code, caught.exception.code, len(sent)), (501, "unsupported_operation", 1))
        hooked.close()


if __name__ == "__main__":
    unittest.main()
