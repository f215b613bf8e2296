//! What a user's text offers for the members of a value.

/// Words that begin a sentence and are no name.
const OPENERS: &[&str] = &[
    "a", "an", "and", "are", "book", "call", "can", "compute", "could", "create", "do", "does",
    "extract", "find", "get", "give", "hello", "hey", "hi", "how", "i", "in", "is", "it", "list",
    "look", "make", "my", "please", "read", "search", "send", "set", "show", "solve", "tell",
    "the", "this", "use", "we", "what", "what's", "when", "where", "which", "who", "why", "will",
    "write", "you",
];

/// The longest text that is read for hints, in bytes.
const LONGEST: usize = 4096;

/// Texts and numbers that stand in a message.
#[derive(Debug, Clone, PartialEq, Default)]
pub(in super::super) struct Hints {
    /// The message, shortened.
    pub(super) text: String,
    /// What is quoted, then what looks like a name.
    pub(super) names: Vec<String>,
    /// Numbers in their order.
    pub(super) numbers: Vec<f64>,
}

impl Hints {
    /// Reads a message.
    pub(in super::super) fn from_text(text: &str) -> Self {
        let end = (0..=LONGEST.min(text.len()))
            .rev()
            .find(|end| text.is_char_boundary(*end))
            .unwrap_or_default();
        let text = text.get(..end).unwrap_or_default().trim();
        let mut names = quoted(text);
        names.extend(capitalised(text));
        Self {
            text: text.to_owned(),
            names,
            numbers: numbers(text),
        }
    }
}

fn quoted(text: &str) -> Vec<String> {
    // With an even number of quotation marks every second piece stands between two of them.
    let pieces: Vec<&str> = text.split('"').collect();
    if pieces.len().is_multiple_of(2) {
        return Vec::new();
    }
    pieces
        .iter()
        .skip(1)
        .step_by(2)
        .filter(|piece| !piece.trim().is_empty())
        .map(|&piece| piece.to_owned())
        .collect()
}

/// Runs of capitalised words, without words that only begin a sentence.
fn capitalised(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut in_name = false;
    for word in text.split_whitespace() {
        let bare = word.trim_matches(|character: char| !character.is_alphanumeric());
        let is_name = bare.starts_with(char::is_uppercase)
            && !OPENERS.contains(&bare.to_lowercase().as_str());
        match names.last_mut() {
            Some(name) if is_name && in_name => *name = format!("{name} {bare}"),
            _ if is_name => names.push(bare.to_owned()),
            _ => {}
        }
        in_name = is_name && word.ends_with(char::is_alphanumeric);
    }
    names
}

fn numbers(text: &str) -> Vec<f64> {
    text.split(|character: char| !(character.is_ascii_digit() || matches!(character, '.' | '-')))
        .map(|piece| piece.trim_end_matches(['.', '-']))
        .filter_map(|piece| piece.parse::<f64>().ok())
        .filter(|number| number.is_finite() && number.abs() < 1e15)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_are_found() {
        let hints = Hints::from_text(
            "What is the weather in New York, or in \"Los Angeles\", in 3 days at -2.5 degrees?",
        );
        assert_eq!(hints.names, ["Los Angeles", "New York", "Los Angeles"]);
        assert_eq!(hints.numbers, [3.0, -2.5]);
        assert_eq!(
            Hints::from_text("Alice met Bob."),
            Hints {
                text: "Alice met Bob.".to_owned(),
                names: vec!["Alice".to_owned(), "Bob".to_owned()],
                numbers: Vec::new(),
            }
        );
        assert_eq!(Hints::from_text(&"é".repeat(4000)).text.len(), LONGEST);
    }
}
