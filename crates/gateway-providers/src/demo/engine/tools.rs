//! Which tools are called, and with what.

use std::collections::HashSet;

use super::{
    ask::{Ask, Calling, Tool, ToolKind, Turn},
    schema::{self, Hints},
    tokens,
};

/// Words that say nothing about what a tool is for.
const COMMON: &[&str] = &[
    "about", "call", "could", "does", "from", "given", "have", "into", "like", "please", "some",
    "that", "their", "them", "then", "there", "this", "tool", "what", "when", "where", "which",
    "with", "would", "your",
];

/// The shortest word that counts.
const SHORTEST: usize = 4;

/// A tool's call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ToolCall {
    pub(super) id: String,
    pub(super) kind: ToolKind,
    pub(super) name: String,
    /// JSON arguments, or a custom tool's text.
    pub(super) input: String,
}

/// The calls that the request is answered with; none where it is answered with text.
pub(super) fn choose(ask: &Ask<'_>) -> Vec<ToolCall> {
    let Turn::Message {
        text,
        from_user: true,
    } = &ask.turn
    else {
        return Vec::new();
    };
    let chosen = match ask.calling {
        Calling::Never => Vec::new(),
        Calling::Forced(name) => ask
            .tools
            .iter()
            .filter(|tool| tool.name == name)
            .take(1)
            .collect(),
        Calling::Auto => matching(ask, text),
        Calling::Required => {
            let matching = matching(ask, text);
            if matching.is_empty() {
                ask.tools.iter().take(1).collect()
            } else {
                matching
            }
        }
    };
    chosen
        .into_iter()
        .enumerate()
        .map(|(index, tool)| call(tool, text, index))
        .collect()
}

/// The tools that the text names, all of them where several may be called; else the first that the text
/// shares a word with.
fn matching<'a, 'b>(ask: &'b Ask<'a>, text: &str) -> Vec<&'b Tool<'a>> {
    let said = Said::new(text);
    let most = if ask.parallel { usize::MAX } else { 1 };
    let named: Vec<_> = ask
        .tools
        .iter()
        .filter(|tool| said.names(tool))
        .take(most)
        .collect();
    if !named.is_empty() {
        return named;
    }
    ask.tools
        .iter()
        .filter(|tool| said.touches(tool))
        .take(1)
        .collect()
}

/// What the user said, ready to be compared.
struct Said {
    words: HashSet<String>,
    /// The words with one space around each.
    line: String,
}

impl Said {
    fn new(text: &str) -> Self {
        let words: Vec<String> = tokens::words(text).collect();
        Self {
            line: format!(" {} ", words.join(" ")),
            words: words.into_iter().collect(),
        }
    }

    fn names(&self, tool: &Tool<'_>) -> bool {
        let name: Vec<String> = tokens::words(tool.name).collect();
        !name.is_empty() && self.line.contains(&format!(" {} ", name.join(" ")))
    }

    fn touches(&self, tool: &Tool<'_>) -> bool {
        let about = tokens::words(tool.name).chain(tokens::words(tool.description));
        about
            .filter(|word| word.chars().count() >= SHORTEST && !COMMON.contains(&word.as_str()))
            .any(|word| self.words.contains(&word))
    }
}

fn call(tool: &Tool<'_>, text: &str, index: usize) -> ToolCall {
    let input = match (tool.kind, tool.parameters) {
        (ToolKind::Custom, _) => text.to_owned(),
        (_, None) => "{}".to_owned(),
        // A schema may ask for what the demo provider cannot make; the call is then the nearest it can.
        (_, Some(parameters)) => schema::sample(parameters, &Hints::from_text(text))
            .unwrap_or_else(|unmet| unmet.nearest)
            .to_string(),
    };
    let id = tokens::id("call_", &format!("{index} {} {input}", tool.name));
    ToolCall {
        id,
        kind: tool.kind,
        name: tool.name.to_owned(),
        input,
    }
}
