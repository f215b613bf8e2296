//! `[affinity]`: what it comes to, and what it refuses.

use std::time::Duration;

use gateway_router::AffinitySettings;

use super::*;

const ONE: &str = "[providers.groq]\napi_key = 'gsk-1'\n";

#[test]
fn every_setting_arrives_and_nothing_said_is_the_usual() {
    assert_eq!(good(ONE, &[]).affinity, AffinitySettings::default());
    let text = format!("{ONE}[affinity]\nenabled = false\nttl = '5m'\nmax_conversations = 7\n");
    let expected = AffinitySettings {
        enabled: false,
        ttl: Duration::from_secs(300),
        max_conversations: 7,
    };
    assert_eq!(good(&text, &[]).affinity, expected);
}

#[test]
fn an_alias_says_what_holds_for_itself() {
    let settings = |more: &str| {
        let text = format!("{ONE}[models.m]\ntargets = ['groq/x', 'groq/y']\n{more}");
        let pool = good(&text, &[]).aliases[0].settings;
        (pool.affinity, pool.leave_state_behind)
    };
    assert_eq!(settings(""), (true, false));
    assert_eq!(
        settings("affinity = false\nleave_state_behind = true\n"),
        (false, true)
    );
}

#[test]
fn what_cannot_be_meant_is_refused() {
    for (line, word) in [
        ("ttl = '0s'", "ttl"),
        ("ttl = '2d'", "ttl"),
        ("max_conversations = 0", "max_conversations"),
        ("max_conversations = 100000000", "max_conversations"),
        ("sticky = true", "sticky"),
    ] {
        let problems = bad(&format!("{ONE}[affinity]\n{line}\n"), &[]);
        assert!(
            problems.len() == 1 && problems[0].contains(word),
            "{line}: {problems:?}"
        );
    }
}
