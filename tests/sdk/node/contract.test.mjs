// What a program with openai-node may rely on.

import assert from 'node:assert/strict';
import test from 'node:test';

import OpenAI, { toFile } from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import { z } from 'zod';

const { OPEN_URL, KEYED_URL, UPSTREAM_URL, GATEWAY_KEY } = process.env;
const client = new OpenAI({ baseURL: `${KEYED_URL}/v1`, apiKey: GATEWAY_KEY });
const once = client.withOptions({ maxRetries: 0 });
const messages = [{ role: 'user', content: 'Hello gateway' }];
const weather = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'Get the weather of a city',
    parameters: { type: 'object', properties: { location: { type: 'string' } }, required: ['location'] },
  },
};
const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==',
  'base64',
);

async function collect(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

const textOf = (chunks) => chunks.map((chunk) => chunk.choices[0]?.delta?.content ?? '').join('');

test('chat, whole', async () => {
  const { data, request_id } = await client.chat.completions.create({ model: 'demo/chat', messages }).withResponse();
  assert.equal(data.object, 'chat.completion');
  assert.equal(data.choices[0].finish_reason, 'stop');
  assert.equal(data.usage.total_tokens, data.usage.prompt_tokens + data.usage.completion_tokens);
  assert.ok(request_id);
});

test('an open gateway takes any key', async () => {
  const open = new OpenAI({ baseURL: `${OPEN_URL}/v1`, apiKey: 'not-needed' });
  const answer = await open.chat.completions.create({ model: 'default', messages });
  assert.ok(answer.choices[0].message.content);
});

test('chat, streamed', async () => {
  const whole = await client.chat.completions.create({ model: 'demo/chat', messages });
  const chunks = await collect(await client.chat.completions.create({ model: 'demo/chat', messages, stream: true }));
  assert.equal(textOf(chunks), whole.choices[0].message.content);
  assert.ok(chunks.every((chunk) => chunk.choices.length > 0 && !chunk.usage), 'no usage without being asked');
  const counted = await collect(
    await client.chat.completions.create({ model: 'demo/chat', messages, stream: true, stream_options: { include_usage: true } }),
  );
  assert.ok(counted.at(-1).usage.completion_tokens > 0);
});

test('the stream helper', async () => {
  const runner = client.chat.completions.stream({ model: 'demo/chat', messages });
  let text = '';
  runner.on('content', (delta) => (text += delta));
  const final = await runner.finalChatCompletion();
  assert.equal(text, final.choices[0].message.content);
});

test('tools, there and back', async () => {
  const ask = [{ role: 'user', content: 'What is the weather in Paris?' }];
  const first = await client.chat.completions.create({ model: 'demo/chat', messages: ask, tools: [weather] });
  const call = first.choices[0].message.tool_calls[0];
  assert.equal(call.function.name, 'get_weather');
  const result = { role: 'tool', tool_call_id: call.id, content: 'sunny, 21 degrees' };
  const second = await client.chat.completions.create({
    model: 'demo/chat',
    messages: [...ask, first.choices[0].message, result],
    tools: [weather],
  });
  assert.match(second.choices[0].message.content, /sunny/);
});

test('tools, run by the SDK over a stream', async () => {
  let asked;
  const runner = client.chat.completions.runTools({
    model: 'demo/chat',
    stream: true,
    messages: [{ role: 'user', content: 'What is the weather in Paris?' }],
    tools: [
      {
        type: 'function',
        function: {
          ...weather.function,
          parse: JSON.parse,
          function: ({ location }) => {
            asked = location;
            return 'sunny, 21 degrees';
          },
        },
      },
    ],
  });
  assert.match(await runner.finalContent(), /sunny/);
  assert.equal(typeof asked, 'string');
});

test('structured outputs', async () => {
  const Event = z.object({ name: z.string(), day: z.enum(['mon', 'tue']), people: z.array(z.string()) });
  const answer = await client.chat.completions.parse({
    model: 'demo/chat',
    messages,
    response_format: zodResponseFormat(Event, 'event'),
  });
  Event.parse(answer.choices[0].message.parsed);
});

test('embeddings, base64 by default', async () => {
  const packed = await client.embeddings.create({ model: 'demo/embeddings', input: ['one', 'two'] });
  const plain = await client.embeddings.create({ model: 'demo/embeddings', input: ['one', 'two'], encoding_format: 'float' });
  assert.equal(packed.data[1].embedding.length, 256);
  packed.data[1].embedding.forEach((value, index) => assert.ok(Math.abs(value - plain.data[1].embedding[index]) < 1e-6));
});

test('models', async () => {
  const ids = (await collect(await client.models.list())).map((model) => model.id);
  assert.ok(ids.includes('demo/chat'));
  for (const id of ['demo/chat', 'Qwen/Qwen2.5-7B-Instruct', 'default']) {
    assert.equal((await client.models.retrieve(id)).object, 'model');
  }
  await assert.rejects(client.models.retrieve('nobody/nothing'), OpenAI.NotFoundError);
});

test('images', async () => {
  const image = await client.images.generate({ model: 'demo/image', prompt: 'a cat', response_format: 'b64_json' });
  assert.ok(image.data[0].b64_json.startsWith('iVBORw0KGgo'));
  const edited = await client.images.edit({ model: 'demo/image', image: await toFile(png, 'a.png', { type: 'image/png' }), prompt: 'a dog' });
  assert.ok(edited.data.length);
});

test('responses', async () => {
  const answer = await client.responses.create({ model: 'demo/chat', input: 'Hello gateway' });
  assert.equal(answer.status, 'completed');
  const events = await collect(await client.responses.create({ model: 'demo/chat', input: 'Hello gateway', stream: true }));
  assert.equal(events.at(-1).type, 'response.completed');
  const text = events.filter((event) => event.type === 'response.output_text.delta').map((event) => event.delta);
  assert.equal(text.join(''), answer.output_text);
});

test('moderations', async () => {
  const answer = await client.moderations.create({ model: 'demo/moderation', input: 'a kind word' });
  assert.equal(answer.results[0].flagged, false);
});

test('audio', async () => {
  const speech = await client.audio.speech.create({ model: 'demo/speech', voice: 'alloy', input: 'hi', response_format: 'wav' });
  const sound = Buffer.from(await speech.arrayBuffer());
  assert.equal(sound.subarray(0, 4).toString(), 'RIFF');
  const heard = await client.audio.transcriptions.create({ model: 'demo/transcription', file: await toFile(sound, 'a.wav') });
  assert.ok(heard.text);
});

test('completions', async () => {
  const chunks = await collect(await client.completions.create({ model: 'demo/chat', prompt: 'Say hello', stream: true }));
  assert.ok(chunks.map((chunk) => chunk.choices[0]?.text ?? '').join(''));
});

const classes = {
  400: OpenAI.BadRequestError,
  404: OpenAI.NotFoundError,
  409: OpenAI.ConflictError,
  422: OpenAI.UnprocessableEntityError,
  429: OpenAI.RateLimitError,
  500: OpenAI.InternalServerError,
  503: OpenAI.InternalServerError,
};

for (const [status, kind] of Object.entries(classes)) {
  test(`an upstream's ${status}`, async () => {
    for (const stream of [false, true]) {
      const error = await once.chat.completions.create({ model: `demo/${status}`, messages, stream }).then(assert.fail, (error) => error);
      assert.ok(error instanceof kind, `${error}`);
      assert.equal(error.status, Number(status));
      assert.ok(error.requestID);
    }
  });
}

test("the gateway's own errors", async () => {
  const missing = await once.chat.completions.create({ model: 'nobody/nothing', messages }).then(assert.fail, (error) => error);
  assert.ok(missing instanceof OpenAI.NotFoundError);
  assert.deepEqual([missing.code, missing.param, missing.type], ['model_not_found', 'model', 'not_found']);
  const wrong = client.withOptions({ apiKey: 'wrong' });
  await assert.rejects(wrong.chat.completions.create({ model: 'demo/chat', messages }), OpenAI.AuthenticationError);
});

for (const model of ['cut', 'reset', 'error-in-stream', 'error-event', 'error-string', 'bare-json', 'bad-json', 'bad-utf8']) {
  test(`a stream that breaks (${model}) raises`, async () => {
    const stream = await once.chat.completions.create({ model: `demo/${model}`, messages, stream: true });
    await assert.rejects(collect(stream), OpenAI.APIError);
  });
}

for (const model of ['no-done', 'finish-reset', 'done-reset', 'after-done', 'no-blank-line', 'noise', 'crlf', 'bom', 'whole', 'wrong-type', 'error-null']) {
  test(`a stream that is odd (${model}) is whole`, async () => {
    const expected = await client.chat.completions.create({ model: 'demo/chat', messages });
    const chunks = await collect(await once.chat.completions.create({ model: `demo/${model}`, messages, stream: true }));
    assert.equal(textOf(chunks), expected.choices[0].message.content);
  });
}

for (const [status, tries] of Object.entries({ 500: 3, 429: 3, 501: 1, 402: 1 })) {
  test(`retries of a ${status} are not amplified`, async () => {
    const model = `status-${status}-node`;
    await assert.rejects(client.chat.completions.create({ model: `count/${model}`, messages }), OpenAI.APIError);
    const count = await (await fetch(`${UPSTREAM_URL}/count/${model}`)).json();
    assert.equal(count, tries);
  });
}

test('leaving a stream early', async () => {
  const stream = await client.chat.completions.create({ model: 'demo/stall', messages, stream: true });
  for await (const _ of stream) break;
  await client.chat.completions.create({ model: 'demo/chat', messages });
});
