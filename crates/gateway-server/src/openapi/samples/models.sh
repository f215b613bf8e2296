curl "$GATEWAY_URL/models" -H "Authorization: Bearer $GATEWAY_API_KEY"
