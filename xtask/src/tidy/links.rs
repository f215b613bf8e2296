//! Links of the documentation lead somewhere: every relative link of a Markdown file names a file or a folder.

use std::collections::HashSet;

use super::{Finding, text::Text};

/// Every relative link of a Markdown file.
pub(super) fn lead_somewhere(texts: &[Text]) -> Vec<Finding> {
    let mut there: HashSet<&str> = HashSet::new();
    for text in texts {
        let mut path = text.path.as_str();
        while there.insert(path) {
            path = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        }
    }
    let mut findings = Vec::new();
    for text in texts.iter().filter(|text| text.path.ends_with(".md")) {
        let folder = text.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for (number, line) in (1..).zip(text.content.lines()) {
            for link in relative_links(line) {
                if !there.contains(resolved(folder, link).as_str()) {
                    let message = format!("the link to `{link}` leads nowhere");
                    findings.push(Finding::new(&text.path, number, message));
                }
            }
        }
    }
    findings
}

/// The targets of `[text](target)` that are paths: no URLs, no anchors, no paths of Rust items.
fn relative_links(line: &str) -> impl Iterator<Item = &str> {
    let targets = line
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split([')', ' ']).next());
    targets
        .map(|target| target.split('#').next().unwrap_or_default())
        .filter(|path| !path.is_empty() && !path.contains(':'))
        .filter(|path| path.contains(['.', '/']))
}

/// The path that the link means, seen from the folder.
fn resolved(folder: &str, link: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in link.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_that_lead_nowhere_are_found() {
        let page = "[a](b.md) [c](../README.md#top) [d](sub/) [e](https://x.example/y.md) [f](fault::Kind) [g](#top)\n\
                    [h](gone.md) and [i](../sub/e.md)\n";
        let texts = [
            Text::new("docs/a.md", page),
            Text::new("docs/b.md", ""),
            Text::new("docs/sub/e.md", ""),
            Text::new("README.md", "[docs](docs)\n[docs](docs/)\n[docs](doc/)\n"),
        ];
        let found: Vec<(String, Option<usize>)> = lead_somewhere(&texts)
            .into_iter()
            .map(|finding| (finding.place, finding.line))
            .collect();
        let expected = [("docs/a.md", 2), ("docs/a.md", 2), ("README.md", 3)];
        assert_eq!(
            found,
            expected.map(|(path, line)| (path.to_owned(), Some(line)))
        );
    }
}
