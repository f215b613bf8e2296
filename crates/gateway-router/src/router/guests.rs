//! Providers that callers bring along: where they stand, and that nothing about them is remembered.

use std::sync::Arc;

use gateway_providers::{Operation, provider::SharedProvider};

use super::*;
use crate::{
    fixture::{Scripted, list},
    resolve::{Alias, AliasTarget, KnownVendor, ModelPolicy, Target},
};

fn scripted(name: &str) -> Scripted {
    Scripted::new(name, [list(&["m"])])
}

fn guest() -> SharedProvider {
    Arc::new(scripted("vllm").brought_along())
}

fn router(names: &[&str], policy: ModelPolicy) -> Router {
    let target = names.first().map(|first| AliasTarget::new(*first, "quick"));
    let parts = TableParts {
        providers: names
            .iter()
            .map(|name| Arc::new(scripted(name)) as SharedProvider)
            .collect(),
        aliases: target
            .map(|target| Alias::new("fast", vec![target]))
            .into_iter()
            .collect(),
        policy,
        known_vendors: vec![KnownVendor {
            id: "groq".to_owned(),
            needs: "set `GROQ_API_KEY`".to_owned(),
        }],
        ..TableParts::default()
    };
    Router::new(parts, RouterSettings::default()).unwrap()
}

async fn plan(
    router: &Router,
    model: &str,
    sequence: Option<&[&str]>,
    operation: Operation,
) -> Result<Plan, ResolveError> {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let names: Option<Vec<String>> = sequence.map(owned);
    let request = ModelRequest {
        sequence: names.as_deref(),
        ..ModelRequest::new(model, operation)
    };
    router.plan_with_guest(&request, guest()).await
}

/// The plan's targets, the guest with a star.
async fn planned(
    router: &Router,
    model: &str,
    sequence: Option<&[&str]>,
) -> Result<String, ResolveError> {
    let plan = plan(router, model, sequence, Operation::Chat).await?;
    let shown = |target: &Target| {
        let provider = &target.provider;
        let star = if provider.is_callers_own() { "*" } else { "" };
        format!("{}{star}|{}", provider.name(), target.model)
    };
    Ok(plan.targets().map(shown).collect::<Vec<_>>().join(" "))
}

#[tokio::test]
async fn the_guest_stands_where_its_name_stands() {
    let router = router(&["openai", "azure", "vllm"], ModelPolicy::default());
    for (model, sequence, expected) in [
        ("m", None, "vllm*|m"),
        ("m", Some(&[][..]), "vllm*|m"),
        ("vllm/m", None, "vllm*|m"),
        ("VLLM/org/m", None, "vllm*|org/m"),
        ("org/m", None, "vllm*|org/m"),
        ("openai/m", None, "vllm*|openai/m"),
        ("m", Some(&["vllm"]), "vllm*|m"),
        (
            "m",
            Some(&["openai", "vllm", "azure"]),
            "openai|m vllm*|m azure|m",
        ),
        ("m", Some(&["VLLM", "openai"]), "vllm*|m openai|m"),
        ("openai/m", Some(&["openai", "vllm"]), "openai|m vllm*|m"),
        ("vllm/m", Some(&["openai", "vllm"]), "openai|m vllm*|m"),
        ("fast", Some(&["vllm", "openai"]), "vllm*|fast openai|quick"),
        // Who is not configured is passed over, as ever.
        ("m", Some(&["groq", "vllm"]), "vllm*|m"),
        // A sequence that does not name it leaves it out.
        ("m", Some(&["azure"]), "azure|m"),
    ] {
        let found = planned(&router, model, sequence).await;
        assert_eq!(found.as_deref(), Ok(expected), "{model} {sequence:?}");
    }
}

#[tokio::test]
async fn it_needs_no_configured_provider_of_its_name_nor_of_any() {
    for names in [&["openai"][..], &[]] {
        let router = router(names, ModelPolicy::default());
        let found = planned(&router, "m", None).await;
        assert_eq!(found.as_deref(), Ok("vllm*|m"));
    }
}

#[tokio::test]
async fn the_operators_lists_hold_for_it_as_well() {
    let refused = |found: Result<String, ResolveError>| {
        matches!(found, Err(ResolveError::ModelNotAllowed { .. }))
    };
    let both = &["openai", "vllm"][..];
    for (allowed, disallowed, alone, with_others) in [
        ("m", "", Some("vllm*|m"), Some("openai|m vllm*|m")),
        ("vllm/m", "", Some("vllm*|m"), Some("vllm*|m")),
        ("openai/m", "", None, Some("openai|m")),
        ("other", "", None, None),
        ("", "m", None, None),
        ("", "vllm/m", None, Some("openai|m")),
        ("", "openai/m", Some("vllm*|m"), Some("vllm*|m")),
    ] {
        let router = router(&["openai"], ModelPolicy::parse(allowed, disallowed));
        for (sequence, expected) in [(None, alone), (Some(both), with_others)] {
            let found = planned(&router, "m", sequence).await;
            match expected {
                Some(expected) => assert_eq!(found.as_deref(), Ok(expected)),
                None => assert!(refused(found), "{allowed}/{disallowed} {sequence:?}"),
            }
        }
    }
}

#[tokio::test]
async fn what_is_wrong_stays_wrong() {
    let router = router(&["openai"], ModelPolicy::default());
    let unknown = planned(&router, "m", Some(&["vllm", "bogus"])).await;
    assert!(matches!(unknown, Err(ResolveError::UnknownProvider { .. })));
    for sequence in [None, Some(&["openai", "vllm"][..])] {
        let missing = planned(&router, "", sequence).await;
        assert_eq!(missing, Err(ResolveError::ModelMissing));
    }
    let chat_only: SharedProvider = Arc::new(
        scripted("vllm")
            .offering(&[Operation::Chat])
            .brought_along(),
    );
    let request = ModelRequest::new("m", Operation::Speech);
    let found = router.plan_with_guest(&request, chat_only).await;
    assert!(matches!(
        found,
        Err(ResolveError::UnsupportedOperation { .. })
    ));
}

/// One caller's broken endpoint is neither the next caller's nor that of the configured provider of the same name.
#[tokio::test(start_paused = true)]
async fn nothing_about_it_is_remembered() {
    let router = router(&["vllm"], ModelPolicy::default());
    let ask = || tests::ask(Operation::Chat);
    for _ in 0..50 {
        let plan = plan(&router, "broken", None, Operation::Chat).await;
        let failed = router.send(plan.unwrap(), ask()).await.unwrap_err();
        let [attempt] = failed.attempts.as_slice() else {
            panic!("asked once: {:?}", failed.attempts)
        };
        assert!(attempt.callers_own);
    }
    assert_eq!(router.health().tracked(), 0);
    let request = ModelRequest::new("vllm/m", Operation::Chat);
    let routed = router
        .send(router.plan(&request).await.unwrap(), ask())
        .await;
    assert!(!routed.unwrap().attempts[0].callers_own);

    // And the other way round: what the configured provider did does not keep the guest from being asked.
    let configured = ModelRequest::new("vllm/broken", Operation::Chat);
    while router.health().circuits().is_empty() {
        let plan = router.plan(&configured).await.unwrap();
        router.send(plan, ask()).await.unwrap_err();
    }
    let plan = plan(&router, "broken", None, Operation::Chat)
        .await
        .unwrap();
    let failed = router.send(plan, ask()).await.unwrap_err();
    assert_eq!(failed.attempts.len(), 1, "{failed}");
}
