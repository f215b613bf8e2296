//! What tells one conversation of a caller from another. The first that is there counts: the caller's own header, the
//! session headers of coding agents, ids in the body, and at last the beginning of the conversation itself.

use gateway_providers::Operation;
use gateway_types::json::RawObject;
use http::{HeaderMap, HeaderName};

use super::{
    key::{ConversationKey, KeyHash},
    prefix,
};

/// A header that names a conversation.
#[derive(Debug)]
pub struct SessionHeader {
    /// Its name.
    pub name: HeaderName,
    /// Who sends it.
    pub sender: &'static str,
    /// Where that is written down.
    pub source: &'static str,
}

const fn header(name: &'static str, sender: &'static str, source: &'static str) -> SessionHeader {
    SessionHeader {
        name: HeaderName::from_static(name),
        sender,
        source,
    }
}

/// The headers that name a conversation; an earlier one counts before a later one.
pub static SESSION_HEADERS: [SessionHeader; 10] = [
    header(
        "x-gateway-conversation",
        "whoever wants to say it",
        "the gateway's own",
    ),
    header(
        "x-claude-code-session-id",
        "Claude Code",
        "<https://code.claude.com/docs/en/llm-gateway-protocol>",
    ),
    header("session-id", "Codex", "<https://github.com/openai/codex>"),
    header(
        "session_id",
        "Codex, before it wrote a hyphen",
        "<https://github.com/openai/codex/pull/1614>",
    ),
    header("thread-id", "Codex", "<https://github.com/openai/codex>"),
    header(
        "x-opencode-session",
        "opencode",
        "<https://opencode.ai/docs/go>",
    ),
    header(
        "x-session-affinity",
        "opencode, with a provider of one's own",
        "<https://github.com/anomalyco/opencode>",
    ),
    header(
        "x-session-id",
        "opencode, and others",
        "<https://github.com/anomalyco/opencode>",
    ),
    header(
        "x-kilocode-taskid",
        "Kilo Code",
        "<https://github.com/Kilo-Org/kilocode>",
    ),
    header(
        "x-openwebui-chat-id",
        "Open WebUI, with `ENABLE_FORWARD_USER_INFO_HEADERS`",
        "<https://docs.openwebui.com/getting-started/env-configuration>",
    ),
];

/// Members of a body that name a conversation; an earlier one counts before a later one.
pub const MEMBERS: [&str; 5] = [
    "prompt_cache_key",
    "conversation",
    "previous_response_id",
    "user",
    "safety_identifier",
];

/// Who speaks, and what with.
#[derive(Debug, Clone, Copy)]
pub struct Speaker<'a> {
    /// The caller, as whom they were identified: nobody's conversations are mixed with another's.
    pub tenant: &'a str,
    /// All of the client's headers.
    pub headers: &'a HeaderMap,
    /// What is asked.
    pub operation: Operation,
    /// The client's body.
    pub body: &'a RawObject,
}

/// The conversation that a request belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Conversation {
    /// What it is known by.
    pub(super) key: Option<ConversationKey>,
    /// From what the keys of its state are made: its speaker's, whatever the conversation.
    pub(super) state: Option<ConversationKey>,
    /// What is asked, which says what of the answer is state.
    pub(super) operation: Option<Operation>,
}

impl From<ConversationKey> for Conversation {
    fn from(key: ConversationKey) -> Self {
        Self {
            key: Some(key),
            ..Self::default()
        }
    }
}

impl Conversation {
    /// Reads it from what the speaker sends. `scope` is what the targets are chosen among: agents speak with several
    /// models in one session.
    pub(super) fn of(speaker: Speaker<'_>, scope: &[&str]) -> Self {
        let operation = speaker.operation;
        if !matches!(
            operation,
            Operation::Chat | Operation::Responses | Operation::Completions
        ) {
            return Self::default();
        }
        Self {
            key: key(speaker, scope),
            ..Self::without_key(speaker)
        }
    }

    /// One that is known by nothing, of which only the state is remembered.
    pub(super) fn without_key(speaker: Speaker<'_>) -> Self {
        let operation = speaker.operation;
        let has_state = matches!(operation, Operation::Chat | Operation::Responses);
        Self {
            key: None,
            state: has_state.then(|| ConversationKey::of_speaker(speaker.tenant)),
            operation: Some(operation),
        }
    }
}

fn key(speaker: Speaker<'_>, scope: &[&str]) -> Option<ConversationKey> {
    let begin = |kind: &str| {
        let mut hash = KeyHash::new([speaker.tenant, kind]);
        scope.iter().for_each(|part| hash.part(part.as_bytes()));
        hash
    };
    let named = SESSION_HEADERS.iter().find_map(|header| {
        let value = speaker.headers.get(&header.name)?.as_bytes().trim_ascii();
        (!value.is_empty()).then_some((header.name.as_str(), value))
    });
    if let Some((kind, value)) = named {
        let mut hash = begin(kind);
        hash.part(value);
        return Some(hash.key());
    }
    for member in MEMBERS {
        if let Some(value) = id_in(speaker.body, member) {
            let mut hash = begin(member);
            hash.part(value);
            return Some(hash.key());
        }
    }
    let mut hash = begin("prefix");
    prefix::feed(speaker.operation, speaker.body, &mut hash).then(|| hash.key())
}

/// A member's value as it is written: a string that says something, or an object with an id.
fn id_in<'a>(body: &'a RawObject, member: &str) -> Option<&'a [u8]> {
    let value = body.value_bytes(member)?;
    let says_something = match value.first() {
        Some(b'"') => value.len() > 2,
        Some(b'{') => member == "conversation",
        _ => false,
    };
    says_something.then_some(value)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;
    use crate::fixture::object;

    const CHAT: &str = r#"{"model":"m","messages":[{"role":"system","content":"S"},{"role":"user","content":"hi"}]}"#;

    fn of(headers: &[(&'static str, &str)], operation: Operation, body: &str) -> Conversation {
        let headers = headers.iter().map(|(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_str(value).unwrap(),
            )
        });
        Conversation::of(
            Speaker {
                tenant: "alice",
                headers: &headers.collect(),
                operation,
                body: &object(body),
            },
            &["alias"],
        )
    }

    fn chat(headers: &[(&'static str, &str)], body: &str) -> Option<ConversationKey> {
        of(headers, Operation::Chat, body).key
    }

    #[test]
    fn each_source_counts_before_those_behind_it() {
        let all: Vec<(&'static str, &str)> = SESSION_HEADERS
            .iter()
            .map(|header| (header.name.as_str(), "x"))
            .collect();
        let members = |from: usize| {
            let members: Vec<String> = MEMBERS
                .iter()
                .skip(from)
                .map(|it| format!(r#""{it}":"x","#))
                .collect();
            CHAT.replacen('{', &format!("{{{}", members.concat()), 1)
        };
        let mut keys = Vec::new();
        for from in 0..all.len() {
            let key = chat(&all[from..], &members(0));
            assert_eq!(key, chat(&all[from..=from], CHAT), "{:?}", all[from]);
            keys.push(key.unwrap());
        }
        for (from, member) in MEMBERS.iter().enumerate() {
            let key = chat(&[], &members(from));
            let alone = CHAT.replacen('{', &format!(r#"{{"{member}":"x","#), 1);
            assert_eq!(key, chat(&[], &alone), "{member}");
            keys.push(key.unwrap());
        }
        keys.push(chat(&[], CHAT).unwrap());
        let different: std::collections::HashSet<_> = keys.iter().collect();
        assert_eq!(different.len(), SESSION_HEADERS.len() + MEMBERS.len() + 1);
    }

    #[test]
    fn what_says_nothing_does_not_count() {
        let plain = chat(&[], CHAT);
        assert_eq!(chat(&[("x-gateway-conversation", " ")], CHAT), plain);
        for member in [
            r#""user":"""#,
            r#""user":null"#,
            r#""user":7"#,
            r#""prompt_cache_key":{}"#,
        ] {
            let body = CHAT.replacen('{', &format!("{{{member},"), 1);
            assert_eq!(chat(&[], &body), plain, "{member}");
        }
        let embeddings = of(
            &[("session-id", "x")],
            Operation::Embeddings,
            r#"{"input":"x"}"#,
        );
        assert_eq!(embeddings, Conversation::default());
    }

    #[test]
    fn later_turns_have_the_key_of_the_first_and_other_conversations_another() {
        let long = "Be helpful. ".repeat(5_000);
        let first = |system: &str, user: &str| serde_json::json!({"messages": [{"role": "system", "content": system}, {"role": "user", "content": user}]});
        let key = |body: &serde_json::Value| chat(&[], &body.to_string()).unwrap();
        let mut turns = first(&long, "one");
        let begun = key(&turns);
        let messages = turns["messages"].as_array_mut().unwrap();
        messages.push(serde_json::json!({"role": "assistant", "content": "a"}));
        messages.push(serde_json::json!({"role": "user", "content": "b"}));
        assert_eq!(key(&turns), begun);
        // The same long instructions and another question; a long question that ends otherwise; others' instructions.
        assert_ne!(key(&first(&long, "two")), begun);
        let question = |end: &str| key(&first("S", &format!("{}{end}", "word ".repeat(2_000))));
        assert_ne!(question("one"), question("two"));
        assert_ne!(key(&first("S", "one")), key(&first("T", "one")));
        // Members in another order, and roles in texts.
        let sorted = |text: &str| {
            chat(
                &[],
                &format!(r#"{{"messages":[{{"content":"{text}","role" : "user"}}]}}"#),
            )
        };
        assert!(sorted("a").is_some() && sorted("a") != sorted("b"));
        let quoted = r#"{"messages":[{"role":"assistant","content":"\"role\":\"user\""}]}"#;
        assert_eq!(chat(&[], quoted), None);
    }

    #[test]
    fn responses_go_on_from_their_ids_and_state_is_the_speakers() {
        let responses = |body: &str| of(&[], Operation::Responses, body);
        let first = responses(r#"{"input":"hi"}"#);
        let next = responses(r#"{"input":"more","previous_response_id":"resp_1"}"#);
        assert!(first.key.is_some() && first.state.is_some());
        assert_eq!(first.state, next.state);
        assert_ne!(
            next.key,
            responses(r#"{"input":"more","previous_response_id":"resp_2"}"#).key
        );
        let items = r#"{"instructions":"I","input":[{"role":"user","content":"hi"}]}"#;
        assert_ne!(
            responses(items).key,
            responses(&items.replace("\"I\"", "\"J\"")).key
        );
        let by_id = r#"{"conversation":{"id":"conv_1"},"input":"x"}"#;
        assert_eq!(
            responses(by_id).key,
            responses(&by_id.replace("\"x\"", "\"y\"")).key
        );
    }

    #[test]
    fn no_scope_and_no_tenant_shares_a_key_with_another() {
        let body = object(r#"{"user":"7"}"#);
        let key = |tenant: &str, scope: &[&str]| {
            let speaker = Speaker {
                tenant,
                headers: &HeaderMap::new(),
                operation: Operation::Chat,
                body: &body,
            };
            Conversation::of(speaker, scope).key.unwrap()
        };
        assert_eq!(key("alice", &["x"]), key("alice", &["x"]));
        assert_ne!(key("alice", &["x"]), key("bob", &["x"]));
        assert_ne!(key("alice", &["x"]), key("alice", &["y"]));
    }
}
