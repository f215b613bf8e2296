//! State in scripted conversations: who made it, where it may go, and what becomes of it.

use super::*;

#[tokio::test(start_paused = true)]
async fn state_goes_to_those_who_take_it_and_a_fault_does_not_change_that() {
    let (plain, claude, cloud) = (
        Upstream::new("a", &[]),
        Upstream::new("b", CLAUDES),
        Upstream::new("c", CLAUDES),
    );
    let setup = Setup::default().ordered().with_models(&["claude-opus-5"]);
    let gateway = Gateway::new(&[&plain, &claude, &cloud], setup);
    let send = async |conversation: &str| {
        let body = chat(conversation, CLAUDE);
        gateway.send("alice", Operation::Chat, &body).await
    };
    assert_eq!(who(&send("1").await.unwrap()), "b");
    claude.answers(500);
    assert_eq!(who(&send("1").await.unwrap()), "c");
    cloud.answers(500);
    let error = send("1").await.unwrap_err();
    assert!(matches!(error.cause, RouteFailure::Call(_)), "{error}");
    assert_eq!(plain.count(), 0, "it would refuse the state, or lose it");
    // A conversation without state may go there.
    assert_eq!(gateway.chat("alice", "1").await, "a");
}

#[tokio::test(start_paused = true)]
async fn state_that_nobody_takes_is_refused_with_advice() {
    let (a, b) = (Upstream::new("a", &[]), Upstream::new("b", &["google*"]));
    let gateway = Gateway::new(&[&a, &b], Setup::default());
    let body = chat("1", CLAUDE);
    let error = gateway
        .send("alice", Operation::Chat, &body)
        .await
        .unwrap_err();
    let RouteFailure::StateBound(bound) = &error.cause else {
        panic!("{error}");
    };
    assert_eq!(bound.param(), "messages[1].reasoning_details[0]");
    let text = bound.to_string();
    assert!(
        text.contains("`anthropic-claude-v1`") && text.contains("leave_state_behind"),
        "{text}"
    );
    assert!(error.attempts.is_empty() && a.count() + b.count() == 0);
    // Not even the target that has the conversation gets what it is known to refuse.
    gateway.chat("alice", "1").await;
    let error = gateway
        .send("alice", Operation::Chat, &body)
        .await
        .unwrap_err();
    assert!(matches!(error.cause, RouteFailure::StateBound(_)));
}

#[tokio::test(start_paused = true)]
async fn what_may_be_left_is_left_with_those_who_do_not_take_it_and_named() {
    let (claude, plain) = (Upstream::new("a", CLAUDES), Upstream::new("b", &[]));
    let gateway = Gateway::new(&[&plain, &claude], Setup::default().ordered().leaving());
    let body = chat("1", CLAUDE);
    let send = || gateway.send("alice", Operation::Chat, &body);
    let dropped = |routed: &Routed| {
        let named = routed.reply.headers.get("x-gateway-dropped");
        named.map(|value| value.to_str().unwrap().to_owned())
    };
    // Who takes it comes before who does not, and gets it whole.
    let routed = send().await.unwrap();
    assert_eq!((who(&routed).as_str(), dropped(&routed)), ("a", None));
    assert_eq!(claude.last_body(), String::from_utf8_lossy(body.bytes()));
    claude.answers(500);
    let routed = send().await.unwrap();
    assert_eq!(who(&routed), "b");
    assert_eq!(
        dropped(&routed).as_deref(),
        Some("messages[1].reasoning_details[0]")
    );
    assert_eq!(
        plain.last_body(),
        String::from_utf8_lossy(chat("1", "").bytes())
    );
    // It stays there, still without.
    claude.answers(200);
    advance(RECOVERY).await;
    let routed = send().await.unwrap();
    assert_eq!(
        (who(&routed).as_str(), dropped(&routed).is_some()),
        ("b", true)
    );
    // Who asks for nothing to be lost gets nothing lost.
    let strict = gateway
        .send_strictly("alice", Operation::Chat, &body, true)
        .await
        .unwrap();
    assert_eq!((who(&strict).as_str(), dropped(&strict)), ("a", None));
}

#[tokio::test(start_paused = true)]
async fn what_nobody_can_tell_the_maker_of_goes_back_to_who_has_the_conversation_or_could_have_made_it()
 {
    let (a, b) = (Upstream::new("a", &[]), Upstream::new("b", &[]));
    let gateway = Gateway::new(&[&a, &b], Setup::default().ordered());
    let send = async |conversation: &str| {
        let body = chat(conversation, UNKNOWN);
        gateway.send("alice", Operation::Chat, &body).await
    };
    // Without a pin: the first that could have made it, and nobody behind it.
    assert_eq!(who(&send("new").await.unwrap()), "a");
    a.answers(500);
    assert_eq!(gateway.chat("alice", "1").await, "b");
    assert!(send("2").await.is_err());
    let at_b = b.count();
    // With a pin: there, and nowhere else.
    assert_eq!(who(&send("1").await.unwrap()), "b");
    a.answers(200);
    b.answers(500);
    let at_a = a.count();
    assert!(send("1").await.is_err());
    assert_eq!((a.count(), b.count() > at_b), (at_a, true));
}

#[tokio::test(start_paused = true)]
async fn a_response_is_gone_on_from_where_it_was_given() {
    let (a, b) = (Upstream::new("a", &[]), Upstream::new("b", &[]));
    let gateway = Gateway::new(&[&a, &b], Setup::default());
    let first = |text: &str| object(&format!(r#"{{"model":"m","input":"{text}"}}"#));
    let next = |id: &str| {
        object(&format!(
            r#"{{"model":"m","input":"on","previous_response_id":"{id}"}}"#
        ))
    };
    let send = async |tenant: &str, body: &RawObject| {
        gateway.send(tenant, Operation::Responses, body).await
    };
    for text in ["one", "two", "three", "four"] {
        let routed = send("alice", &first(text)).await.unwrap();
        let name = who(&routed);
        let ReplyBody::Whole { bytes, .. } = &routed.reply.body else {
            panic!("a whole answer");
        };
        let id = String::from_utf8_lossy(bytes)
            .split('"')
            .nth(3)
            .unwrap()
            .to_owned();
        let routed = send("alice", &next(&id)).await.unwrap();
        assert_eq!(who(&routed), name);
        let upstream = if name == "a" { &a } else { &b };
        upstream.answers(503);
        let other = if name == "a" { &b } else { &a };
        let before = other.count();
        assert!(
            send("alice", &next(&id)).await.is_err(),
            "nobody else has it"
        );
        assert_eq!(other.count(), before);
        upstream.answers(200);
        advance(RECOVERY).await;
    }
    // What stands for the conversation itself is not left behind.
    let leaving = Gateway::new(&[&a, &b], Setup::default().leaving());
    let routed = leaving
        .send("alice", Operation::Responses, &next("resp_a_1"))
        .await
        .unwrap();
    let kept = if who(&routed) == "a" { &a } else { &b };
    assert!(kept.last_body().contains("previous_response_id"));
}

/// What an upstream says with a signature, and what comes back of it.
fn signed(signature: &str) -> String {
    format!(
        r#","reasoning_details":[{{"type":"reasoning.text","signature":"{signature}","format":"anthropic-claude-v1"}}]"#
    )
}

/// A request that streams, or one that does not; with members of the assistant's message.
fn asks(conversation: &str, streams: bool, more: &str) -> RawObject {
    let user = if streams { "streams" } else { "does not" };
    let text = chat(conversation, more).bytes().clone();
    let text = String::from_utf8(text.to_vec()).unwrap();
    object(&text.replacen('{', &format!(r#"{{"user":"{user}","#), 1))
}

async fn read(routed: Routed) -> String {
    let who = who(&routed);
    if let ReplyBody::Events(events) = routed.reply.body {
        events.for_each(async |_| ()).await;
    }
    who
}

/// Two accounts of one provider.
fn accounts() -> (Arc<Upstream>, Arc<Upstream>) {
    let account = |number| Upstream::with_account("a", Some(number), CLAUDES);
    (account("1"), account("2"))
}

#[tokio::test(start_paused = true)]
async fn what_is_bound_to_an_account_goes_back_to_it_and_waits_for_it() {
    for streams in [false, true] {
        let (one, two) = accounts();
        let setup = Setup::default().with_models(&["claude-sonnet-5-5"]);
        let gateway = Gateway::new(&[&one, &two], setup);
        one.says(&signed("by-one"));
        two.says(&signed("by-two"));
        let send = async |tenant: &str, conversation: &str, more: &str| {
            let body = asks(conversation, streams, more);
            gateway.send(tenant, Operation::Chat, &body).await
        };
        let mut makers = std::collections::BTreeSet::new();
        for number in 0..8 {
            makers.insert(read(send("alice", &number.to_string(), "").await.unwrap()).await);
        }
        assert_eq!(makers.len(), 2, "both have answered");
        // In conversations that nobody has: the maker is known by the signature itself.
        for number in 10..18 {
            for (signature, maker) in [("by-one", "a#1"), ("by-two", "a#2")] {
                let conversation = format!("{signature}{number}");
                let routed = send("alice", &conversation, &signed(signature)).await;
                assert_eq!(read(routed.unwrap()).await, maker);
            }
        }
        one.answers(429);
        let at_two = two.count();
        assert!(send("alice", "20", &signed("by-one")).await.is_err());
        assert_eq!(two.count(), at_two, "it would refuse the signature");
        // Another caller's knowledge is not this one's: all that can be told is the form.
        let mut met = std::collections::BTreeSet::new();
        for number in 30..46 {
            let routed = send("bob", &number.to_string(), &signed("by-one")).await;
            met.insert(read(routed.unwrap()).await);
        }
        assert_eq!(met.into_iter().collect::<Vec<_>>(), ["a#2"]);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_bound_to_a_model_goes_to_the_same_at_others_and_to_no_other_model() {
    let (home, cloud) = (Upstream::new("a", CLAUDES), Upstream::new("b", CLAUDES));
    let setup = Setup::default()
        .ordered()
        .with_models(&["claude-opus-5", "claude-sonnet-5"]);
    let gateway = Gateway::new(&[&home, &cloud], setup);
    home.says(&signed("by-opus"));
    let first = gateway.send("alice", Operation::Chat, &chat("1", "")).await;
    assert_eq!(first.unwrap().target.model, "claude-opus-5");
    let state = chat("elsewhere", &signed("by-opus"));
    let send = || gateway.send("alice", Operation::Chat, &state);
    home.answers(500);
    let moved = send().await.unwrap();
    assert_eq!(
        (who(&moved).as_str(), &*moved.target.model),
        ("b", "claude-opus-5")
    );
    cloud.answers(500);
    let error = send().await.unwrap_err();
    let models: Vec<&str> = error.attempts.iter().map(|it| it.model.as_str()).collect();
    assert!(
        models.iter().all(|model| *model == "claude-opus-5"),
        "{models:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn only_what_is_bound_is_left_behind() {
    let (one, two) = accounts();
    let setup = Setup::default().ordered().leaving();
    let gateway = Gateway::new(&[&one, &two], setup.with_models(&["claude-sonnet-5-5"]));
    let both = r#","reasoning_details":[{"type":"reasoning.text","signature":"by-one","format":"anthropic-claude-v1"},{"type":"reasoning.text","signature":"by-two","format":"anthropic-claude-v1"}]"#;
    one.says(&signed("by-one"));
    two.says(&signed("by-two"));
    for number in 0..8 {
        gateway.chat("alice", &number.to_string()).await;
    }
    let body = chat("new", both);
    let routed = gateway.send("alice", Operation::Chat, &body).await.unwrap();
    let (kept, gone, place) = if who(&routed) == "a#1" {
        (one.last_body(), "by-two", 1)
    } else {
        (two.last_body(), "by-one", 0)
    };
    assert!(kept.contains("\"by-") && !kept.contains(gone), "{kept}");
    let dropped = routed.reply.headers.get("x-gateway-dropped").unwrap();
    assert_eq!(
        dropped.to_str().unwrap(),
        format!("messages[1].reasoning_details[{place}]")
    );
}

#[tokio::test(start_paused = true)]
async fn makers_are_remembered_over_a_reload_and_while_affinity_is_off_for_the_alias() {
    let (one, two) = accounts();
    let pool = PoolSettings {
        affinity: false,
        ..PoolSettings::default()
    };
    let setup = Setup {
        pool,
        ..Setup::default().with_models(&["claude-sonnet-5-5"])
    };
    let before = Gateway::new(&[&one, &two], setup);
    one.says(&signed("by-one"));
    two.says(&signed("by-two"));
    for number in 0..8 {
        before.chat("alice", &number.to_string()).await;
    }
    let (parts, settings) = parts(&[&two, &one], setup);
    let after = Gateway {
        router: Router::succeeding(&before.router, parts, settings).unwrap(),
    };
    for (signature, maker) in [("by-one", "a#1"), ("by-two", "a#2"), ("by-one", "a#1")] {
        let body = chat("new", &signed(signature));
        let routed = after.send("alice", Operation::Chat, &body).await.unwrap();
        assert_eq!(who(&routed), maker);
    }
    // Its account is gone: it goes nowhere.
    let (parts, settings) = super::parts(&[&two, &Upstream::new("b", CLAUDES)], setup);
    let without = Gateway {
        router: Router::succeeding(&after.router, parts, settings).unwrap(),
    };
    let body = chat("new", &signed("by-one"));
    let error = without
        .send("alice", Operation::Chat, &body)
        .await
        .unwrap_err();
    assert!(
        matches!(error.cause, RouteFailure::StateBound(_)),
        "{error}"
    );
}

/// A chat with a file that an account keeps, or options for one provider.
fn with_file(conversation: &str) -> RawObject {
    object(&format!(
        r#"{{"model":"m","prompt_cache_key":"{conversation}","messages":[{{"role":"user","content":[{{"type":"file","file":{{"file_id":"file-1"}}}}]}}]}}"#
    ))
}

#[tokio::test(start_paused = true)]
async fn a_file_stays_with_the_account_that_has_the_conversation() {
    let account = |number| Upstream::with_account("a", Some(number), &[]);
    let (one, two, other) = (account("1"), account("2"), Upstream::new("b", &[]));
    let gateway = Gateway::new(&[&one, &two, &other], Setup::default().ordered());
    let send = async |conversation: &str| {
        let body = with_file(conversation);
        gateway.send("alice", Operation::Chat, &body).await
    };
    let home = who(&send("1").await.unwrap());
    let (at_home, sibling) = if home == "a#1" {
        (&one, &two)
    } else {
        (&two, &one)
    };
    for _ in 0..3 {
        assert_eq!(who(&send("1").await.unwrap()), home);
    }
    at_home.answers(429);
    let asked = (sibling.count(), other.count());
    assert!(send("1").await.is_err());
    assert_eq!((sibling.count(), other.count()), asked);
    // Without a conversation: the first provider's accounts may be asked, and nobody else.
    assert_eq!(who(&send("2").await.unwrap()), sibling_of(&home));
    sibling.answers(500);
    assert!(send("3").await.is_err());
    assert_eq!(other.count(), 0);
    // Text goes to whoever is well.
    assert_eq!(gateway.chat("alice", "4").await, "b");
}

fn sibling_of(label: &str) -> &'static str {
    if label == "a#1" { "a#2" } else { "a#1" }
}

#[tokio::test(start_paused = true)]
async fn options_for_one_provider_say_whose_the_names_in_them_are() {
    let (a, b) = (Upstream::new("a", &[]), Upstream::new("b", &["google*"]));
    let gateway = Gateway::new(&[&a, &b], Setup::default().ordered());
    for name in ["b", "google"] {
        let body = object(&format!(
            r#"{{"messages":[],"provider_options":{{"{name}":{{"cachedContent":"cachedContents/1"}}}}}}"#
        ));
        let routed = gateway.send("alice", Operation::Chat, &body).await.unwrap();
        assert_eq!(who(&routed), "b", "{name}");
    }
}
