//! `cargo xtask fuzz`: what reads an upstream's bytes, fed with anything, from recorded traffic on.
//!
//! The targets are a workspace of their own in `fuzz/`, built by the ordinary compiler with LLVM's coverage counters and
//! linked with libFuzzer, which needs a C++ compiler. A finding is a file that makes its target panic; it stays below
//! the target folder and is printed.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use clap::Args;
use serde_json::Value;

use crate::{
    failure::{Failure, Outcome},
    process,
    workspace::Workspace,
};

/// Coverage as libFuzzer reads it (<https://clang.llvm.org/docs/SanitizerCoverage.html>), and checks on.
const FLAGS: &[&str] = &[
    "--cfg=fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Clink-dead-code",
    "-Ccodegen-units=1",
    "-Cdebug-assertions",
];

/// How long a target runs unless told otherwise.
const USUAL_SECONDS: u32 = 60;

/// Larger recordings would make every run slow.
const LARGEST_SEED: usize = 60_000;

/// What to feed, and for how long.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Runs these targets alone; may be given several times.
    #[arg(long, value_name = "NAME")]
    target: Vec<String>,
    /// How long each target runs.
    #[arg(long, default_value_t = USUAL_SECONDS, value_name = "N")]
    seconds: u32,
}

/// One program of `fuzz/`.
struct Target {
    name: &'static str,
    /// Which recordings it begins with.
    seeds: Seeds,
    /// What stands before a recording's bytes in an input: how they are cut, mostly.
    head: &'static [u8],
}

/// Recordings of one kind, as the corpus names it.
enum Seeds {
    Dialect(&'static str),
    Framing(&'static str),
}

impl Seeds {
    fn contain(&self, recording: &Recording) -> bool {
        match self {
            Self::Dialect(name) => recording.dialect == *name,
            Self::Framing(name) => recording.framing == *name,
        }
    }
}

/// What a recording says of itself.
struct Recording {
    dialect: String,
    framing: String,
}

const TARGETS: &[Target] = &[
    decoder("anthropic", "anthropic.messages"),
    decoder("bedrock", "bedrock.converse"),
    decoder("cohere", "cohere.chat_v2"),
    decoder("gemini", "google.generateContent"),
    decoder("ollama", "ollama.chat"),
    decoder("responses", "openai.responses"),
    Target {
        name: "aws_frames",
        seeds: Seeds::Framing("aws-eventstream"),
        head: &[7],
    },
    Target {
        name: "passed_on",
        seeds: Seeds::Dialect("openai.chat"),
        head: &[0, 7],
    },
];

const fn decoder(name: &'static str, dialect: &'static str) -> Target {
    Target {
        name,
        seeds: Seeds::Dialect(dialect),
        head: &[7],
    }
}

/// Builds and runs the targets.
///
/// # Errors
/// When they cannot be built, and when one of them finds something.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Outcome {
    let chosen: Vec<&Target> = TARGETS
        .iter()
        .filter(|target| {
            options.target.is_empty() || options.target.iter().any(|name| name == target.name)
        })
        .collect();
    if chosen.is_empty() {
        let names: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
        return Err(Failure::new(format!(
            "there is no such target; there are {}",
            names.join(", ")
        )));
    }
    let place = workspace.target.join("fuzz");
    let host = host()?;
    let mut cargo = workspace.cargo();
    cargo
        .args([
            "build",
            "--release",
            "--manifest-path",
            "fuzz/Cargo.toml",
            "--target",
            &host,
        ])
        .env("CARGO_TARGET_DIR", &place)
        .env("RUSTFLAGS", FLAGS.join(" "));
    process::run(&mut cargo).map_err(|failure| {
        failure.hint("libFuzzer is built by a C++ compiler: apt-get install g++")
    })?;
    let recordings = recordings()?;
    for target in chosen {
        let seeds = place.join("corpus").join(target.name);
        sow(target, &recordings, &seeds)?;
        fuzz(&place, &host, target, &seeds, options.seconds)?;
    }
    Ok(())
}

/// All targets, a minute each: the step of the long job.
///
/// # Errors
/// As [`run`].
pub(crate) fn run_all(workspace: &Workspace) -> Outcome {
    run(
        workspace,
        &Options {
            target: Vec::new(),
            seconds: USUAL_SECONDS,
        },
    )
}

fn fuzz(place: &Path, host: &str, target: &Target, seeds: &Path, seconds: u32) -> Outcome {
    let findings = place.join("findings");
    fs::create_dir_all(&findings).map_err(|error| Failure::because(findings.display(), error))?;
    let prefix = format!("-artifact_prefix={}/{}-", findings.display(), target.name);
    let mut program = Command::new(place.join(host).join("release").join(target.name));
    program
        .arg(seeds)
        .arg(format!("-max_total_time={seconds}"))
        .args([
            "-max_len=65536",
            "-rss_limit_mb=2048",
            "-timeout=10",
            "-print_final_stats=1",
        ])
        .arg(prefix);
    process::run(&mut program).map_err(|failure| {
        failure.hint("the file named above makes the target fail: give it to the program as its only argument")
    })
}

/// The machine's own target: with one named, build scripts are built without the counters.
fn host() -> Outcome<String> {
    let told = process::capture(Command::new("rustc").args(["-vV"]))?;
    told.lines()
        .find_map(|line| line.strip_prefix("host: "))
        .map(str::to_owned)
        .ok_or_else(|| Failure::new("rustc does not name its host"))
}

/// Recorded answers, where `GATEWAY_CORPUS` names their folder.
fn recordings() -> Outcome<Vec<(Recording, String, Vec<u8>)>> {
    let Some(folder) = std::env::var_os("GATEWAY_CORPUS").map(PathBuf::from) else {
        println!("GATEWAY_CORPUS is not set: there are no recorded answers to begin with");
        return Ok(Vec::new());
    };
    let index = read_json(&folder.join("index.json"))?;
    let mut found = Vec::new();
    for entry in index.as_array().into_iter().flatten() {
        let text = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
        let file = read_json(&folder.join(text("file")))?;
        let Some(bytes) = file
            .get("response")
            .and_then(answer)
            .filter(|bytes| bytes.len() < LARGEST_SEED)
        else {
            continue;
        };
        let recording = Recording {
            dialect: text("dialect"),
            framing: text("framing"),
        };
        found.push((recording, text("id"), bytes));
    }
    Ok(found)
}

fn answer(response: &Value) -> Option<Vec<u8>> {
    if let Some(encoded) = response["raw_b64"].as_str() {
        return STANDARD.decode(encoded).ok();
    }
    let text = ["raw_sse", "raw_ndjson"]
        .iter()
        .find_map(|name| response[*name].as_str());
    let body = || (!response["body"].is_null()).then(|| response["body"].to_string());
    text.map(str::to_owned)
        .or_else(body)
        .map(String::into_bytes)
}

fn read_json(path: &Path) -> Outcome<Value> {
    let text = fs::read(path).map_err(|error| Failure::because(path.display(), error))?;
    serde_json::from_slice(&text).map_err(|error| Failure::because(path.display(), error))
}

fn sow(target: &Target, recordings: &[(Recording, String, Vec<u8>)], seeds: &Path) -> Outcome {
    fs::create_dir_all(seeds).map_err(|error| Failure::because(seeds.display(), error))?;
    for (recording, id, bytes) in recordings {
        if target.seeds.contain(recording) {
            let path = seeds.join(id);
            fs::write(&path, [target.head, bytes].concat())
                .map_err(|error| Failure::because(path.display(), error))?;
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "../../fuzz/src/lib.rs"]
#[expect(
    unreachable_pub,
    reason = "to the programs of `fuzz/` the file is a library"
)]
mod targets;

/// The targets' own functions on every seed, as ordinary tests: what is recorded, what is made up, and both cut short.
#[cfg(test)]
mod tests {
    use super::*;

    type Run = fn(&[u8]);

    /// What each program of `fuzz/` runs.
    const RUN: &[(&str, Run)] = &[
        ("anthropic", targets::decoders::anthropic),
        ("bedrock", targets::decoders::bedrock),
        ("cohere", targets::decoders::cohere),
        ("gemini", targets::decoders::gemini),
        ("ollama", targets::decoders::ollama),
        ("responses", targets::decoders::responses),
        ("aws_frames", targets::aws_frames::run),
        ("passed_on", targets::passed_on::run),
    ];

    /// Beginnings of streams in the words of each dialect, so that something is read where there is no corpus.
    const MADE_UP: &[(&str, &[u8])] = &[
        ("anthropic", b"\x07event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"content\":[]}}\n\nevent: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"Hi\"}}\n\nevent: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"),
        ("cohere", b"\x03data: {\"type\":\"content-delta\",\"index\":0,\"delta\":{\"message\":{\"content\":{\"text\":\"Hi\"}}}}\n\ndata: {\"type\":\"message-end\",\"delta\":{\"finish_reason\":\"COMPLETE\"}}\n\n"),
        ("gemini", b"\x05data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Hi\"}]},\"finishReason\":\"STOP\"}]}\n\n"),
        ("ollama", b"\x02{\"message\":{\"content\":\"Hi\"},\"done\":false}\n{\"message\":{\"content\":\"\"},\"done\":true,\"done_reason\":\"stop\"}\n"),
        ("responses", b"\x07event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"id\":\"r\"}}\n\nevent: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"id\":\"r\",\"status\":\"completed\",\"output\":[]}}\n\n"),
        ("aws_frames", b"\x07\x00\x00\x00\x10\x00\x00\x00\x00\x05\xc2\x48\xeb\x7d\x98\xc8\xff"),
        ("passed_on", b"\x01\x07data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"),
    ];

    fn run(name: &str) -> Run {
        let found = RUN.iter().find(|(known, _)| *known == name);
        found.unwrap_or_else(|| panic!("no function for {name}")).1
    }

    #[test]
    fn what_is_made_up_is_taken_however_it_is_cut_short() {
        for (name, seed) in MADE_UP {
            for length in 0..=seed.len() {
                run(name)(&seed[..length]);
            }
        }
    }

    #[test]
    fn what_is_recorded_is_taken_whole_and_cut_short() {
        let recordings = recordings().unwrap();
        for target in TARGETS {
            let mut count = 0;
            for (recording, _, bytes) in &recordings {
                if !target.seeds.contain(recording) {
                    continue;
                }
                for end in [bytes.len(), bytes.len() / 2] {
                    run(target.name)(&[target.head, &bytes[..end]].concat());
                }
                count += 1;
            }
            assert!(
                count > 0 || recordings.is_empty(),
                "{} has no seed",
                target.name
            );
        }
    }
}
