//! Plays the table: one attempt over HTTP/1.1 and over HTTP/2, the gateway's own tries with one target, and with two.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Mutex, PoisonError},
    thread,
    time::Duration,
};

use gateway_e2e::fault_table::{Case, Ends, Route, Stage, Then};
use gateway_testkit::{GatewayUnderTest, Request, Response};

use super::{
    judge::{assert_promised, assert_second, shown},
    over_http2,
};
use crate::support::ONE_ATTEMPT;

/// So many cases are played at one time: most of them wait for something.
const AT_ONCE: usize = 24;

/// A request of a case for this model.
fn request(case: Case, model: &str) -> Request {
    let patience = case.row.patience.iter();
    patience.fold(Request::chat(model, case.stream), |request, patience| request.header("x-opengateway-timeout", patience))
}

/// What the gateway is asked for, and as what the first upstream sees it.
fn alone(case: Case) -> (String, String) {
    let model = format!("alone-{}", case.name());
    (format!("{}/{model}", case.provider(Route::Alone)), model)
}

/// Plays all of these cases, many at a time, and fails with all that fail.
#[track_caller]
fn play(cases: impl IntoIterator<Item = Case>, check: impl Fn(Case) + Sync) {
    let waiting = Mutex::new(cases.into_iter().collect::<VecDeque<_>>());
    let failed = Mutex::new(Vec::new());
    let lock = |failed: &Mutex<Vec<String>>, text| failed.lock().unwrap_or_else(PoisonError::into_inner).push(text);
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(case) = next() {
                    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| check(case))) {
                        let text = panic.downcast_ref::<String>().cloned();
                        lock(&failed, text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default());
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    assert!(failed.is_empty(), "{} cases fail:\n\n{}", failed.len(), failed.join("\n\n"));
}

/// Asserts what the row's own upstream saw: so many requests, and that it is no longer listened to where that matters.
#[track_caller]
fn assert_seen(stage: &Stage, case: Case, model: &str, calls: usize, shown: &str) {
    let Some(seen) = stage.seen_by_first(case, model) else {
        return;
    };
    assert_eq!(seen.len(), calls, "requests at the upstream: {shown}");
    for request in seen.iter().filter(|_| case.row.cancels) {
        request.wait_until_peer_left(Duration::from_secs(3));
    }
}

/// Neither upstream ever sees the other's credential.
#[track_caller]
fn assert_own_keys(stage: &Stage) {
    for (request, [own, other]) in stage.requests() {
        let head = String::from_utf8_lossy(&request.head.raw).into_owned();
        assert!(head.contains(own) && !head.contains(other), "{head}");
        assert!(!String::from_utf8_lossy(&request.body).contains(other));
    }
}

/// As `x-attempts` calls a try at the first.
fn name_of(case: Case) -> &'static str {
    match case.row.ends {
        Ends::Error(told) => told.attempt,
        Ends::Whole(_) | Ends::Broken(_) => "200",
    }
}

fn attempts(response: &Response) -> &str {
    response.header("x-attempts").unwrap_or("none")
}

/// Every row but those about what is remembered from one request to the next.
fn single() -> impl Iterator<Item = Case> {
    Stage::cases().into_iter().filter(|case| !case.row.rests)
}

fn one_attempt(ask: impl Fn(&GatewayUnderTest, Case, &str) -> Response + Sync) {
    let stage = Stage::open();
    let gateway = GatewayUnderTest::start(&stage.config(ONE_ATTEMPT), &[]);
    play(single(), |case| {
        let (asked, model) = alone(case);
        let response = ask(&gateway, case, &asked);
        assert_promised(case, &response, 1);
        let shown = shown(case, &response);
        assert_eq!(attempts(&response), format!("{}={}", case.provider(Route::Alone), name_of(case)), "{shown}");
        assert_seen(&stage, case, &model, 1, &shown);
    });
    assert_own_keys(&stage);
}

#[test]
fn one_attempt_over_http1() {
    one_attempt(|gateway, case, model| gateway.send(&request(case, model)));
}

#[test]
fn one_attempt_over_http2() {
    let client = over_http2::client();
    one_attempt(|gateway, case, model| over_http2::send(&client, &gateway.url("/v1/chat/completions"), case, model));
}

/// Where there is nobody else, some faults are worth a second try, and then the client is told not to add its own.
#[test]
fn a_target_without_another() {
    let stage = Stage::open();
    let gateway = GatewayUnderTest::start(&stage.config(""), &[]);
    play(Stage::cases(), |case| {
        let (asked, model) = alone(case);
        if case.row.rests {
            gateway.send(&request(case, &asked));
        }
        let response = gateway.send(&request(case, &asked));
        let tries = if case.row.rests { 0 } else { case.row.tries_alone() };
        assert_promised(case, &response, tries);
        let shown = shown(case, &response);
        let expected = vec![format!("{}={}", case.provider(Route::Alone), name_of(case)); tries].join(",");
        assert_eq!(attempts(&response), expected, "{shown}");
        assert_seen(&stage, case, &model, tries.max(1), &shown);
    });
}

/// Where there is a second target, it answers whatever the first does not refuse for all; and never after the first byte.
#[test]
fn a_target_with_a_second_behind_it() {
    let stage = Stage::open();
    let gateway = GatewayUnderTest::start(&stage.config(""), &[]);
    play(Stage::cases(), |case| {
        if case.row.rests {
            gateway.send(&request(case, &case.name()));
        }
        let response = gateway.send(&request(case, &case.name()));
        let tries = match case.row.then {
            _ if case.row.rests => 0,
            Then::AgainThenSecond => 2,
            Then::Nobody | Then::Second | Then::SecondOrAgain => 1,
        };
        let moved = case.row.then != Then::Nobody;
        if moved {
            assert_second(case, &response);
        } else {
            assert_promised(case, &response, tries);
        }
        let shown = shown(case, &response);
        let first = vec![format!("{}={}", case.provider(Route::Pool), name_of(case)); tries];
        let expected: Vec<String> = first.into_iter().chain(moved.then(|| "second=200".to_owned())).collect();
        assert_eq!(attempts(&response), expected.join(","), "{shown}");
        let model = case.pool_model();
        assert_seen(&stage, case, &model, tries.max(1), &shown);
        assert_eq!(stage.calls_of_second(&model), usize::from(moved) + usize::from(case.row.rests), "{shown}");
    });
    assert_own_keys(&stage);
}
