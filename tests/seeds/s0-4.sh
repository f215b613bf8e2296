curl http://127.0.0.1:8000/v1/completions \
-H "Content-Type: application/json" \
-H "Authorization: Bearer $API_KEY" \
-d '{
"model": "Qwen/Qwen2.5-7B-Instruct",
"prompt": "Finish this sentence: GPU inference is",
"temperature": 0.2,
"max_tokens": 64
}'
