//! Which providers a request has: the header, its default, aliases, and what the operator's lists say of each.

use gateway_testkit::{Reply, Request, Response};

use super::{BOTH, Pair, SEQUENCE, attempts};
use crate::support::{GOOD_CHAT, assert_error, each, model_list};

/// Both list the models of which a bare name is used; the first then fails.
fn pair(more: &str, environment: &[(&str, &str)]) -> Pair {
    let pair = Pair::start(
        |request| if request.path().ends_with("/models") { Reply::json(200, &model_list(&["alpha", "only-first"])) } else { Reply::status(503) },
        more,
        environment,
    );
    assert_eq!(pair.gateway.send(&Request::get("/v1/models")).status(), 200);
    pair
}

fn post(path: &str, model: &str) -> Request {
    Request::post(path, format!(r#"{{"model":"{model}","messages":[{{"role":"user","content":"x"}}]}}"#))
}

/// The model that each upstream was asked for.
fn models(pair: &Pair) -> (Option<String>, Option<String>) {
    let last = |upstream: &gateway_testkit::ScriptedUpstream| upstream.requests().iter().rev().find_map(|request| request.model());
    (last(&pair.first), last(&pair.second))
}

/// (model, at the first, at the second)
const NAMES: &[(&str, &str, &str)] = &[
    ("m", "m", "m"),
    ("first/m", "m", "m"),
    ("SECOND/m", "m", "m"),
    ("openai/m", "openai/m", "openai/m"),
    ("org/Model:1b", "org/Model:1b", "org/Model:1b"),
    ("both", "a", "b"),
    ("deployed", "deployed", "my-deployment"),
    ("wild-x", "wild-x", "w-x"),
    ("default", "d", "d"),
];

#[test]
fn each_provider_is_asked_for_the_model_under_its_own_name() {
    let more = "[resilience]\nbreaker = false\n[routing]\ndefault_model = \"d\"\n[models.both]\ntargets = [\"second/b\", \"first/a\"]\n[models.deployed]\ntargets = [\"second/my-deployment\"]\n[models.\"wild-*\"]\ntargets = [\"second/w-*\"]\n";
    let pair = pair(more, &[]);
    each(NAMES, |(model, first, second)| {
        for path in ["/v1/chat/completions", "/chat/completions", "/v1/chat/completions?provider=first"] {
            let response = pair.gateway.send(&post(path, model).header(SEQUENCE, BOTH));
            assert_eq!(attempts(&response), "first=503,second=200", "{model} {path}: {}", response.text());
            assert_eq!(models(&pair), (Some((*first).to_owned()), Some((*second).to_owned())), "{model}");
            assert_eq!((response.header("x-selected-provider"), response.header("x-selected-model")), (Some("second"), Some(*second)));
            assert_eq!(response.status(), if path.starts_with("/v1") { 200 } else { 201 });
        }
    });
}

/// (path, header, attempts). `gone` and `groq` are not configured.
const WHO: &[(&str, Option<&str>, &str)] = &[
    ("/v1/chat/completions", None, "first=503,first=503"),
    ("/v1/chat/completions", Some(""), "first=503,first=503"),
    ("/v1/chat/completions", Some(r#"["second","first"]"#), "second=200"),
    ("/v1/chat/completions", Some(r#"["groq","first","openai","second"]"#), "first=503,second=200"),
    ("/chat/completions", None, "first=503,second=200"),
    ("/chat/completions", Some(" "), "first=503,second=200"),
    ("/chat/completions", Some(r#"["first"]"#), "first=503,first=503"),
    ("/chat/completions?provider=first", None, "first=503,first=503"),
];

/// C-16: no header is no failover below `/v1`, and the configured sequence elsewhere.
#[test]
fn c16_without_a_header() {
    let environment = [("DEFAULT_FAILOVER_SEQUENCE", r#"["azure", "first", "second"]"#)];
    let pair = pair("[resilience]\nbreaker = false\n", &environment);
    each(WHO, |(path, header, expected)| {
        for model in ["first/m", "only-first"] {
            let request = header.iter().fold(post(path, model), |request, value| request.header(SEQUENCE, value));
            let response = pair.gateway.send(&request);
            assert_eq!(attempts(&response), *expected, "{path} {header:?} {model}: {}", response.text());
        }
    });
    // Without `/v1` a name that leads nowhere is tried in the sequence.
    assert_eq!(attempts(&pair.gateway.send(&post("/chat/completions", "nowhere"))), "first=503,second=200");
    assert_eq!(pair.gateway.send(&post("/v1/chat/completions", "nowhere")).status(), 404);
}

/// An alias, and a model of a provider outside of it, are nothing that a default sequence could mean.
#[test]
fn c16_what_says_where_it_goes_goes_there() {
    let more = "[resilience]\nbreaker = false\n[models.named]\ntargets = [\"second/b\"]\n";
    let pair = pair(more, &[("DEFAULT_FAILOVER_SEQUENCE", "first")]);
    for model in ["named", "second/m"] {
        assert_eq!(attempts(&pair.gateway.send(&post("/chat/completions", model))), "second=200", "{model}");
    }
}

#[track_caller]
fn refused(response: &Response, code: &str) {
    assert_error(code, response, 400, "invalid_request", code);
}

#[test]
fn c17_and_c18_names_that_do_not_fit() {
    let pair = pair("", &[]);
    let ask = |path: &str, sequence: &str| pair.gateway.send(&post(path, "m").header(SEQUENCE, sequence));
    let chat = "/v1/chat/completions";
    refused(&ask(chat, r#"["first","bogus"]"#), "unknown_provider");
    refused(&ask(chat, r#"["bogus"]"#), "unknown_provider");
    refused(&ask(chat, r#"["groq","mistral"]"#), "provider_not_configured");
    refused(&ask(chat, "first"), "invalid_header");
    refused(&ask(chat, r#"["first","FIRST"]"#), "invalid_header");
    refused(&ask("/v1/chat/completions?provider=second", BOTH), "invalid_value");
    assert_eq!(pair.calls(), (0, 0), "nothing was sent");
}

/// The operator's lists are held against every target: who may not answer is not asked.
#[test]
fn a_model_that_is_not_allowed_at_one_provider_is_not_asked_for_there() {
    let first_only = pair("", &[("DISALLOWED_MODELS", "second/m")]);
    let response = first_only.gateway.send(&post("/v1/chat/completions", "m").header(SEQUENCE, BOTH));
    assert_eq!(attempts(&response), "first=503,first=503", "{}", response.text());
    let second_only = pair("", &[("ALLOWED_MODELS", "second/m")]);
    let response = second_only.gateway.send(&post("/v1/chat/completions", "first/m").header(SEQUENCE, BOTH));
    assert_eq!((attempts(&response), response.text().as_str()), ("second=200", GOOD_CHAT));
    let neither = pair("", &[("ALLOWED_MODELS", "other")]);
    let response = neither.gateway.send(&post("/v1/chat/completions", "m").header(SEQUENCE, BOTH));
    assert_error("neither", &response, 403, "permission_denied", "model_not_allowed");
    assert_eq!(neither.calls(), (0, 0));
}

/// A bare name that several providers list is served by the first of them, and by nobody in its place.
#[test]
fn a_namesake_is_no_stand_in() {
    let pair = pair("", &[]);
    let response = pair.gateway.send(&post("/v1/chat/completions", "alpha"));
    assert_eq!((response.status(), attempts(&response)), (503, "first=503,first=503"));
    assert_eq!(pair.calls(), (0, 0));
}
