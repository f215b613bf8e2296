//! Models that a provider reads out of a path, not out of the body (deployments at Azure): found in the paths of raw
//! requests, so that the operator's lists are held to what the provider will really use.

use std::collections::HashMap;

use gateway_providers::vendor::PathTemplate;
use percent_encoding::percent_decode_str;

const MODEL: &str = "{model}";

/// Of each provider that does so, where in its paths the model stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PathModels(HashMap<String, Vec<Pattern>>);

/// The segments on both sides of the model.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pattern {
    before: Vec<String>,
    behind: Vec<String>,
}

impl PathModels {
    /// Reads providers' paths; those without a model say nothing.
    pub fn new<'a, P>(providers: impl IntoIterator<Item = (&'a str, P)>) -> Self
    where
        P: IntoIterator<Item = &'a PathTemplate>,
    {
        let of_providers = providers.into_iter().map(|(provider, paths)| {
            let patterns: Vec<_> = paths.into_iter().filter_map(Pattern::of).collect();
            (provider.to_owned(), patterns)
        });
        Self(
            of_providers
                .filter(|(_, patterns)| !patterns.is_empty())
                .collect(),
        )
    }

    /// Every model that the provider may read out of this path, which is as the client wrote it.
    pub fn named(&self, provider: &str, path: &str) -> Vec<String> {
        let Some(patterns) = self.0.get(provider) else {
            return Vec::new();
        };
        let segments: Vec<_> = path
            .split('/')
            .map(|segment| percent_decode_str(bare(segment)).decode_utf8_lossy())
            .collect();
        let mut models = Vec::new();
        for (at, segment) in segments.iter().enumerate() {
            let (before, behind) = (segments.get(..at), segments.get(at + 1..));
            let (before, behind) = (before.unwrap_or_default(), behind.unwrap_or_default());
            let is_model = patterns.iter().any(|pattern| pattern.fits(before, behind));
            if is_model && !models.iter().any(|model| model == segment) {
                models.push(segment.clone().into_owned());
            }
        }
        models
    }
}

/// A segment without what follows a semicolon, which some servers take for parameters.
pub(crate) fn bare(segment: &str) -> &str {
    segment.split(';').next().unwrap_or_default()
}

impl Pattern {
    fn of(path: &PathTemplate) -> Option<Self> {
        let (before, behind) = path.as_str().split_once(MODEL)?;
        let segments = |text: &str| {
            let segments = text.split('/').filter(|segment| !segment.is_empty());
            segments.map(str::to_owned).collect()
        };
        Some(Self {
            before: segments(before),
            behind: segments(behind),
        })
    }

    /// What stands before a model tells it; where nothing does, what stands behind it has to. Letter case does not
    /// count, nor what comes before all that.
    fn fits<T: AsRef<str>>(&self, before: &[T], behind: &[T]) -> bool {
        let same = |given: &[T], own: &[String]| {
            let mut pairs = given.iter().zip(own);
            given.len() == own.len()
                && pairs.all(|(given, own)| given.as_ref().eq_ignore_ascii_case(own))
        };
        let from = before.len().checked_sub(self.before.len());
        let told_before = from
            .and_then(|from| before.get(from..))
            .is_some_and(|given| same(given, &self.before));
        told_before && (!self.before.is_empty() || same(behind, &self.behind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_found_wherever_its_path_begins() {
        let template = |path: &str| path.parse::<PathTemplate>().unwrap();
        let deployments = [
            template("/models"),
            template("/deployments/{model}/chat/completions"),
        ];
        let first = [template("/{model}/chat")];
        let plain = [template("/chat/completions")];
        let models = PathModels::new([
            ("azure", &deployments[..]),
            ("first", &first[..]),
            ("plain", &plain[..]),
        ]);
        for (provider, path, named) in [
            (
                "azure",
                "/deployments/gpt-4o/chat/completions",
                &["gpt-4o"][..],
            ),
            ("azure", "/openai/Deployments/gpt%204/x", &["gpt 4"]),
            ("azure", "/%64eployments/a/deployments/b", &["a", "b"]),
            ("azure", "/deployments;x/gpt-4o;y/chat", &["gpt-4o"]),
            ("azure", "/chat/completions", &[]),
            ("azure", "/deployments", &[]),
            ("first", "/m/chat", &["m"]),
            ("first", "/v1/m/chat", &["m"]),
            ("first", "/m/other", &[]),
            ("plain", "/deployments/a/chat/completions", &[]),
            ("unknown", "/deployments/a/chat/completions", &[]),
        ] {
            assert_eq!(models.named(provider, path), named, "{provider} {path}");
        }
    }
}
