//! Good answers of an upstream, and the pieces that stories make bad ones of.

/// A whole answer, spelt oddly on purpose.
pub const GOOD_CHAT: &str = "{ \"id\":\"chatcmpl-1\", \"object\":\"chat.completion\",\"created\":1700000000,\"model\":\"m\",\
 \"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"caf\\u00e9\"},\"finish_reason\":\"stop\"}],\
 \"usage\":{\"prompt_tokens\":3,\"completion_tokens\":1e0,\"total_tokens\":4},\"x_vendor\":[1.50] }\n";

/// The events of a good stream.
pub const GOOD_STREAM: &[&str] = &[ROLE, HELLO, FINISH, "[DONE]"];

/// The first chunk.
pub const ROLE: &str =
    r#"{"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}"#;
/// A chunk with text.
pub const HELLO: &str =
    r#"{"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"Hello"},"finish_reason":null}]}"#;
/// The chunk that ends the one choice.
pub const FINISH: &str = r#"{"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;
/// The chunk with usage.
pub const USAGE: &str =
    r#"{"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4}}"#;
