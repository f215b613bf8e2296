//! Aliases with more than a list of names, and providers with several credentials.

use std::time::Duration;

use bytes::Bytes;
use gateway_router::resolve::Strategy;
use gateway_types::json::{RawObject, ScanLimits};

use super::*;
use crate::config::Summary;

const LAB: &str = "[providers.lab]\nvendor = 'vllm'\nbase_url = 'http://h'\n";

#[test]
fn targets_are_texts_and_tables_in_one_list() {
    let settings = good(
        &format!(
            "{LAB}[models.m]\nstrategy = 'weighted'\nhidden = true\n\
             timeouts = {{ first_token = '3s', total = '1500ms' }}\ntargets = [\n  'lab/a',\n  \
             {{ target = 'lab/b', weight = 3, parameters = {{ temperature = 0.5, stop = ['x'] }}, \
             defaults = {{ max_tokens = 9 }}, remove = ['top_k'] }},\n  {{ target = 'lab/c', weight = 0 }},\n]\n"
        ),
        &[],
    );
    let [alias] = settings.aliases.as_slice() else {
        panic!("{:?}", settings.aliases)
    };
    assert_eq!((alias.strategy, alias.hidden), (Strategy::Weighted, true));
    let times = alias.settings.timeouts;
    assert_eq!(
        (times.first_token, times.idle, times.total, times.hold),
        (
            Some(Duration::from_secs(3)),
            None,
            Some(Duration::from_millis(1_500)),
            None
        )
    );
    let weights: Vec<u32> = alias.targets.iter().map(|target| target.weight).collect();
    assert_eq!(weights, [1, 3, 0]);
    assert_eq!(routes(&settings), ["m -> lab/a, lab/b, lab/c"]);
    assert!(alias.targets[0].overrides.is_none());
    let body = Bytes::from_static(br#"{"top_k": 1, "temperature": 1,"n":1}"#);
    let body = RawObject::parse(body, ScanLimits::default()).unwrap();
    let sent = alias.targets[1].overrides.as_ref().unwrap().apply(&body);
    assert_eq!(
        sent.unwrap().bytes(),
        r#"{"temperature": 0.5,"n":1,"max_tokens":9,"stop":["x"]}"#
    );
    assert!(
        Summary(&settings)
            .to_string()
            .contains("m -> lab/a (1), lab/b (3), lab/c (0), weighted")
    );
}

#[test]
fn what_is_wrong_with_a_pool_is_said_with_its_place() {
    for (text, expected) in [
        (
            "m = { targets = ['lab/a'], strategy = 'wieghted' }",
            "g.toml:5:39: models.m.strategy: expected one of: ordered, weighted, least_latency, round_robin\n    \
             help: did you mean `weighted`?",
        ),
        (
            "m = { targets = [{ target = 'lab/a', wieght = 2 }] }",
            "g.toml:5:38: models.m.targets[0].wieght: there is no such key\n    help: did you mean `weight`?",
        ),
        (
            "m = { targets = [{ weight = 2 }] }",
            "g.toml:5:18: models.m.targets[0]: the key `target` is missing",
        ),
        (
            "m = { targets = ['lab/a', 5] }",
            "g.toml:5:27: models.m.targets[1]: expected a text or a table with `target`, found a whole number",
        ),
        (
            "m = { targets = [{ target = 'lab/a', weight = 2 }] }",
            "g.toml:5:47: models.m.targets[0].weight: a weight counts in a weighted alias only\n    \
             help: add `strategy = \"weighted\"`, or leave the weight out",
        ),
        (
            "m = { strategy = 'weighted', targets = [{ target = 'lab/a', weight = 0 }] }",
            "g.toml:5:40: models.m.targets: every weight is 0\n    help: give one target a weight of 1 or more",
        ),
        (
            "m = { targets = [{ target = 'lab/a', parameters = { stream = true } }] }",
            "g.toml:5:18: models.m.targets[0]: `stream` is the request's own; a target cannot set it\n    \
             help: these are the request's own: model, stream, messages, input, prompt",
        ),
        (
            "m = { targets = [{ target = 'lab/a', remove = ['messages'] }] }",
            "g.toml:5:18: models.m.targets[0]: `messages` is the request's own; a target cannot set it\n    \
             help: these are the request's own: model, stream, messages, input, prompt",
        ),
        (
            "m = { targets = [{ target = 'lab/a', parameters = { a = 1 }, defaults = { a = 2 } }] }",
            "g.toml:5:79: models.m.targets[0].defaults.a: `a` is in `parameters` as well, where it counts in any case\n    \
             help: leave it in one of the two places",
        ),
        (
            "m = { targets = [{ target = 'lab/a', parameters = { a = 1 }, remove = ['a'] }] }",
            "g.toml:5:71: models.m.targets[0].remove: `a` is set and taken out\n    \
             help: leave it in one of the two places",
        ),
        (
            "m = { targets = [{ target = 'lab/a', parameters = { a = [nan] } }] }",
            "g.toml:5:57: models.m.targets[0].parameters.a: this is no number that JSON has\n    \
             help: leave `nan` and `inf` out; `remove` takes members out of a request",
        ),
        (
            "m = { targets = ['lab/a'], timeouts = { connect = '1s' } }",
            "g.toml:5:41: models.m.timeouts.connect: there is no such key\n    \
             help: known here: first_token, idle, total, hold",
        ),
        (
            "a = { targets = ['lab/a'] }\nm = { targets = [{ target = 'a', remove = ['n'] }] }",
            "g.toml:6:18: models.m.targets[0]: `a` is an alias, of which nothing more can be said here\n    \
             help: write its targets out, each with what is to be said about it",
        ),
    ] {
        let found = bad(&format!("{LAB}[models]\n{text}\n"), &[]);
        assert_eq!(found, [expected], "{text}");
    }
}

#[test]
fn an_alias_of_an_alias_takes_over_its_targets_and_says_what_it_leaves() {
    let settings = good(
        &format!(
            "{LAB}[models.inner]\nstrategy = 'weighted'\ntargets = ['lab/a', {{ target = 'lab/b', weight = 5 }}]\n\
             [models.outer]\ntargets = ['lab/c', 'inner']\n"
        ),
        &[],
    );
    assert_eq!(
        routes(&settings),
        ["inner -> lab/a, lab/b", "outer -> lab/c, lab/a, lab/b"]
    );
    assert_eq!(
        settings.warnings,
        [
            "models.outer.targets[1]: the targets of `inner` are taken over, its strategy `weighted` is not"
        ]
    );
}

#[test]
fn several_credentials_are_several_accounts() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("second"), "sk-second\n").unwrap();
    let text = "[providers.groq]\napi_keys = ['${FIRST}', 'file:second', 'sk-third']\n";
    let file = ConfigFile {
        path: folder.path().join("g.toml"),
        text: text.to_owned(),
    };
    let settings = load(
        Some(&file),
        &environment(&[("FIRST", "sk-first")]),
        &Flags::default(),
    )
    .unwrap();
    let [provider] = settings.providers.as_slice() else {
        panic!("{:?}", settings.providers)
    };
    let all: Vec<_> = std::iter::once(&provider.settings)
        .chain(&provider.further_accounts)
        .collect();
    let accounts: Vec<_> = all.iter().map(|at| at.account.as_deref()).collect();
    assert_eq!(accounts, [Some("1"), Some("2"), Some("3")]);
    for (account, key) in all.iter().zip(["sk-first", "sk-second", "sk-third"]) {
        let told = format!("bad key {key}");
        let shown = account.redactor.redact(told.as_bytes()).into_owned();
        assert!(!String::from_utf8(shown).unwrap().contains(key));
    }
    assert!(
        Summary(&settings)
            .to_string()
            .contains("configured, 3 accounts")
    );
    assert!(!format!("{settings:?}").contains("sk-"));
    // One is no account of its own.
    let one = good("[providers.groq]\napi_keys = ['sk-one']\n", &[]);
    assert_eq!(one.providers[0].settings.account, None);
    assert!(one.providers[0].further_accounts.is_empty());
    // A variable is one key, commas and all.
    let comma = good("", &[("GROQ_API_KEY", "a,b")]);
    assert!(comma.providers[0].further_accounts.is_empty());
}

#[test]
fn credentials_that_cannot_be_accounts_are_refused_without_being_shown() {
    for (text, expected) in [
        (
            "api_key = 'C-1'\napi_keys = ['C-2', 'C-3']",
            "g.toml:3:12: providers.groq.api_keys: the credential is said twice\n    \
             help: keep `api_key` or `api_keys`, not both",
        ),
        (
            "api_keys = ['C-1', 'C-2', 'C-1']",
            "g.toml:2:27: providers.groq.api_keys[2]: the same credential is there twice\n    help: remove one of them",
        ),
        (
            "api_keys = ['C-1', '']",
            "g.toml:2:20: providers.groq.api_keys[1]: a credential must not be empty",
        ),
        (
            "api_keys = 'C'",
            "g.toml:2:12: providers.groq.api_keys: expected a list, found a text",
        ),
    ] {
        assert_eq!(bad(&format!("[providers.groq]\n{text}\n"), &[]), [expected]);
    }
}
