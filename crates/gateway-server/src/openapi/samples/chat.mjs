import OpenAI from "openai";

const client = new OpenAI({
  baseURL: process.env.GATEWAY_URL,
  apiKey: process.env.GATEWAY_API_KEY ?? "not-needed",
});
const answer = await client.chat.completions.create({
  model: "default",
  messages: [{ role: "user", content: "What is the capital of Norway?" }],
});
console.log(answer.choices[0].message.content);

const events = await client.chat.completions.create({
  model: "default",
  messages: [{ role: "user", content: "Tell me about Oslo." }],
  stream: true,
});
for await (const chunk of events) {
  process.stdout.write(chunk.choices[0]?.delta?.content ?? "");
}
