import os

from openai import OpenAI

client = OpenAI(
    base_url=os.environ["GATEWAY_URL"],
    api_key=os.environ.get("GATEWAY_API_KEY", "not-needed"),
)
answer = client.embeddings.create(
    model="demo/embeddings",
    input=["A lighthouse at night", "The capital of Norway"],
)
print([len(item.embedding) for item in answer.data])
