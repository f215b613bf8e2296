//! What an alias leads to: each target found among the providers, aliases of aliases followed to their ends, and what
//! is said about each target checked.

use std::{collections::BTreeMap, sync::Arc};

use gateway_providers::Catalog;
use gateway_router::resolve::{
    Alias, AliasTarget, InvalidOverride, Overrides, PoolSettings, RESERVED_MEMBERS, Strategy,
};
use serde_json::Value;

use super::{
    Scene,
    providers::{Named, Upstreams},
};
use crate::config::{
    near::nearest,
    path::Path,
    section::{Alias as Section, PoolStrategy, TargetEntry},
    settings::Mode,
};

/// Follows aliases to their targets.
pub(super) struct Tracer<'t> {
    sections: &'t BTreeMap<String, Section>,
    upstreams: &'t Upstreams,
    catalog: &'t Catalog,
    /// The aliases on the way, to see a loop.
    trail: Vec<String>,
}

impl<'t> Tracer<'t> {
    pub(super) fn new(
        sections: &'t BTreeMap<String, Section>,
        upstreams: &'t Upstreams,
        catalog: &'t Catalog,
    ) -> Self {
        Self {
            sections,
            upstreams,
            catalog,
            trail: Vec::new(),
        }
    }

    pub(super) fn alias(
        &mut self,
        name: &str,
        section: &Section,
        scene: &mut Scene<'_, '_>,
    ) -> Option<Alias> {
        let path = Path::of(&["models", name]);
        if name.is_empty() || name.matches('*').count() > 1 || name.chars().any(char::is_control) {
            scene.wrong_plainly(
                path,
                "a model's name must not be empty, and has at most one `*`",
            );
            return None;
        }
        let targets_path = path.join("targets");
        if section.targets.0.is_empty() {
            scene.wrong(
                targets_path,
                "there is no target",
                "write e.g. [\"openai/gpt-4.1\"]",
            );
            return None;
        }
        self.trail = vec![name.to_owned()];
        let mut targets: Vec<AliasTarget> = Vec::new();
        for (index, entry) in section.targets.0.iter().enumerate() {
            for target in self.targets(entry, &targets_path.join(index), scene) {
                if targets.iter().any(|known| known.is_same_place(&target)) {
                    let message = format!("`{}/{}` is there twice", target.provider, target.model);
                    scene.wrong(
                        targets_path.join(index),
                        message,
                        "each target is tried once; remove one of them",
                    );
                } else {
                    targets.push(target);
                }
            }
        }
        check_weights(section, &targets, &path, scene);
        if section.hedge.is_some() && targets.len() == 1 {
            scene.wrong(
                path.join("hedge"),
                "there is no second target that could be asked",
                "name another one in `targets`, or leave this out",
            );
        }
        (!targets.is_empty()).then(|| Alias {
            hidden: section.hidden,
            strategy: section.strategy.into(),
            settings: PoolSettings {
                timeouts: section.timeouts.into(),
                affinity: section.affinity.unwrap_or(true),
                hedge: section.hedge.map(|wait| wait.0),
                leave_state_behind: section.leave_state_behind,
            },
            ..Alias::new(name, targets)
        })
    }

    /// The targets that one entry stands for: its own, or those of the alias that it names.
    fn targets(
        &mut self,
        entry: &TargetEntry,
        path: &Path,
        scene: &mut Scene<'_, '_>,
    ) -> Vec<AliasTarget> {
        let text = entry.target.as_str();
        let Some(section) = self.sections.get(text) else {
            let target = self.target(text, path, scene);
            let target = target.map(|target| AliasTarget {
                weight: entry.weight.unwrap_or(1),
                overrides: overrides(entry, path, scene).map(Arc::new),
                ..target
            });
            return target.into_iter().collect();
        };
        if entry.says_more() {
            scene.wrong(
                path.clone(),
                format!("`{text}` is an alias, of which nothing more can be said here"),
                "write its targets out, each with what is to be said about it",
            );
            return Vec::new();
        }
        if self.trail.iter().any(|name| name == text) {
            let round = format!("{} -> {text}", self.trail.join(" -> "));
            scene.wrong(
                path.clone(),
                format!("the aliases go round in a circle: {round}"),
                "name a model of a provider",
            );
            return Vec::new();
        }
        if section.strategy != PoolStrategy::Ordered && self.trail.len() == 1 {
            let strategy = Strategy::from(section.strategy);
            scene.ledger.warn(format!(
                "{path}: the targets of `{text}` are taken over, its strategy `{strategy}` is not"
            ));
        }
        self.trail.push(text.to_owned());
        let targets = section
            .targets
            .0
            .iter()
            .flat_map(|inner| self.targets(inner, path, scene))
            .collect();
        self.trail.pop();
        targets
    }

    fn target(&self, text: &str, path: &Path, scene: &mut Scene<'_, '_>) -> Option<AliasTarget> {
        let verbatim = |model: &str| {
            let provider = self.upstreams.backend.clone()?;
            Some(AliasTarget::new(provider, model))
        };
        let Some((name, model)) = text
            .split_once('/')
            .filter(|(name, model)| !name.is_empty() && !model.is_empty())
        else {
            if self.upstreams.mode == Mode::SingleBackend {
                return verbatim(text);
            }
            let help = match nearest(text, self.sections.keys().map(String::as_str)) {
                Some(alias) => format!("did you mean the alias `{alias}`?"),
                None => "write `provider/upstream-model`, or the name of another alias".to_owned(),
            };
            scene.wrong(
                path.clone(),
                format!("`{text}` names no provider and no alias"),
                help,
            );
            return None;
        };
        match self.upstreams.find(name) {
            Named::Provider(provider) => Some(AliasTarget::new(provider, model)),
            Named::SwitchedOff => {
                scene.ledger.warn(format!(
                    "{path}: `{text}` is left out, as the provider is switched off"
                ));
                None
            }
            Named::Unknown if self.upstreams.mode == Mode::SingleBackend => verbatim(text),
            Named::Unknown => {
                scene.wrong(
                    path.clone(),
                    format!("there is no provider `{name}`"),
                    self.how_to_have(name),
                );
                None
            }
        }
    }

    /// What would make a provider of that name.
    fn how_to_have(&self, name: &str) -> String {
        let names = self.upstreams.names();
        if let Some(row) = self.catalog.get(&name.to_ascii_lowercase()) {
            let variables = if row.key_required {
                row.key_names()
            } else {
                row.url_names()
            };
            return format!(
                "set {}, or write a [providers.{}] table",
                variables.join(" or "),
                row.id
            );
        }
        match nearest(name, names.iter().map(String::as_str)) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None if names.is_empty() => format!("write a [providers.{name}] table"),
            None => format!("configured: {}", names.join(", ")),
        }
    }
}

/// What is set in the requests that go to a target; `None` where nothing is.
fn overrides(entry: &TargetEntry, path: &Path, scene: &mut Scene<'_, '_>) -> Option<Overrides> {
    for member in &entry.remove {
        if entry.parameters.contains_key(member) || entry.defaults.contains_key(member) {
            scene.wrong(
                path.join("remove"),
                format!("`{member}` is set and taken out"),
                "leave it in one of the two places",
            );
        }
    }
    for member in entry.defaults.keys() {
        if entry.parameters.contains_key(member) {
            scene.wrong(
                path.join("defaults").join(member.as_str()),
                format!("`{member}` is in `parameters` as well, where it counts in any case"),
                "leave it in one of the two places",
            );
        }
    }
    for (table, members) in [
        ("parameters", &entry.parameters),
        ("defaults", &entry.defaults),
    ] {
        for (member, _) in members.iter().filter(|(_, value)| has_null(value)) {
            scene.wrong(
                path.join(table).join(member.as_str()),
                "this is no number that JSON has",
                "leave `nan` and `inf` out; `remove` takes members out of a request",
            );
        }
    }
    let removed = entry
        .remove
        .iter()
        .map(|member| (member.clone(), Value::Null));
    let always = entry.parameters.clone().into_iter().chain(removed);
    match Overrides::new(always, entry.defaults.clone()) {
        Ok(overrides) => Some(overrides).filter(|overrides| !overrides.is_empty()),
        Err(error) => {
            let reserved = matches!(error, InvalidOverride::Reserved(_));
            let help = if reserved {
                format!(
                    "these are the request's own: {}",
                    RESERVED_MEMBERS.join(", ")
                )
            } else {
                "write a value that JSON has: text, number, true, false, list or table".to_owned()
            };
            scene.wrong(path.clone(), error.to_string(), help);
            None
        }
    }
}

/// Whether something in it became nothing: TOML has no `null`, and JSON has no `nan` and no `inf`.
fn has_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.iter().any(has_null),
        Value::Object(members) => members.values().any(has_null),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Weights are for weighted aliases, and there must be something to weigh.
fn check_weights(
    section: &Section,
    targets: &[AliasTarget],
    path: &Path,
    scene: &mut Scene<'_, '_>,
) {
    let path = path.join("targets");
    if section.strategy == PoolStrategy::Weighted {
        if !targets.is_empty() && targets.iter().all(|target| target.weight == 0) {
            scene.wrong(
                path,
                "every weight is 0",
                "give one target a weight of 1 or more",
            );
        }
        return;
    }
    for (index, entry) in section.targets.0.iter().enumerate() {
        if entry.weight.is_some() {
            scene.wrong(
                path.join(index).join("weight"),
                "a weight counts in a weighted alias only",
                "add `strategy = \"weighted\"`, or leave the weight out",
            );
        }
    }
}
