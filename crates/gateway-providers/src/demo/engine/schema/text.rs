//! Texts of a given format, pattern and length.

use super::{hints::Hints, pattern, view::View};

/// The longest text that is made because a schema asks for a least length.
const LONGEST: usize = 4096;

/// Members that mean the whole message.
const WHOLE: &[&str] = &[
    "answer",
    "content",
    "description",
    "explanation",
    "input",
    "message",
    "output",
    "prompt",
    "query",
    "question",
    "response",
    "summary",
    "text",
];

/// A value for each format that is known: the formats of structured outputs and two of their kin.
const FORMATS: &[(&str, &str)] = &[
    ("date", "2026-01-01"),
    ("date-time", "2026-01-01T00:00:00Z"),
    ("duration", "P1D"),
    ("email", "demo@example.com"),
    ("hostname", "example.com"),
    ("ipv4", "192.0.2.1"),
    ("ipv6", "2001:db8::1"),
    ("time", "00:00:00Z"),
    ("uri", "https://example.com/"),
    ("uuid", "00000000-0000-4000-8000-000000000000"),
];

/// The text that stands for a format; `None` for a format that is not known, which restricts nothing.
pub(super) fn of_format(format: &str) -> Option<&'static str> {
    FORMATS
        .iter()
        .find(|(name, _)| *name == format)
        .map(|(_, text)| *text)
}

/// A text for a member of that name; `taken` counts the names of the hints that are used up.
pub(super) fn make(
    view: &View<'_>,
    name: &str,
    nth: usize,
    hints: &Hints,
    taken: &mut usize,
) -> String {
    if let Some(text) = view
        .first("format")
        .and_then(|format| of_format(format.as_str()?))
    {
        return text.to_owned();
    }
    if let Some(text) = view
        .first("pattern")
        .and_then(|pattern| pattern::sample(pattern.as_str()?))
    {
        return text;
    }
    let text = free_text(name, nth, hints, taken);
    sized(
        text,
        view.at_least("minLength", LONGEST),
        view.at_most("maxLength"),
        nth,
    )
}

fn free_text(name: &str, nth: usize, hints: &Hints, taken: &mut usize) -> String {
    if WHOLE.contains(&name) && nth == 0 && !hints.text.is_empty() {
        return hints.text.clone();
    }
    if let Some(found) = hints.names.get(*taken) {
        *taken += 1;
        return found.clone();
    }
    let name = if name.is_empty() { "text" } else { name };
    if nth == 0 {
        format!("demo {name}")
    } else {
        format!("demo {name} {}", nth + 1)
    }
}

/// The text with at least and at most so many characters. What is cut keeps its number, so that the elements of
/// a set stay different.
fn sized(text: String, least: usize, most: Option<usize>, nth: usize) -> String {
    let length = text.chars().count();
    match most {
        Some(most) if length > most => {
            // Where there is no room even for the number, elements cannot all be different anyway.
            let end: String = match nth {
                0 => String::new(),
                nth => nth.to_string().chars().take(most).collect(),
            };
            let kept: String = text.chars().take(most.saturating_sub(end.len())).collect();
            format!("{kept}{end}")
        }
        _ => text + &"x".repeat(least.saturating_sub(length)),
    }
}
