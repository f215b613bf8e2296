//! The chapter of `docs/failover.md` about conversations, with the tables of what tells one from another and of
//! what state is bound to.

use std::fmt::Write as _;

use gateway_providers::state::BINDINGS;
use gateway_router::affinity::{MEMBERS, SESSION_HEADERS};

const HEAD: &str = r"
## Conversations stay where they are

A provider keeps the beginning of a conversation in a prompt cache, for minutes or an hour, and the next request pays a
fraction for it; but only at the same provider, with the same model and account. So the requests of one conversation
stay with the target that answered the last one, **while it is well**. When that target fails or is left alone, the conversation
moves to the next target like any other request, and **stays with the one that answered**; it does not move back when the first
one recovers. It is forgotten an hour after its last request (`affinity.ttl`): the longest of the providers' caches live
as long, and one that is forgotten before that is paid for again from its beginning.

A new conversation goes where the alias's strategy sends it. A `weighted` alias draws by the conversation and the
weights, so that several gateways that know nothing of each other, and one that was restarted, send it to the same target and the
shares are still those of the weights. Accounts of one provider are drawn in the same way.

An explicit `x-opengateway-failover-sequence` is the caller's order, and stays it; only the account of a target is kept. Where there
is one target with one account nothing is looked at. `[affinity] enabled = false` switches it off, `affinity = false` in
`[models.NAME]` for one alias.

What a conversation is known by; the first that a request has counts. It is always mixed with the caller's key and with
the alias, so that nobody meets or moves another's conversation.

| what | whose |
|---|---|
";

const REST: &str = r#"| the instructions and the user's first message, of long ones both ends and the length | everybody's: `messages` of a chat, `instructions` and `input` of the Responses API |

One name for all of an application's conversations (a constant `prompt_cache_key` or `user`) is one conversation, and all of
it goes to one target. Send `x-gateway-conversation`, or switch it off for the alias.

## State goes where it is understood

Answers can carry opaque state that must come back with the next request: signed or encrypted thinking (`reasoning_details`,
parts of the content), `extra_content`, `provider_data`, encrypted items and ids of stored answers of the Responses API. Requests
name what an account keeps: files (`file_id`), vector stores, stored prompts, containers, cached contents. Others than its maker
refuse such a request, or lose the state without a word. Text is no state: `reasoning_content`, and thinking without a
signature, may go anywhere.

Who made a piece of state is **remembered when it passes by** in an answer, whole or streamed: a short hash of it, for each
caller apart, for as long and for as many as conversations (`affinity.ttl`, `affinity.max_conversations`), over reloads of the
configuration, too. Answers are not changed for it. Of state that nobody remembers, the target that has the conversation counts
as the maker, if it is of a form that this target makes.

What it is bound to decides where else it may go; the first row that fits counts. Models are the same by their name,
whatever stands before it and whichever version behind it: `claude-opus-5` is `us.anthropic.claude-opus-5-v1:0`.

| state | models | same model | same account | source |
|---|---|---|---|---|
"#;

const STATE: &str = r#"
Where a request that carries state has a choice of targets,

1. it goes to the target that has the conversation, or made the newest state, while that is well;
2. else to targets that take the state's form, and that its binding allows, those with the same provider and model
   first. Each dialect knows its own forms; for an OpenAI-compatible provider it is `takes_state` of its vendor or its table,
   e.g. `["*"]` for one that passes everything on;
3. where nothing is known of the maker (the first request since a restart, or through another gateway), the form is all that
   can be told. State that does not tell whose it is (an id, an encrypted item, an unknown format) then goes to the first
   provider that could have made it, or that `provider_options` names, and nowhere else;
4. never to one that would refuse or lose it. When no target is left, the answer is 400 `state_not_portable`, and when those
   that are left are left alone, 503 `no_healthy_backend`.

With `leave_state_behind = true` in `[models.NAME]` a conversation may move on without its state: targets that take
it come first, and for the others it is cut out of the request, exactly, and named in `x-gateway-dropped`. What stands for a part
of the conversation itself is never left behind: `previous_response_id`, `conversation`, `item_reference`, a compacted history,
the id of a recording or of a file. Strict requests (`x-gateway-strict`) lose nothing. A single target gets what it is sent.

`affinity = false` for an alias lets its conversations go where they like, but not its state. With `[affinity] enabled = false`
nothing is remembered.
"#;

/// The chapter, in Markdown.
pub(super) fn markdown() -> String {
    let mut text = HEAD.to_owned();
    for header in &SESSION_HEADERS {
        let _ = writeln!(
            text,
            "| `{}` | {} ({}) |",
            header.name, header.sender, header.source
        );
    }
    for member in MEMBERS {
        let _ = writeln!(text, "| `{member}` in the body | whoever sends it |");
    }
    text.push_str(REST);
    for row in BINDINGS {
        let models: Vec<String> = row.models.iter().map(|it| format!("`{it}`")).collect();
        let models = if models.is_empty() {
            "all".to_owned()
        } else {
            models.join(", ")
        };
        let said = |holds: bool| if holds { "yes" } else { "no" };
        let (model, account) = (said(row.to_model), said(row.to_account));
        let (what, source) = (row.what, row.source);
        let _ = writeln!(
            text,
            "| {what} | {models} | {model} | {account} | {source} |"
        );
    }
    text.push_str(STATE);
    text
}
