//! Values from elsewhere: `${NAME}` and `${NAME:-default}` from the environment, `file:PATH` for secrets.

use std::{
    fs::File,
    io::Read,
    path::{Path as FilePath, PathBuf},
};

use super::{
    document::Document,
    environment::Environment,
    path::{Path, Step},
    problem::Finding,
};

/// Where secrets stand. `*` is any name or index. Only there is `file:` a reference.
const SECRETS: &[&[&str]] = &[
    &["auth", "api_keys"],
    &["auth", "api_keys", "*"],
    &["backend", "api_key"],
    &["connection", "outbound_proxy"],
    &["providers", "*", "api_key"],
    &["providers", "*", "api_keys", "*"],
    &["providers", "*", "connection", "outbound_proxy"],
    &["providers", "*", "headers", "*"],
];

/// Where the names of other files stand, relative to the working folder.
const FILES: &[&[&str]] = &[
    &["server", "tls", "cert_path"],
    &["server", "tls", "key_path"],
    &["connection", "ca_file"],
    &["providers", "*", "connection", "ca_file"],
];

/// A secret is not longer than this many bytes.
const LONGEST_SECRET: u64 = 64 * 1024;

/// Fills in every `${NAME}` of the tree's texts. Gives what could not be filled in.
pub(crate) fn fill_in(document: &mut Document<'_>, environment: &Environment) -> Vec<Finding> {
    replace(document, |_, text| {
        if text.contains("${") {
            Some(expand(text, environment))
        } else {
            None
        }
    })
}

/// Reads the secrets that stand in files. A relative path starts at `folder`.
pub(crate) fn read_secret_files(document: &mut Document<'_>, folder: &FilePath) -> Vec<Finding> {
    replace(document, |path, text| {
        secret_file(path, text, folder).map(|file| read_secret(&file))
    })
}

/// All files that are named: those in which secrets stand, whose relative paths start at `folder`, and the others.
pub(crate) fn named_files(document: &Document<'_>, folder: &FilePath) -> Vec<PathBuf> {
    let named = |(path, text): (Path, String)| {
        let other = stands_at(&path, FILES).then(|| PathBuf::from(&text));
        other.or_else(|| secret_file(&path, &text, folder))
    };
    document.texts().into_iter().filter_map(named).collect()
}

fn secret_file(path: &Path, text: &str, folder: &FilePath) -> Option<PathBuf> {
    let file = text.strip_prefix("file:")?;
    is_secret(path).then(|| folder.join(file.trim()))
}

/// What went wrong with a text: the message, and what to change.
type Refused = (String, String);

/// Puts other texts in the place of some, and takes those out that could not be made.
fn replace(
    document: &mut Document<'_>,
    mut change: impl FnMut(&Path, &str) -> Option<Result<String, Refused>>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in document.texts() {
        match change(&path, &text) {
            None => {}
            Some(Ok(text)) => document.replace_text(&path, text),
            Some(Err((message, help))) => findings.push(Finding::new(path, message).help(help)),
        }
    }
    findings
}

/// Whether a secret stands at the path.
pub(crate) fn is_secret(path: &Path) -> bool {
    stands_at(path, SECRETS)
}

fn stands_at(path: &Path, places: &[&[&str]]) -> bool {
    let fits = |pattern: &&[&str]| {
        pattern.len() == path.0.len()
            && pattern.iter().zip(&path.0).all(|(name, step)| match step {
                Step::Key(key) => *name == "*" || *name == key.as_str(),
                Step::Index(_) => *name == "*",
            })
    };
    places.iter().any(fits)
}

/// A text with its references filled in. Values that are put in are not looked through again.
fn expand(text: &str, environment: &Environment) -> Result<String, Refused> {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let (before, reference) = rest.split_at(start);
        let after = reference.get(2..).unwrap_or_default();
        if let Some(kept) = before.strip_suffix('$') {
            filled.push_str(kept);
            filled.push_str("${");
            rest = after;
            continue;
        }
        filled.push_str(before);
        let (inside, after) = after.split_once('}').ok_or_else(|| {
            (
                "a `${` is not closed".to_owned(),
                "write `${NAME}`, or `$${` for the characters themselves".to_owned(),
            )
        })?;
        filled.push_str(&variable(inside, environment)?);
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

fn variable(inside: &str, environment: &Environment) -> Result<String, Refused> {
    let (name, default) = match inside.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (inside, None),
    };
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if !starts_well || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Err((
            "this is no name of an environment variable".to_owned(),
            "write `${NAME}` or `${NAME:-default}` with letters, digits and `_`".to_owned(),
        ));
    }
    environment
        .value(name)
        .or(default)
        .map(str::to_owned)
        .ok_or_else(|| {
            (
                format!("the environment variable {name} is not set, or empty"),
                format!(
                    "set {name}, or give a default with `${{{name}:-...}}`, or remove this key"
                ),
            )
        })
}

fn read_secret(path: &PathBuf) -> Result<String, Refused> {
    let wrong = |what: String| {
        (
            what,
            "the file holds the secret alone; a line break at its end is dropped".to_owned(),
        )
    };
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(LONGEST_SECRET + 1).read_to_string(&mut text))
        .map_err(|error| {
            wrong(format!(
                "the secret's file {} cannot be read: {error}",
                path.display()
            ))
        })?;
    if text.len() as u64 > LONGEST_SECRET {
        return Err(wrong(format!(
            "the secret's file {} is larger than 64 KiB",
            path.display()
        )));
    }
    let secret = text.trim_end_matches(['\r', '\n']);
    if secret.trim().is_empty() {
        return Err(wrong(format!(
            "the secret's file {} is empty",
            path.display()
        )));
    }
    Ok(secret.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment() -> Environment {
        [("A", "one"), ("B_2", "${A}"), ("EMPTY", "")]
            .into_iter()
            .collect()
    }

    #[test]
    fn references_are_filled_in_once() {
        for (text, filled) in [
            ("${A}", "one"),
            ("x-${A}-y${A}", "x-one-yone"),
            ("${B_2}", "${A}"),
            ("${EMPTY:-two}", "two"),
            ("${NONE:-}", ""),
            ("${NONE:-a:-b}", "a:-b"),
            ("$${A} costs 5$", "${A} costs 5$"),
            ("$A", "$A"),
        ] {
            assert_eq!(expand(text, &environment()).unwrap(), filled, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_filled_in_is_named() {
        for (text, part) in [
            ("${NONE}", "NONE is not set"),
            ("${EMPTY}", "EMPTY is not set, or empty"),
            ("${A", "not closed"),
            ("${}", "no name"),
            ("${1A}", "no name"),
            ("${A B}", "no name"),
        ] {
            let (message, _) = expand(text, &environment()).unwrap_err();
            assert!(message.contains(part), "{text}: {message}");
        }
    }

    #[test]
    fn only_a_secret_is_read_from_a_file() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("key"), "sk-from-file\r\n").unwrap();
        std::fs::write(folder.path().join("empty"), "\n").unwrap();
        let text = "[providers.a]\napi_key = 'file:key'\nbase_url = 'file:key'\n\
                    [providers.b]\napi_key = 'file:empty'\n[providers.c]\napi_key = 'file:missing'\n";
        let mut document = Document::parse("f", text).unwrap();
        let findings = read_secret_files(&mut document, folder.path());
        let value = |name: &str, key: &str| document.text(&Path::of(&["providers", name, key]));
        assert_eq!(value("a", "api_key"), Some("sk-from-file"));
        assert_eq!(value("a", "base_url"), Some("file:key"));
        let messages: Vec<String> = findings
            .iter()
            .map(|f| format!("{}: {}", f.path, f.message))
            .collect();
        assert!(
            messages[0].starts_with("providers.b.api_key: the secret's file")
                && messages[0].ends_with("empty")
        );
        assert!(messages[1].starts_with("providers.c.api_key: the secret's file"));
        assert_eq!(messages.len(), 2);
    }
}
