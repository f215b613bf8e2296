// Asks a gateway for every case of the fault table with openai-node, and writes down what a program would see.
//
//     node ask.mjs BASE_URL CASES.json TOLD.json

import { readFile, writeFile } from 'node:fs/promises';

import OpenAI from 'openai';

const messages = [{ role: 'user', content: 'Hello' }];
const HARD_LIMIT = 40_000; // milliseconds: whoever needs longer hangs
const AT_ONCE = 32;

const [baseURL, casesPath, outPath] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey: 'not-needed' });
const impatient = client.withOptions({ maxRetries: 0 });

async function whole(client, given) {
  const answer = await client.chat.completions.create({ model: given.model, messages }, { headers: given.headers ?? {} });
  return { text: answer.choices[0].message.content, finish: answer.choices[0].finish_reason };
}

async function stream(client, given) {
  let text = '';
  let finish = null;
  const events = await client.chat.completions.create({ model: given.model, messages, stream: true }, { headers: given.headers ?? {} });
  for await (const chunk of events) {
    for (const choice of chunk.choices) {
      text += choice.delta.content ?? '';
      finish = choice.finish_reason ?? finish;
    }
  }
  return { text, finish };
}

class Hangs extends Error {}

function ask(given) {
  const call = given.stream ? stream : whole;
  let timer;
  const limit = new Promise((_, reject) => (timer = setTimeout(() => reject(new Hangs('it hangs')), HARD_LIMIT)));
  return Promise.race([call(given.retries ? client : impatient, given), limit]).finally(() => clearTimeout(timer));
}

function kinds(error) {
  const names = [];
  for (let kind = error?.constructor; kind?.name; kind = Object.getPrototypeOf(kind)) names.push(kind.name);
  return names;
}

function raised(error) {
  return {
    raised: kinds(error)[0] ?? typeof error,
    own: error instanceof OpenAI.OpenAIError,
    kinds: kinds(error),
    status: error?.status ?? null,
    type: error?.type ?? null,
    code: error?.code ?? null,
    message: String(error?.message ?? error),
    request_id: error?.requestID ?? null,
  };
}

async function told(given) {
  if (given.asked_before) await ask(given).catch(() => {}); // the answer that counts is the next one
  const began = performance.now();
  const seen = await ask(given).catch(raised);
  return { name: given.name, seconds: (performance.now() - began) / 1000, ...seen };
}

const cases = JSON.parse(await readFile(casesPath, 'utf8'));
const results = [];
const waiting = [...cases];
const worker = async () => {
  for (let given = waiting.shift(); given; given = waiting.shift()) results.push(await told(given));
};
await Promise.all(Array.from({ length: AT_ONCE }, worker));
await writeFile(outPath, JSON.stringify(results));
process.exit(0);
