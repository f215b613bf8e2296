//! The bytes of both answers.

use std::sync::Arc;

use bytes::Bytes;
use gateway_providers::{
    FaultKind,
    provider::{ListedModel, ModelListing, SharedProvider},
};
use http::StatusCode;
use serde_json::{Value, json};

use super::*;
use crate::{
    Router, RouterSettings,
    fixture::{Script, Scripted, list as ids, model, object},
    resolve::{Alias, ModelPolicy, TableParts},
};

fn router(providers: Vec<(&str, Script)>, more: impl FnOnce(&mut TableParts)) -> Router {
    let providers = providers
        .into_iter()
        .map(|(name, script)| Arc::new(Scripted::new(name, [script])) as SharedProvider)
        .collect();
    let mut parts = TableParts {
        providers,
        ..TableParts::default()
    };
    more(&mut parts);
    Router::new(parts, RouterSettings::default()).unwrap()
}

fn listing(models: Vec<ListedModel>) -> Script {
    Script::Listing(ModelListing { models, raw: None })
}

fn alias(name: &str, target: &str, hidden: bool) -> Alias {
    Alias {
        hidden,
        ..Alias::new(name, vec![target.parse().unwrap()])
    }
}

fn text(answer: Result<Bytes, ListError>) -> String {
    String::from_utf8(answer.unwrap().to_vec()).unwrap()
}

async fn names(router: &Router, provider: Option<&str>) -> Vec<String> {
    let answer: Value = serde_json::from_slice(&router.models(provider).await.unwrap()).unwrap();
    let models = answer["data"].as_array().unwrap().iter();
    models
        .map(|model| model["id"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test(start_paused = true)]
async fn ids_are_prefixed_and_everything_else_keeps_its_bytes() {
    let vllm = vec![model(
        "Qwen/Q",
        r#","max_model_len":32768,"x":1e2,"permission":[ {"a" : "\u00e9"} ]"#,
    )];
    let router = router(
        vec![("lab", listing(vllm)), ("groq", ids(&["b", "a", "b"]))],
        |_| {},
    );
    assert_eq!(
        text(router.models(None).await),
        concat!(
            r#"{"object":"list","data":["#,
            r#"{"id":"lab/Qwen/Q","object":"model","created":7,"owned_by":"maker","max_model_len":32768,"x":1e2,"#,
            r#""permission":[ {"a" : "\u00e9"} ],"served_by":"lab"},"#,
            r#"{"id":"groq/b","object":"model","created":7,"owned_by":"maker","served_by":"groq"},"#,
            r#"{"id":"groq/a","object":"model","created":7,"owned_by":"maker","served_by":"groq"}]}"#
        )
    );
    assert_eq!(
        text(router.models(Some("GROQ")).await),
        concat!(
            r#"{"object":"list","provider":"groq","data":["#,
            r#"{"id":"groq/b","object":"model","created":7,"owned_by":"maker","served_by":"groq"},"#,
            r#"{"id":"groq/a","object":"model","created":7,"owned_by":"maker","served_by":"groq"}]}"#
        )
    );
}

#[tokio::test(start_paused = true)]
async fn what_openais_clients_need_is_mended() {
    let bare = |id: &str, text: &str| ListedModel {
        id: id.to_owned(),
        object: object(text),
    };
    let models = vec![
        bare("a", r#"{"id":"a"}"#),
        bare(
            "b",
            r#"{"id":"b","created":1700000000.9,"object":null,"owned_by":7,"served_by":"else"}"#,
        ),
        bare("c", r#"{"id":"c","created":"soon"}"#),
    ];
    let router = router(vec![("lab", listing(models)), ("other", ids(&[]))], |_| {});
    let answer: Value = serde_json::from_slice(&router.models(None).await.unwrap()).unwrap();
    let fixed = |id: &str, created: i64| json!({"id": id, "object": "model", "created": created, "owned_by": "lab", "served_by": "lab"});
    assert_eq!(
        answer["data"],
        json!([
            fixed("lab/a", 0),
            fixed("lab/b", 1_700_000_000),
            fixed("lab/c", 0)
        ])
    );
}

#[tokio::test(start_paused = true)]
async fn partial_failure_leaves_the_others_and_nothing_at_all_is_an_empty_list() {
    let unreachable = || Script::Fail(FaultKind::Unreachable);
    let some = router(
        vec![
            ("dead", unreachable()),
            ("slow", Script::Hang),
            ("ok", ids(&["m"])),
        ],
        |_| {},
    );
    assert_eq!(names(&some, None).await, ["ok/m"]);
    let none = router(vec![("dead", unreachable()), ("empty", ids(&[]))], |_| {});
    assert_eq!(
        text(none.models(None).await),
        r#"{"object":"list","data":[]}"#
    );
    assert_eq!(
        text(router(vec![], |_| {}).models(None).await),
        r#"{"object":"list","data":[]}"#
    );
}

#[tokio::test(start_paused = true)]
async fn one_provider_asked_for_alone_says_that_it_fails() {
    let router = router(
        vec![
            ("dead", Script::Fail(FaultKind::Unreachable)),
            ("slow", Script::Hang),
            ("ok", ids(&["m"])),
        ],
        |_| {},
    );
    for (name, status) in [
        ("dead", StatusCode::BAD_GATEWAY),
        ("slow", StatusCode::GATEWAY_TIMEOUT),
    ] {
        match router.models(Some(name)).await.unwrap_err() {
            ListError::Unavailable { provider, failure } => {
                assert_eq!((provider.as_str(), failure.status()), (name, status));
            }
            other => panic!("{other}"),
        }
        let id = format!("{name}/m");
        assert!(matches!(
            router.model(&id).await,
            Err(ListError::Unavailable { .. })
        ));
    }
    assert!(matches!(
        router.models(Some("bogus")).await,
        Err(ListError::Resolve(ResolveError::UnknownProvider { .. }))
    ));
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_was_down_is_asked_anew_when_it_is_asked_for_alone() {
    let lab = Scripted::new("lab", [Script::Fail(FaultKind::Unreachable), ids(&["m"])]);
    let parts = TableParts {
        providers: vec![Arc::new(lab)],
        ..TableParts::default()
    };
    let router = Router::new(parts, RouterSettings::default()).unwrap();
    assert!(router.models(Some("lab")).await.is_err());
    assert!(
        router.models(Some("lab")).await.is_err(),
        "not before the retry is due"
    );
    tokio::time::sleep(std::time::Duration::from_secs(15)).await;
    assert_eq!(names(&router, Some("lab")).await, ["lab/m"]);
}

#[tokio::test(start_paused = true)]
async fn aliases_come_first_hide_their_namesakes_and_can_be_hidden() {
    let router = router(vec![("lab", ids(&["m", "n"]))], |parts| {
        parts.aliases = vec![
            alias("z", "lab/m", false),
            alias("a", "lab/m", false),
            alias("secret", "lab/m", true),
            alias("w-*", "lab/*", false),
            alias("lab/n", "lab/m", false),
        ];
    });
    assert_eq!(names(&router, None).await, ["z", "a", "lab/n", "lab/m"]);
    assert_eq!(names(&router, Some("lab")).await, ["lab/m", "lab/n"]);
    let object = r#"{"id":"secret","object":"model","created":0,"owned_by":"gateway","served_by":"gateway"}"#;
    assert_eq!(text(router.model("secret").await), object);
}

#[tokio::test(start_paused = true)]
async fn the_policy_filters_lists_and_look_ups() {
    let router = router(
        vec![("lab", ids(&["m", "n"])), ("groq", ids(&["m", "n"]))],
        |parts| {
            parts.policy = ModelPolicy::parse("LAB/m, n, fast", "");
            parts.aliases = vec![
                alias("fast", "groq/m", false),
                alias("slow", "lab/m", false),
            ];
        },
    );
    assert_eq!(
        names(&router, None).await,
        ["fast", "lab/m", "lab/n", "groq/n"]
    );
    assert_eq!(names(&router, Some("groq")).await, ["groq/n"]);
    for id in ["groq/m", "slow"] {
        assert!(matches!(
            router.model(id).await,
            Err(ListError::Resolve(ResolveError::ModelNotAllowed { .. }))
        ));
    }
    assert!(router.model("lab/m").await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_single_backends_list_is_its_own_bytes() {
    let raw = Bytes::from_static(
        b"{ \"data\": [ {\"id\":\"Qwen/Q\",\"root\":\"Qwen/Q\"}],\n \"object\":\"list\" }\n",
    );
    let models = vec![
        ListedModel {
            id: "Qwen/Q".to_owned(),
            object: object(r#"{"id":"Qwen/Q","root":"Qwen/Q"}"#),
        },
        model("other", ""),
    ];
    let backend = || {
        Script::Listing(ModelListing {
            models: models.clone(),
            raw: Some(raw.clone()),
        })
    };
    let single = router(vec![("vllm", backend())], |parts| {
        parts.single_backend = true;
    });
    for query in [None, Some(""), Some("vllm")] {
        assert_eq!(single.models(query).await.unwrap(), raw);
    }
    assert_eq!(
        text(single.model("Qwen/Q").await),
        r#"{"id":"Qwen/Q","root":"Qwen/Q"}"#
    );
    assert!(matches!(
        single.model("nothing").await,
        Err(ListError::Resolve(ResolveError::ModelNotFound { .. }))
    ));
    let filtered = router(vec![("vllm", backend())], |parts| {
        parts.single_backend = true;
        parts.policy = ModelPolicy::parse("", "other");
    });
    assert_eq!(
        text(filtered.models(None).await),
        r#"{"object":"list","data":[{"id":"Qwen/Q","root":"Qwen/Q"}]}"#
    );
    let down = router(
        vec![("vllm", Script::Fail(FaultKind::Unreachable))],
        |parts| {
            parts.single_backend = true;
        },
    );
    assert!(matches!(
        down.models(None).await,
        Err(ListError::Unavailable { .. })
    ));
}

#[tokio::test(start_paused = true)]
async fn a_model_is_found_by_every_spelling() {
    let router = router(
        vec![
            ("qwen", ids(&["qwen-max"])),
            ("ollama", ids(&["deepseek-r1:1.5b"])),
            (
                "vllm",
                crate::fixture::after(300, ids(&["Qwen/Q", "qwen-max"])),
            ),
        ],
        |parts| parts.default_model = Some("qwen-max".to_owned()),
    );
    for (id, published) in [
        ("Qwen/Q", "vllm/Qwen/Q"),
        ("vllm/Qwen/Q", "vllm/Qwen/Q"),
        ("VLLM/Qwen/Q", "vllm/Qwen/Q"),
        ("qwen-max", "qwen/qwen-max"),
        ("vllm/qwen-max", "vllm/qwen-max"),
        ("deepseek-r1:1.5b", "ollama/deepseek-r1:1.5b"),
        ("default", "default"),
    ] {
        let found: Value = serde_json::from_slice(&router.model(id).await.unwrap()).unwrap();
        assert_eq!(found["id"], published, "{id}");
    }
    let listed = names(&router, None).await;
    assert_eq!(listed.first().map(String::as_str), Some("default"));
    for id in ["qwen/nothing", "nothing", "QWEN-MAX"] {
        let error = router.model(id).await.unwrap_err();
        assert!(
            matches!(
                error,
                ListError::Resolve(ResolveError::ModelNotFound { .. })
            ),
            "{id}"
        );
    }
}
