//! Everything that the gateway said, written down for others to read: the official SDKs are asked whether they can
//! (`tests/sdk/corpus/read.py`). Nothing is written unless a folder is named.

use std::{
    env,
    fs::File,
    io::{BufWriter, Write},
    path::PathBuf,
    sync::Mutex,
};

use serde_json::{Value, json};

use crate::{cases::Emitted, recording::Recording, told::Told};

/// The environment variable that names the folder.
const FOLDER: &str = "GATEWAY_CORPUS_OUT";

/// The folder, where one is named.
pub(crate) fn folder() -> Option<PathBuf> {
    env::var_os(FOLDER).filter(|folder| !folder.is_empty()).map(PathBuf::from)
}

/// One JSON object a line: an answer, and what this test found in it.
pub(crate) struct Dump(Option<Mutex<BufWriter<File>>>);

impl Dump {
    /// A file of this name in the named folder; nothing where none is named.
    pub(crate) fn open(name: &str) -> Self {
        Self(folder().map(|folder| {
            std::fs::create_dir_all(&folder).unwrap();
            Mutex::new(BufWriter::new(File::create(folder.join(name)).unwrap()))
        }))
    }

    pub(crate) fn write(&self, recording: &Recording, emitted: &[Emitted]) {
        let Some(file) = &self.0 else { return };
        let mut file = file.lock().unwrap();
        for emitted in emitted {
            let line = json!({
                "id": recording.id,
                "operation": format!("{:?}", emitted.operation),
                "stream": emitted.stream,
                "status": emitted.status,
                "content_type": emitted.content_type,
                "body": emitted.body,
                "faulted": recording.is_faulted(),
                "told": told(&emitted.told),
            });
            writeln!(file, "{line}").unwrap();
        }
    }
}

fn told(told: &Told) -> Value {
    told.choices
        .iter()
        .map(|(index, choice)| {
            json!({
                "text": choice.text,
                "refusal": choice.refusal,
                // An end that no contract knows (`finish_details`) is none for an SDK.
                "finish": told.ends.get(index).and(choice.finish.as_ref()),
                "calls": choice.calls.iter().map(|call| json!({"name": call.name, "arguments": call.arguments, "custom": call.is_custom})).collect::<Vec<_>>(),
            })
        })
        .collect()
}
