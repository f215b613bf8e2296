//! The findings as text for a terminal, as Markdown for the documents, and as JSON.

use serde_json::{Value, json};

use super::{
    findings::{Findings, Numbers, Verdict},
    world::Check,
};
use crate::bench::{nginx::WORKERS, report::machine, text::table};

const NUMBERS_HEAD: [&str; 10] = [
    "Load",
    "offered/s",
    "answered/s",
    "refused/s",
    "closed/s",
    "answer p50, p99 ms",
    "refusal p50, p99 ms",
    "late %",
    "CPU µs each",
    "memory MB before, most, after",
];

const CHECKS_HEAD: [&str; 5] = ["Load", "What", "measured", "target", "verdict"];

/// For a terminal.
pub(crate) fn text(all: &[Findings]) -> String {
    format!(
        "\n{}\n{}",
        table(&NUMBERS_HEAD, &numbers_rows(all), false),
        table(&CHECKS_HEAD, &check_rows(all), false)
    )
}

/// A block for `docs/performance.md`.
pub(crate) fn markdown(all: &[Findings], command: &str) -> String {
    format!(
        "`{command}` on {} ({WORKERS} worker threads):\n\n{}\n{}",
        machine(),
        table(&CHECKS_HEAD, &check_rows(all), true),
        table(&NUMBERS_HEAD, &numbers_rows(all), true)
    )
}

/// Everything, for a program to compare.
pub(crate) fn json(all: &[Findings], command: &str) -> Value {
    let worlds = all.iter().map(|findings| {
        let steps = findings.windows.iter().enumerate().map(|(place, windows)| {
            let verdicts = findings.verdicts(place);
            let checks = verdicts.iter().map(|verdict| {
                let (what, target) = words(verdict.check);
                json!({ "what": what, "target": target, "value": verdict.value, "met": verdict.is_met() })
            });
            json!({
                "load": findings.world.steps.get(place).map(|step| step.load.name),
                "numbers": findings.numbers(place),
                "checks": checks.collect::<Vec<_>>(),
                "windows": windows,
            })
        });
        json!({ "world": findings.world.title, "steps": steps.collect::<Vec<_>>() })
    });
    json!({ "command": command, "machine": machine(), "worlds": worlds.collect::<Vec<_>>() })
}

fn numbers_rows(all: &[Findings]) -> Vec<Vec<String>> {
    let of_world = |findings: &Findings| {
        let steps = findings.world.steps.iter().enumerate();
        let rows = steps.filter_map(|(place, step)| {
            Some(numbers_row(step.load.name, &findings.numbers(place)?))
        });
        rows.collect::<Vec<_>>()
    };
    all.iter().flat_map(of_world).collect()
}

fn numbers_row(name: &str, numbers: &Numbers) -> Vec<String> {
    let positive = |number: f64| match number > 0.0 {
        true => format!("{number:.0}"),
        false => String::new(),
    };
    let times = |p50: f64, p99: f64| match p99 > 0.0 {
        true => format!("{p50:.1}, {p99:.1}"),
        false => String::new(),
    };
    vec![
        name.to_owned(),
        positive(numbers.offered_per_second),
        positive(numbers.goodput),
        positive(numbers.refused_per_second),
        positive(numbers.closed_per_second),
        times(numbers.p50_ms, numbers.p99_ms),
        times(numbers.refused_p50_ms, numbers.refused_p99_ms),
        format!("{:.2}", numbers.late_percent),
        format!("{:.0}", numbers.cpu_us),
        format!(
            "{:.0}, {:.0}, {:.0}",
            numbers.memory_before, numbers.memory_most, numbers.memory_after
        ),
    ]
}

fn check_rows(all: &[Findings]) -> Vec<Vec<String>> {
    let of_world = |findings: &Findings| {
        let steps = findings.world.steps.iter().enumerate();
        let rows = steps.flat_map(|(place, step)| {
            let title = format!("{}: {}", findings.world.title, step.load.title);
            let verdicts = findings.verdicts(place);
            let rows = verdicts.iter().map(|verdict| check_row(&title, verdict));
            rows.collect::<Vec<_>>()
        });
        rows.collect::<Vec<_>>()
    };
    all.iter().flat_map(of_world).collect()
}

fn check_row(title: &str, verdict: &Verdict) -> Vec<String> {
    let (what, target) = words(verdict.check);
    let value = verdict.value.map(|value| format!("{value:.1}"));
    vec![
        title.to_owned(),
        what.to_owned(),
        value.unwrap_or_else(|| "not measured".to_owned()),
        target,
        if verdict.is_met() { "PASS" } else { "FAIL" }.to_owned(),
    ]
}

/// What is measured, and its target.
fn words(check: Check) -> (&'static str, String) {
    match check {
        Check::Goodput(least) => ("answered, % of the peak", format!(">= {least}")),
        Check::Refusal(most) => ("p99 of refusals, ms", format!("<= {most}")),
        Check::Memory(most) => ("memory, % of the first load's", format!("<= {most}")),
        Check::MemoryAdded(most) => ("memory above the first load's, MB", format!("<= {most}")),
    }
}
