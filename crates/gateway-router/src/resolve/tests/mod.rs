//! Resolution case by case: a world of providers, and tables of what names mean in it.

mod modes;
mod sequences;
mod spellings;

use std::sync::Arc;

use gateway_providers::{Operation, provider::SharedProvider};

use super::*;
use crate::{
    catalogue::ProviderList,
    fixture::{Scripted, listing, provider},
};

/// Providers with what they list; `None` for a list that has not come.
type World<'a> = &'a [(&'a str, Option<&'a [&'a str]>)];

struct Setup {
    table: RoutingTable,
    catalogue: CatalogueSnapshot,
}

impl Setup {
    fn new(world: World<'_>, more: impl FnOnce(&mut TableParts)) -> Self {
        let providers: Vec<SharedProvider> = world
            .iter()
            .map(|(name, _)| provider(name, &[]) as SharedProvider)
            .collect();
        Self::with(providers, world, more)
    }

    fn with(
        providers: Vec<SharedProvider>,
        world: World<'_>,
        more: impl FnOnce(&mut TableParts),
    ) -> Self {
        let lists = world.iter().map(|(name, ids)| {
            Arc::new(match ids {
                Some(ids) => ProviderList::listed(name, listing(ids)),
                None => ProviderList::pending(),
            })
        });
        let catalogue = CatalogueSnapshot::new(lists.collect());
        let mut parts = TableParts {
            providers,
            ..TableParts::default()
        };
        more(&mut parts);
        Self {
            table: RoutingTable::new(parts).unwrap(),
            catalogue,
        }
    }

    fn ask(&self, model: &str, provider_query: Option<&str>, operation: Operation) -> Verdict {
        resolve(
            &ModelRequest {
                provider_query,
                ..ModelRequest::new(model, operation)
            },
            &self.table,
            &self.catalogue,
        )
    }

    fn chat(&self, model: &str) -> Verdict {
        self.ask(model, None, Operation::Chat)
    }

    /// `rule: provider|model, provider|model` or the error.
    fn explain(&self, model: &str, provider_query: Option<&str>) -> String {
        explained(&self.ask(model, provider_query, Operation::Chat))
    }
}

fn explained(verdict: &Verdict) -> String {
    match &verdict.answer {
        Ok(plan) => {
            let targets: Vec<String> = plan
                .targets()
                .map(|target| format!("{}|{}", target.provider.name(), target.model))
                .collect();
            format!("{}: {}", plan.matched, targets.join(", "))
        }
        Err(error) => error.to_string(),
    }
}

fn alias(name: &str, targets: &[&str]) -> Alias {
    let targets = targets.iter().map(|target| target.parse().unwrap());
    Alias::new(name, targets.collect())
}

const OPENAI: &[&str] = &["gpt-4o", "gpt-4o-mini", "text-embedding-3-small"];
const QWEN: &[&str] = &["qwen-turbo", "qwen-max"];
const GROQ: &[&str] = &[
    "llama-3.3-70b-versatile",
    "openai/gpt-oss-120b",
    "qwen/qwen3-32b",
];
const VLLM: &[&str] = &[
    "Qwen/Qwen2.5-7B-Instruct",
    "openai/gpt-oss-20b",
    "BAAI/bge-small-en-v1.5",
];
const OLLAMA: &[&str] = &[
    "deepseek-r1:1.5b",
    "hf.co/bartowski/Qwen2.5-7B-GGUF:Q4_K_M",
    "llama3",
];
const OPENROUTER: &[&str] = &[
    "openrouter/auto",
    "openai/gpt-4o",
    "openai/gpt-4o:extended",
    "qwen/qwen-max",
    "ollama/llama3",
];

const ALL: World<'_> = &[
    ("openai", Some(OPENAI)),
    ("qwen", Some(QWEN)),
    ("groq", Some(GROQ)),
    ("vllm", Some(VLLM)),
    ("ollama", Some(OLLAMA)),
    ("openrouter", Some(OPENROUTER)),
];

fn assert_cases(setup: &Setup, cases: &[(&str, Option<&str>, &str)]) {
    for (model, query, expected) in cases {
        assert_eq!(
            setup.explain(model, *query),
            *expected,
            "{model} ?provider={query:?}"
        );
    }
}
