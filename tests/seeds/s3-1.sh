curl --location --request POST '/chat/completions' \
--header 'x-opengateway-failover-sequence;' \
--header 'x-opengateway-vllm-endpoint;' \
--header 'x-opengateway-vllm-api-key;' \
--header 'x-opengateway-timeout;' \
--header 'Content-Type: application/json' \
--data-raw '{
"model": "string",
"messages": [
{
"role": "system",
"content": "string",
"name": "string",
"tool_calls": "string",
"tool_call_id": "string"
}
],
"frequency_penalty": 0,
"logit_bias": "string",
"logprobs": true,
"top_logprobs": 0,
"max_tokens": 0,
"n": 0,
"presence_penalty": 0,
"response_format": "string",
"seed": 0,
"service_tier": "string",
"stop": [
"string"
],
"stream": true,
"stream_options": "string",
"temperature": 0,
"top_p": 0,
"tools": [
{
"type": "string",
"function": {
"description": "string",
"name": "string",
"parameters": {
"type": "string",
"properties": {},
"required": [
"string"
],
"additionalProperties": true
},
"strict": false
}
}
]
}'
