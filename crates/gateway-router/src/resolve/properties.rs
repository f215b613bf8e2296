//! Laws of resolution, for every world of providers, lists and aliases.

use std::sync::Arc;

use gateway_providers::{Operation, provider::SharedProvider};
use proptest::{prelude::*, sample::select, strategy::Strategy};

use super::*;
use crate::{
    catalogue::ProviderList,
    fixture::{listing, provider},
};

const PROVIDERS: [&str; 4] = ["openai", "qwen", "vllm", "openrouter"];

/// Few words, so that ids, providers and aliases are often spelled alike.
fn name() -> impl Strategy<Value = String> {
    let word = select(vec![
        "openai", "Qwen", "qwen", "vllm", "m", "m:1b", "default", "claude-x", "é",
    ]);
    prop::collection::vec(word, 1..4).prop_map(|words| words.join("/"))
}

#[derive(Debug, Clone)]
struct World {
    /// `None` for a list that has not come.
    lists: Vec<Option<Vec<String>>>,
    aliases: Vec<(String, usize, String)>,
    single_backend: bool,
    denied: Vec<String>,
}

fn world() -> impl Strategy<Value = World> {
    let list = prop::option::weighted(0.8, prop::collection::vec(name(), 0..4));
    let alias = (name(), 0..PROVIDERS.len(), name());
    (
        prop::collection::vec(list, PROVIDERS.len()),
        prop::collection::vec(alias, 0..3),
        prop::bool::weighted(0.2),
        prop::collection::vec(name(), 0..2),
    )
        .prop_map(|(lists, aliases, single_backend, denied)| World {
            lists,
            aliases,
            single_backend,
            denied,
        })
}

impl World {
    fn build(&self) -> (RoutingTable, CatalogueSnapshot) {
        let count = if self.single_backend {
            1
        } else {
            PROVIDERS.len()
        };
        let providers: Vec<SharedProvider> = PROVIDERS
            .iter()
            .take(count)
            .map(|name| provider(name, &[]) as SharedProvider)
            .collect();
        let lists = PROVIDERS
            .iter()
            .zip(&self.lists)
            .take(count)
            .map(|(name, ids)| {
                Arc::new(match ids {
                    Some(ids) => ProviderList::listed(name, listing(ids)),
                    None => ProviderList::pending(),
                })
            });
        let catalogue = CatalogueSnapshot::new(lists.collect());
        let mut aliases: Vec<Alias> = Vec::new();
        for (name, place, model) in &self.aliases {
            if aliases.iter().all(|other| other.name != *name) {
                let target = AliasTarget::new(PROVIDERS[*place % count], model);
                aliases.push(Alias::new(name, vec![target]));
            }
        }
        let policy = ModelPolicy::new([], self.denied.iter().map(String::as_str));
        let parts = TableParts {
            providers,
            aliases,
            policy,
            single_backend: self.single_backend,
            ..TableParts::default()
        };
        (RoutingTable::new(parts).unwrap(), catalogue)
    }
}

fn ask<'a>(model: &'a str, provider_query: Option<&'a str>) -> ModelRequest<'a> {
    ModelRequest {
        provider_query,
        ..ModelRequest::new(model, Operation::Chat)
    }
}

proptest! {
    #[test]
    fn an_alias_beats_everything_but_the_provider_query(mut world in world(), model in name(), at in 0..4_usize) {
        world.denied.clear();
        world.aliases.insert(0, (model.clone(), at, "target".to_owned()));
        let (table, catalogue) = world.build();
        let verdict = resolve(&ask(&model, None), &table, &catalogue);
        let plan = verdict.answer.unwrap();
        prop_assert_eq!((plan.matched, plan.primary.model.as_str()), (Rule::Alias, "target"));
        prop_assert_eq!(verdict.patience, Patience::None);

        let pinned = table.name_of(0).to_owned();
        let plan = resolve(&ask(&model, Some(&pinned)), &table, &catalogue).answer.unwrap();
        prop_assert_eq!((plan.matched, plan.primary.provider.name()), (Rule::ProviderQuery, pinned.as_str()));
    }

    #[test]
    fn a_single_backend_sees_the_clients_text(mut world in world(), model in "\\PC{1,40}") {
        world.single_backend = true;
        world.aliases.clear();
        world.denied.clear();
        prop_assume!(model != DEFAULT);
        let (table, catalogue) = world.build();
        let plan = resolve(&ask(&model, None), &table, &catalogue).answer.unwrap();
        prop_assert_eq!((plan.matched, plan.primary.model), (Rule::SingleBackend, model));
    }

    #[test]
    fn what_the_list_publishes_can_be_asked_for_and_means_that_model(mut world in world()) {
        world.single_backend = false;
        world.aliases.clear();
        world.denied.clear();
        let (table, catalogue) = world.build();
        for (place, provider) in table.providers().iter().enumerate() {
            for model in catalogue.list(place).unwrap().models() {
                let published = format!("{}/{}", provider.name(), model.id);
                let verdict = resolve(&ask(&published, None), &table, &catalogue);
                let plan = verdict.answer.unwrap();
                prop_assert_eq!(plan.primary.provider.name(), provider.name());
                prop_assert_eq!(&*plan.primary.model, &*model.id);
                prop_assert!(plan.primary.known);
                prop_assert_eq!(verdict.patience, Patience::None);
            }
        }
    }

    #[test]
    fn no_spelling_reaches_a_denied_target(world in world(), model in name(), pin in prop::option::of(0..4_usize)) {
        let (table, catalogue) = world.build();
        let pinned = pin.map(|place| table.name_of(place % table.providers().len()).to_owned());
        if let Ok(plan) = resolve(&ask(&model, pinned.as_deref()), &table, &catalogue).answer {
            for target in plan.targets() {
                let published = format!("{}/{}", target.provider.name(), target.model.trim()).to_lowercase();
                for denied in &world.denied {
                    let denied = denied.to_lowercase();
                    prop_assert!(published != denied && target.model.trim().to_lowercase() != denied);
                }
            }
        }
    }

    #[test]
    fn an_answer_that_needs_no_patience_stays_when_the_lists_come(world in world(), model in name()) {
        let (table, cold) = world.build();
        let verdict = resolve(&ask(&model, None), &table, &cold);
        if verdict.patience != Patience::None {
            return Ok(());
        }
        let mut complete = world;
        for list in &mut complete.lists {
            list.get_or_insert_with(|| vec![model.clone(), "m".to_owned(), "Qwen/m".to_owned()]);
        }
        let (table, warm) = complete.build();
        let first = |answer: Result<Plan, ResolveError>| {
            answer.ok().map(|plan| (plan.primary.provider.name().to_owned(), plan.primary.model))
        };
        let now = first(verdict.answer);
        let later = first(resolve(&ask(&model, None), &table, &warm).answer);
        prop_assert_eq!(now, later);
    }

    #[test]
    fn any_text_is_answered_and_errors_stay_short(world in world(), model in "\\PC{0,300}", query in prop::option::of("\\PC{0,200}")) {
        let (table, catalogue) = world.build();
        if let Err(error) = resolve(&ask(&model, query.as_deref()), &table, &catalogue).answer {
            prop_assert!(error.to_string().chars().count() < 800);
        }
    }
}
