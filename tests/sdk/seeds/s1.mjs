import OpenAI from 'openai';

const client = new OpenAI({
  baseURL: 'http://localhost:18888/v1',
  apiKey: 'not-needed',
});

const response = await client.chat.completions.create({
  model: 'default',
  messages: [{ role: 'user', content: 'Hello!' }],
});
