//! What is pure stays pure: parsing, translation, resolution and the stream guard do no IO and read no clock.

use super::{Finding, text::Text};

/// Folders and files whose production code only computes.
const PURE: &[&str] = &[
    "crates/gateway-types/src/",
    "crates/gateway-client/src/accumulate/",
    "crates/gateway-client/src/schema/",
    "crates/gateway-client/src/sse/",
    "crates/gateway-providers/src/demo/engine/",
    "crates/gateway-providers/src/peek/",
    "crates/gateway-providers/src/raw_usage.rs",
    "crates/gateway-providers/src/stream/guard.rs",
    "crates/gateway-providers/src/stream/output.rs",
    "crates/gateway-providers/src/stream/rules.rs",
    "crates/gateway-providers/src/stream/stray.rs",
    "crates/gateway-providers/src/vendor/",
    "crates/gateway-router/src/resolve/",
];

/// Where translated dialects go: pure from the first file on, and there may be none yet.
const DIALECTS: &str = "crates/gateway-providers/src/dialects/";

/// What pure code has no use for.
const IO: &[&str] = &[
    "tokio::",
    "reqwest::",
    "hyper::",
    "axum::",
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "Instant::now",
    "SystemTime",
    "async fn",
];

/// Pure folders name no IO; a pure folder that is not there any more is a finding too, or the rule would fade away.
pub(super) fn no_io(texts: &[Text]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = PURE
        .iter()
        .filter(|pure| !texts.iter().any(|text| text.path.starts_with(**pure)))
        .map(|pure| {
            Finding::new(
                pure,
                None,
                "there is no such place; xtask/src/tidy/purity.rs says that it is pure",
            )
        })
        .collect();
    let is_pure = |text: &&Text| {
        let mut places = PURE.iter().chain([&DIALECTS]);
        text.is_rust() && places.any(|pure| text.path.starts_with(pure))
    };
    for text in texts.iter().filter(is_pure) {
        for (number, line) in text.code() {
            for word in IO.iter().filter(|word| line.contains(**word)) {
                let message =
                    format!("`{word}` in code that does no IO; pass what it needs in from outside");
                findings.push(Finding::new(&text.path, number, message));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn io_in_a_pure_folder_is_found_and_elsewhere_it_is_not() {
        let io = "//! a\nuse tokio::time::Sleep; // tokio::\n#[cfg(test)]\nmod tests {\nuse std::fs;\n}\n";
        let mut texts: Vec<Text> = PURE
            .iter()
            .map(|pure| Text::new(&format!("{pure}x.rs"), "//! a\n"))
            .collect();
        assert_eq!(no_io(&texts), []);
        texts.push(Text::new("crates/gateway-providers/src/stream/pump.rs", io));
        assert_eq!(no_io(&texts), []);
        for path in [
            "crates/gateway-client/src/sse/splitter.rs",
            "crates/gateway-providers/src/dialects/a/mod.rs",
        ] {
            texts.push(Text::new(path, io));
            let found = no_io(&texts);
            assert_eq!(found.len(), 1, "{found:?}");
            assert_eq!((&*found[0].place, found[0].line), (path, Some(2)));
            texts.pop();
        }
    }

    #[test]
    fn a_pure_folder_that_is_gone_is_found() {
        assert_eq!(no_io(&[]).len(), PURE.len());
    }
}
