import json
import os
import urllib.request

request = urllib.request.Request(
    os.environ["GATEWAY_URL"].removesuffix("/v1") + "/chat/completions",
    data=json.dumps({
        "model": "chat",
        "messages": [{"role": "user", "content": "What is the capital of Norway?"}],
    }).encode(),
    headers={
        "Authorization": "Bearer " + os.environ.get("GATEWAY_API_KEY", "not-needed"),
        "Content-Type": "application/json",
        "x-opengateway-failover-sequence": json.dumps(["demo"]),
        "x-opengateway-timeout": "30s",
    },
)
with urllib.request.urlopen(request) as answer:
    print(answer.status, json.load(answer)["choices"][0]["message"]["content"])
