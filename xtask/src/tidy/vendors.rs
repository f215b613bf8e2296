//! A vendor is data: no code branches on a vendor's identity or guesses a vendor from a model's name.

use super::{Finding, text::Text};

/// Where the built-in vendors are.
const VENDORS: &str = "crates/gateway-providers/vendors.toml";

/// Ids of vendors that are words of OpenAI's own wire format too.
const WIRE_WORDS: &[&str] = &["custom"];

/// What names of model families begin with.
const FAMILIES: &[&str] = &[
    "chatgpt", "claude", "command-", "deepseek", "gemini", "gemma", "gpt-", "grok", "llama",
    "mistral", "o1", "o3", "o4", "phi-", "qwen",
];

/// No comparison with a vendor's id, and no arm of a `match` for one.
pub(super) fn no_branch_on_identity(texts: &[Text]) -> Vec<Finding> {
    let ids: Vec<&str> = texts
        .iter()
        .filter(|text| text.path == VENDORS)
        .flat_map(|text| text.content.lines().filter_map(id_of))
        .filter(|id| !WIRE_WORDS.contains(id))
        .collect();
    if ids.is_empty() {
        return vec![Finding::new(
            VENDORS,
            None,
            "no vendors found: xtask/src/tidy/vendors.rs reads their ids here",
        )];
    }
    in_code(texts, |line| {
        let id = ids.iter().find(|id| branches_on(line, id))?;
        Some(format!(
            "a branch on the vendor `{id}`; make what is different a member of its row"
        ))
    })
}

/// No test of what a model's name begins with or holds.
pub(super) fn no_guess_from_model_names(texts: &[Text]) -> Vec<Finding> {
    in_code(texts, |line| {
        let tests = [
            "starts_with(\"",
            "ends_with(\"",
            "contains(\"",
            "strip_prefix(\"",
            "== \"",
        ];
        let literals = tests.iter().flat_map(|test| line.split(test).skip(1));
        let mut families = literals.filter_map(|literal| {
            FAMILIES
                .iter()
                .find(|family| literal.to_ascii_lowercase().starts_with(**family))
        });
        let family = families.next()?;
        Some(format!(
            "a guess from a model's name (`{family}`); rules for models are data"
        ))
    })
}

fn in_code(texts: &[Text], breach: impl Fn(&str) -> Option<String>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let of_crates = |text: &&Text| text.is_rust() && text.path.starts_with("crates/");
    for text in texts.iter().filter(of_crates) {
        for (number, line) in text.code() {
            findings.extend(breach(line).map(|message| Finding::new(&text.path, number, message)));
        }
    }
    findings
}

/// The id in a line such as `id = "groq"`.
fn id_of(line: &str) -> Option<&str> {
    line.strip_prefix("id = \"")?.strip_suffix('"')
}

fn branches_on(line: &str, id: &str) -> bool {
    let literal = format!("\"{id}\"");
    line.match_indices(&literal).any(|(at, _)| {
        let before = line.get(..at).unwrap_or_default().trim_end();
        let after = line
            .get(at + literal.len()..)
            .unwrap_or_default()
            .trim_start();
        let compared = ["==", "!=", "|"].iter().any(|sign| before.ends_with(sign));
        let is_arm = ["=>", "==", "!=", "|"]
            .iter()
            .any(|sign| after.starts_with(sign));
        let in_pattern = before.ends_with("Some(") && after.starts_with(") =");
        compared || is_arm || in_pattern
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(line: &str, rule: fn(&[Text]) -> Vec<Finding>) -> usize {
        let rows = Text::new(
            VENDORS,
            "[[vendor]]\nid = \"groq\"\n[[vendor]]\nid = \"custom\"\n",
        );
        let code = Text::new("crates/a/src/lib.rs", &format!("//! a\n{line}\n"));
        rule(&[rows, code]).len()
    }

    #[test]
    fn branches_on_a_vendor_are_found() {
        for line in [
            "\"groq\" => 1,",
            "\"groq\" | \"x\" => 1,",
            "\"x\" | \"groq\" => 1,",
            "Some(\"groq\") => 1,",
            "if let Some(\"groq\") = id {",
            "if id == \"groq\" {",
            "if \"groq\" != id {",
        ] {
            assert_eq!(found(line, no_branch_on_identity), 1, "{line}");
        }
        for line in [
            "let a = \"groq\";",
            "Some(\"groq\"),",
            "\"custom\" => 1,",
            "// \"groq\" => 1",
            "\"groqs\" => 1,",
        ] {
            assert_eq!(found(line, no_branch_on_identity), 0, "{line}");
        }
        assert_eq!(
            no_branch_on_identity(&[]).len(),
            1,
            "without vendors the rule would be empty"
        );
    }

    #[test]
    fn guesses_from_a_models_name_are_found() {
        for line in [
            "if model.starts_with(\"gpt-4\") {",
            "name.contains(\"Claude\")",
            "if model == \"o1-mini\" {",
        ] {
            assert_eq!(found(line, no_guess_from_model_names), 1, "{line}");
        }
        for line in ["let example = \"gpt-6\";", "name.starts_with(\"v1\")"] {
            assert_eq!(found(line, no_guess_from_model_names), 0, "{line}");
        }
    }
}
