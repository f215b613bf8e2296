curl http://127.0.0.1:8000/v1/chat/completions \
-H "Content-Type: application/json" \
-H "Authorization: Bearer $API_KEY" \
-d '{
"model": "Qwen/Qwen2.5-7B-Instruct",
"messages": [
{"role": "system", "content": "You are concise."},
{"role": "user", "content": "What is vLLM?"}
],
"temperature": 0.2,
"max_tokens": 200
}'
