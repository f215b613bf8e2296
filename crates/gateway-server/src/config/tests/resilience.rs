//! `[resilience]` and the default sequence: what they come to, by mode and by layer.

use std::time::Duration;

use gateway_router::failover::{BreakerSettings, FailoverSettings};

use super::*;

const TWO: &str = "[providers.groq]\napi_key = 'gsk-1'\n[providers.azure]\nbase_url = 'https://x.test/openai'\napi_key = 'az-1'\n";

#[test]
fn several_providers_stand_in_for_each_other_and_a_single_backend_is_passed_through() {
    assert_eq!(good(TWO, &[]).failover, FailoverSettings::default());
    let single = [("BACKEND", "vllm"), ("BACKEND_URL", "http://10.0.0.5:8000")];
    let settings = good("", &single);
    assert_eq!(
        (settings.failover.attempts, settings.failover.breaker),
        (1, None)
    );
    assert!(settings.failover_sequence.is_empty());
    let demo = good("", &[]).failover;
    assert_eq!(
        (demo.attempts, demo.breaker),
        (1, None),
        "the demo's faults are there to be seen"
    );
    let settings = good("[resilience]\nattempts = 2\nbreaker = true\n", &single);
    assert_eq!(settings.failover.attempts, 2);
    assert_eq!(settings.failover.breaker, Some(BreakerSettings::default()));
}

#[test]
fn every_number_arrives() {
    let text = format!(
        "{TWO}[resilience]\nattempts = 5\nretry_percent = 7\nretries_per_second = 3\nretry_timeouts = true\n\
         breaker_faults = 9\nbreaker_percent = 80\nbreaker_requests = 40\nbreaker_window = '10s'\nbreaker_open = '2s'\nbreaker_longest = '20s'\n"
    );
    let failover = good(&text, &[]).failover;
    assert_eq!((failover.attempts, failover.retry_timeouts), (5, true));
    assert_eq!(
        (failover.budget.percent, failover.budget.per_second),
        (7, 3)
    );
    let breaker = BreakerSettings {
        consecutive_faults: 9,
        fault_percent: 80,
        least_outcomes: 40,
        window: Duration::from_secs(10),
        open: Duration::from_secs(2),
        longest_open: Duration::from_secs(20),
    };
    assert_eq!(failover.breaker, Some(breaker));
    let off = good(&format!("{TWO}[resilience]\nbreaker = false\n"), &[]);
    assert_eq!(off.failover.breaker, None);
}

#[test]
fn the_default_sequence_is_what_is_configured_of_it() {
    let sequence = |text: &str, variables: &[(&str, &str)]| good(text, variables).failover_sequence;
    assert_eq!(sequence(TWO, &[]), ["azure"]);
    let file = format!("{TWO}[routing]\nfailover_sequence = ['GROQ', 'openai', 'azure']\n");
    assert_eq!(sequence(&file, &[]), ["groq", "azure"]);
    for value in [r#"["azure","groq"]"#, "azure, groq", "azure,openai,groq"] {
        let variables = [("DEFAULT_FAILOVER_SEQUENCE", value)];
        assert_eq!(sequence(&file, &variables), ["azure", "groq"], "{value}");
    }
    assert_eq!(
        sequence(&file, &[("DEFAULT_FAILOVER_SEQUENCE", "groq")]),
        ["groq"]
    );
    let none = format!("{TWO}[routing]\nfailover_sequence = []\n");
    assert!(sequence(&none, &[]).is_empty());
}

#[test]
fn what_makes_no_sense_is_refused() {
    let cases = [
        (
            "[resilience]\nattempts = 0\n",
            "g.toml:2:12: resilience.attempts: expected at least 1 and at most 10",
        ),
        (
            "[resilience]\nretry_percent = 101\n",
            "g.toml:2:17: resilience.retry_percent: expected at least 0 and at most 100",
        ),
        (
            "[resilience]\nbreaker_percent = 0\n",
            "g.toml:2:19: resilience.breaker_percent: expected at least 1 and at most 100",
        ),
        (
            "[resilience]\nbreaker_open = '2m'\n",
            "g.toml:1:1: resilience.breaker_longest: expected at least `breaker_open`",
        ),
        (
            "[routing]\nfailover_sequence = ['nobody']\n",
            "g.toml:2:22: routing.failover_sequence[0]: there is no provider `nobody`",
        ),
    ];
    for (text, expected) in cases {
        let problems = bad(text, &[]);
        assert!(
            problems.len() == 1 && problems[0].starts_with(expected),
            "{problems:#?}"
        );
    }
    let twice = format!("{TWO}[routing]\nfailover_sequence = ['groq', 'Groq']\n");
    let problems = bad(&twice, &[]);
    assert!(problems[0].contains("is there twice"), "{problems:#?}");
}
