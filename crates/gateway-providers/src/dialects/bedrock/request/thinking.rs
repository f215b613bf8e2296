//! How much the model is to think, in the form that it takes.
//!
//! Effort is Converse's own parameter for Claude; whether to think, and with which budget, goes to the model in its
//! maker's words, and so does the effort of models that know nothing else (gpt-oss: `reasoning_effort`).
//! Source: <https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-extended-thinking.html>,
//! <https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-openai.html>.

use gateway_types::chat::ChatRequest;
use serde_json::{Value, json};

use crate::{
    dialects::{dropped::Dropped, read::ThinkingAsk},
    rules::{ModelRule, Thinking, ThinkingDefault},
};

/// The smallest budget there is.
const SMALLEST_BUDGET: u64 = 1024;

/// What is asked of the model.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Thought {
    /// Claude's `thinking`.
    pub(super) thinking: Option<Value>,
    pub(super) effort: Option<String>,
    /// OpenAI's `reasoning_effort`.
    pub(super) own_effort: Option<String>,
    /// Whether the model will think.
    pub(super) is_on: bool,
    /// Whether the client does not want to see it.
    pub(super) is_hidden: bool,
}

/// What a request and a rule say, on the way to a [`Thought`].
struct Reader<'a> {
    rule: &'a ModelRule,
    ask: ThinkingAsk,
    /// The member to name where the wish cannot be met.
    member: &'static str,
    display: Option<Value>,
    max_tokens: Option<u64>,
    dropped: &'a mut Dropped,
}

impl Thought {
    /// Takes `reasoning_effort`, `reasoning` and `thinking` out of the request.
    pub(super) fn read(
        chat: &mut ChatRequest,
        rule: &ModelRule,
        max_tokens: Option<u64>,
        is_forced: bool,
        dropped: &mut Dropped,
    ) -> Self {
        let is_unknown = rule.thinking.is_empty() && rule.efforts.is_empty();
        // Of a model that no rule knows (an ARN says nothing) the caller knows more.
        let own = if is_unknown {
            chat.extra.shift_remove("thinking").filter(Value::is_object)
        } else {
            None
        };
        let member = said_by(chat);
        let display = match chat.extra.get_mut("thinking") {
            Some(Value::Object(thinking)) => thinking.shift_remove("display"),
            _ => None,
        };
        let ask = ThinkingAsk::take(chat, dropped);
        let is_hidden = ask.exclude;
        let mut reader = Reader {
            rule,
            ask,
            member,
            display,
            max_tokens,
            dropped,
        };
        let thought = match own {
            Some(own) => reader.as_it_is(own),
            None => reader.thought(is_forced),
        };
        Self {
            is_hidden,
            ..thought
        }
    }
}

/// The member that says most about thinking.
fn said_by(chat: &ChatRequest) -> &'static str {
    match (&chat.reasoning_effort, &chat.reasoning) {
        (effort, _) if effort.is_value() => "reasoning_effort",
        (_, reasoning) if reasoning.is_value() => "reasoning",
        _ => "thinking",
    }
}

impl Reader<'_> {
    fn as_it_is(&mut self, own: Value) -> Thought {
        if self.ask.says_something() {
            self.dropped.name(self.member);
        }
        Thought {
            is_on: own.get("type").and_then(Value::as_str) != Some("disabled"),
            thinking: Some(own),
            ..Thought::default()
        }
    }

    fn thought(&mut self, is_forced: bool) -> Thought {
        let by_itself = self.rule.thinking_default != ThinkingDefault::Off;
        if !self.ask.says_something() {
            return self.unasked(by_itself, is_forced);
        }
        if self.ask.is_off() {
            return self.off(by_itself);
        }
        let collides = is_forced && self.rule.forced_tool_while_thinking == Some(false);
        if collides && self.can_be_off() {
            // To call the tool is what the caller needs; to think before is what it would like.
            self.dropped.name(self.member);
            return self.off(by_itself);
        }
        self.on()
    }

    fn unasked(&mut self, by_itself: bool, is_forced: bool) -> Thought {
        let collides = is_forced && self.rule.forced_tool_while_thinking == Some(false);
        if by_itself && collides && self.rule.thinks(Thinking::Off) {
            return self.off(by_itself);
        }
        Thought {
            is_on: by_itself,
            ..Thought::default()
        }
    }

    fn can_be_off(&self) -> bool {
        self.rule.thinking_default == ThinkingDefault::Off || self.rule.thinks(Thinking::Off)
    }

    fn off(&mut self, by_itself: bool) -> Thought {
        let (kind, is_on) = if !by_itself {
            (None, false)
        } else if self.rule.thinks(Thinking::Off) {
            (Some("disabled"), false)
        } else if self.rule.thinks(Thinking::BetweenTools) {
            (Some("between_tools"), false)
        } else {
            self.dropped.name(self.member);
            (None, true)
        };
        Thought {
            thinking: kind.map(|kind| json!({ "type": kind })),
            is_on,
            ..Thought::default()
        }
    }

    fn on(&mut self) -> Thought {
        let effort = self.effort();
        let thinking = if self.ask.budget.is_some() && self.rule.thinks(Thinking::Budget) {
            self.budget()
        } else if self.rule.thinks(Thinking::Adaptive) {
            if self.ask.budget.is_some() {
                self.dropped.name(budget_member(self.member));
            }
            Some(json!({ "type": "adaptive" }))
        } else if self.rule.thinks(Thinking::Budget) {
            self.budget()
        } else {
            None
        };
        if thinking.is_none() && effort.is_none() {
            self.dropped.name(self.member);
        }
        let is_on = thinking.is_some() || self.rule.thinking_default != ThinkingDefault::Off;
        // A model that thinks anyway need not be told to, unless there is more to tell.
        let superfluous = self.rule.thinking_default != ThinkingDefault::Off
            && self.display.is_none()
            && self.rule.thinks(Thinking::Adaptive);
        let (effort, own_effort) = if self.rule.thinking.is_empty() {
            (None, effort)
        } else {
            (effort, None)
        };
        Thought {
            thinking: thinking
                .filter(|_| !superfluous)
                .map(|thinking| self.with_display(thinking)),
            effort,
            own_effort,
            is_on,
            is_hidden: false,
        }
    }

    fn with_display(&mut self, mut thinking: Value) -> Value {
        if let (Some(display), Value::Object(members)) = (self.display.take(), &mut thinking) {
            members.insert("display".to_owned(), display);
        }
        thinking
    }

    fn effort(&mut self) -> Option<String> {
        let asked = self.ask.effort.as_deref()?;
        let nearest = self.rule.nearest_effort(asked);
        // With a budget the effort is told all the same, as its size.
        if nearest.is_none() && !self.rule.thinks(Thinking::Budget) {
            self.dropped.name(self.member);
        }
        nearest.map(str::to_owned)
    }

    /// A budget leaves room for the answer, and is left out where there is none.
    fn budget(&mut self) -> Option<Value> {
        let wanted = match (self.ask.budget, self.ask.effort.as_deref()) {
            (Some(budget), _) => budget,
            (None, effort) => budget_of(effort),
        };
        let most = self.max_tokens.unwrap_or(u64::MAX);
        if most <= SMALLEST_BUDGET {
            self.dropped.name(self.member);
            return None;
        }
        let budget = if wanted < most { wanted } else { most / 2 };
        let budget = budget.max(SMALLEST_BUDGET);
        Some(json!({ "type": "enabled", "budget_tokens": budget }))
    }
}

fn budget_member(member: &str) -> &'static str {
    match member {
        "thinking" => "thinking.budget_tokens",
        _ => "reasoning.max_tokens",
    }
}

/// How many tokens an effort is worth to a model that counts them.
fn budget_of(effort: Option<&str>) -> u64 {
    match effort {
        Some("minimal") => SMALLEST_BUDGET,
        Some("low") => 2048,
        Some("high") => 16_384,
        Some("xhigh" | "max") => 32_000,
        _ => 8192,
    }
}
