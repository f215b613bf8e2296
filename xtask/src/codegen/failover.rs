//! `docs/failover.md`: how a request survives what one upstream does not, with the table by which it is decided.

use std::fmt::Write as _;

use super::conversations;
use gateway_providers::FaultKind;
use gateway_router::failover::judgement::{Mark, Next, ROWS, Scope, When};

const HEAD: &str = r#"# Failover

Made from the gateway's own table by `cargo xtask codegen`. Do not edit.

A request has one target or several, each a provider and a model there. When an attempt fails, the gateway asks the next
target, or the same once more, as far as that can help, and the client sees the answer of the one that worked. Which
ones were asked is in `x-attempts: openai=429,azure=200`, `x-selected-provider` and `x-selected-model`, and in the log.

## Which targets a request has

- **`x-opengateway-failover-sequence: ["openai", "azure"]`**: the same model at each of these providers, in this order.
  A prefix that names one of them (`openai/gpt-4.1`) is taken off for all. A model that is an alias stands for the alias's
  target at each provider, where it has one there, so that `[models."gpt-4.1"] targets = ["azure/my-deployment"]` gives
  a deployment its public name. A provider that is known and not configured is passed over (400 `provider_not_configured`
  when none is left), an unknown one is an error (400 `unknown_provider`).
- **`x-opengateway-vllm-endpoint`**: in the sequence `vllm` is then the caller's own server, with the caller's own key; a
  request without a sequence asks it alone. It is off until configured (`[caller_endpoints]`), asked once, and how it fails
  is remembered for nobody.
- **An alias** with several targets: these, in the order of its `strategy`.
- On paths **without `/v1`** a request that brings no sequence gets `routing.failover_sequence`, if its model leads to a
  provider of that sequence or nowhere: an alias, `?provider=` and another provider's model keep their meaning.
- **Everything else has one target.** That two providers list a model of one name does not make one the other's stand-in.

`auth.allowed_models` and `auth.disallowed_models` are held against every target.

## In which order they are asked

An alias says so by its `strategy`. Targets that are left alone now come after all others, so that their share goes to the
others in proportion. A sequence of the caller's is never reordered.

- **`ordered`**: as written.
- **`weighted`**: each target is the first with the chance of its `weight`, and so is each next one of those that are left.
  A weight of 0 makes a target the stand-in for all others.
- **`round_robin`**: in turn.
- **`least_latency`**: two targets are drawn, and the lighter one is asked. A target weighs the time in which it answers
  (to the first token of a stream, to the end of a whole answer, apart), times the requests that would share it. The time
  is an average that follows a slower answer at once, counts a fault as five seconds at least and a cancelled attempt (of
  two beside each other) as no less than it was waited for, and fades to a third within 30 s without requests, so that a
  target that was slow gets another chance.

A provider with several credentials (`api_keys`) has as many **accounts**, which take turns. Each has its own health; in
`x-attempts`, in the log and in the metrics they are `openai#1`, `openai#2`. What is wrong with a credential moves to the
next account of the same target, what is wrong with a host to the next target.

## What follows from a failure

The first row that fits decides. An error inside a stream counts as the status that its words imply, as long as nothing
of the stream has gone to the client. **After the first byte nobody else is asked**: the stream ends with one error event.

| what happened | who is asked next | what is remembered | why |
|---|---|---|---|
"#;

const REST: &str = r#"
An attempt also needs the following:

- One request makes three attempts at most (`resilience.attempts`), each target is asked twice at most, and none begins
  after `timeouts.total` since the first.
- A retry at the provider that has just failed needs a place in its **budget**: 20 % of its requests of the last ten
  seconds, or ten a second where that is more. It waits 50 to 500 ms, at random.
- A target that asks for a pause is waited for only where there is no other, and for 2 s at most.
- A form (multipart) flows past and cannot be sent twice: it is sent once, to the first target that is not left alone.
- `x-opengateway-timeout` is each attempt's own: what does not answer in that time is given up for the next target. It says
  nothing about the target's health.

Where nothing helps, the client gets the last upstream's error. After several attempts it carries `x-should-retry: false`,
since a client that tries three times again makes nine of them; except a 429 or 503 that says when it is worth it.
Where it may try again, `retry-after` is no shorter than the time for which all targets are left alone.

## Who is left alone

Faults are counted for each model of a provider's account, and for the account as a whole where it cannot be reached or
its credential is refused. A provider with one credential is one account.

- **Open**: after five faults in a row, or when half of at least 20 requests within 30 s failed, the target is not asked for
  5 s. Then it is **half open**: one request tries it. If that fails, the time doubles, up to a minute, with a tenth of
  chance either way; if it succeeds, all is forgotten. A request that has no other target may try after 5 s each time, so
  that a lone upstream is back soon after it recovered. A trial of more than 10 s makes room for another.
- **Cooling**: a target that asked for a pause is left alone for as long as it said, from one second to 60; where it
  did not say, for a second, and twice as long each time it happens again.

That keeps an outage small: a target that is down is tried once in some five seconds, whatever the load. With ten of ten
down for a minute, at 10 requests/s, the upstreams together get a third of a request for each of the clients', and at 100/s
less than a tenth. With `resilience.breaker = false` only the budgets are left: each provider gets its requests and a fifth
more, so that a pool of several dead ones gets as many in all as a request has attempts.

Other targets are asked instead. When all of them are left alone, the client gets 503 `no_healthy_backend` at once, with
`retry-after` and the reasons. `/status` shows what is left alone and until when, `/metrics` has `gateway_circuits` and
`gateway_attempts_total`.

## Who is busy

A provider with `max_concurrent` is sent so many requests at one time, `/proxy` and forms among them; an answer counts to its
last byte, or until its client has gone. A request that finds an account busy goes to another account of the same target that
is free, else to the next target that is. Where nobody
is free, it waits for the first of its order: in the order of coming, for `queue_wait` at most, never longer than its own time
lasts. When the queues are full (`max_queued`), or the wait was in vain, the answer is 503 `overloaded` with `retry-after: 1`
and `x-should-retry: true`; nothing was sent. It is no fault of the provider's and opens no breaker.

## A second target beside a slow one

An alias with `hedge = "800ms"` asks its next target when the first has not begun to answer after that time: no first token of
a stream, no whole answer. Whichever answers first wins, and the other attempt is cancelled at once; the provider may bill it
all the same. Both are in `x-attempts` (`openai=cancelled,azure=200`), the winner last. One that fails leaves the other running;
when both fail, it goes on by the table above, and stops when either says so.

The second is another model or another provider, never another account of the same; it is well, free at once, and has a retry
left in its provider's budget; and it is one of the request's attempts. A cancelled attempt says nothing about its target. A
stream whose head has been held for `timeouts.hold` counts as answered. A form is never hedged.

## Asked without a request

A provider with `probe = "30s"` is asked for its model list in that rhythm, a tenth more or less by chance. Nothing that costs
money is ever asked. A list that comes closes what opened for the provider as a whole, except that an empty account stays so;
a provider that cannot be reached or refuses the credential counts as if a request had failed so. That a list fails in any
other way says nothing about the models. `/status` shows when it was last asked (`last_checked`).

A single backend (`BACKEND_URL`) is passed through: one attempt and no breaker, unless `[resilience]` says otherwise. So
it is with the demo alone. All numbers can be set there, see [configuration.md](configuration.md).
"#;

/// The document, in Markdown.
pub(super) fn markdown() -> String {
    let mut text = HEAD.to_owned();
    for row in ROWS {
        let (mut next, mark) = (next(row.next).to_owned(), mark(row.mark));
        if row.of_credential {
            next = format!("another account, then {next}");
        }
        let _ = writeln!(
            text,
            "| {} | {next} | {mark} | {} |",
            when(row.when),
            row.why
        );
    }
    text.push_str(REST);
    text.push_str(&conversations::markdown());
    text
}

fn when(when: When) -> String {
    let codes = |kinds: &[FaultKind]| {
        let code = |kind: &FaultKind| format!("`{}`", kind.spec().code);
        let mut codes: Vec<String> = kinds.iter().map(code).collect();
        codes.dedup();
        codes.join(", ")
    };
    let statuses = |statuses: &[u16]| {
        let texts: Vec<String> = statuses.iter().map(u16::to_string).collect();
        texts.join(", ")
    };
    match when {
        When::NotSent => "nothing was sent: the dialect has no word for it".to_owned(),
        When::NoQuota => "an error `insufficient_quota` or alike".to_owned(),
        When::Status(list) => statuses(list),
        When::StatusWithWait(list) => format!("{} with `retry-after`", statuses(list)),
        When::StatusFrom(400, 499) => "any other 4xx".to_owned(),
        When::StatusFrom(first, last) => format!("any other from {first} to {last}"),
        When::Kind(kinds) => codes(kinds),
        When::CallersTime(kinds) => format!("{} by `x-opengateway-timeout`", codes(kinds)),
    }
}

fn next(next: Next) -> &'static str {
    match next {
        Next::Stop => "nobody",
        Next::Alternate => "the next target",
        Next::AlternateOrSame => "the next target, else the same once more",
        Next::AlternateOrWait => "the next target, else the same after the pause",
        Next::SameThenAlternate => "the same once more, then the next",
    }
}

fn mark(mark: Mark) -> String {
    let whose = |scope| match scope {
        Scope::Target => "the target",
        Scope::Provider => "the account",
    };
    match mark {
        Mark::Nothing => "nothing".to_owned(),
        Mark::Works => "that it works".to_owned(),
        Mark::Fault(scope) => format!("a fault of {}", whose(scope)),
        Mark::OpenAtOnce(scope) => format!("{} is left alone at once", whose(scope)),
        Mark::Cool(scope) => format!("{} is left alone for the pause", whose(scope)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_its_line() {
        let text = markdown();
        // The table of failures, not those of the chapters behind it.
        let lines: Vec<&str> = text
            .lines()
            .skip_while(|line| !line.starts_with("| what"))
            .skip(2)
            .take_while(|line| line.starts_with("| "))
            .collect();
        assert_eq!(lines.len(), ROWS.len());
        assert!(lines.iter().all(|line| line.matches('|').count() == 5));
        assert!(text.contains(
            "| 429 | another account, then the next target, else the same after the pause | "
        ));
    }
}
