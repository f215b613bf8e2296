const origin = process.env.GATEWAY_URL.replace(/\/v1$/, "");
const answer = await fetch(`${origin}/chat/completions`, {
  method: "POST",
  headers: {
    Authorization: `Bearer ${process.env.GATEWAY_API_KEY ?? "not-needed"}`,
    "Content-Type": "application/json",
    "x-opengateway-failover-sequence": JSON.stringify(["demo"]),
    "x-opengateway-timeout": "30s",
  },
  body: JSON.stringify({
    model: "chat",
    messages: [{ role: "user", content: "What is the capital of Norway?" }],
  }),
});
const body = await answer.json();
console.log(answer.status, body.choices[0].message.content);
