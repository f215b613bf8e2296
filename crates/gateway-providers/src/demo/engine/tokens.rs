//! What the demo provider calls a token, and the hash that all of its variety comes from.

use sha2::{Digest, Sha256};

/// The longest token in characters: a longer word, or text without spaces, is several tokens.
const LONGEST: usize = 16;

/// Cuts a text into tokens: a word with the white space before it, at most 16 characters of it. Put together
/// again the tokens are the text.
pub(super) fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (token, after) = rest.split_at(token_end(rest));
        tokens.push(token);
        rest = after;
    }
    tokens
}

/// How many tokens a text is.
pub(super) fn count(text: &str) -> u64 {
    u64::try_from(tokens(text).len()).unwrap_or(u64::MAX)
}

/// The first `limit` tokens of a text, and how many they are.
pub(super) fn first(text: &str, limit: u64) -> (&str, u64) {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let all = tokens(text);
    let bytes: usize = all.iter().take(limit).map(|token| token.len()).sum();
    (
        text.get(..bytes).unwrap_or(text),
        u64::try_from(all.len().min(limit)).unwrap_or(u64::MAX),
    )
}

fn token_end(text: &str) -> usize {
    let mut in_word = false;
    for (length, (at, character)) in text.char_indices().enumerate() {
        if length == LONGEST || (in_word && character.is_whitespace()) {
            return at;
        }
        in_word |= !character.is_whitespace();
    }
    text.len()
}

/// The words of a text, in lower case and without punctuation.
pub(super) fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
}

/// A text's hash as 64 bits: the same on every machine and in every version.
pub(super) fn hash(text: &str) -> u64 {
    let digest = Sha256::digest(text.as_bytes());
    digest
        .iter()
        .take(8)
        .fold(0, |sum, byte| (sum << 8) | u64::from(*byte))
}

/// An id that depends on nothing but the text it is for.
pub(super) fn id(prefix: &str, text: &str) -> String {
    format!("{prefix}demo{:016x}", hash(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_put_together_are_the_text() {
        for text in [
            "",
            " ",
            "one",
            "one two",
            "  one\n\ttwo  ",
            "a-very-long-word-without-any-space",
            "日本語のとても長い文章は空白がありませんので",
        ] {
            assert_eq!(tokens(text).concat(), text);
        }
        assert_eq!(
            tokens("Hello there, friend"),
            ["Hello", " there,", " friend"]
        );
        assert_eq!(count("abcdefghijklmnopq"), 2);
        assert_eq!(first("one two three", 2), ("one two", 2));
        assert_eq!(first("one", 5), ("one", 1));
        assert_eq!(first("one", 0), ("", 0));
    }
}
