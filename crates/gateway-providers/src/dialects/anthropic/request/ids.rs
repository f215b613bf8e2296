//! Ids of tool calls as Anthropic takes them: of a narrow alphabet, and each of one call only.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};

/// The ids of one conversation: the same for a call and for its answer, and never two calls with one.
#[derive(Debug, Default)]
pub(super) struct Ids {
    native: HashMap<String, String>,
    used: HashSet<String>,
    /// What was called, by native id.
    names: HashMap<String, String>,
    /// Calls without an id, or of functions of old, by name: their answers come in the same order.
    unnamed: VecDeque<(String, String)>,
    made: usize,
}

impl Ids {
    /// The id of a call.
    pub(super) fn of_call(&mut self, id: &str, name: &str) -> String {
        let native = if id.is_empty() {
            let made = self.make("call");
            self.unnamed.push_back((name.to_owned(), made.clone()));
            made
        } else {
            self.of_named_call(id)
        };
        self.names.insert(native.clone(), name.to_owned());
        native
    }

    /// An id that was a call's before (there are clients and servers that count anew in every turn) is another
    /// one from here on.
    fn of_named_call(&mut self, id: &str) -> String {
        let native = self.named(id);
        if !self.names.contains_key(&native) {
            return native;
        }
        let another = self.make(&native);
        self.native.insert(id.to_owned(), another.clone());
        another
    }

    /// What was called, each name once.
    pub(super) fn into_names(self) -> BTreeSet<String> {
        self.names.into_values().collect()
    }

    /// The name of what was called by this native id.
    pub(super) fn name_of(&self, native: &str) -> Option<&str> {
        self.names.get(native).map(String::as_str)
    }

    /// The id that an answer names.
    pub(super) fn of_answer(&mut self, id: &str) -> String {
        if id.is_empty() {
            let oldest = self.unnamed.pop_front();
            return oldest.map_or_else(|| self.make("call"), |(_, id)| id);
        }
        self.named(id)
    }

    /// The id of the call that a function's answer belongs to, by the function's name.
    pub(super) fn of_function_answer(&mut self, name: &str) -> String {
        let place = self.unnamed.iter().position(|(of, _)| of == name);
        let found = place.and_then(|place| self.unnamed.remove(place));
        found.map_or_else(|| self.make("call"), |(_, id)| id)
    }

    fn named(&mut self, id: &str) -> String {
        if let Some(native) = self.native.get(id) {
            return native.clone();
        }
        let plain: String = id
            .chars()
            .map(|c| if is_taken(c) { c } else { '_' })
            .collect();
        let native = if self.used.contains(&plain) {
            self.make(&plain)
        } else {
            plain
        };
        self.used.insert(native.clone());
        self.native.insert(id.to_owned(), native.clone());
        native
    }

    fn make(&mut self, stem: &str) -> String {
        loop {
            self.made += 1;
            let id = format!("{stem}_{}", self.made);
            if self.used.insert(id.clone()) {
                return id;
            }
        }
    }
}

/// `^[a-zA-Z0-9_-]+$`, by the API's own refusal.
fn is_taken(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_and_its_answer_have_the_same_id_and_others_have_another() {
        let mut ids = Ids::default();
        assert_eq!(ids.of_call("toolu_1", "f"), "toolu_1");
        assert_eq!(ids.of_answer("toolu_1"), "toolu_1");
        let dotted = ids.of_call("a.b", "f");
        let other = ids.of_call("a:b", "f");
        assert_ne!(dotted, other);
        assert_eq!(ids.of_answer("a:b"), other);
        assert_eq!(ids.of_answer("a.b"), dotted);
        let first = ids.of_call("", "f");
        let second = ids.of_call("", "g");
        assert_ne!(first, second);
        assert_eq!(ids.of_function_answer("g"), second);
        assert_eq!(ids.of_answer(""), first);
    }

    #[test]
    fn an_id_that_comes_again_is_another_call() {
        let mut ids = Ids::default();
        let first = ids.of_call("call_0", "f");
        assert_eq!(ids.of_answer("call_0"), first);
        let second = ids.of_call("call_0", "g");
        assert_ne!(first, second);
        assert_eq!(ids.of_answer("call_0"), second);
        assert_eq!(ids.name_of(&second), Some("g"));
        assert_eq!(Vec::from_iter(ids.into_names()), ["f", "g"]);
    }
}
