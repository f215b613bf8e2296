//! Public model names: each target found among the providers, aliases of aliases followed to their ends.

use std::collections::BTreeMap;

use gateway_providers::Catalog;
use gateway_router::resolve::{Alias, AliasTarget};

use super::{
    Scene,
    providers::{Named, Upstreams},
};
use crate::config::{
    near::nearest,
    origin::Origin,
    path::Path,
    section::{Alias as Section, Config},
    settings::Mode,
};

/// The alias that stands for "no favourite".
const DEFAULT: &str = "default";
/// What it stands for while nothing is configured.
const DEMO_MODEL: &str = "chat";

pub(super) fn aliases(
    config: &Config,
    upstreams: &Upstreams,
    catalog: &Catalog,
    scene: &mut Scene<'_, '_>,
) -> Vec<Alias> {
    let order = scene.written.document.keys(&Path::of(&["models"]));
    let mut tracer = Tracer {
        sections: &config.models,
        upstreams,
        catalog,
        trail: Vec::new(),
    };
    let overruled = default_overrules_alias(config, scene);
    let mut aliases: Vec<Alias> = order
        .iter()
        .filter(|name| !(overruled && name.as_str() == DEFAULT))
        .filter_map(|name| tracer.alias(name, config.models.get(name)?, scene))
        .collect();
    let has_default =
        config.routing.default_model.is_some() || aliases.iter().any(|alias| alias.name == DEFAULT);
    if upstreams.mode == Mode::Demo && !has_default {
        let target = AliasTarget::new(gateway_providers::demo::DEMO, DEMO_MODEL);
        aliases.push(Alias::new(DEFAULT, vec![target]));
    }
    aliases
}

/// Whether `DEFAULT_MODEL` stands above an alias `default` of the file.
fn default_overrules_alias(config: &Config, scene: &mut Scene<'_, '_>) -> bool {
    let path = Path::of(&["routing", "default_model"]);
    if config.routing.default_model.is_none() || !config.models.contains_key(DEFAULT) {
        return false;
    }
    let position = scene.written.document.position(&path);
    if position.is_some_and(|position| matches!(position.origin, Origin::File(_))) {
        scene.wrong(
            path,
            "the default model is said twice",
            "keep this key or `[models.default]`, not both",
        );
        return false;
    }
    scene
        .ledger
        .warn("the default model of the environment stands above `[models.default]`");
    true
}

pub(super) fn default_model(config: &Config, scene: &mut Scene<'_, '_>) -> Option<String> {
    let model = config.routing.default_model.as_deref().map(str::trim)?;
    if model.is_empty() || model == DEFAULT {
        scene.wrong_plainly(
            Path::of(&["routing", "default_model"]),
            "expected a model's name other than `default`",
        );
        return None;
    }
    Some(model.to_owned())
}

pub(super) fn default_order(
    config: &Config,
    upstreams: &Upstreams,
    scene: &mut Scene<'_, '_>,
) -> Vec<String> {
    let path = Path::of(&["routing", "default_order"]);
    for (index, name) in config.routing.default_order.0.iter().enumerate() {
        if matches!(upstreams.find(name), Named::Unknown) {
            let help = format!("configured: {}", upstreams.names().join(", "));
            scene.wrong(
                path.join(index),
                format!("there is no provider `{name}`"),
                help,
            );
        }
    }
    config.routing.default_order.0.clone()
}

/// The providers of the default sequence that are there. Vendors that could be are passed over, other names are wrong.
pub(super) fn failover_sequence(
    config: &Config,
    upstreams: &Upstreams,
    catalog: &Catalog,
    scene: &mut Scene<'_, '_>,
) -> Vec<String> {
    let path = Path::of(&["routing", "failover_sequence"]);
    let mut names: Vec<String> = Vec::new();
    for (index, name) in config.routing.failover_sequence.0.iter().enumerate() {
        match upstreams.find(name) {
            Named::Provider(name) if !names.iter().any(|known| known == name) => {
                names.push(name.to_owned());
            }
            Named::Provider(_) => scene.wrong(
                path.join(index),
                format!("`{name}` is there twice"),
                "remove one of them",
            ),
            Named::Unknown if catalog.get(&name.to_ascii_lowercase()).is_none() => {
                let help = format!("configured: {}", upstreams.names().join(", "));
                scene.wrong(
                    path.join(index),
                    format!("there is no provider `{name}`"),
                    help,
                );
            }
            Named::SwitchedOff | Named::Unknown => {}
        }
    }
    // One backend gets every name as it is: there is nothing to choose.
    if upstreams.mode == Mode::SingleBackend {
        names.clear();
    }
    names
}

/// Follows aliases to their targets.
struct Tracer<'t> {
    sections: &'t BTreeMap<String, Section>,
    upstreams: &'t Upstreams,
    catalog: &'t Catalog,
    /// The aliases on the way, to see a loop.
    trail: Vec<String>,
}

impl Tracer<'_> {
    fn alias(&mut self, name: &str, section: &Section, scene: &mut Scene<'_, '_>) -> Option<Alias> {
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
        for (index, text) in section.targets.0.iter().enumerate() {
            for target in self.targets(text, &targets_path.join(index), scene) {
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
        (!targets.is_empty()).then(|| Alias {
            hidden: section.hidden,
            ..Alias::new(name, targets)
        })
    }

    /// The targets that one text stands for: its own, or those of the alias that it names.
    fn targets(&mut self, text: &str, path: &Path, scene: &mut Scene<'_, '_>) -> Vec<AliasTarget> {
        let Some(section) = self.sections.get(text) else {
            return self.target(text, path, scene).into_iter().collect();
        };
        if self.trail.iter().any(|name| name == text) {
            let round = format!("{} -> {text}", self.trail.join(" -> "));
            scene.wrong(
                path.clone(),
                format!("the aliases go round in a circle: {round}"),
                "name a model of a provider",
            );
            return Vec::new();
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
