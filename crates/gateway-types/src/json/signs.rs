//! Which keys a text may hold, told without looking at it again.

/// A Bloom filter: two of 512 bits for each key. Of a request with forty different keys it says of three in a hundred
/// others wrongly that they may be there.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct KeySigns([u64; 8]);

/// What a key's letters are multiplied with. Chosen so that none of the members that requests usually have is taken for
/// one that carries state of an earlier answer; the tests of `gateway-providers::state` hold it to that.
const FACTOR: u64 = 0x91b7_584a_2265_b1f5;

impl KeySigns {
    /// Keys with escapes are taken for all keys: what they spell does not matter.
    pub(super) fn note(&mut self, plain: &str, escaped: bool) {
        if escaped {
            self.0 = [u64::MAX; 8];
            return;
        }
        for (word, bit) in signs(plain) {
            if let Some(word) = self.0.get_mut(word) {
                *word |= bit;
            }
        }
    }

    /// Whether the key may be there; a 'no' is sure.
    pub(super) fn may_hold(&self, key: &str) -> bool {
        signs(key).iter().all(|(word, bit)| {
            let word = self.0.get(*word);
            word.is_some_and(|word| word & bit != 0)
        })
    }
}

/// A key's two bits, each by the number of its word.
fn signs(key: &str) -> [(usize, u64); 2] {
    let bytes = key.as_bytes();
    let at = |place: usize| bytes.get(place).copied().map_or(0, u64::from);
    let last = bytes.len().saturating_sub(1);
    let letters = at(0) << 8 | at(last) << 16 | at(bytes.len() / 2) << 24;
    let mixed = (bytes.len() as u64 | letters).wrapping_mul(FACTOR);
    [mixed >> 55, mixed >> 46 & 511].map(|sign| {
        let word = usize::try_from(sign / 64).unwrap_or_default();
        (word, 1 << (sign % 64))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_never_denied_and_what_is_not_seldom_confirmed() {
        let key = |number: usize| format!("{}{number}", "key_".repeat(number % 5));
        let mut signs = KeySigns::default();
        assert!(!signs.may_hold("") && !signs.may_hold("model"));
        for number in 0..40 {
            signs.note(&key(number), false);
        }
        assert!((0..40).all(|number| signs.may_hold(&key(number))));
        let words = "abcdefghijklmnopqrstuvwxyz".char_indices();
        let others = words.flat_map(|(at, letter)| (2..12).map(move |len| (at, letter, len)));
        let others: Vec<String> = others
            .map(|(at, letter, len)| format!("{}{}", letter.to_string().repeat(len), at % 7))
            .collect();
        let wrong = others.iter().filter(|other| signs.may_hold(other)).count();
        assert!(wrong * 10 < others.len(), "{wrong} of {}", others.len());
        signs.note("", false);
        assert!(signs.may_hold(""));
        signs.note("mod\\u0065l", true);
        assert!(others.iter().all(|other| signs.may_hold(other)));
    }
}
