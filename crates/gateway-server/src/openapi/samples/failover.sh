curl "${GATEWAY_URL%/v1}/chat/completions" \
  -H "Authorization: Bearer $GATEWAY_API_KEY" \
  -H "Content-Type: application/json" \
  -H 'x-opengateway-failover-sequence: ["demo"]' \
  -H "x-opengateway-timeout: 30s" \
  -d '{
    "model": "chat",
    "messages": [
      {"role": "user", "content": "What is the capital of Norway?"}
    ]
  }'
