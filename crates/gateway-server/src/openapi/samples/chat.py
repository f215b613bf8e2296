import os

from openai import OpenAI

client = OpenAI(
    base_url=os.environ["GATEWAY_URL"],
    api_key=os.environ.get("GATEWAY_API_KEY", "not-needed"),
)
answer = client.chat.completions.create(
    model="default",
    messages=[{"role": "user", "content": "What is the capital of Norway?"}],
)
print(answer.choices[0].message.content)

with client.chat.completions.stream(
    model="default",
    messages=[{"role": "user", "content": "Tell me about Oslo."}],
) as events:
    for event in events:
        if event.type == "content.delta":
            print(event.delta, end="", flush=True)
