//! The samples of code speak of this API, and their bodies are requests.

use std::collections::BTreeSet;

use super::{check, document};

#[test]
fn samples_come_in_several_languages_and_speak_of_this_api() {
    let document = document();
    let languages = |path: &str| {
        let samples = document["paths"][path]["post"]["x-codeSamples"].clone();
        let samples = samples.as_array().unwrap().clone();
        for sample in &samples {
            let source = sample["source"].as_str().unwrap();
            assert!(
                source.contains("What is the capital of Norway?"),
                "{sample}"
            );
        }
        samples
            .iter()
            .map(|sample| sample["lang"].as_str().unwrap().to_owned())
            .collect::<BTreeSet<_>>()
    };
    for path in ["/v1/chat/completions", "/chat/completions"] {
        for language in ["Shell", "Python", "JavaScript"] {
            assert!(languages(path).contains(language), "{path}: {language}");
        }
    }
    assert!(languages("/v1/chat/completions").len() >= 10);
}

#[test]
fn bodies_in_samples_are_requests() {
    for (source, start, end) in [
        (include_str!("../samples/chat.sh"), "-d '", "'"),
        (include_str!("../samples/failover.sh"), "-d '", "'"),
        (include_str!("../samples/chat.go"), "body := `", "`"),
        (include_str!("../samples/chat.http"), "\n\n", "\n"),
    ] {
        let body = source.split_once(start).unwrap().1;
        let body = body.split_once(end).unwrap().0;
        check("ChatRequest", &serde_json::from_str(body).unwrap()).unwrap();
    }
    let http = include_str!("../samples/chat.http");
    let body = http.split_once("\n\n").unwrap().1.trim_end();
    assert!(http.contains(&format!("Content-Length: {}\n", body.len())));
}
