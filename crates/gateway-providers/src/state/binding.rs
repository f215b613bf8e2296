//! What state is bound to: a table. Where it is bound to nothing beside its form, everybody who speaks its maker's
//! protocol takes it.

use std::sync::LazyLock;

use super::{StateKind, is_among};
use crate::rules::{ModelId, ModelPattern};

/// The state that a row is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// With one of these names on it, each as in [`is_among`]; the empty one is a signature's without a format.
    Named(&'static [&'static str]),
    /// Encrypted items of the Responses API.
    Encrypted,
    /// What the upstream keeps of the conversation.
    Stored,
    /// What an account keeps beside conversations.
    Resource,
    /// Everything else.
    Any,
}

/// One row: who takes back what which model made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Binding {
    /// The state.
    pub form: Form,
    /// What it is, for people.
    pub what: &'static str,
    /// The models that made it, as patterns; none stands for all.
    pub models: &'static [&'static str],
    /// Whether only the same model takes it back.
    pub to_model: bool,
    /// Whether only the same account of the same provider does.
    pub to_account: bool,
    /// Where that is written down.
    pub source: &'static str,
}

const CLAUDES: Form = Form::Named(&["anthropic*", ""]);

/// The rows; the first one that fits counts. What is not written down is held to be bound to both.
pub static BINDINGS: &[Binding] = &[
    Binding {
        form: CLAUDES,
        what: "Claude's signed and redacted thinking, blocks of its server tools",
        models: &["claude-sonnet-5-5", "claude-haiku-5-5"],
        to_model: true,
        to_account: true,
        source: "<https://docs.anthropic.com/en/docs/about-claude/models/whats-new>",
    },
    Binding {
        form: CLAUDES,
        what: "the same of the other models up to 5.5: other clouds take it",
        models: &[
            "claude-3-7-*",
            "claude-opus-4*",
            "claude-sonnet-4*",
            "claude-haiku-4*",
            "claude-opus-5",
            "claude-opus-5-0",
            "claude-opus-5-5",
            "claude-sonnet-5",
            "claude-sonnet-5-0",
            "claude-fable-5",
            "claude-fable-5-1",
            "claude-fable-5-2",
            "claude-mythos-5",
            "claude-mythos-5-1",
            "claude-mythos-5-2",
        ],
        to_model: true,
        to_account: false,
        source: "<https://docs.anthropic.com/en/docs/build-with-claude/extended-thinking>",
    },
    Binding {
        form: CLAUDES,
        what: "the same of models that nobody knows yet: as the strictest known",
        models: &[],
        to_model: true,
        to_account: true,
        source: "<https://docs.anthropic.com/en/docs/about-claude/models/whats-new>",
    },
    Binding {
        form: Form::Named(&["google*"]),
        what: "Gemini's thought signatures and parts of its server tools",
        models: &[],
        to_model: true,
        to_account: true,
        source: "<https://ai.google.dev/gemini-api/docs/thought-signatures>",
    },
    Binding {
        form: Form::Named(&["openai*", "azure-openai*", "responses"]),
        what: "OpenAI's encrypted reasoning in a chat",
        models: &[],
        to_model: true,
        to_account: true,
        source: "<https://platform.openai.com/docs/api-reference/responses/object> (`input_transformations`)",
    },
    Binding {
        form: Form::Encrypted,
        what: "encrypted items of the Responses API",
        models: &[],
        to_model: true,
        to_account: true,
        source: "<https://platform.openai.com/docs/api-reference/responses/object> (`input_transformations`)",
    },
    Binding {
        form: Form::Stored,
        what: "ids of answers, conversations, items and recordings that the provider keeps",
        models: &[],
        to_model: false,
        to_account: true,
        source: "<https://platform.openai.com/docs/guides/conversation-state>",
    },
    Binding {
        form: Form::Resource,
        what: "ids of files, vector stores, prompts and containers, names of cached contents, addresses of uploads",
        models: &[],
        to_model: false,
        to_account: true,
        source: "<https://platform.openai.com/docs/api-reference/files>, \
                 <https://docs.anthropic.com/en/docs/build-with-claude/files>, <https://ai.google.dev/api/files>",
    },
    Binding {
        form: Form::Any,
        what: "everything else",
        models: &[],
        to_model: true,
        to_account: true,
        source: "nobody says so; it is the safe way",
    },
];

static PATTERNS: LazyLock<Vec<Vec<ModelPattern>>> = LazyLock::new(|| {
    let patterns = |row: &Binding| {
        row.models
            .iter()
            .map(|it| ModelPattern::from(*it))
            .collect()
    };
    BINDINGS.iter().map(patterns).collect()
});

/// What this kind of state is bound to, made by this model.
pub fn binding(kind: &StateKind, model: &ModelId) -> Option<&'static Binding> {
    let fits = |(row, patterns): &(&Binding, &Vec<ModelPattern>)| {
        row.form.is_of(kind)
            && (patterns.is_empty() || patterns.iter().any(|pattern| pattern.fits(model)))
    };
    let row = BINDINGS.iter().zip(PATTERNS.iter()).find(fits);
    row.map(|(row, _)| row)
}

impl Form {
    fn is_of(self, kind: &StateKind) -> bool {
        match (self, kind) {
            (Self::Any, _)
            | (Self::Encrypted, StateKind::Encrypted)
            | (Self::Stored, StateKind::Stored)
            | (Self::Resource, StateKind::Resource) => true,
            (Self::Named(names), StateKind::Named(name)) => is_among(names, name),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Model and account.
    fn bound(kind: &StateKind, model: &str) -> (bool, bool) {
        let row = binding(kind, &ModelId::from(model)).unwrap();
        (row.to_model, row.to_account)
    }

    #[test]
    fn claudes_of_one_name_are_one_on_every_cloud_and_newer_ones_are_as_the_strictest() {
        let signed = StateKind::Named("anthropic-claude-v1".into());
        for portable in [
            "claude-opus-5",
            "claude-opus-5@20261002",
            "us.anthropic.claude-opus-5-v1:0",
            "anthropic/claude-sonnet-4.5",
            "claude-opus-5-5",
        ] {
            assert_eq!(bound(&signed, portable), (true, false), "{portable}");
            assert_eq!(bound(&StateKind::Named("".into()), portable), (true, false));
        }
        for strict in [
            "claude-sonnet-5-5",
            "anthropic/claude-haiku-5.5",
            "claude-opus-6",
            "claude-opus-5-6",
            "my-deployment",
        ] {
            assert_eq!(bound(&signed, strict), (true, true), "{strict}");
        }
    }

    #[test]
    fn ids_are_the_accounts_whatever_the_model_and_what_nobody_knows_is_bound_to_both() {
        assert_eq!(bound(&StateKind::Stored, "gpt-6-sol"), (false, true));
        assert_eq!(bound(&StateKind::Resource, "claude-opus-5"), (false, true));
        assert_eq!(bound(&StateKind::Encrypted, "gpt-6-sol"), (true, true));
        for name in ["google", "openai-responses-v1", "new-maker-v1"] {
            assert_eq!(bound(&StateKind::Named(name.into()), "m"), (true, true));
        }
    }

    #[test]
    fn the_last_row_fits_everything_and_every_row_is_reached() {
        assert_eq!(BINDINGS.last().map(|row| row.form), Some(Form::Any));
        for (at, row) in BINDINGS.iter().enumerate() {
            let earlier = BINDINGS.iter().take(at);
            let hides = |before: &Binding| before.form == row.form && before.models.is_empty();
            assert!(!earlier.into_iter().any(hides), "{}", row.what);
            assert!(!row.source.is_empty() && !row.what.is_empty());
        }
    }
}
