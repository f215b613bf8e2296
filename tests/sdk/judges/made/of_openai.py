"""Chat answers as vendors write them who say that they speak OpenAI's words: every habit that is known, in any company.

Such answers are passed on; what OpenAI's own SDKs cannot read in them is mended on the way.
"""

import json

from .answer import Answer, pieces, sse, without_nothing

WALKED = {}
COUNT = 320
USAGE = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}

# Each habit and its ways. The first way is OpenAI's own.
HABITS = {
    "opening": ["none", "nameless", "null choices"],
    "role": ["first", "each", "never"],
    "reasoning": ["none", "reasoning_content", "reasoning", "both"],
    "content": ["text", "parts", "null between"],
    "calls": ["none", "indexed", "by id", "whole without index", "whole without id", "all in one", "named in each", "from one", "empty list between"],
    "finish": ["once", "with usage again", "no delta"],
    "usage": ["last", "with the finish", "each", "twice", "never"],
    "object": ["chunk", "another", "none"],
    "ids": ["one", "changing", "none"],
    "done": [True, False],
}


def answers(walker, random):
    singles = [{name: way} for name, ways in HABITS.items() for way in ways]
    mixed = ({name: random.choice(ways) for name, ways in HABITS.items()} for _ in range(COUNT - len(singles)))
    for habits in [*singles, *mixed]:
        habits = {**{name: ways[0] for name, ways in HABITS.items()}, **habits}
        said = Said(walker, random, habits)
        content = said.content()
        yield Answer("made-up", "openai.chat", said.facts(), framing="sse", raw=sse(said.chunks(), done=habits["done"]), content=content)
        yield Answer("made-up", "openai.chat", {**said.facts(), "usage": USAGE}, said.whole())


class Said:
    """One answer, and how its vendor writes it."""

    def __init__(self, walker, random, habits):
        self.random, self.habits = random, habits
        self.text, self.thought = walker.text("said"), walker.text("thought")
        self.calls = [self.call(walker, number) for number in range(0 if habits["calls"] == "none" else random.randrange(1, 4))]
        self.id = walker.text("id")
        self.number = 0

    def call(self, walker, number):
        arguments = self.random.choice([json.dumps({"city": walker.text("city"), "days": [1, 2.5, None]}, ensure_ascii=False), "{}"])
        has_id = self.habits["calls"] != "whole without id"
        return {"id": f"call-{walker.text(number)}" if has_id else "", "name": walker.text("get"), "arguments": arguments}

    def reason(self):
        return "tool_calls" if self.calls else "stop"

    def content(self):
        thought = self.thought if self.habits["reasoning"] != "none" else ""
        return [self.text, thought, self.calls]

    def facts(self):
        called = [without_nothing({"id": call["id"], "name": call["name"], "json": json.loads(call["arguments"])}) for call in self.calls]
        choice = {"text": self.text, "reasoning": self.content()[1], "tool_calls": called, "finish": self.reason()}
        usage = None if self.habits["usage"] == "never" else USAGE
        return {"choices": [without_nothing(choice)], "usage": usage}

    # --- whole ------------------------------------------------------------------------------------------------

    def whole(self):
        message = {"role": "assistant", "content": self.written(self.text), **self.reasoned(self.content()[1])}
        if self.calls:
            message["tool_calls"] = [self.written_call(call) for call in self.calls]
        choice = {"index": 0, "message": message, "finish_reason": self.reason(), "logprobs": None}
        return {"id": self.id, "object": "chat.completion", "created": 1, "model": "some-model", "choices": [choice], "usage": USAGE}

    def written(self, text):
        return [{"type": "text", "text": text}] if self.habits["content"] == "parts" else text

    def written_call(self, call):
        return {"id": call["id"], "type": "function", "function": {"name": call["name"], "arguments": call["arguments"]}}

    def reasoned(self, text):
        names = {"none": [], "both": ["reasoning", "reasoning_content"]}.get(self.habits["reasoning"], [self.habits["reasoning"]])
        return dict.fromkeys(names, text) if text else {}

    # --- in pieces --------------------------------------------------------------------------------------------

    def chunks(self):
        yield from self.opening()
        if self.habits["role"] != "never":
            yield self.chunk({"role": "assistant", "content": ""})
        for part in pieces(self.random, self.content()[1]):
            yield self.chunk(self.reasoned(part))
        for part in pieces(self.random, self.text):
            yield self.chunk({"content": self.written(part)})
            if self.habits["content"] == "null between":
                yield self.chunk({"content": None, "tool_calls": None, "refusal": None})
            if self.habits["calls"] == "empty list between":
                yield self.chunk({"content": "", "tool_calls": []})
        for calls in self.call_deltas():
            yield self.chunk({"tool_calls": calls})
        yield from self.ending()

    def opening(self):
        if self.habits["opening"] == "nameless":
            yield {"id": "", "object": "", "created": 0, "model": "", "choices": [], "prompt_filter_results": [{"prompt_index": 0}]}
        elif self.habits["opening"] == "null choices":
            yield {**self.chunk({}), "choices": None}

    def chunk(self, delta, finish=None, usage=None):
        self.number += 1
        if self.habits["role"] == "each" and delta is not None:
            delta = {"role": "assistant", **delta}
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        if delta is None:
            del choice["delta"]
        name = {"chunk": "chat.completion.chunk", "another": "chat.completion", "none": None}[self.habits["object"]]
        ident = {"one": self.id, "changing": f"{self.id}-{self.number}", "none": None}[self.habits["ids"]]
        chunk = {"id": ident, "object": name, "created": 1, "model": "some-model", "choices": [choice]}
        if usage or self.habits["usage"] == "each":
            chunk["usage"] = usage or {"prompt_tokens": 11, "completion_tokens": 1, "total_tokens": 12}
        return {member: value for member, value in chunk.items() if value is not None}

    def call_deltas(self):
        way = self.habits["calls"]
        first = 1 if way == "from one" else 0
        indexed = [{"index": first + place, **self.written_call(call)} for place, call in enumerate(self.calls)]
        bare = [self.written_call(call) for call in self.calls]
        if way == "all in one":
            yield indexed
        elif way.startswith("whole"):
            yield from ([call] for call in bare)
        else:
            for call in bare if way == "by id" else indexed:
                yield from ([part] for part in self.parts(call))

    def parts(self, call):
        """The first says who is called; the rest grows the arguments."""
        function = call["function"]
        yield {**call, "function": {**function, "arguments": ""}}
        for part in pieces(self.random, function["arguments"]):
            rest = {"function": {"arguments": part}}
            if self.habits["calls"] == "by id":
                rest["id"] = call["id"]
            else:
                rest["index"] = call["index"]
            if self.habits["calls"] == "named in each":
                rest |= {"id": call["id"], "type": "function", "function": {"name": function["name"], "arguments": part}}
            yield rest

    def ending(self):
        way = self.habits["usage"]
        delta = None if self.habits["finish"] == "no delta" else {}
        yield self.chunk(delta, self.reason(), USAGE if way in ("with the finish", "each", "twice") else None)
        if way in ("last", "twice"):
            last = self.chunk({}, self.reason() if self.habits["finish"] == "with usage again" else None, USAGE)
            yield last if self.habits["finish"] == "with usage again" else {**last, "choices": []}
