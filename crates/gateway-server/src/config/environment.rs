//! The environment as a map that is passed down. The process's own is read here and nowhere else.

use std::{collections::BTreeMap, fmt};

/// Environment variables by name. Its values are never printed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The variables of this process. A variable that is not UTF-8 is left out.
    pub fn from_process() -> Self {
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect()
    }

    /// A variable's value without surrounding space. One that is empty counts as not set, as most shells and
    /// container files cannot tell the two apart.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(|value| value.trim())
            .filter(|value| !value.is_empty())
    }

    /// Every variable that is set, in the order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .keys()
            .filter_map(|name| Some((name.as_str(), self.value(name)?)))
    }

    /// The variables that are set, as a plain map.
    pub fn to_map(&self) -> BTreeMap<String, String> {
        self.iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        Self(
            variables
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Environment({} variables)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_variable_is_not_set_and_no_value_is_printed() {
        let environment: Environment = [("EMPTY", " \n"), ("KEY", " sk-secret\n")]
            .into_iter()
            .collect();
        assert_eq!(environment.value("EMPTY"), None);
        assert_eq!(environment.value("KEY"), Some("sk-secret"));
        assert_eq!(environment.iter().count(), 1);
        assert!(!format!("{environment:?}").contains("sk-secret"));
    }
}
