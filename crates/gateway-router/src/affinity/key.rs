//! What a conversation and a target are known by: numbers that are the same on every node and after a restart.

use std::{
    fmt,
    hash::{BuildHasher, RandomState},
    sync::LazyLock,
};

use gateway_providers::rules::ModelId;
use sha2::{Digest, Sha256};

use crate::resolve::Target;

/// How much of a mark of state is read, from its end.
const MARK_READ: usize = 128;

/// What speakers are known by where it is remembered who made which state. That table is this process's own, and so is
/// the secret of this hash: nobody outside can aim at a value of it.
static SPEAKERS: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// What a conversation is known by: 128 bits of a hash over who speaks, with which alias, and what tells this
/// conversation from their others. The hash is one that nobody can aim at a value: a caller can neither hit nor move
/// another's conversation.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConversationKey(u128);

impl ConversationKey {
    /// The key of these parts: the tenant, the kind of what tells the conversation, and the text of it.
    ///
    /// ```
    /// use gateway_router::affinity::ConversationKey;
    ///
    /// let mine = ConversationKey::new("alice", "prompt_cache_key", b"7");
    /// assert_eq!(mine, ConversationKey::new("alice", "prompt_cache_key", b"7"));
    /// assert_ne!(mine, ConversationKey::new("bob", "prompt_cache_key", b"7"));
    /// assert_ne!(mine, ConversationKey::new("alice", "user", b"7"));
    /// ```
    pub fn new(tenant: &str, kind: &str, text: &[u8]) -> Self {
        let mut hash = KeyHash::new([tenant, kind]);
        hash.part(text);
        hash.key()
    }

    /// The key from which those of a speaker's state are made; another one in each process.
    pub(super) fn of_speaker(tenant: &str) -> Self {
        let half = |number: u8| u128::from(SPEAKERS.hash_one((number, tenant)));
        Self(half(0) << 64 | half(1))
    }

    /// The key of a mark of state, of what this key's speaker was answered. Signatures are long, and what they end
    /// with tells them apart: only that is read, and the length.
    pub(super) fn of_mark(self, mark: &[u8]) -> Self {
        let mut hash = KeyHash(Sha256::new());
        hash.part(&self.0.to_le_bytes());
        hash.part(&(mark.len() as u64).to_le_bytes());
        let end = mark.len().saturating_sub(MARK_READ);
        hash.part(mark.get(end..).unwrap_or(mark));
        hash.key()
    }

    /// Both halves mixed, for a lottery.
    pub(super) fn mixed(self) -> u64 {
        let (low, high) = halves(self.0);
        low ^ high.rotate_left(32)
    }

    /// The half of it that says in which part of a table it is; the other half says where in that part.
    pub(super) fn low(self) -> u64 {
        halves(self.0).0
    }
}

impl fmt::Debug for ConversationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConversationKey({:032x})", self.0)
    }
}

/// A key in the making. Each part goes in with its length, so that no two lists of parts are one text.
pub(super) struct KeyHash(Sha256);

impl KeyHash {
    pub(super) fn new<'a>(parts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut hash = Self(Sha256::new());
        for part in parts {
            hash.part(part.as_bytes());
        }
        hash
    }

    pub(super) fn part(&mut self, part: &[u8]) {
        self.0.update((part.len() as u64).to_le_bytes());
        self.0.update(part);
    }

    pub(super) fn key(self) -> ConversationKey {
        let digest: [u8; 32] = self.0.finalize().into();
        let (halves, _) = digest.as_chunks::<16>();
        ConversationKey(halves.first().map_or(0, |half| u128::from_le_bytes(*half)))
    }
}

/// What a target is known by: provider, account and model. Two targets of one number would share their conversations,
/// no more; the names are the configuration's and the catalogue's, and one in 2^64 is met never.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Place(u64);

impl Place {
    pub(crate) fn of(target: &Target) -> Self {
        let account = target.provider.account();
        Self::named([
            target.provider.name(),
            account.unwrap_or_default(),
            &target.model,
        ])
    }

    /// Of a target through whichever account.
    pub(super) fn of_model(target: &Target) -> Self {
        Self::named([target.provider.name(), "", &target.model])
    }

    fn named(parts: [&str; 3]) -> Self {
        // No part holds a zero byte, so that the borders are told.
        let bytes = parts.iter().flat_map(|part| part.bytes().chain([0]));
        Self(mix(fnv(bytes)))
    }

    /// What this conversation draws at this place: any number as likely as any other, always the same.
    pub(super) fn drawn_by(self, key: ConversationKey) -> u64 {
        mix(self.0 ^ key.mixed())
    }
}

/// Who made an answer: the target, and what can be shared with others of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Maker {
    /// The target itself.
    pub(super) place: Place,
    /// The provider's account, whatever the model.
    account: Place,
    /// The model, whoever offers it: a hash of the name that all who offer it would write.
    model: u64,
}

impl Maker {
    pub(super) fn of(target: &Target) -> Self {
        Self::with_name(target, ModelId::from(target.model.as_str()).name())
    }

    pub(super) fn with_name(target: &Target, model: &str) -> Self {
        let account = target.provider.account().unwrap_or_default();
        Self {
            place: Place::of(target),
            account: Place::named([target.provider.name(), account, ""]),
            model: fnv(model.bytes()),
        }
    }

    pub(super) fn has_account_of(self, other: Self) -> bool {
        self.account == other.account
    }

    pub(super) fn has_model_of(self, other: Self) -> bool {
        self.model == other.model
    }
}

/// FNV-1a, whose low bits are weak: to be mixed.
fn fnv(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// The lower and the higher half.
#[expect(
    clippy::cast_possible_truncation,
    reason = "both halves have 64 bits, and the cast takes the lower ones"
)]
pub(super) fn halves(number: u128) -> (u64, u64) {
    (number as u64, (number >> 64) as u64)
}

/// Every bit of the number decides upon every bit of the result (the finalizer of SplitMix64).
pub(super) fn mix(number: u64) -> u64 {
    let mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cannot_be_told_as_other_parts() {
        let key = ConversationKey::new;
        assert_ne!(key("ab", "c", b"d"), key("a", "bc", b"d"));
        assert_ne!(key("a", "b", b"cd"), key("a", "bc", b"d"));
        assert_ne!(key("a", "b", b""), key("a", "b", b"\0"));
        let speaker = ConversationKey::of_speaker;
        assert_eq!(speaker("alice"), speaker("alice"));
        assert_ne!(speaker("alice"), speaker("bob"));
        let base = key("a", "b", b"c");
        assert_ne!(base.of_mark(b"x"), base.of_mark(b"y"));
        assert_ne!(base.of_mark(b"x"), key("a", "b", b"d").of_mark(b"x"));
        // A long one is told by its end and its length.
        let long = |first: char, len: usize, last: char| {
            base.of_mark(format!("{first}{}{last}", "-".repeat(len)).as_bytes())
        };
        assert_eq!(long('a', 500, 'z'), long('b', 500, 'z'));
        assert_ne!(long('a', 500, 'z'), long('a', 500, 'y'));
        assert_ne!(long('a', 500, 'z'), long('a', 501, 'z'));
    }

    /// Other nodes, and this one after a restart, must come to the same number.
    #[test]
    fn a_key_is_the_same_for_ever() {
        let key = ConversationKey::new("alice", "user", b"7");
        assert_eq!(
            format!("{key:?}"),
            "ConversationKey(1c6add4321e92e3e456772431023aa08)"
        );
    }
}
