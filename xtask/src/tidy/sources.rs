//! Rules for every source file: it says what it is for, it is of a readable size, it leaves no end open and names no
//! machine.

use super::{Finding, text::Text};

/// Above this a file of production code does too much.
const TOO_LONG: usize = 500;
/// Above this it is worth looking for the second thing that it does.
const LONG: usize = 300;

/// Each Rust file opens by saying what it is for.
pub(super) fn headers(texts: &[Text]) -> Vec<Finding> {
    let says = |text: &Text| {
        let first = text.content.lines().next().unwrap_or_default();
        // A crate's front page is its README.
        first.starts_with("//! ") || first.starts_with("#![doc = include_str!(")
    };
    let silent = texts.iter().filter(|text| text.is_rust() && !says(text));
    let message = "open the file with `//!` and what it is for";
    silent
        .map(|text| Finding::new(&text.path, 1, message))
        .collect()
}

/// No file of production code is too long.
pub(super) fn sizes(texts: &[Text]) -> Vec<Finding> {
    let rust = texts.iter().filter(|text| text.is_rust());
    let sized = rust.map(|text| (text, text.production().count()));
    sized
        .filter(|(_, lines)| *lines > LONG)
        .map(|(text, lines)| {
            let message = format!(
                "{lines} lines of production code; split it by what it does (limit {TOO_LONG})"
            );
            let finding = Finding::new(&text.path, None, message);
            if lines > TOO_LONG {
                finding
            } else {
                finding.advice()
            }
        })
        .collect()
}

/// What is left to do has an issue, and no test is switched off.
pub(super) fn open_ends(texts: &[Text]) -> Vec<Finding> {
    // In two parts, so that the rule does not find itself.
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME")];
    let ignored = concat!("#[ig", "nore");
    let mut findings = Vec::new();
    for text in texts.iter().filter(|text| is_source(text)) {
        for (number, line) in (1..).zip(text.content.lines()) {
            let open = marks.iter().any(|mark| has_word(line, mark));
            if open && !names_an_issue(line) {
                let message = "name the issue, as in `(#12)`, or do it now";
                findings.push(Finding::new(&text.path, number, message));
            }
            if text.is_rust() && line.trim_start().starts_with(ignored) {
                let message = "a test that does not run proves nothing: mend it or take it out";
                findings.push(Finding::new(&text.path, number, message));
            }
        }
    }
    findings
}

/// No path that exists on somebody's machine only.
pub(super) fn machine_paths(texts: &[Text]) -> Vec<Finding> {
    let homes = [
        concat!("/ro", "ot/"),
        concat!("/ho", "me/"),
        concat!("/Us", "ers/"),
    ];
    let mut findings = Vec::new();
    for text in texts {
        for (number, line) in (1..).zip(text.content.lines()) {
            if homes.iter().any(|home| names_a_home(line, home)) {
                let message = "a path of one machine; say it relative to the tree";
                findings.push(Finding::new(&text.path, number, message));
            }
        }
    }
    findings
}

/// Files in which people leave notes; recorded data is not among them.
fn is_source(text: &Text) -> bool {
    let endings = [".rs", ".toml", ".py", ".mjs", ".sh"];
    endings.iter().any(|ending| text.path.ends_with(ending))
}

/// Whether the folder is named as the start of a path and something follows in it. `https://host/home/x` is no such.
fn names_a_home(line: &str, home: &str) -> bool {
    line.match_indices(home).any(|(at, _)| {
        let before = line.get(..at).and_then(|before| before.chars().next_back());
        let after = line
            .get(at + home.len()..)
            .and_then(|after| after.chars().next());
        let starts =
            before.is_none_or(|before| !before.is_alphanumeric() && !"-._/~}".contains(before));
        starts && after.is_some_and(|after| after.is_alphanumeric() || after == '.')
    })
}

fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line.get(..at).and_then(|before| before.chars().next_back());
        let after = line
            .get(at + word.len()..)
            .and_then(|after| after.chars().next());
        let is_edge =
            |side: Option<char>| side.is_none_or(|side| !side.is_alphanumeric() && side != '_');
        is_edge(before) && is_edge(after)
    })
}

fn names_an_issue(line: &str) -> bool {
    line.split('#')
        .skip(1)
        .any(|after| after.starts_with(|next: char| next.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(findings: Vec<Finding>) -> Vec<Option<usize>> {
        findings.into_iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn a_file_that_does_not_say_what_it_is_for_is_found() {
        let texts = [
            Text::new("a.rs", "//! What it is for.\n"),
            Text::new("lib.rs", "#![doc = include_str!(\"../README.md\")]\n"),
            Text::new("b.rs", "use std::fmt;\n"),
            Text::new("c.rs", "//!\n"),
            Text::new("d.md", "text\n"),
        ];
        let found: Vec<String> = headers(&texts)
            .into_iter()
            .map(|finding| finding.place)
            .collect();
        assert_eq!(found, ["b.rs", "c.rs"]);
    }

    #[test]
    fn long_files_are_advice_and_too_long_ones_are_breaches() {
        let of = |path: &str, lines: usize| Text::new(path, &"line\n".repeat(lines));
        let tests_at_the_end = format!(
            "{}#[cfg(test)]\nmod tests {{\n{}}}\n",
            "a\n".repeat(300),
            "b\n".repeat(300)
        );
        let texts = [
            of("a.rs", 300),
            of("b.rs", 301),
            of("c.rs", 500),
            of("d.rs", 501),
            of("x/tests/e.rs", 900),
            of("f.md", 900),
            Text::new("g.rs", &tests_at_the_end),
        ];
        let found: Vec<(String, bool)> = sizes(&texts)
            .into_iter()
            .map(|finding| (finding.place, finding.is_advice))
            .collect();
        let expected = [("b.rs", true), ("c.rs", true), ("d.rs", false)];
        assert_eq!(
            found,
            expected.map(|(path, advice)| (path.to_owned(), advice))
        );
    }

    #[test]
    fn open_ends_need_an_issue_and_every_test_runs() {
        let mark = concat!("TO", "DO");
        let content = format!(
            "// {mark}: later\n// {mark}(#12): later\nlet {mark}S = 1;\n  {}]\n",
            concat!("#[ig", "nore")
        );
        assert_eq!(
            lines(open_ends(&[Text::new("a.rs", &content)])),
            [Some(1), Some(4)]
        );
        assert_eq!(lines(open_ends(&[Text::new("a.json", &content)])), []);
    }

    #[test]
    fn paths_of_a_machine_are_found_and_urls_are_not() {
        let home = concat!("/ho", "me/");
        let root = concat!("/ro", "ot/");
        let content = format!(
            "cd {home}ann/x\n\"{root}.cargo\"\nhttps://a.example{home}page\n{home}\na{root}b\n"
        );
        assert_eq!(
            lines(machine_paths(&[Text::new("a.md", &content)])),
            [Some(1), Some(2)]
        );
    }
}
