//! Licence expressions as manifests write them (SPDX 2, annex D, and the old `MIT/Apache-2.0`): can the terms be met
//! with the licences that we accept?

/// Whether some choice that the expression leaves needs accepted licences only. A malformed expression is not met.
pub(super) fn is_met(expression: &str, accepted: &[&str]) -> bool {
    let spaced = expression
        .replace('(', " ( ")
        .replace(')', " ) ")
        .replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut reader = Reader {
        words: &words,
        accepted,
    };
    reader.any_of() == Some(true) && reader.words.is_empty()
}

struct Reader<'a> {
    words: &'a [&'a str],
    accepted: &'a [&'a str],
}

impl<'a> Reader<'a> {
    fn any_of(&mut self) -> Option<bool> {
        let mut met = self.all_of()?;
        while self.take("OR") {
            met |= self.all_of()?;
        }
        Some(met)
    }

    fn all_of(&mut self) -> Option<bool> {
        let mut met = self.one()?;
        while self.take("AND") {
            met &= self.one()?;
        }
        Some(met)
    }

    fn one(&mut self) -> Option<bool> {
        if self.take("(") {
            let met = self.any_of()?;
            return self.take(")").then_some(met);
        }
        let licence = self.next()?;
        if !self.take("WITH") {
            return Some(self.accepted.contains(&licence));
        }
        let with_exception = format!("{licence} WITH {}", self.next()?);
        Some(self.accepted.contains(&with_exception.as_str()))
    }

    fn take(&mut self, word: &str) -> bool {
        match self.words.split_first() {
            Some((first, rest)) if *first == word => {
                self.words = rest;
                true
            }
            _ => false,
        }
    }

    fn next(&mut self) -> Option<&'a str> {
        let (first, rest) = self.words.split_first()?;
        self.words = rest;
        Some(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_read_as_spdx_says() {
        let accepted = ["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"];
        let met = |expression: &str| is_met(expression, &accepted);
        for good in [
            "MIT",
            "GPL-3.0-only OR MIT",
            "MIT/GPL-2.0",
            "MIT AND ISC",
            "(GPL-3.0-only OR MIT) AND ISC",
            "GPL-3.0-only AND GPL-2.0-only OR MIT",
            "Apache-2.0 WITH LLVM-exception",
        ] {
            assert!(met(good), "{good}");
        }
        for bad in [
            "",
            "GPL-3.0-only",
            "MIT AND GPL-3.0-only",
            "MIT AND (GPL-3.0-only OR LGPL-2.1-only)",
            "Apache-2.0",
            "MIT WITH LLVM-exception",
            "(MIT",
            "MIT)",
            "MIT ISC",
            "MIT OR",
        ] {
            assert!(!met(bad), "{bad}");
        }
    }
}
