"""What of a provider's answer a chat client does not get under its own name, and why: dialect, path, reason."""

ANTHROPIC, GEMINI, RESPONSES, BEDROCK, COHERE, OLLAMA = (
    "anthropic.messages", "google.generateContent", "openai.responses", "bedrock.converse", "cohere.chat_v2", "ollama.chat",
)

SUM = "OpenAI's count includes what the provider counts beside it: told as a sum"
SHAPE = "says the shape of what it stands in, which is OpenAI's in the answer"
TIME = "told as seconds since 1970 in `created`"
TIER = "told in OpenAI's words in `service_tier`"
STREAMED = "a member that no SDK knows, in an object that comes in pieces: what is not known is passed over there"
ASKED = "what the request asked for"
PLACE = "an item's own name at the provider: told where an item is more than chat's members tell"

GIVEN_UP = [
    (ANTHROPIC, r".usage.input_tokens", SUM),
    (ANTHROPIC, r".usage.service_tier", TIER),
    (ANTHROPIC, r".type", SHAPE),
    (ANTHROPIC, r".content\[\].type", SHAPE),
    (GEMINI, r".createTime", TIME),
    (GEMINI, r".usageMetadata.(prompt|candidates|toolUsePrompt)TokenCount", SUM),
    (GEMINI, r".usageMetadata.trafficType", TIER),
    (GEMINI, r".*member_?[oO]f_?[tT]omorrow", STREAMED),
    (RESPONSES, r".output\[\].id", PLACE),
    (RESPONSES, r".output\[\]((.content|.summary)\[\])?.type", SHAPE),
    (RESPONSES, r".output\[\].member_of_tomorrow", "of a message: what is told of it comes back in the next request, which knows no such member"),
    (RESPONSES, r".tool_choice", ASKED),
    (RESPONSES, r".object", SHAPE),
    (RESPONSES, r"(.output\[\])?.status", SHAPE),
    (BEDROCK, r".usage.inputTokens", SUM),
    (BEDROCK, r".output.message.content\[\].image.source.s3Location.bucketOwner", "who owns the place of an image: the place is told"),
    (BEDROCK, r".output.message.content\[\].image.format", "the place of an image says it; the bytes have it in their URL"),
    (BEDROCK, r".output.message.content\[\].*member_of_tomorrow", STREAMED),
    (BEDROCK, r".serviceTier.member_of_tomorrow", STREAMED),
    (COHERE, r".message.content\[\].type", SHAPE),
    (COHERE, r".*member_of_tomorrow", STREAMED),
    (OLLAMA, r".created_at", TIME),
    (OLLAMA, r".message.tool_name", "names the tool in a tool's own message: a model says none"),
    (OLLAMA, r".*member_of_tomorrow", STREAMED),
    ("openai.chat", r".choices\[\].message.content\[\].type", SHAPE),
]
