curl http://127.0.0.1:8000/v1/embeddings \
-H "Content-Type: application/json" \
-H "Authorization: Bearer $API_KEY" \
-d '{
"model": "BAAI/bge-small-en-v1.5",
"input": ["self hosted chat api"]
}'
