// Asks a gateway for every case of the fault table with openai-node, and writes down what a program would see.
//
//     node ask.mjs BASE_URL COUNTS_URL CASES.json TOLD.json

import { readFile, writeFile } from 'node:fs/promises';

import OpenAI from 'openai';

const messages = [{ role: 'user', content: 'Hello' }];
const HARD_LIMIT = 40_000; // milliseconds: whoever needs longer hangs
const AT_ONCE = 32;
const LEAVES_AFTER = 500; // milliseconds
const SEES_WITHIN = 15_000; // milliseconds

const [baseURL, countsURL, casesPath, outPath] = process.argv.slice(2);
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

function ask(given, patient = given.retries) {
  const call = given.stream ? stream : whole;
  let timer;
  const limit = new Promise((_, reject) => (timer = setTimeout(() => reject(new Hangs('it hangs')), HARD_LIMIT)));
  return Promise.race([call(patient ? client : impatient, given), limit]).finally(() => clearTimeout(timer));
}

// Begins another stream and keeps it.
async function beside(given) {
  const events = await client.chat.completions.create({ model: given.beside, messages, stream: true });
  await events[Symbol.asyncIterator]().next();
  return events;
}

// Goes before the end: a stream's reader stops to read, whoever still waits for something aborts.
async function leave(given) {
  const waiting = new AbortController();
  const asking = given.stream ? firstText(given, waiting.signal) : asked(given, waiting.signal);
  await until(given, (seen) => seen.requests > 0);
  const timer = setTimeout(() => waiting.abort(), LEAVES_AFTER);
  await asking.catch((error) => {
    if (!(error instanceof OpenAI.APIUserAbortError)) throw error;
  });
  clearTimeout(timer);
  const { left, answered } = await until(given, (seen) => seen.left + seen.answered > 0);
  return { left, answered };
}

const asked = (given, signal) => client.chat.completions.create({ model: given.model, messages }, { signal });

async function firstText(given, signal) {
  const events = await client.chat.completions.create({ model: given.model, messages, stream: true }, { signal });
  for await (const chunk of events) {
    if (chunk.choices.some((choice) => choice.delta.content)) break;
  }
}

// What the upstream has seen of the case, once that holds, or when nobody waits for it any longer.
async function until(given, holds) {
  const deadline = performance.now() + SEES_WITHIN;
  for (;;) {
    const seen = (await (await fetch(countsURL)).json())[given.name];
    if (holds(seen) || performance.now() > deadline) return seen;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
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
    wait: error?.headers?.get?.('retry-after') ?? null,
  };
}

async function told(given) {
  if (given.asked_before) await ask(given, false).catch(() => {}); // the answer that counts is the next one
  const kept = given.beside ? await beside(given) : null;
  const began = performance.now();
  const seen = await (given.leaves ? leave(given) : ask(given)).catch(raised);
  const seconds = (performance.now() - began) / 1000;
  kept?.controller.abort();
  return { name: given.name, seconds, ...seen };
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
