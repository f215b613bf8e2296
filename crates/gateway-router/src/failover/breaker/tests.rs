//! The state machine: case by case, and laws that hold for every history.

use proptest::prelude::*;

use super::*;

const SETTINGS: BreakerSettings = BreakerSettings {
    consecutive_faults: 5,
    fault_percent: 50,
    least_outcomes: 20,
    window: Duration::from_secs(30),
    open: Duration::from_secs(5),
    longest_open: Duration::from_secs(60),
};

/// No jitter at all.
const EVEN: f64 = 0.5;

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn opened(now: Instant) -> Breaker {
    let mut breaker = Breaker::new(&SETTINGS, now);
    (0..5).for_each(|_| breaker.fault(&SETTINGS, now, None, EVEN));
    breaker
}

fn probe(breaker: &mut Breaker, now: Instant) -> ProbeId {
    match breaker.admit(now, false) {
        Admission::Probe(probe) => probe,
        other => panic!("{other:?}"),
    }
}

#[test]
fn five_faults_in_a_row_open_it_and_a_success_between_them_does_not() {
    let now = Instant::now();
    let mut breaker = Breaker::new(&SETTINGS, now);
    for _ in 0..3 {
        (0..4).for_each(|_| breaker.fault(&SETTINGS, now, None, EVEN));
        breaker.success(&SETTINGS, now, None);
    }
    assert_eq!(breaker.admit(now, false), Admission::Pass);
    assert_eq!(
        opened(now).admit(now, false),
        Admission::Refused(now + seconds(5))
    );
}

#[test]
fn half_of_twenty_outcomes_open_it_and_of_nineteen_do_not() {
    let now = Instant::now();
    let mut breaker = Breaker::new(&SETTINGS, now);
    breaker.success(&SETTINGS, now, None);
    for _ in 0..9 {
        breaker.fault(&SETTINGS, now, None, EVEN);
        breaker.success(&SETTINGS, now, None);
    }
    assert_eq!(breaker.state(now), BreakerState::Closed, "9 of 19");
    breaker.fault(&SETTINGS, now, None, EVEN);
    assert_eq!(breaker.state(now), BreakerState::Open(now + seconds(5)));
}

#[test]
fn a_probe_that_fails_doubles_the_time_up_to_the_longest_and_one_that_succeeds_closes() {
    let mut now = Instant::now();
    let mut breaker = opened(now);
    for open in [5, 10, 20, 40, 60, 60, 60] {
        assert_eq!(breaker.state(now), BreakerState::Open(now + seconds(open)));
        now += seconds(open);
        let id = probe(&mut breaker, now);
        breaker.fault(&SETTINGS, now, Some(id), EVEN);
    }
    now += seconds(60);
    let id = probe(&mut breaker, now);
    breaker.success(&SETTINGS, now, Some(id));
    assert!(breaker.is_at_rest(now));
    (0..5).for_each(|_| breaker.fault(&SETTINGS, now, None, EVEN));
    assert_eq!(breaker.state(now), BreakerState::Open(now + seconds(5)));
}

#[test]
fn who_has_nowhere_else_to_go_may_probe_after_the_first_time_however_long_it_is_open() {
    let mut now = Instant::now();
    let mut breaker = opened(now);
    for open in [5, 10] {
        now += seconds(open);
        let id = probe(&mut breaker, now);
        breaker.fault(&SETTINGS, now, Some(id), EVEN);
    }
    assert_eq!(
        breaker.admit(now + seconds(4), true),
        Admission::Refused(now + seconds(5))
    );
    assert_eq!(
        breaker.admit(now + seconds(5), false),
        Admission::Refused(now + seconds(20))
    );
    assert!(matches!(
        breaker.admit(now + seconds(5), true),
        Admission::Probe(_)
    ));
    assert!(matches!(
        breaker.admit(now + seconds(5), true),
        Admission::Refused(_)
    ));
}

#[test]
fn a_probe_given_back_or_too_slow_leaves_its_place() {
    let now = Instant::now() + seconds(5);
    let mut breaker = opened(now - seconds(5));
    let first = probe(&mut breaker, now);
    assert_eq!(
        breaker.admit(now, false),
        Admission::Refused(now + LONGEST_PROBE)
    );
    breaker.give_back(first);
    let second = probe(&mut breaker, now);
    let third = probe(&mut breaker, now + LONGEST_PROBE);
    assert_ne!(second, third);
    // The slow one comes too late to say anything.
    breaker.success(&SETTINGS, now, Some(second));
    breaker.give_back(second);
    assert_eq!(breaker.state(now), BreakerState::HalfOpen);
    assert!(matches!(breaker.admit(now, false), Admission::Refused(_)));
    breaker.success(&SETTINGS, now, Some(third));
    assert_eq!(breaker.state(now), BreakerState::Closed);
}

#[test]
fn opening_at_once_counts_nothing_and_does_not_prolong() {
    let now = Instant::now();
    let mut breaker = Breaker::new(&SETTINGS, now);
    breaker.open_at_once(&SETTINGS, now, 0.0);
    let until = BreakerState::Open(now + Duration::from_millis(4_500));
    assert_eq!(breaker.state(now), until);
    breaker.open_at_once(&SETTINGS, now + seconds(1), 1.0);
    assert_eq!(breaker.state(now), until);
}

#[derive(Debug, Clone)]
enum Step {
    /// A request asks to pass, and is under way from then on.
    Ask {
        last_resort: bool,
    },
    /// One of those under way ends.
    End {
        which: usize,
        how: End,
    },
    Wait(u64),
    Open,
}

#[derive(Debug, Clone, Copy)]
enum End {
    Success,
    Fault,
    Gone,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let end = prop_oneof![
        2 => Just(End::Success),
        4 => Just(End::Fault),
        1 => Just(End::Gone),
    ];
    let step = prop_oneof![
        6 => any::<bool>().prop_map(|last_resort| Step::Ask { last_resort }),
        6 => (any::<usize>(), end).prop_map(|(which, how)| Step::End { which, how }),
        2 => (0..12_000_u64).prop_map(Step::Wait),
        1 => Just(Step::Open),
    ];
    prop::collection::vec(step, 0..300)
}

proptest! {
    #[test]
    fn every_history_keeps_the_laws(steps in steps(), jitter in 0.0..1.0_f64) {
        let start = Instant::now();
        let mut now = start;
        let mut breaker = Breaker::new(&SETTINGS, now);
        let mut under_way: Vec<(Option<ProbeId>, Instant)> = Vec::new();
        for step in steps {
            let before = breaker.state(now);
            match step {
                Step::Ask { last_resort } => {
                    let peeked = breaker.peek(now, last_resort);
                    let admission = breaker.admit(now, last_resort);
                    prop_assert_eq!(peeked, admission, "a look changes nothing");
                    match admission {
                        Admission::Pass => {
                            prop_assert_eq!(before, BreakerState::Closed);
                            under_way.push((None, now));
                        }
                        Admission::Probe(id) => {
                            prop_assert_ne!(before, BreakerState::Closed);
                            let others = under_way.iter().filter(|(probe, since)| {
                                probe.is_some() && now < *since + LONGEST_PROBE
                            });
                            if before == BreakerState::HalfOpen {
                                prop_assert_eq!(others.count(), 0, "one probe at a time");
                            }
                            under_way.push((Some(id), now));
                        }
                        Admission::Refused(until) => {
                            prop_assert!(until > now, "a refusal names a time that is to come");
                            prop_assert!(until <= now + Duration::from_secs(66));
                            prop_assert_ne!(breaker.peek(until, last_resort), Admission::Refused(until), "and holds to it");
                        }
                    }
                }
                Step::End { which, how } => {
                    if under_way.is_empty() {
                        continue;
                    }
                    let (id, _) = under_way.swap_remove(which % under_way.len());
                    match how {
                        End::Success => breaker.success(&SETTINGS, now, id),
                        End::Fault => breaker.fault(&SETTINGS, now, id, jitter),
                        End::Gone => if let Some(id) = id { breaker.give_back(id) },
                    }
                    let after = breaker.state(now);
                    if id.is_none() && before != BreakerState::Closed {
                        prop_assert_eq!(before, after, "only a probe moves what is not closed");
                    }
                    if matches!(how, End::Success) {
                        prop_assert!(!matches!(after, BreakerState::Open(_)) || before == after);
                    }
                }
                Step::Wait(milliseconds) => now += Duration::from_millis(milliseconds),
                Step::Open => {
                    breaker.open_at_once(&SETTINGS, now, jitter);
                    // It overrules a probe that is under way.
                    under_way.iter_mut().for_each(|(_, since)| *since = now - LONGEST_PROBE);
                }
            }
            if let BreakerState::Open(until) = breaker.state(now) {
                prop_assert!(until <= now + Duration::from_secs(66));
            }
        }
        // Whatever happened, silence brings a probe, and its success brings everything back.
        now += Duration::from_secs(80);
        if let Admission::Probe(id) = breaker.admit(now, false) {
            breaker.success(&SETTINGS, now, Some(id));
        }
        prop_assert_eq!(breaker.admit(now, false), Admission::Pass);
    }
}
