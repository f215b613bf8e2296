//! Several credentials of one provider: each has its own health, and what is wrong with one is not the next one's.

use super::{upstream::Answer, *};
use crate::failover::CircuitState;

/// Two accounts of `p`, and another provider beside it that always answers; the first of `p` answers with this status.
fn world(code: u16) -> (Router, [Arc<Upstream>; 3]) {
    let first = Upstream::account("p", Some("1"), move |_, _| status(code));
    let second = Upstream::account("p", Some("2"), |_, _| Answer::Good);
    let other = Upstream::good("q");
    let upstreams = [first, second, other];
    let router = router(
        &upstreams.each_ref(),
        &["p/x", "q/x"],
        FailoverSettings::default(),
    );
    (router, upstreams)
}

#[tokio::test(start_paused = true)]
async fn a_fault_of_the_credential_moves_to_the_next_account_and_of_the_host_to_the_next_target() {
    for (code, expected) in [
        (401, "p#1=401,p#2=200"),
        (402, "p#1=402,p#2=200"),
        (403, "p#1=403,p#2=200"),
        (429, "p#1=429,p#2=200"),
        (500, "p#1=500,q=200"),
        (503, "p#1=503,q=200"),
        (529, "p#1=529,q=200"),
    ] {
        let (router, _) = world(code);
        assert_eq!(course(&router, ask()).await, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_credential_rests_alone() {
    let (router, [first, second, other]) = world(401);
    assert_eq!(course(&router, ask()).await, "p#1=401,p#2=200");
    for _ in 0..20 {
        assert_eq!(course(&router, ask()).await, "p#2=200");
    }
    assert_eq!((first.count(), second.count(), other.count()), (1, 21, 0));
    let circuits = router.health().circuits();
    let [circuit] = circuits.as_slice() else {
        panic!("{circuits:?}")
    };
    assert_eq!(
        (circuit.provider.as_str(), circuit.account.as_deref()),
        ("p", Some("1"))
    );
    assert!(circuit.model.is_none() && matches!(circuit.state, CircuitState::Cooling(_)));
}

#[tokio::test(start_paused = true)]
async fn a_failing_host_has_its_other_accounts_asked_last() {
    let failing = |account| Upstream::account("p", Some(account), |_, _| status(500));
    let upstreams = [failing("1"), failing("2"), Upstream::failing("q", 500)];
    let router = router(&upstreams.each_ref(), &["p/x", "q/x"], NO_BREAKER);
    assert_eq!(course(&router, ask()).await, "p#1=500,q=500,p#2=500 -> 500");
}

#[tokio::test(start_paused = true)]
async fn requests_without_a_model_go_through_an_account_that_is_well() {
    let (router, _) = world(401);
    let account = || {
        let provider = router.provider("P").unwrap();
        provider.account().map(str::to_owned)
    };
    assert_eq!(account().as_deref(), Some("1"));
    course(&router, ask()).await;
    assert_eq!(account().as_deref(), Some("2"));
}

#[test]
fn accounts_of_one_provider_stand_together_and_differ() {
    let account = |name, account| Upstream::account(name, account, |_, _| Answer::Good);
    let table = |upstreams: &[Arc<Upstream>]| {
        let providers = upstreams
            .iter()
            .map(|upstream| Arc::clone(upstream) as SharedProvider);
        Router::new(
            TableParts {
                providers: providers.collect(),
                ..TableParts::default()
            },
            RouterSettings::default(),
        )
    };
    let good = table(&[
        account("p", Some("1")),
        account("p", Some("2")),
        account("q", None),
    ])
    .unwrap();
    let table_of = good.table();
    assert_eq!(table_of.providers().len(), 2);
    let lengths = ["p", "q", "r"].map(|name| table_of.accounts(name).len());
    assert_eq!(lengths, [2, 1, 0]);
    for wrong in [
        [account("p", Some("1")), account("p", Some("1"))],
        [account("p", Some("1")), account("p", None)],
        [account("p", None), account("p", None)],
    ] {
        assert!(table(&wrong).is_err());
    }
}
