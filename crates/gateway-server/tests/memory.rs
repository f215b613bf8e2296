//! What a large configuration holds: ten thousand aliases over a thousand targets, each at a provider of its own, from
//! the text to the router, and once more after a hot reload. Alone in its program, so that nobody else's memory counts.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::fmt::Write as _;

use gateway_providers::Operation;
use gateway_router::{ModelRequest, Router};
use gateway_server::{
    Composer, Parts,
    config::{ConfigFile, Environment, Flags, load},
};
use peak_alloc::PeakAlloc;

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

const ALIASES: usize = 10_000;
const TARGETS: usize = 1_000;
/// What is promised, in bytes.
const MOST: usize = 20 * 1_000 * 1_000;

/// Every alias leads to two of the targets; the text of each key ends so.
fn configuration(key: &str) -> String {
    let mut text = String::new();
    for n in 0..TARGETS {
        write!(
            text,
            "[providers.lab-{n}]\nvendor = 'custom'\nbase_url = 'https://lab-{n}.example.com/v1'\n\
             api_key = 'sk-0123456789abcdef-{n}-{key}'\n"
        )
        .unwrap();
    }
    for n in 0..ALIASES {
        let (first, second) = (n % TARGETS, (n + 1) % TARGETS);
        write!(
            text,
            "[models.'team-{n}-large']\n\
             targets = ['lab-{first}/org/model-{first}', 'lab-{second}/org/model-{second}']\n"
        )
        .unwrap();
    }
    text
}

fn compose(composer: &mut Composer, key: &str) -> Parts {
    let file = ConfigFile {
        path: "gateway.toml".into(),
        text: configuration(key),
    };
    let settings = load(Some(&file), &Environment::default(), &Flags::default()).unwrap();
    composer.compose(settings).unwrap()
}

fn reloaded(composer: &mut Composer, old: &Router, key: &str) -> Router {
    let parts = compose(composer, key);
    Router::succeeding(old, parts.table, parts.router).unwrap()
}

/// Asks nobody for a list: what an explanation needs is in the configuration.
fn is_whole(router: &Router) -> bool {
    let request = ModelRequest::new("team-9999-large", Operation::Chat);
    let explanation = router.explain(&request);
    let targets = explanation.candidates.iter();
    let models = targets.map(|candidate| candidate.target.model.as_str());
    models.eq(["org/model-999", "org/model-0"])
}

#[test]
fn a_large_configuration_is_held_in_twenty_megabytes_and_after_a_reload_as_well() {
    let before = HEAP.current_usage();
    let held = || HEAP.current_usage() - before;
    let mut composer = Composer::new(2);
    let parts = compose(&mut composer, "a");
    let first = Router::new(parts.table, parts.router).unwrap();
    drop(parts.http);
    assert!(is_whole(&first));
    let at_start = held();

    let same = reloaded(&mut composer, &first, "a");
    drop(first);
    assert!(is_whole(&same));
    let after_the_same = held();

    let other = reloaded(&mut composer, &same, "b");
    drop(same);
    assert!(is_whole(&other));
    let after_another = held();

    // An unknown name makes the index of names that are spelled nearly alike.
    let unknown = ModelRequest::new("taem-77-large", Operation::Chat);
    assert!(other.explain(&unknown).refused.is_some());
    let with_index = held();

    let all = [at_start, after_the_same, after_another, with_index];
    #[expect(clippy::print_stdout, reason = "the figures that the documents give")]
    {
        println!("bytes at the start, after two reloads, with the index of names: {all:?}");
    }
    assert!(all.into_iter().all(|held| held <= MOST), "{all:?}");
    drop((other, composer));
    assert!(
        held() < at_start / 10,
        "most is let go: {} of {at_start}",
        held()
    );
}
