//! In which order an answer's pieces stood, where OpenAI's message cannot show it.

use serde_json::{Value, json};

/// The order. A plain answer is thinking, then one text, then calls: that order is known without being told.
#[derive(Debug, Default)]
pub(super) struct Layout {
    entries: Vec<Value>,
    stage: Stage,
    is_plain: bool,
    has_begun: bool,
}

/// How far a plain answer has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    #[default]
    Thinking,
    Text,
    Calls,
}

impl Layout {
    /// A block of thinking.
    pub(super) fn thinking(&mut self) {
        self.put(Stage::Thinking, json!({"type": "thinking"}));
    }

    /// A text of so many characters, with so many of the citations.
    pub(super) fn text(&mut self, chars: u64, citations: usize) {
        if citations == 0 {
            self.put(Stage::Text, json!({"type": "text", "chars": chars}));
        } else {
            self.is_plain = false;
            self.push(json!({"type": "text", "chars": chars, "citations": citations}));
        }
    }

    /// A tool call.
    pub(super) fn call(&mut self) {
        self.put(Stage::Calls, json!({"type": "tool_use"}));
    }

    /// One of the `blocks`.
    pub(super) fn own_block(&mut self) {
        self.push(json!({"type": "block"}));
        self.is_plain = false;
    }

    /// The order; nothing where it is the plain one.
    pub(super) fn told(self) -> Vec<Value> {
        if self.is_plain || !self.has_begun {
            return Vec::new();
        }
        self.entries
    }

    fn put(&mut self, stage: Stage, entry: Value) {
        let is_first = !self.has_begun;
        let is_in_order = stage > self.stage || (stage == self.stage && stage != Stage::Text);
        self.is_plain =
            (self.is_plain || is_first) && (is_in_order || (is_first && stage == Stage::Text));
        self.stage = self.stage.max(stage);
        self.push(entry);
    }

    fn push(&mut self, entry: Value) {
        self.has_begun = true;
        self.entries.push(entry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(kinds: &str) -> usize {
        let mut layout = Layout::default();
        for kind in kinds.chars() {
            match kind {
                'r' => layout.thinking(),
                't' => layout.text(1, 0),
                'c' => layout.call(),
                'q' => layout.text(1, 1),
                _ => layout.own_block(),
            }
        }
        layout.told().len()
    }

    #[test]
    fn only_an_order_that_is_not_plain_is_told() {
        for plain in ["", "r", "t", "c", "rrtcc", "rc", "tc"] {
            assert_eq!(told(plain), 0, "{plain}");
        }
        for other in ["tt", "tr", "ct", "bt", "q", "rtq", "trc", "b", "tctc", "cr"] {
            assert_eq!(told(other), other.len(), "{other}");
        }
    }
}
