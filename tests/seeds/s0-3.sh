curl -N http://127.0.0.1:8000/v1/chat/completions \
-H "Content-Type: application/json" \
-H "Authorization: Bearer $API_KEY" \
-d '{
"model": "Qwen/Qwen2.5-7B-Instruct",
"stream": true,
"messages": [{"role": "user", "content": "Stream one short sentence."}]
}'
