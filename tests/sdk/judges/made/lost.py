"""Whether every text and every number of a made-up answer is in what the client got.

    python3 -m made.lost FOLDER_OF_ANSWERS FOLDER_OF_WHAT_THE_CLIENT_GOT

What is not must be one of `GIVEN_UP`, with its reason; and a row of it that nothing needs is a mistake, too.
"""

import base64
import json
import re
import sys
from collections import Counter
from pathlib import Path

from .given_up import GIVEN_UP


def leaves(value, path=""):
    """Every text and every number that is like no other, and where it stands. Places in lists are not told apart."""
    if isinstance(value, dict):
        for name, item in value.items():
            if "é" in name:
                yield f"{path}.*", name
            yield from leaves(item, f"{path}.{'*' if 'é' in name else name}")
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item, f"{path}[]")
    elif isinstance(value, str) and value:
        yield path, value
    elif isinstance(value, int) and not isinstance(value, bool) and value > 100:
        yield path, str(value)


def decoded(text):
    """What a text in base64 says: some is carried as it is inside."""
    try:
        return base64.b64decode(text, validate=True).decode()
    except ValueError:
        return text


def told(line):
    """All that the client has in the end, as one text; what came in parts is put together."""
    if not line["stream"]:
        return joined([json.loads(line["body"])])
    events = [text.removeprefix("data: ") for text in line["body"].split("\n") if text.startswith("data: {")]
    return joined([json.loads(text) for text in events])


def joined(documents):
    texts, others = {}, []
    for document in documents:
        collect(document, "", texts, others)
    whole = [*texts.values(), *others]
    for text in texts.values():
        if text[:1] in "{[":
            try:
                collect(json.loads(text), "", inside := {}, whole)
                whole += inside.values()
            except ValueError:
                pass
    return "\n".join(whole)


def collect(value, path, texts, others):
    if isinstance(value, dict):
        for name, item in value.items():
            others.append(name)
            collect(item, f"{path}.{name}", texts, others)
    elif isinstance(value, list):
        for place, item in enumerate(value):
            index = item.get("index", place) if isinstance(item, dict) else place
            collect(item, f"{path}[{index}]", texts, others)
    elif isinstance(value, str):
        texts[path] = texts.get(path, "") + value
        others.append(value)
    elif value is not None:
        others.append(str(value))


def main():
    made = {answer["id"]: answer for path in Path(sys.argv[1]).glob("*/*.json") for answer in [json.loads(path.read_text())]}
    lines = [json.loads(text) for text in (Path(sys.argv[2]) / "recordings.jsonl").read_text().splitlines()]
    lost, first, used, count = Counter(), {}, set(), 0
    for line in lines:
        answer = made[line["id"]]
        whole = told(line)
        for path, text in leaves(answer["content"]):
            count += 1
            if text in whole or decoded(text) in whole:
                continue
            reason = next((row for row in GIVEN_UP if row[0] == answer["dialect"] and re.fullmatch(row[1], path)), None)
            used.add(reason)
            if reason is None:
                lost[answer["dialect"], path] += 1
                first.setdefault((answer["dialect"], path), (line["id"], text))
    for (dialect, path), times in lost.most_common():
        name, text = first[dialect, path]
        print(f"[judges] {dialect} {path}: lost {times} times, first {text!r} of {name}")
    unused = [row for row in GIVEN_UP if row not in used and row[0] in {answer["dialect"] for answer in made.values()}]
    for dialect, path, _ in unused:
        print(f"[judges] {dialect} {path}: is given up, though nothing of it is lost")
    print(f"[judges] {count} texts and numbers of {len(made)} answers: {lost.total()} lost in silence")
    sys.exit(1 if lost or unused or not count else 0)


if __name__ == "__main__":
    main()
