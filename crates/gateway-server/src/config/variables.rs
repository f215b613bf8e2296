//! The environment as a layer over the file: which variable stands for which key, as data.

mod unsupported;

use super::{
    document::Document,
    environment::Environment,
    origin::Origin,
    path::{Path, Step},
    problem::Finding,
};

/// What a variable's text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Taken as it is: a text, a list with commas, a duration or a size.
    Text,
    /// `true` or `false`, also `1`, `0`, `yes`, `no`, `on`, `off`.
    Switch,
    /// A list, with commas or as JSON writes it: `["a", "b"]`.
    List,
}

/// One variable and the key that it stands for.
#[derive(Debug, Clone, Copy)]
pub struct Variable {
    /// The variable's name.
    pub name: &'static str,
    /// The key, dotted, e.g. `auth.api_keys`.
    pub key: &'static str,
    /// What its text is.
    pub form: Form,
    /// The name to use instead, where this one is accepted for old times' sake.
    pub renamed: Option<&'static str>,
}

const fn text(name: &'static str, key: &'static str) -> Variable {
    Variable {
        name,
        key,
        form: Form::Text,
        renamed: None,
    }
}

const fn switch(name: &'static str, key: &'static str) -> Variable {
    Variable {
        name,
        key,
        form: Form::Switch,
        renamed: None,
    }
}

const fn list(name: &'static str, key: &'static str) -> Variable {
    Variable {
        name,
        key,
        form: Form::List,
        renamed: None,
    }
}

const fn renamed(name: &'static str, key: &'static str, now: &'static str) -> Variable {
    Variable {
        name,
        key,
        form: Form::Switch,
        renamed: Some(now),
    }
}

/// The variables with names of their own. Of two for one key, the later wins. `SERVER_HOST`, `SERVER_PORT` and `PORT`
/// make one address together and are not here; every key has its `GATEWAY__SECTION__KEY` besides.
pub const VARIABLES: &[Variable] = &[
    text("LISTEN", "server.listen"),
    text("SERVER_TLS_CERT_PATH", "server.tls.cert_path"),
    text("SERVER_TLS_KEY_PATH", "server.tls.key_path"),
    text("SERVER_READ_TIMEOUT", "server.body_idle_timeout"),
    text("SERVER_WRITE_TIMEOUT", "server.write_stall_timeout"),
    text("SERVER_IDLE_TIMEOUT", "server.keep_alive_timeout"),
    text("SERVER_MAX_REQUEST_BODY_SIZE", "limits.max_request_body"),
    text("CLIENT_TIMEOUT", "timeouts.total"),
    text("CLIENT_RESPONSE_HEADER_TIMEOUT", "timeouts.first_token"),
    text("API_KEYS", "auth.api_keys"),
    renamed("AUTH_ENABLE", "auth.required", "AUTH_ENABLED"),
    switch("AUTH_ENABLED", "auth.required"),
    switch("ALLOW_ANONYMOUS", "auth.allow_anonymous"),
    text("ALLOWED_MODELS", "auth.allowed_models"),
    text("DISALLOWED_MODELS", "auth.disallowed_models"),
    text("BACKEND", "backend.kind"),
    text("BACKEND_URL", "backend.url"),
    text("BACKEND_API_KEY", "backend.api_key"),
    text("DEFAULT_MODEL", "routing.default_model"),
    list("DEFAULT_FAILOVER_SEQUENCE", "routing.failover_sequence"),
    switch("ENABLE_VISION", "features.vision"),
    switch("ENABLE_IMAGES", "features.images"),
    text("LOG_FORMAT", "logging.format"),
    text("RUST_LOG", "logging.level"),
    text("LOG_LEVEL", "logging.level"),
    renamed("TELEMETRY_ENABLE", "metrics.enabled", "TELEMETRY_ENABLED"),
    switch("TELEMETRY_ENABLED", "metrics.enabled"),
    renamed("METRICS_ENABLE", "metrics.enabled", "METRICS_ENABLED"),
    switch("METRICS_ENABLED", "metrics.enabled"),
    text("METRICS_LISTEN", "metrics.listen"),
];

/// Before the name of a variable that stands for the key in its name.
pub const PREFIX: &str = "GATEWAY__";

/// The variable that names whole addresses.
const LISTEN: &str = "LISTEN";
/// The variable that names the host of the address.
const HOST: &str = "SERVER_HOST";
/// The variables that name the port of the address; the earlier wins.
const PORTS: [&str; 2] = ["SERVER_PORT", "PORT"];

/// The variable that names the whole address of the metrics, and the one that names its port.
const METRICS_LISTEN: &str = "METRICS_LISTEN";
const METRICS_PORT: &str = "TELEMETRY_METRICS_PORT";

/// What a layer left to say.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    pub(crate) findings: Vec<(Finding, Origin)>,
    pub(crate) warnings: Vec<String>,
}

/// Lays the environment over the tree: the variables with names of their own, then `GATEWAY__SECTION__KEY`.
pub(crate) fn lay_over<'a>(document: &mut Document<'a>, environment: &'a Environment) -> Notes {
    let mut notes = Notes::default();
    for variable in VARIABLES {
        if let Some(value) = environment.value(variable.name) {
            lay(document, variable, value, &mut notes);
        }
    }
    if environment.value(LISTEN).is_none() {
        lay_address(document, environment);
    }
    if environment.value(METRICS_LISTEN).is_none() {
        lay_metrics_port(document, environment);
    }
    notes.warnings.extend(unsupported::warnings(environment));
    for (name, value) in environment.iter() {
        if let Some(rest) = name.strip_prefix(PREFIX) {
            let path = generic_path(document, rest);
            document.set_value(&path, value, Origin::Variable(name.to_owned()));
        }
    }
    notes
}

fn lay<'a>(document: &mut Document<'a>, variable: &Variable, value: &'a str, notes: &mut Notes) {
    let path = Path(variable.key.split('.').map(Step::from).collect());
    let origin = Origin::Variable(variable.name.to_owned());
    if let Some(now) = variable.renamed {
        notes.warnings.push(format!(
            "environment variable {} is now called {now}",
            variable.name
        ));
    }
    match variable.form {
        Form::Text => document.set_text(&path, value, origin),
        // What is no list of TOML's is a text, and the key splits that.
        Form::List => document.set_value(&path, value, origin),
        Form::Switch => match truth(value) {
            Some(value) => document.set_bool(&path, value, origin),
            None => notes
                .findings
                .push((Finding::new(path, "expected true or false"), origin)),
        },
    }
}

/// `SERVER_HOST` and `SERVER_PORT` or `PORT` make one address; the part that is not given comes from the file's first
/// address, or is the usual one.
fn lay_address(document: &mut Document<'_>, environment: &Environment) {
    let host = environment.value(HOST);
    let port = PORTS
        .iter()
        .find_map(|name| Some((*name, environment.value(name)?)));
    let Some(name) = port.map(|(name, _)| name).or(host.map(|_| HOST)) else {
        return;
    };
    let (usual_host, usual_port) = first_address(document);
    let address = join_address(
        host.unwrap_or(&usual_host),
        port.map_or(usual_port.as_str(), |(_, port)| port),
    );
    document.set_list(
        &listen_path(),
        vec![address],
        Origin::Variable(name.to_owned()),
    );
}

/// `TELEMETRY_METRICS_PORT` is a port beside the gateway's own, on the same host.
fn lay_metrics_port<'a>(document: &mut Document<'a>, environment: &'a Environment) {
    if let Some(port) = environment.value(METRICS_PORT) {
        let (host, _) = first_address(document);
        let address = join_address(&host, port);
        let path = Path::of(&["metrics", "listen"]);
        document.set_text(&path, port, Origin::Variable(METRICS_PORT.to_owned()));
        document.replace_text(&path, address);
    }
}

/// Lays the command line over the tree.
pub(crate) fn lay_flags(document: &mut Document<'_>, listen: &[String], port: Option<u16>) {
    if !listen.is_empty() {
        document.set_list(
            &listen_path(),
            listen.to_vec(),
            Origin::Flag("--listen".to_owned()),
        );
    }
    if let Some(port) = port {
        let (host, _) = first_address(document);
        let address = join_address(&host, &port.to_string());
        document.set_list(
            &listen_path(),
            vec![address],
            Origin::Flag("--port".to_owned()),
        );
    }
}

fn listen_path() -> Path {
    Path::of(&["server", "listen"])
}

/// Host and port of the first address that is written, or the usual ones.
fn first_address(document: &Document<'_>) -> (String, String) {
    let path = listen_path();
    let written = document
        .text(&path.join(0))
        .or_else(|| document.text(&path))
        .unwrap_or_default();
    let first = written.split(',').next().unwrap_or_default().trim();
    let (host, port) = first.rsplit_once(':').unwrap_or((first, ""));
    let or = |text: &str, usual: &str| {
        if text.is_empty() {
            usual.to_owned()
        } else {
            text.to_owned()
        }
    };
    (or(host, "127.0.0.1"), or(port, "8080"))
}

/// `host:port`, an IPv6 address in brackets.
fn join_address(host: &str, port: &str) -> String {
    if host.contains(':') && !host.starts_with('[') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    }
}

pub(super) fn truth(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" | "t" => Some(true),
        "false" | "0" | "no" | "off" | "f" => Some(false),
        _ => None,
    }
}

/// `PROVIDERS__MY_LAB__BASE_URL` as a path. A key that is there already is found whatever its case, `_` standing for
/// any of `-`, `.`, `/` and space; a new one is lower case.
fn generic_path(document: &Document<'_>, name: &str) -> Path {
    name.split("__").fold(Path::default(), |path, part| {
        let part = part.to_ascii_lowercase();
        let key = document
            .keys(&path)
            .into_iter()
            .find(|key| normal(key) == part)
            .unwrap_or(part);
        path.join(&key)
    })
}

fn normal(key: &str) -> String {
    key.to_ascii_lowercase().replace(['-', '.', '/', ' '], "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_variable_is_there_once_and_a_renamed_one_names_another_of_the_same_key() {
        for (index, variable) in VARIABLES.iter().enumerate() {
            assert!(
                VARIABLES
                    .iter()
                    .skip(index + 1)
                    .all(|other| other.name != variable.name),
                "{}",
                variable.name
            );
            if let Some(now) = variable.renamed {
                assert!(
                    VARIABLES
                        .iter()
                        .any(|other| other.name == now && other.key == variable.key),
                    "{now}"
                );
            }
        }
    }

    #[test]
    fn a_generic_name_finds_the_key_that_is_written() {
        let document = Document::parse("f", "[providers.My-Lab]\n[models.'gpt 4.1']\n").unwrap();
        let path = |name: &str| generic_path(&document, name).to_string();
        assert_eq!(
            path("PROVIDERS__MY_LAB__BASE_URL"),
            "providers.My-Lab.base_url"
        );
        assert_eq!(path("MODELS__GPT_4_1__HIDDEN"), "models.\"gpt 4.1\".hidden");
        assert_eq!(path("SERVER__LISTEN"), "server.listen");
    }

    #[test]
    fn a_switch_takes_the_usual_words_and_no_others() {
        for (text, value) in [
            ("TRUE", Some(true)),
            ("1", Some(true)),
            ("off", Some(false)),
            ("enabled", None),
        ] {
            assert_eq!(truth(text), value, "{text}");
        }
    }
}
