//! Which configuration is in force, since when, and how the newest attempt to take up another one ended.

use std::{
    fmt::Write as _,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};

/// So many bytes are kept of what is wrong with a configuration; the log has all of it.
const LONGEST_REFUSAL: usize = 4096;

/// The configurations of a process so far.
#[derive(Debug)]
pub struct History {
    newest: Mutex<Newest>,
}

#[derive(Debug)]
struct Newest {
    /// Counts the configurations that were taken up; the first is 1.
    generation: u64,
    taken_up_unix: u64,
    refused: u64,
    /// Why the newest attempt failed, if it did.
    refusal: Option<Refusal>,
}

#[derive(Debug)]
struct Refusal {
    at_unix: u64,
    message: String,
}

impl History {
    /// The first configuration is in force since now.
    pub(crate) fn begin() -> Self {
        Self {
            newest: Mutex::new(Newest {
                generation: 1,
                taken_up_unix: now_unix(),
                refused: 0,
                refusal: None,
            }),
        }
    }

    /// Another configuration is in force since now. Gives its number.
    pub(crate) fn taken_up(&self) -> u64 {
        let mut newest = self.lock();
        newest.generation += 1;
        newest.taken_up_unix = now_unix();
        newest.refusal = None;
        newest.generation
    }

    /// Another configuration was refused; the text says why, without a secret.
    pub(crate) fn refused(&self, why: &str) {
        let end = why.floor_char_boundary(LONGEST_REFUSAL);
        let mut newest = self.lock();
        newest.refused += 1;
        newest.refusal = Some(Refusal {
            at_unix: now_unix(),
            message: why.get(..end).unwrap_or_default().to_owned(),
        });
    }

    /// For `/status`. Why one was refused is for callers who are known: it names files and keys.
    pub(crate) fn report(&self, known: bool) -> Value {
        let newest = self.lock();
        let mut report = json!({
            "generation": newest.generation,
            "loaded_at": newest.taken_up_unix,
            "last_reload": match (&newest.refusal, newest.generation) {
                (Some(_), _) => Some("refused"),
                (None, 1) => None,
                (None, _) => Some("ok"),
            },
        });
        if let (true, Some(report)) = (known, report.as_object_mut()) {
            let refusal = newest.refusal.as_ref();
            let error = refusal.map(
                |refusal| json!({ "at": refusal.at_unix, "message": refusal.message.as_str() }),
            );
            report.insert("last_error".to_owned(), error.into());
        }
        report
    }

    /// The counters in the text form of OpenMetrics.
    pub(crate) fn metrics(&self) -> String {
        let newest = self.lock();
        let mut text = "# TYPE gateway_config_reloads counter\n\
            # HELP gateway_config_reloads Attempts to take up another configuration, by how they ended.\n"
            .to_owned();
        for (result, count) in [("ok", newest.generation - 1), ("refused", newest.refused)] {
            // A string takes everything.
            let _ = writeln!(
                text,
                "gateway_config_reloads_total{{result=\"{result}\"}} {count}"
            );
        }
        let _ = writeln!(
            text,
            "# TYPE gateway_config_last_success_timestamp_seconds gauge\n\
             # HELP gateway_config_last_success_timestamp_seconds When the configuration in force was taken up.\n\
             gateway_config_last_success_timestamp_seconds {}",
            newest.taken_up_unix
        );
        text
    }

    fn lock(&self) -> MutexGuard<'_, Newest> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn now_unix() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_shown_to_those_who_are_known_until_another_is_taken_up() {
        let history = History::begin();
        assert_eq!(history.report(false)["last_reload"], Value::Null);
        history.refused(&"é".repeat(LONGEST_REFUSAL));
        let (stranger, known) = (history.report(false), history.report(true));
        assert_eq!(
            (&stranger["generation"], &stranger["last_reload"]),
            (&json!(1), &json!("refused"))
        );
        assert!(stranger.get("last_error").is_none());
        let message = known["last_error"]["message"].as_str().unwrap();
        assert_eq!(message.len(), LONGEST_REFUSAL);
        assert_eq!(history.taken_up(), 2);
        let known = history.report(true);
        assert_eq!(
            (&known["last_reload"], &known["last_error"]),
            (&json!("ok"), &Value::Null)
        );
        let metrics = history.metrics();
        for line in ["{result=\"ok\"} 1\n", "{result=\"refused\"} 1\n"] {
            assert!(metrics.contains(line), "{metrics}");
        }
    }
}
