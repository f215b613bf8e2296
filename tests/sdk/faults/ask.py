"""Asks a gateway for every case of the fault table with openai-python, and writes down what a program would see.

    ask.py BASE_URL COUNTS_URL CASES.json TOLD.json
"""

import asyncio
import json
import sys
import time
import urllib.request

import openai
from openai import AsyncOpenAI

HELLO = [{"role": "user", "content": "Hello"}]
HARD_LIMIT = 40  # seconds: whoever needs longer hangs
AT_ONCE = 32
LEAVES_AFTER = 0.5  # seconds
SEES_WITHIN = 15  # seconds


async def whole(client, case):
    answer = await client.chat.completions.create(model=case["model"], messages=HELLO, extra_headers=case["headers"])
    choice = answer.choices[0]
    return {"text": choice.message.content, "finish": choice.finish_reason}


async def stream(client, case):
    text, finish = [], None
    events = await client.chat.completions.create(
        model=case["model"], messages=HELLO, stream=True, extra_headers=case["headers"]
    )
    async for chunk in events:
        for choice in chunk.choices:
            text.append(choice.delta.content or "")
            finish = choice.finish_reason or finish
    return {"text": "".join(text), "finish": finish}


async def ask(client, case):
    call = stream if case["stream"] else whole
    return await asyncio.wait_for(call(client, case), HARD_LIMIT)


async def beside(client, case):
    """Begins another stream and keeps it."""
    events = await client.chat.completions.create(model=case["beside"], messages=HELLO, stream=True)
    await anext(aiter(events))
    return events


async def leave(client, case, counts_url):
    """Goes before the end: a stream's reader closes it, whoever still waits for something is cancelled."""
    asking = asyncio.create_task(first_text(client, case) if case["stream"] else whole(client, case))
    await until(counts_url, case, lambda seen: seen["requests"])
    try:
        events = await asyncio.wait_for(asking, LEAVES_AFTER)
        await events.close()
    except TimeoutError:
        pass  # it is cancelled
    seen = await until(counts_url, case, lambda seen: seen["left"] or seen["answered"])
    return {"left": seen["left"], "answered": seen["answered"]}


async def first_text(client, case):
    events = await client.chat.completions.create(model=case["model"], messages=HELLO, stream=True)
    async for chunk in events:
        if any(choice.delta.content for choice in chunk.choices):
            return events


async def until(counts_url, case, holds):
    """What the upstream has seen of the case, once that holds, or when nobody waits for it any longer."""
    deadline = time.monotonic() + SEES_WITHIN
    while True:
        seen = (await asyncio.to_thread(counts, counts_url))[case["name"]]
        if holds(seen) or time.monotonic() > deadline:
            return seen
        await asyncio.sleep(0.1)


def counts(url):
    with urllib.request.urlopen(url, timeout=20) as response:
        return json.load(response)


def raised(error):
    kind, response = type(error), getattr(error, "response", None)
    return {
        "raised": kind.__name__,
        "own": isinstance(error, openai.OpenAIError),
        "kinds": [base.__name__ for base in kind.__mro__],
        "status": getattr(error, "status_code", None),
        "type": getattr(error, "type", None),
        "code": getattr(error, "code", None),
        "message": str(error),
        "request_id": getattr(error, "request_id", None),
        "wait": response.headers.get("retry-after") if response is not None else None,
    }


async def told(client, case, counts_url, turns):
    impatient = client.with_options(max_retries=0)
    client = client if case["retries"] else impatient
    async with turns:
        if case["asked_before"]:
            try:
                await ask(impatient, case)
            except Exception:  # the answer that counts is the next one
                pass
        kept = await beside(client, case) if case["beside"] else None
        began = time.monotonic()
        try:
            seen = await (leave(client, case, counts_url) if case["leaves"] else ask(client, case))
        except Exception as error:  # whatever it is, it is judged
            seen = raised(error)
        seconds = time.monotonic() - began
        if kept:
            await kept.close()
    return {"name": case["name"], "seconds": seconds, **seen}


async def main():
    base_url, counts_url, cases, out = sys.argv[1:]
    with open(cases) as file:
        cases = json.load(file)
    client = AsyncOpenAI(base_url=base_url, api_key="not-needed")
    turns = asyncio.Semaphore(AT_ONCE)
    results = await asyncio.gather(*(told(client, case, counts_url, turns) for case in cases))
    with open(out, "w") as file:
        json.dump(results, file)


asyncio.run(main())
