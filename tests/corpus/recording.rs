//! One recorded exchange, and the folder that holds them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use gateway_testkit::upstream::{BodyFraming, RecordedReply};
use serde_json::Value;

/// The environment variable that names the folder with the recordings.
const FOLDER: &str = "GATEWAY_CORPUS";

/// One exchange: what was asked, what was answered, and what an independent reader found in the answer.
#[derive(Debug, Clone)]
pub(crate) struct Recording {
    pub(crate) id: String,
    /// Who answered.
    pub(crate) provider: String,
    /// The wire format.
    pub(crate) dialect: String,
    pub(crate) model: String,
    /// Whether a stream was answered.
    pub(crate) streaming: bool,
    pub(crate) features: Vec<String>,
    pub(crate) request: Value,
    pub(crate) reply: RecordedReply,
    /// What is in the answer; `null` where nobody has read it.
    pub(crate) facts: Value,
}

/// The folder with the recordings; `None`, said plainly, where there is none.
///
/// A folder that is named and not there is a mistake of who runs the tests.
pub(crate) fn folder() -> Option<PathBuf> {
    let Some(folder) = std::env::var_os(FOLDER).filter(|folder| !folder.is_empty()) else {
        eprintln!("{FOLDER} is not set: no recorded traffic was given, only the made-up samples are tested");
        return None;
    };
    let folder = PathBuf::from(folder);
    assert!(folder.is_dir(), "{FOLDER} names {}, which is no folder", folder.display());
    Some(folder)
}

/// Every recording below a folder, by id.
pub(crate) fn all(folder: &Path) -> Vec<Recording> {
    let mut recordings = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_dir()) {
        for file in fs::read_dir(entry.path()).unwrap().map(|file| file.unwrap().path()) {
            if file.extension().is_some_and(|ending| ending == "json") {
                recordings.push(Recording::read(&file));
            }
        }
    }
    assert!(!recordings.is_empty(), "{} holds no recordings", folder.display());
    recordings.sort_by(|a, b| a.id.cmp(&b.id));
    recordings
}

impl Recording {
    fn read(file: &Path) -> Self {
        let text = fs::read(file).unwrap();
        let value: Value = serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        Self::from_value(&value)
    }

    pub(crate) fn from_value(value: &Value) -> Self {
        let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        Self {
            id: text("id"),
            provider: text("provider"),
            dialect: text("dialect"),
            model: text("model"),
            streaming: value["streaming"] == true,
            features: strings(&value["features"]),
            request: value["request"].clone(),
            reply: reply(value),
            facts: value["facts"].clone(),
        }
    }

    pub(crate) fn status(&self) -> u16 {
        self.reply.status
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.reply.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The body as JSON; `null` where it is none.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.reply.body).unwrap_or_default()
    }

    pub(crate) fn has(&self, feature: &str) -> bool {
        self.features.iter().any(|known| known == feature)
    }

    /// Whether the answer broke on its way, or says inside of itself that it failed.
    pub(crate) fn is_faulted(&self) -> bool {
        let broken = ["mid_stream_error", "truncated_stream", "corrupt_frame"].iter().any(|feature| self.has(feature));
        broken || self.facts["error"].is_object() && self.facts["error"]["blockReason"].is_null()
    }

    /// The data of every event of a recorded event stream, joined as the specification says.
    pub(crate) fn event_data(&self) -> Vec<String> {
        let mut body = self.reply.body.to_vec();
        // What the last empty line would end counts as well: several servers leave it out.
        body.extend_from_slice(b"\n\n");
        gateway_testkit::sse::items(&body)
            .into_iter()
            .filter_map(|item| match item {
                gateway_testkit::sse::Item::Event { data, .. } => Some(data),
                _ => None,
            })
            .collect()
    }
}

fn strings(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(|text| Some(text.as_str()?.to_owned())).collect()
}

fn reply(value: &Value) -> RecordedReply {
    let response = &value["response"];
    let headers = response["headers"].as_object().into_iter().flatten();
    RecordedReply {
        status: response["status"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap(),
        headers: headers.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect(),
        body: body(response),
        framing: match value["framing"].as_str().unwrap_or_default() {
            "sse" => BodyFraming::EventStream,
            "ndjson" => BodyFraming::Lines,
            "json-array" => BodyFraming::JsonArray,
            "aws-eventstream" => BodyFraming::AwsEventStream,
            _ => BodyFraming::Whole,
        },
    }
}

fn body(response: &Value) -> Bytes {
    for name in ["raw_sse", "raw_ndjson", "raw_text"] {
        if let Some(text) = response[name].as_str() {
            return Bytes::copy_from_slice(text.as_bytes());
        }
    }
    if let Some(text) = response["raw_b64"].as_str() {
        return base64(text).into();
    }
    match &response["body"] {
        Value::Null => Bytes::new(),
        body => body.to_string().into(),
    }
}

/// Decodes base64 (RFC 4648, section 4); nothing where the text is none.
pub(crate) fn base64(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::with_capacity(text.len() * 3 / 4));
    for symbol in text.bytes().filter(|symbol| *symbol != b'=') {
        let Some(value) = ALPHABET.iter().position(|known| *known == symbol) else { return Vec::new() };
        bits = (bits << 6) | value as u32;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    bytes
}
