"""Asks a gateway for every case of the fault table with openai-python, and writes down what a program would see.

    ask.py BASE_URL CASES.json TOLD.json
"""

import asyncio
import json
import sys
import time

import openai
from openai import AsyncOpenAI

HELLO = [{"role": "user", "content": "Hello"}]
HARD_LIMIT = 40  # seconds: whoever needs longer hangs
AT_ONCE = 32


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


def raised(error):
    kind = type(error)
    return {
        "raised": kind.__name__,
        "own": isinstance(error, openai.OpenAIError),
        "kinds": [base.__name__ for base in kind.__mro__],
        "status": getattr(error, "status_code", None),
        "type": getattr(error, "type", None),
        "code": getattr(error, "code", None),
        "message": str(error),
        "request_id": getattr(error, "request_id", None),
    }


async def told(client, case, turns):
    client = client if case["retries"] else client.with_options(max_retries=0)
    async with turns:
        if case["asked_before"]:
            try:
                await ask(client, case)
            except Exception:  # the answer that counts is the next one
                pass
        began = time.monotonic()
        try:
            seen = await ask(client, case)
        except Exception as error:  # whatever it is, it is judged
            seen = raised(error)
    return {"name": case["name"], "seconds": time.monotonic() - began, **seen}


async def main():
    base_url, cases, out = sys.argv[1:]
    with open(cases) as file:
        cases = json.load(file)
    client = AsyncOpenAI(base_url=base_url, api_key="not-needed")
    turns = asyncio.Semaphore(AT_ONCE)
    results = await asyncio.gather(*(told(client, case, turns) for case in cases))
    with open(out, "w") as file:
        json.dump(results, file)


asyncio.run(main())
