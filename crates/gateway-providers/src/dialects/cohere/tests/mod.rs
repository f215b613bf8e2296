//! The dialect on golden files, recordings and made-up traffic.

mod answers;
mod corpus;
mod properties;

use super::Cohere;
use crate::dialects::proof::{Bench, check_golden};

fn bench() -> Bench {
    Bench::new("cohere", Cohere)
}

#[test]
fn requests_are_as_the_golden_files_say() {
    check_golden("cohere", &bench());
}

#[test]
fn a_base_url_may_end_in_a_version_or_not() {
    for (base, expected) in [
        (None, "https://api.cohere.com/v2/chat"),
        (Some("http://127.0.0.1:9"), "http://127.0.0.1:9/v2/chat"),
        (Some("http://127.0.0.1:9/v2"), "http://127.0.0.1:9/v2/chat"),
        (Some("http://127.0.0.1:9/v1/"), "http://127.0.0.1:9/v2/chat"),
        (
            Some("http://127.0.0.1:9/co/v2"),
            "http://127.0.0.1:9/co/v2/chat",
        ),
    ] {
        let settings = Bench::settings_at("cohere", "cohere", base);
        let path = super::NativePath::new(["v2", "chat"]);
        assert_eq!(settings.native_url(&path).as_str(), expected);
        let endpoint = settings.endpoint(crate::Operation::Chat, "m").unwrap();
        assert_eq!(endpoint.as_str(), expected);
    }
}
