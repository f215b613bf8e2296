//! Every outcome against its verdict.

use gateway_providers::{Operation, TranslateError};
use http::HeaderMap;

use super::*;

fn answered(
    kind: FaultKind,
    status: u16,
    wait: Option<u64>,
    body: Option<&'static str>,
) -> CallError {
    let mut fault = Fault::new(kind, "x");
    fault.upstream = Some(UpstreamError {
        status: StatusCode::from_u16(status).unwrap(),
        headers: HeaderMap::new(),
        body: body.map(|text| text.as_bytes().into()),
        retry_after: wait.map(Duration::from_secs),
    });
    fault.into()
}

fn verdict(error: &CallError) -> (Next, Mark) {
    let judgement = judge(error, Circumstances::default());
    (judgement.next, judgement.mark)
}

#[test]
fn statuses_are_judged_alike_in_an_answer_and_inside_a_stream() {
    use Mark::{Cool, Fault, Works};
    use Next::{Alternate, AlternateOrSame, AlternateOrWait, SameThenAlternate, Stop};
    let table = [
        (400, Stop, Works),
        (401, Alternate, Cool(Scope::Provider)),
        (402, Alternate, Cool(Scope::Provider)),
        (403, Alternate, Fault(Scope::Target)),
        (404, Alternate, Works),
        (405, Stop, Works),
        (408, SameThenAlternate, Works),
        (409, SameThenAlternate, Works),
        (413, Stop, Works),
        (415, Stop, Works),
        (418, Stop, Works),
        (422, Stop, Works),
        (425, SameThenAlternate, Works),
        (429, AlternateOrWait, Cool(Scope::Target)),
        (451, Stop, Works),
        (500, AlternateOrSame, Fault(Scope::Target)),
        (501, Stop, Works),
        (502, AlternateOrSame, Fault(Scope::Target)),
        (503, AlternateOrSame, Fault(Scope::Target)),
        (504, AlternateOrSame, Fault(Scope::Target)),
        (520, AlternateOrSame, Fault(Scope::Target)),
        (529, Alternate, Cool(Scope::Target)),
    ];
    for (status, next, mark) in table {
        for kind in [FaultKind::Status, FaultKind::InStream] {
            let error = answered(kind, status, None, Some(r#"{"error":{"code":"x"}}"#));
            assert_eq!(verdict(&error), (next, mark), "{kind:?} {status}");
        }
    }
    let waits = answered(FaultKind::Status, 503, Some(7), None);
    assert_eq!(verdict(&waits), (AlternateOrWait, Cool(Scope::Target)));
    assert_eq!(
        judge(&waits, Circumstances::default()).retry_after,
        Some(Duration::from_secs(7))
    );
}

#[test]
fn an_empty_account_is_no_rate_limit() {
    for body in [
        r#"{"error":{"message":"m","type":"insufficient_quota","code":"insufficient_quota"}}"#,
        r#"{"error":{"code":"billing_hard_limit_reached"}}"#,
        r#"{"code":"insufficient_balance"}"#,
    ] {
        let error = answered(FaultKind::Status, 429, None, Some(body));
        assert_eq!(
            verdict(&error),
            (Next::Alternate, Mark::Cool(Scope::Provider)),
            "{body}"
        );
    }
    for body in [
        "",
        "[",
        r#"{"error":"insufficient_quota"}"#,
        r#"{"error":{"message":"insufficient_quota"}}"#,
    ] {
        let error = answered(FaultKind::Status, 429, None, Some(body));
        assert_eq!(verdict(&error).1, Mark::Cool(Scope::Target), "{body}");
    }
}

#[test]
fn faults_without_an_answer() {
    use Mark::{Fault as Faulty, Nothing, OpenAtOnce};
    use Next::{Alternate, AlternateOrSame, Stop};
    let of = |kind| match kind {
        FaultKind::Unreachable | FaultKind::Dns | FaultKind::ConnectTimeout => {
            (Alternate, Faulty(Scope::Provider))
        }
        FaultKind::Tls => (Alternate, OpenAtOnce(Scope::Provider)),
        FaultKind::Reset => (AlternateOrSame, Faulty(Scope::Target)),
        FaultKind::FirstTokenTimeout
        | FaultKind::Deadline
        | FaultKind::IdleTimeout
        | FaultKind::Redirect => (Stop, Faulty(Scope::Target)),
        FaultKind::TooLarge => (Stop, Nothing),
        _ => (Alternate, Faulty(Scope::Target)),
    };
    for kind in FaultKind::ALL {
        assert_eq!(verdict(&Fault::new(kind, "x").into()), of(kind), "{kind:?}");
    }
    // A body that broke off after an error's head is a broken answer with that status.
    let cut = answered(FaultKind::Truncated, 503, None, None);
    assert_eq!(verdict(&cut), (Alternate, Faulty(Scope::Target)));
}

#[test]
fn a_timeout_moves_on_where_the_caller_or_the_operator_says_so() {
    for kind in [FaultKind::FirstTokenTimeout, FaultKind::Deadline] {
        let error = Fault::new(kind, "x").into();
        let judged = |callers_time, retry_timeouts| {
            let judgement = judge(
                &error,
                Circumstances {
                    callers_time,
                    retry_timeouts,
                },
            );
            (judgement.next, judgement.mark)
        };
        let fault = Mark::Fault(Scope::Target);
        assert_eq!(judged(false, false), (Next::Stop, fault));
        assert_eq!(judged(false, true), (Next::Alternate, fault));
        // Nobody's patience of a millisecond takes a target away from the others.
        assert_eq!(judged(true, false), (Next::Alternate, Mark::Nothing));
        assert_eq!(judged(true, true), (Next::Alternate, Mark::Nothing));
    }
    let idle = Fault::new(FaultKind::IdleTimeout, "x").into();
    let all = Circumstances {
        callers_time: true,
        retry_timeouts: true,
    };
    assert_eq!(judge(&idle, all).next, Next::Stop);
}

#[test]
fn what_was_not_sent_is_nobodys_fault() {
    let error = TranslateError::UnsupportedOperation {
        provider: "p".to_owned(),
        operation: Operation::Chat,
    };
    assert_eq!(verdict(&error.into()), (Next::Alternate, Mark::Nothing));
}

#[test]
fn every_row_decides_something() {
    for (place, row) in ROWS.iter().enumerate() {
        assert!(
            ROWS.iter()
                .skip(place + 1)
                .all(|other| other.when != row.when),
            "{row:?}"
        );
        assert!(!row.why.is_empty());
    }
}
