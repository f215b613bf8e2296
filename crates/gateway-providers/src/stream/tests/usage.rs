//! What streams say they used: found, merged, and hidden from who did not ask.

use super::*;

fn hide() -> GuardRules {
    GuardRules {
        hide_usage: true,
        ..chunks_rules()
    }
}

fn heard(rules: GuardRules, stream: &str) -> Heard {
    run(rules, stream.as_bytes(), usize::MAX, UpstreamEnd::Clean)
}

fn output(heard: &Heard) -> Option<u64> {
    heard.usage.and_then(|usage| usage.output)
}

/// OpenAI's stream when usage was asked for: `null` everywhere, and a last chunk without choices.
fn asked() -> String {
    let null = |chunk: String| chunk.replace("}]}", "}],\"usage\":null,\"obfuscation\":\"xY\"}");
    let report = r#"{"id":"c","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5},"obfuscation":""}"#;
    events([null(said("a")), null(finished()), report.to_owned()]) + DONE
}

#[test]
fn injected_usage_is_counted_and_hidden() {
    let heard = heard(hide(), &asked());
    let without_null = |chunk: String| chunk.replace("}]}", "}],\"obfuscation\":\"xY\"}");
    assert_eq!(
        heard.text,
        events([without_null(said("a")), without_null(finished())]) + DONE
    );
    assert_eq!(
        (output(&heard), heard.events, heard.kind()),
        (Some(2), 2, None)
    );
}

#[test]
fn usage_that_the_client_asked_for_stays_byte_for_byte() {
    let heard = heard(chunks_rules(), &asked());
    assert_eq!(
        (heard.text.as_str(), output(&heard), heard.events),
        (asked().as_str(), Some(2), 3)
    );
}

#[test]
fn usage_beside_content_stays_even_when_usage_is_hidden() {
    let last = finished().replace("}]}", "}],\"usage\":{\"completion_tokens\":4}}");
    let heard = heard(hide(), &events([said("a"), last.clone()]));
    assert_eq!(
        (heard.text.clone(), output(&heard)),
        (events([said("a"), last]) + DONE, Some(4))
    );
}

#[test]
fn a_first_chunk_without_choices_is_no_usage_chunk() {
    let first = r#"{"id":"","choices":[],"prompt_filter_results":[]}"#;
    let heard = heard(hide(), &events([first.to_owned(), said("a"), finished()]));
    assert_eq!(
        heard.text,
        events([first.to_owned(), said("a"), finished()]) + DONE
    );
}

#[test]
fn f28_the_last_report_wins_and_none_is_summed() {
    let report = |count: u64| {
        said("x").replace(
            "}]}",
            &format!("}}],\"usage\":{{\"completion_tokens\":{count}}}}}"),
        )
    };
    let end = r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"x_groq":{"usage":{"completion_tokens":9}}}"#;
    assert_eq!(
        output(&heard(
            chunks_rules(),
            &events([report(3), report(5), end.to_owned()])
        )),
        Some(9)
    );
    assert_eq!(
        output(&heard(
            chunks_rules(),
            &events([report(3), report(9), report(5), finished()])
        )),
        Some(9)
    );
    assert_eq!(
        output(&heard(chunks_rules(), &events([said("a"), finished()]))),
        None
    );
}

#[test]
fn f30_zero_is_a_count_and_nonsense_is_none() {
    for (count, expected) in [("0", Some(0)), ("-4", None), ("99999999999999999999", None)] {
        let end = finished().replace(
            "}]}",
            &format!("}}],\"usage\":{{\"completion_tokens\":{count}}}}}"),
        );
        assert_eq!(
            output(&heard(chunks_rules(), &events([said("a"), end]))),
            expected,
            "{count}"
        );
    }
}

#[test]
fn a_hidden_report_alone_still_gives_a_batch() {
    let mut guard = StreamGuard::new(hide());
    guard.push(Bytes::from(events([said("a"), finished()])));
    let step = guard.push(Bytes::from(events([
        r#"{"choices":[],"usage":{"completion_tokens":1}}"#,
    ])));
    assert!(step.batch.bytes.is_empty() && step.outcome.is_none());
    assert_eq!(step.batch.usage.and_then(|usage| usage.output), Some(1));
}

#[test]
fn the_responses_api_reports_inside_of_its_last_event() {
    let stream = "data: {\"type\":\"response.completed\",\"response\":{\"usage\":{\"input_tokens\":1,\"output_tokens\":6}}}\n\n";
    assert_eq!(output(&hear_typed(stream)), Some(6));
}
