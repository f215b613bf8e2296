require "json"
require "net/http"

uri = URI("#{ENV.fetch("GATEWAY_URL")}/chat/completions")
body = {
  model: "default",
  messages: [{ role: "user", content: "What is the capital of Norway?" }]
}
answer = Net::HTTP.post(
  uri,
  JSON.generate(body),
  "Authorization" => "Bearer #{ENV.fetch("GATEWAY_API_KEY", "not-needed")}",
  "Content-Type" => "application/json"
)
puts JSON.parse(answer.body).dig("choices", 0, "message", "content")
