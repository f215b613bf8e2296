//! The recordings of real upstreams, where the corpus is given (`GATEWAY_CORPUS` names its folder).

use std::{fs, path::PathBuf};

use serde_json::Value;

/// One exchange.
pub(crate) struct Recording {
    pub(crate) id: String,
    pub(crate) dialect: String,
    pub(crate) status: u16,
    pub(crate) request: Value,
    /// The answer's bytes.
    pub(crate) answer: Vec<u8>,
    pub(crate) streaming: bool,
    /// Features and quirks.
    pub(crate) marks: Vec<String>,
    pub(crate) facts: Value,
}

impl Recording {
    pub(crate) fn has(&self, mark: &str) -> bool {
        self.marks.iter().any(|known| known == mark)
    }
}

/// The recordings of these dialects; none, and a word about it, where the corpus is not given. On the build server a
/// folder that is not there is an error.
#[expect(clippy::print_stderr, reason = "a test that tested nothing says so")]
pub(crate) fn recordings(dialects: &[&str]) -> Vec<Recording> {
    let Some(folder) = std::env::var_os("GATEWAY_CORPUS").map(PathBuf::from) else {
        eprintln!("the corpus was not given: set GATEWAY_CORPUS to its folder");
        return Vec::new();
    };
    let index = match fs::read(folder.join("index.json")) {
        Ok(index) => index,
        Err(error) if std::env::var_os("CI").is_none() => {
            eprintln!("the corpus cannot be read: {error}");
            return Vec::new();
        }
        Err(error) => panic!("the corpus cannot be read: {error}"),
    };
    let index: Vec<Value> = serde_json::from_slice(&index).unwrap();
    index
        .iter()
        .filter(|row| dialects.iter().any(|name| row["dialect"] == *name))
        .map(|row| {
            let file = fs::read(folder.join(row["file"].as_str().unwrap())).unwrap();
            recording(&serde_json::from_slice(&file).unwrap())
        })
        .collect()
}

fn recording(file: &Value) -> Recording {
    let response = &file["response"];
    let raw = ["raw_sse", "raw_ndjson", "raw_text"]
        .iter()
        .find_map(|name| response[*name].as_str());
    let text = |name: &str| file[name].as_str().unwrap().to_owned();
    let marks = ["features", "quirks"]
        .iter()
        .flat_map(|list| file[*list].as_array().into_iter().flatten());
    Recording {
        id: text("id"),
        dialect: text("dialect"),
        status: u16::try_from(response["status"].as_u64().unwrap()).unwrap(),
        request: file["request"]["body"].clone(),
        answer: raw
            .map_or_else(|| response["body"].to_string(), str::to_owned)
            .into_bytes(),
        streaming: file["streaming"] == true,
        marks: marks.filter_map(Value::as_str).map(str::to_owned).collect(),
        facts: file["facts"].clone(),
    }
}
