//! Public model names, and which model and provider a request gets that leaves it open.

use gateway_providers::Catalog;
use gateway_router::resolve::{Alias, AliasTarget};

use super::{
    Scene,
    providers::{Named, Upstreams},
    targets::Tracer,
};
use crate::config::{origin::Origin, path::Path, section::Config, settings::Mode};

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
    let mut tracer = Tracer::new(&config.models, upstreams, catalog);
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
