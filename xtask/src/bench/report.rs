//! The results as text for a terminal, as Markdown for the documents, and as JSON.

use std::{fs, thread};

use serde_json::{Value, json};

use super::{
    nginx::WORKERS,
    scenario::Metric,
    summary::{Numbers, Summary, Verdict},
    text::table,
};

/// For a terminal.
pub(crate) fn text(summaries: &[Summary]) -> String {
    let mut text = String::from("\n");
    text.push_str(&table(&NUMBERS_HEAD, &numbers_rows(summaries), false));
    text.push('\n');
    text.push_str(&table(&TARGETS_HEAD, &target_rows(summaries), false));
    text
}

/// A block for `docs/performance.md`.
pub(crate) fn markdown(summaries: &[Summary], command: &str) -> String {
    format!(
        "`{command}` on {} ({WORKERS} worker threads, {WORKERS} nginx workers):\n\n{}\n{}",
        machine(),
        table(&TARGETS_HEAD, &target_rows(summaries), true),
        table(&NUMBERS_HEAD, &numbers_rows(summaries), true)
    )
}

/// Everything, for a program to compare.
pub(crate) fn json(summaries: &[Summary], command: &str) -> Value {
    let scenarios = summaries.iter().map(|summary| {
        let subjects = summary.subjects.iter().map(|(name, windows)| {
            (
                (*name).to_owned(),
                json!({ "numbers": summary.numbers(name), "windows": windows }),
            )
        });
        let target = summary.verdict().map(|verdict| {
            json!({
                "metric": unit(verdict.target.metric),
                "limit": verdict.target.limit,
                "value": verdict.value,
                "spread": verdict.spread,
                "met": verdict.is_met(),
            })
        });
        json!({
            "scenario": summary.scenario.name,
            "title": summary.scenario.title,
            "subjects": subjects.collect::<serde_json::Map<_, _>>(),
            "cpu_ratio_to_nginx": summary.cpu_ratio(),
            "target": target,
        })
    });
    json!({ "command": command, "machine": machine(), "scenarios": scenarios.collect::<Vec<_>>() })
}

/// Where it was measured.
pub(crate) fn machine() -> String {
    let cores = thread::available_parallelism().map_or(0, usize::from);
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("", |(_, model)| model);
    format!("{cores} cores, {model}")
}

const NUMBERS_HEAD: [&str; 10] = [
    "Load",
    "Through",
    "requests/s",
    "events/s",
    "p50 µs",
    "p99 µs",
    "added p50",
    "added p99",
    "CPU µs each",
    "memory MB",
];

fn numbers_rows(summaries: &[Summary]) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for summary in summaries {
        let direct = summary.numbers("direct");
        for (name, _) in &summary.subjects {
            if let Some(numbers) = summary.numbers(name) {
                rows.push(numbers_row(summary, name, &numbers, direct.as_ref()));
            }
        }
    }
    rows
}

fn numbers_row(
    summary: &Summary,
    name: &str,
    numbers: &Numbers,
    direct: Option<&Numbers>,
) -> Vec<String> {
    let added = |get: fn(&Numbers) -> f64| {
        let direct = direct.filter(|_| name != "direct")?;
        Some(format!("{:+.0}", get(numbers) - get(direct)))
    };
    let positive = |number: f64| {
        if number > 0.0 {
            format!("{number:.0}")
        } else {
            String::new()
        }
    };
    let each = match (numbers.cpu_us_per_event, numbers.cpu_us_per_request) {
        (Some(event), _) => format!("{event:.2} / event"),
        (None, Some(request)) => format!("{request:.1} / request"),
        (None, None) => String::new(),
    };
    let memory = match numbers.memory_kb_per_stream {
        Some(kb) => format!(
            "{:.0} ({kb:.1} KB for each of {} streams)",
            megabytes(numbers.memory_kib),
            numbers.open
        ),
        None if numbers.memory_kib > 0 => format!("{:.0}", megabytes(numbers.memory_kib)),
        None => String::new(),
    };
    vec![
        summary.scenario.name.to_owned(),
        name.to_owned(),
        positive(numbers.requests_per_second),
        positive(numbers.events_per_second),
        positive(numbers.p50_us),
        positive(numbers.p99_us),
        added(|numbers| numbers.p50_us).unwrap_or_default(),
        added(|numbers| numbers.p99_us).unwrap_or_default(),
        each,
        memory,
    ]
}

#[expect(clippy::cast_precision_loss, reason = "a size in KiB")]
fn megabytes(kib: u64) -> f64 {
    kib as f64 * 1.024 / 1e3
}

const TARGETS_HEAD: [&str; 6] = ["Load", "What", "measured", "rounds", "target", "verdict"];

fn target_rows(summaries: &[Summary]) -> Vec<Vec<String>> {
    summaries.iter().map(target_row).collect()
}

fn target_row(summary: &Summary) -> Vec<String> {
    let title = summary.scenario.title.to_owned();
    let Some(verdict) = summary.verdict() else {
        let ratio = summary
            .cpu_ratio()
            .map_or_else(|| "no nginx".to_owned(), |ratio| format!("{ratio:.2}"));
        let none = String::new;
        return vec![
            title,
            "CPU to nginx".to_owned(),
            ratio,
            none(),
            none(),
            none(),
        ];
    };
    let Verdict {
        target,
        value,
        spread,
    } = verdict;
    let digits = if target.metric == Metric::MemoryPerStream {
        1
    } else {
        2
    };
    vec![
        title,
        unit(target.metric).to_owned(),
        value.map_or_else(
            || "not measured".to_owned(),
            |value| format!("{value:.digits$}"),
        ),
        spread
            .map(|(least, most)| format!("{least:.digits$} to {most:.digits$}"))
            .unwrap_or_default(),
        format!("<= {}", target.limit),
        if verdict.is_met() { "PASS" } else { "FAIL" }.to_owned(),
    ]
}

fn unit(metric: Metric) -> &'static str {
    match metric {
        Metric::CpuPerRequest => "CPU per request to nginx",
        Metric::CpuPerEvent => "CPU per event to nginx",
        Metric::AddedP99 => "added p99, ms",
        Metric::MemoryPerStream => "KB per stream",
    }
}
