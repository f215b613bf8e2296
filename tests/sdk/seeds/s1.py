from openai import OpenAI

client = OpenAI(
    base_url="http://localhost:18888/v1",
    api_key="not-needed",
)

response = client.chat.completions.create(
    model="default",
    messages=[{"role": "user", "content": "Hello!"}],
)
print(response.choices[0].message.content)
