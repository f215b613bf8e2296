"""A made-up answer in the form of a recording, as the corpus test reads it."""

import json
from dataclasses import dataclass, field


@dataclass
class Answer:
    """What a provider sends, and the facts that are in it."""

    provider: str
    dialect: str
    facts: dict
    body: object = None
    events: list = field(default_factory=list)
    raw: str = ""
    framing: str = "json"
    model: str = "some-model"
    content: object = None  # what holds the texts that must arrive, where it is not the body

    def recording(self, name):
        response = {"status": 200, "headers": {"content-type": CONTENT_TYPES[self.framing]}}
        response |= {"body": self.body} if self.framing == "json" else {"raw_b64": self.raw}  if self.framing == "aws-eventstream" else {RAW[self.framing]: self.raw}
        return {
            "id": name,
            "provider": self.provider,
            "dialect": self.dialect,
            "model": self.model,
            "streaming": self.framing != "json",
            "framing": self.framing,
            "features": [],
            "request": None,
            "response": response,
            "facts": self.facts,
            "content": self.body if self.content is None else self.content,
        }


CONTENT_TYPES = {
    "json": "application/json",
    "sse": "text/event-stream",
    "ndjson": "application/x-ndjson",
    "aws-eventstream": "application/vnd.amazon.eventstream",
}
RAW = {"sse": "raw_sse", "ndjson": "raw_ndjson"}


def sse(events, named=False, done=False):
    lines = []
    for event in events:
        lines.append((f"event: {event['type']}\n" if named else "") + f"data: {json.dumps(event, ensure_ascii=False)}\n\n")
    return "".join(lines) + ("data: [DONE]\n\n" if done else "")


def ndjson(events):
    return "".join(json.dumps(event, ensure_ascii=False) + "\n" for event in events)


def pieces(random, text):
    """A text in one to four parts, none of them lost; an empty part here and there."""
    if not text:
        return random.choice([[], [""]])
    cuts = sorted(random.randrange(len(text) + 1) for _ in range(random.randrange(4)))
    return [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)])]


def packed(random, values, most=4):
    """All values, some at a time, in no order."""
    values = list(values)
    random.shuffle(values)
    while values:
        count = random.randrange(1, most + 1)
        yield values[:count]
        values = values[count:]


def without_nothing(choice):
    """Facts name only what is there."""
    return {name: value for name, value in choice.items() if value not in ("", [], None)}
