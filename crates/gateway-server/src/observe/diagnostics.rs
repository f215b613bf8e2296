//! The log of the gateway itself. What it says and how it looks can change while it runs.
//!
//! There is a layer for either look, and the one that is not wanted is filtered out. One layer that changes its look
//! would not do: what is noted with a span is written in the look that held when the span began.

use std::io::{self, IsTerminal as _};

use tracing_subscriber::{
    EnvFilter, Layer, Registry, fmt,
    fmt::MakeWriter,
    layer::SubscriberExt as _,
    reload::{self, Handle},
    util::SubscriberInitExt as _,
};

use super::access_log::LineFormat;
use crate::{compose::line_format, config::section::Logging};

/// Changes what the log says and how it looks.
#[derive(Debug, Clone)]
pub struct Diagnostics {
    json: Handle<EnvFilter, Registry>,
    text: Handle<EnvFilter, Registry>,
}

/// What writes the lines of the log.
type Layers = Vec<Box<dyn Layer<Registry> + Send + Sync>>;

impl Diagnostics {
    /// Begins the log of this process, on standard error, in the same form as the access log. Only the first one of a
    /// process writes anything.
    pub fn start(logging: &Logging) -> Self {
        let (layers, diagnostics) = Self::to(io::stderr, io::stderr().is_terminal(), logging);
        // Whoever embeds this may have a subscriber of their own.
        let _ = tracing_subscriber::registry().with(layers).try_init();
        diagnostics
    }

    fn to<W>(writer: W, ansi: bool, logging: &Logging) -> (Layers, Self)
    where
        W: for<'a> MakeWriter<'a> + Clone + Send + Sync + 'static,
    {
        let (json, text) = filters(logging);
        let (json, json_handle) = reload::Layer::new(json);
        let (text, text_handle) = reload::Layer::new(text);
        let lines = fmt::layer().with_writer(writer.clone()).with_ansi(ansi);
        let as_json = fmt::layer().with_writer(writer).with_ansi(ansi).json();
        let layers: Layers = vec![
            as_json.flatten_event(true).with_filter(json).boxed(),
            lines.with_target(false).with_filter(text).boxed(),
        ];
        let diagnostics = Self {
            json: json_handle,
            text: text_handle,
        };
        (layers, diagnostics)
    }

    /// From now on the log says this.
    pub fn follow(&self, logging: &Logging) {
        let (json, text) = filters(logging);
        // They fail where the subscriber is gone or was never begun, and there is nobody to be told then.
        let _ = self.json.reload(json);
        let _ = self.text.reload(text);
    }
}

/// What passes as JSON, and what as text: nothing in one of them.
fn filters(logging: &Logging) -> (EnvFilter, EnvFilter) {
    let off = EnvFilter::new("off");
    // The configuration was checked.
    let on = EnvFilter::try_new(&logging.level).unwrap_or_else(|_| EnvFilter::new("info"));
    match line_format(logging.format) {
        LineFormat::Json => (on, off),
        LineFormat::Text => (off, on),
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::Write,
        sync::{Arc, Mutex},
    };

    use super::*;
    use crate::config::section::LogFormat;

    #[derive(Debug, Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl Write for Page {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Page {
        fn take(&self) -> String {
            String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
        }
    }

    fn logging(format: LogFormat, level: &str) -> Logging {
        Logging {
            format,
            level: level.to_owned(),
            access: true,
        }
    }

    #[test]
    fn the_log_says_and_looks_as_it_is_told_also_inside_a_span_that_is_older() {
        let page = Page::default();
        let theirs = page.clone();
        let at_first = logging(LogFormat::Json, "info");
        let (layers, diagnostics) = Diagnostics::to(move || theirs.clone(), false, &at_first);
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layers), || {
            let _inside = tracing::info_span!("outer", number = 7).entered();
            tracing::debug!("not yet");
            tracing::info!(key = 1, "first");
            let json: serde_json::Value = serde_json::from_str(&page.take()).unwrap();
            assert_eq!(
                (&json["message"], &json["key"]),
                (&"first".into(), &1.into())
            );

            diagnostics.follow(&logging(LogFormat::Pretty, "debug"));
            tracing::debug!(key = 2, "second");
            let text = page.take();
            assert!(
                text.contains("DEBUG") && text.contains("second key=2"),
                "{text}"
            );
            assert_eq!(text.lines().count(), 1, "{text}");

            diagnostics.follow(&logging(LogFormat::Json, "error"));
            tracing::info!("not any more");
            assert_eq!(page.take(), "");
            tracing::error!("third");
            assert!(page.take().starts_with('{'));
        });
    }
}
