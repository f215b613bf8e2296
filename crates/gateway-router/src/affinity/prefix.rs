//! What stays the same at the beginning of a conversation: instructions, and what the user said first. Of long texts
//! samples are taken, so that the work is bounded; two conversations with the same long instructions differ in what the
//! user says.

use std::sync::LazyLock;

use gateway_providers::Operation;
use gateway_types::json::{RawObject, plain_run};
use memchr::memmem::Finder;

use super::key::KeyHash;

/// How much of the beginning of a text is looked at, in bytes.
const HEAD: usize = 384;

/// How much of its end.
const TAIL: usize = 256;

/// How far the end of the user's first message is looked for, in bytes.
const LONGEST_MESSAGE: usize = 64 << 10;

/// How far the user's first message is looked for: instructions of more than this are none that anybody sends.
const LONGEST_INSTRUCTIONS: usize = 1 << 20;

/// A string cannot hold this text: there its quotes are escaped.
static ROLE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\"role\""));

/// Puts the beginning of the conversation into the key. Says whether there is one.
pub(super) fn feed(operation: Operation, body: &RawObject, hash: &mut KeyHash) -> bool {
    match operation {
        Operation::Chat => {
            let messages = body.value_bytes("messages");
            messages.is_some_and(|messages| feed_messages(messages, hash))
        }
        Operation::Responses => {
            feed_sampled(body.value_bytes("instructions").unwrap_or_default(), hash);
            match body.value_bytes("input") {
                Some(items) if items.starts_with(b"[") => feed_messages(items, hash),
                Some(text) => {
                    feed_sampled(text, hash);
                    true
                }
                None => false,
            }
        }
        _ => false,
    }
}

/// What stands before the user's first message, and that message.
fn feed_messages(messages: &[u8], hash: &mut KeyHash) -> bool {
    let Some(user) = first_user(messages) else {
        return false;
    };
    let end = end_of_message(messages, user);
    feed_sampled(messages.get(..user).unwrap_or_default(), hash);
    feed_sampled(messages.get(user..end).unwrap_or_default(), hash);
    true
}

/// Where the first role stands that is the user's.
fn first_user(messages: &[u8]) -> Option<usize> {
    let within = messages.len().min(LONGEST_INSTRUCTIONS);
    let found = ROLE.find_iter(messages.get(..within)?);
    let is_user = |at: &usize| {
        let rest = messages.get(at + ROLE.needle().len()..);
        let value = rest.and_then(|rest| rest.trim_ascii_start().strip_prefix(b":"));
        value.is_some_and(|value| value.trim_ascii_start().starts_with(b"\"user\""))
    };
    found.into_iter().find(is_user)
}

/// Where the message ends in whose own members this place is.
fn end_of_message(messages: &[u8], from: usize) -> usize {
    let most = from.saturating_add(LONGEST_MESSAGE).min(messages.len());
    let (mut at, mut depth) = (from, 0_usize);
    while at < most {
        match messages.get(at) {
            Some(b'"') => at = end_of_string(messages, at),
            Some(b'{' | b'[') => (at, depth) = (at + 1, depth + 1),
            Some(b'}' | b']') => match depth.checked_sub(1) {
                Some(outer) => (at, depth) = (at + 1, outer),
                None => return at,
            },
            _ => at += 1,
        }
    }
    most
}

fn end_of_string(text: &[u8], quote: usize) -> usize {
    let mut at = quote + 1;
    loop {
        at += plain_run(text.get(at..).unwrap_or_default());
        match text.get(at) {
            Some(b'\\') => at += 2,
            Some(b'"') => return at + 1,
            _ => return text.len(),
        }
    }
}

/// Both ends of a text and its length; a short one as it is.
fn feed_sampled(text: &[u8], hash: &mut KeyHash) {
    if text.len() <= HEAD + TAIL {
        return hash.part(text);
    }
    hash.part(text.get(..HEAD).unwrap_or_default());
    hash.part(text.get(text.len() - TAIL..).unwrap_or_default());
    hash.part(&(text.len() as u64).to_le_bytes());
}
