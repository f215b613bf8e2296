//! Code samples in several languages (`x-codeSamples`, which documentation tools show beside an operation).
//!
//! They read the base URL, ending in `/v1`, from `GATEWAY_URL` and the key from `GATEWAY_API_KEY`, so that they run
//! as they are.

use serde_json::json;
use utoipa::openapi::{extensions::ExtensionsBuilder, path::Operation};

struct Sample {
    path: &'static str,
    lang: &'static str,
    label: &'static str,
    source: &'static str,
}

macro_rules! samples {
    ($( $path:literal => { $( $lang:literal $label:literal $file:literal; )+ } )+) => {
        &[$($( Sample {
            path: $path,
            lang: $lang,
            label: $label,
            source: include_str!(concat!("samples/", $file)),
        }, )+)+]
    };
}

static SAMPLES: &[Sample] = samples! {
    "/v1/chat/completions" => {
        "Shell" "curl" "chat.sh";
        "Python" "openai-python" "chat.py";
        "JavaScript" "openai-node" "chat.mjs";
        "Rust" "gateway-client" "chat.rs.txt";
        "Go" "net/http" "chat.go";
        "Java" "java.net.http" "Chat.java";
        "C#" "HttpClient" "chat.cs";
        "PHP" "curl" "chat.php";
        "Ruby" "net/http" "chat.rb";
        "HTTP" "HTTP/1.1" "chat.http";
    }
    "/chat/completions" => {
        "Shell" "curl" "failover.sh";
        "Python" "http.client" "failover.py";
        "JavaScript" "fetch" "failover.mjs";
    }
    "/v1/embeddings" => {
        "Python" "openai-python" "embeddings.py";
    }
    "/v1/models" => {
        "Shell" "curl" "models.sh";
    }
};

/// Adds the samples of a path to its operation.
pub(super) fn add(operation: &mut Operation, path: &str) {
    let samples: Vec<_> = SAMPLES
        .iter()
        .filter(|sample| sample.path == path)
        .map(
            |sample| json!({ "lang": sample.lang, "label": sample.label, "source": sample.source }),
        )
        .collect();
    if !samples.is_empty() {
        let extensions = ExtensionsBuilder::new().add("x-codeSamples", samples);
        operation
            .extensions
            .get_or_insert_default()
            .merge(extensions.build());
    }
}
