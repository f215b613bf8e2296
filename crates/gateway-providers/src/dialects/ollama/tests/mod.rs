//! The dialect on golden files, recordings and made-up traffic.

mod answers;
mod corpus;
mod properties;

use super::Ollama;
use crate::dialects::proof::{Bench, check_golden};

fn bench() -> Bench {
    Bench::new("ollama", Ollama)
}

#[test]
fn requests_are_as_the_golden_files_say() {
    check_golden("ollama", &bench());
}

#[test]
fn a_base_url_may_name_either_of_the_servers_endpoints_or_none() {
    for (base, expected) in [
        (None, "http://localhost:11434/api/chat"),
        (Some("http://127.0.0.1:9"), "http://127.0.0.1:9/api/chat"),
        (Some("http://127.0.0.1:9/v1"), "http://127.0.0.1:9/api/chat"),
        (
            Some("http://127.0.0.1:9/api"),
            "http://127.0.0.1:9/api/chat",
        ),
        (
            Some("https://lab.test/gpu/v1/"),
            "https://lab.test/gpu/api/chat",
        ),
    ] {
        let settings = Bench::settings_at("ollama", "ollama", base);
        let path = super::NativePath::new(["api", "chat"]);
        assert_eq!(settings.native_url(&path).as_str(), expected);
        let endpoint = settings.endpoint(crate::Operation::Chat, "m").unwrap();
        assert_eq!(endpoint.as_str(), expected);
    }
    // The vendor's own dialect stays at the OpenAI endpoint.
    let settings = Bench::settings_at("ollama", "openai", None);
    let endpoint = settings.endpoint(crate::Operation::Chat, "m").unwrap();
    assert_eq!(endpoint.path(), "/v1/chat/completions");
}
