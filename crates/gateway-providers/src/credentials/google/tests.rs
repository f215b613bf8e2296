//! Tokens from a scripted login server.

use std::{
    collections::VecDeque,
    fs,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use futures::{StreamExt, stream};
use gateway_client::transport::{
    RequestBody, Transport, TransportError, TransportErrorKind, TransportRequest, TransportResponse,
};
use http::{HeaderMap, Method, StatusCode};
use serde_json::{Value, json};
use url::Url;

use super::{GoogleSource, GoogleTokens, assertion, metadata_url};
use crate::{CallError, Catalog, FaultKind, ProviderInput, ProviderSettings, credentials::Signer};

/// A key that was made for this test and opens nothing.
const KEY: &str = "\
     MIIEvAIBADANBgkqhkiG9w0BAQEFAASCBKYwggSiAgEAAoIBAQCnFwOTO12jR2wusQbfQnJelnkgVQ4G9dGmL+psE9em0Z3qPhSh\n\
     HPAd8r7l6AkVfQEgRXkDiNUbjGehdWDhLg5suTwWSxWGKqgUqfJl68ZLEm9uzY/wG2cR3it4maaV3suXE0KxqsR7Hq0EEcWM23G0\n\
     COs9Ml7HPBOXQVmeT4gp+ydI+hC/5XQcBBrF/RMdm1dWIhmeq4qfXx6njoz1kIGr1WJzd0bY1N+xMZdvpKaNaoRf/bmh0PAlb0s2\n\
     tuhMyAIkgHVhRY6GF/jJ6YHitUcBYIZid6FPS3G6YKcIGfpm9DjBYQKNQyROSuQVq0jEyEr/jwyeewW7NQnc0Fj2dpkRAgMBAAEC\n\
     ggEACJ+09Qfm3NMGX+COKL6+tWgRx1vsdeqBEBFACaT6h+cgveLHYMtkDz+kn6war+u8P6SmSsroqNvVy20J+4VLhEwJMGNesIaK\n\
     F0rwMld5bA1/B9p/N9bKOo9bcgWIJgsSOfFqC05zhqE+L8wVBKCc3Txqm8V6Q9Ezd6aNUBDtx7DT5DSKKmitWekyVeFS0eKAE+In\n\
     udD9vX/2NtuiHspRShNsrhU9G3Qix5cMwjCW1VQVEJCmVRLkMDnPcvV59FU5yBh+nuU9hav+I/x+1osZy228rEghef26D2TaIL/f\n\
     +Xac6A9gyzQBEluV7gIDHcCImUudR/oYwGc8HW1PBHBCqwKBgQDaaOQsEbvgfhtxBuj5x6ju6qOOQmSs5udBRfr1W1H16q/EGQEb\n\
     WLwjOLiNPnI6u+VcmL0dMFMIKlR77ulcCvGOCNAPiwE+/1CBjZFgK4fgBkEYOHWw5yTYuoSsMMbifbl7V8F0aFwQryfJs5zZ1Dxd\n\
     N6kfZeOuAFLRR1V1ptQsPwKBgQDD2Pn5zMnRLceldubwQvbDNhT1F7qVBu/YUvF6vCfCVJmyrIJD0XAryL+M9JX7NRagok1yf2aT\n\
     ZUBMNr3s/s5icxUxK2I2QTmJBeErlt10aZ5YGdN81CLPQWhyc5LDpkfX0CcxAl5Lo1NeEzLKO2LraOYl3QXv5Fv+osSvCGUmrwKB\n\
     gEUOHv50CPP8y05cQfMflqEbnOTQxyYHx5xStPs4iVx4fGRDB5+O2cVFHMzDrrg1SlqRjFGbQtV1FMsuiafpaeBflvEjIRy6+shL\n\
     a2h9uvMw5wnyZ/uryXGg32vV7DwWRjviTi8xA9LennTejjwtJ3zNqXJc87TDM2wp4rJVMgZfAoGAC0yIV34WIqhWfVhXyILEg8yp\n\
     9t3wmMp2qe9XGTKjxJVm7KUBOvJpW01Qp8wwnvaYIJpch3+MJnLP+9WorXSh6ZIkJdsP5ntq21nofMBOdHnndcO/rNL8UyK96OR8\n\
     EieUu4G50R0G3axFkgbfhkVY1qYNqR+QSR/Oouk3GbYNR+cCgYAzXfvtNlQM61iSosxqEp4ODlLnwRbhRfPEfBvYw16MKuh4Dz2c\n\
     H/4Nh+62sC8T9R9Yhzifqk02eYn9U5/anW5xpl1lEK3M0JJkcEnFgzDmNNh4KnUg3kIlFpV8YI9VuAb+2DEvMYIR/ZtrqPdmVheQ\n\
     i6E8OwayzbRJR97xy8ij0Q==\n\
";

/// What a request said.
#[derive(Debug, Clone)]
struct Asked {
    method: Method,
    url: String,
    headers: HeaderMap,
    form: Vec<(String, String)>,
    body: String,
}

/// A login server that gives its answers in turn, and remembers what was asked.
#[derive(Debug, Default)]
struct Script {
    answers: Mutex<VecDeque<(u16, Value)>>,
    asked: Mutex<Vec<Asked>>,
    /// How long each answer takes.
    delay: Duration,
}

impl Script {
    fn new(answers: impl IntoIterator<Item = (u16, Value)>) -> Arc<Self> {
        Arc::new(Self {
            answers: Mutex::new(answers.into_iter().collect()),
            ..Self::default()
        })
    }

    fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

#[async_trait]
impl Transport for Script {
    async fn send(&self, request: TransportRequest) -> Result<TransportResponse, TransportError> {
        let body = match &request.body {
            RequestBody::Full(body) => String::from_utf8(body.to_vec()).unwrap(),
            _ => String::new(),
        };
        let form = url::form_urlencoded::parse(body.as_bytes())
            .into_owned()
            .collect();
        self.asked.lock().unwrap().push(Asked {
            method: request.method,
            url: request.url.to_string(),
            headers: request.headers,
            form,
            body,
        });
        tokio::time::sleep(self.delay).await;
        let answer = self.answers.lock().unwrap().pop_front();
        let (status, body) = answer
            .ok_or_else(|| TransportError::new(TransportErrorKind::Connect, "nobody is there"))?;
        Ok(TransportResponse {
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::new(),
            body: stream::iter([Ok(Bytes::from(body.to_string()))]).boxed(),
        })
    }
}

fn token(text: &str, seconds: u64) -> (u16, Value) {
    (
        200,
        json!({"access_token": text, "expires_in": seconds, "token_type": "Bearer"}),
    )
}

/// A file that is gone when the test is over.
struct TestFile(PathBuf);

impl TestFile {
    fn new(name: &str, content: &Value) -> Self {
        let name = format!("gateway-google-{}-{name}.json", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::write(&path, content.to_string()).unwrap();
        Self(path)
    }
}

impl Drop for TestFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn pem() -> String {
    format!(
        "-----BEGIN {0} KEY-----\n{KEY}-----END {0} KEY-----\n",
        "PRIVATE"
    )
}

fn request() -> TransportRequest {
    TransportRequest {
        method: Method::POST,
        url: Url::parse("https://aiplatform.googleapis.com/v1/x").unwrap(),
        headers: HeaderMap::new(),
        body: RequestBody::Empty,
        head_timeout: None,
    }
}

async fn sent(tokens: &GoogleTokens) -> Result<String, CallError> {
    let mut request = request();
    tokens.sign(&mut request).await?;
    let header = &request.headers["authorization"];
    assert!(header.is_sensitive());
    Ok(header.to_str().unwrap().to_owned())
}

fn from_machine(script: &Arc<Script>) -> GoogleTokens {
    let source = GoogleSource::Metadata(metadata_url("metadata.google.internal").unwrap());
    GoogleTokens::new(source, Arc::<Script>::clone(script))
}

fn from_file(file: &TestFile, script: &Arc<Script>) -> GoogleTokens {
    GoogleTokens::new(
        GoogleSource::File(file.0.clone()),
        Arc::<Script>::clone(script),
    )
}

#[tokio::test(start_paused = true)]
async fn a_token_is_kept_until_it_is_about_to_expire() {
    let script = Script::new([token("one", 3600), token("two", 3600)]);
    let tokens = from_machine(&script);
    assert_eq!(sent(&tokens).await.unwrap(), "Bearer one");
    tokio::time::advance(Duration::from_secs(3300)).await;
    assert_eq!(sent(&tokens).await.unwrap(), "Bearer one");
    assert_eq!(script.asked().len(), 1);
    tokio::time::advance(Duration::from_secs(100)).await;
    assert_eq!(sent(&tokens).await.unwrap(), "Bearer two");
    let asked = &script.asked()[0];
    assert_eq!(asked.method, Method::GET);
    assert_eq!(
        asked.url,
        "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token"
    );
    assert_eq!(asked.headers["metadata-flavor"], "Google");
    assert!(!format!("{tokens:?}").contains("two"));
}

#[tokio::test(start_paused = true)]
async fn many_at_once_ask_once() {
    let script = Arc::new(Script {
        answers: Mutex::new([token("one", 3600)].into()),
        delay: Duration::from_secs(1),
        ..Script::default()
    });
    let tokens = from_machine(&script);
    let all = futures::future::join_all((0..20).map(|_| sent(&tokens))).await;
    assert!(
        all.iter()
            .all(|sent| sent.as_ref().unwrap() == "Bearer one")
    );
    assert_eq!(script.asked().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_cannot_be_renewed_is_used_as_long_as_it_lives() {
    let script = Script::new([token("one", 3600), (503, json!({})), (503, json!({}))]);
    let tokens = from_machine(&script);
    sent(&tokens).await.unwrap();
    tokio::time::advance(Duration::from_secs(3400)).await;
    assert_eq!(sent(&tokens).await.unwrap(), "Bearer one");
    assert_eq!(sent(&tokens).await.unwrap(), "Bearer one");
    assert_eq!(script.asked().len(), 2, "a failure is not repeated at once");
    tokio::time::advance(Duration::from_secs(195)).await;
    let Err(CallError::Fault(fault)) = sent(&tokens).await else {
        panic!("a token that has expired is sent");
    };
    assert_eq!(
        fault.upstream_status(),
        Some(StatusCode::SERVICE_UNAVAILABLE)
    );
}

#[cfg(feature = "google-credentials")]
#[tokio::test]
async fn a_service_account_signs_for_its_token() {
    let file = TestFile::new(
        "account",
        &json!({
            "type": "service_account", "client_email": "lab@lab.iam.test", "private_key": pem(),
            "private_key_id": "k1", "token_uri": "https://login.test/token"
        }),
    );
    let script = Script::new([token("one", 3600)]);
    assert_eq!(
        sent(&from_file(&file, &script)).await.unwrap(),
        "Bearer one"
    );
    let asked = &script.asked()[0];
    assert_eq!(
        (asked.method.as_str(), asked.url.as_str()),
        ("POST", "https://login.test/token")
    );
    assert_eq!(
        asked.form[0].1,
        "urn:ietf:params:oauth:grant-type:jwt-bearer"
    );
    let parts: Vec<&str> = asked.form[1].1.split('.').collect();
    let decoded = |part: &str| -> Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    };
    assert_eq!(
        decoded(parts[0]),
        json!({"alg": "RS256", "typ": "JWT", "kid": "k1"})
    );
    let claims = decoded(parts[1]);
    assert_eq!(claims["iss"], "lab@lab.iam.test");
    assert_eq!(claims["aud"], "https://login.test/token");
    assert_eq!(
        claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(),
        3600
    );
    assert!(!parts[2].is_empty());
}

/// Compared with what OpenSSL made of the same key and message: the algorithm leaves no choice.
#[cfg(feature = "google-credentials")]
#[test]
fn signatures_are_those_of_rs256() {
    let signature = assertion::rs256(&pem(), b"header.claims").unwrap();
    assert_eq!(
        URL_SAFE_NO_PAD.encode(signature),
        "J4hoUxarpGcpMiSRbqq1MAXAw_0CB7pj69ISBbHbCzOng3LOJ6_oNFvMIoYfjwRyKFKzW_fpu6-BO-At1k_gsYRxpFH0H6YsqHQqcFYTZpvh4cFIZyHm3cfD4YdvVAAGrD7zZq4QbEFBmINOdlUP60uJrVBWxuuhyJHZ6t0a3I5Y6zhSkUxvyp9njRNBN1XVKR4gYcPXBlvRo-dgQWg5irlldvqHXJl7NHUpAB3rmhdX9CXb8xGV2w8brccp-T5FY90tpJFhZJc5WrMufNNA3dj95PR41Zu7B5suGcSKQhVeO29hqJ8qJzTZ2DWxIrJhHdKcTyhvTtMic7M4g1MrQg"
    );
    let error = assertion::rs256("no key", b"x").unwrap_err();
    assert!(!error.to_string().contains("no key"));
}

#[tokio::test]
async fn a_user_is_logged_in_again() {
    let file = TestFile::new(
        "user",
        &json!({
            "type": "authorized_user", "client_id": "c", "client_secret": "s", "refresh_token": "r"
        }),
    );
    let script = Script::new([token("one", 3600)]);
    assert_eq!(
        sent(&from_file(&file, &script)).await.unwrap(),
        "Bearer one"
    );
    let asked = &script.asked()[0];
    assert_eq!(asked.url, "https://oauth2.googleapis.com/token");
    let form: Vec<(&str, &str)> = asked
        .form
        .iter()
        .map(|(name, value)| (&**name, &**value))
        .collect();
    assert_eq!(
        form,
        [
            ("grant_type", "refresh_token"),
            ("client_id", "c"),
            ("client_secret", "s"),
            ("refresh_token", "r")
        ]
    );
}

#[tokio::test]
async fn another_clouds_identity_is_exchanged_and_becomes_a_service_account() {
    let subject = TestFile::new("subject", &json!({"deep": 1, "token": " their-token\n"}));
    let file = TestFile::new(
        "external",
        &json!({
            "type": "external_account", "audience": "//iam.googleapis.com/pool", "subject_token_type": "jwt",
            "token_url": "https://sts.test/v1/token", "service_account_impersonation_url": "https://iam.test/v1/a:generateAccessToken",
            "credential_source": {"file": subject.0, "format": {"type": "json", "subject_token_field_name": "token"}}
        }),
    );
    let far = "2999-01-01T00:00:00Z";
    let script = Script::new([
        token("exchanged", 3600),
        (200, json!({"accessToken": "final", "expireTime": far})),
    ]);
    let tokens = from_file(&file, &script);
    assert_eq!(sent(&tokens).await.unwrap(), "Bearer final");
    let asked = script.asked();
    let form = |name: &str| {
        let pair = asked[0].form.iter().find(|(known, _)| known == name);
        pair.map(|(_, value)| value.clone()).unwrap()
    };
    assert_eq!(form("subject_token"), "their-token");
    assert_eq!(form("audience"), "//iam.googleapis.com/pool");
    assert_eq!(
        form("grant_type"),
        "urn:ietf:params:oauth:grant-type:token-exchange"
    );
    assert_eq!(asked[1].url, "https://iam.test/v1/a:generateAccessToken");
    assert_eq!(asked[1].headers["authorization"], "Bearer exchanged");
    let wanted: Value = serde_json::from_str(&asked[1].body).unwrap();
    assert_eq!(wanted["lifetime"], "3600s");
    assert_eq!(sent(&tokens).await.unwrap(), "Bearer final");
    assert_eq!(script.asked().len(), 2);
}

#[tokio::test]
async fn another_clouds_identity_can_be_asked_for() {
    let file = TestFile::new(
        "external-url",
        &json!({
            "type": "external_account", "audience": "a", "subject_token_type": "jwt", "token_url": "https://sts.test/v1/token",
            "credential_source": {"url": "http://169.254.169.254/token", "headers": {"metadata": "true"}}
        }),
    );
    let script = Script::new([(200, json!("theirs")), token("one", 60)]);
    assert_eq!(
        sent(&from_file(&file, &script)).await.unwrap(),
        "Bearer one"
    );
    let asked = script.asked();
    assert_eq!(
        (asked[0].url.as_str(), &asked[0].headers["metadata"]),
        ("http://169.254.169.254/token", &"true".parse().unwrap())
    );
    assert!(
        asked[1]
            .form
            .iter()
            .any(|(name, value)| name == "subject_token" && value == "\"theirs\"")
    );
}

#[tokio::test]
async fn a_login_that_is_refused_is_what_a_wrong_key_is() {
    let refusal = json!({"error": "invalid_grant", "error_description": "Account is gone."});
    let script = Script::new([(400, refusal)]);
    let Err(CallError::Fault(fault)) = sent(&from_machine(&script)).await else {
        panic!("a token");
    };
    assert_eq!(fault.kind, FaultKind::Status);
    let upstream = fault.upstream.unwrap();
    assert_eq!(upstream.status, StatusCode::UNAUTHORIZED);
    let told: Value = serde_json::from_slice(&upstream.body.unwrap()).unwrap();
    assert_eq!(told["error"]["message"], "Account is gone.");
    assert_eq!(told["error"]["code"], "invalid_grant");
}

#[tokio::test]
async fn what_is_wrong_with_a_file_is_said_without_its_secrets() {
    for (name, content, part) in [
        (
            "kind",
            json!({"type": "impersonated_service_account"}),
            "impersonated_service_account",
        ),
        (
            "key",
            json!({"type": "service_account", "client_email": "a"}),
            "`private_key` is missing",
        ),
        (
            "plain",
            json!({"type": "service_account", "client_email": "a", "private_key": "SECRET",
            "token_uri": "http://login.test/"}),
            "`token_uri` must begin with `https://`",
        ),
        ("list", json!(["SECRET"]), "not one of Google's"),
    ] {
        let file = TestFile::new(name, &content);
        let Err(CallError::Fault(fault)) = sent(&from_file(&file, &Script::new([]))).await else {
            panic!("a token");
        };
        let text = fault.to_string();
        assert!(text.contains(part) && !text.contains("SECRET"), "{text}");
    }
    let missing = GoogleTokens::new(GoogleSource::File("/no/such/file".into()), Script::new([]));
    assert!(sent(&missing).await.is_err());
}

#[test]
fn a_token_goes_to_google_unless_a_file_is_named_for_elsewhere() {
    let source = |base: Option<&str>, variables: &[(&str, &str)]| {
        let catalog = Catalog::builtin().unwrap();
        let mut input = ProviderInput::new(Arc::clone(catalog.get("vertex").unwrap()));
        input.base_url = base.map(str::to_owned);
        for (name, value) in [("location", "global"), ("project", "p")]
            .iter()
            .chain(variables)
        {
            input
                .variables
                .insert((*name).to_owned(), (*value).to_owned());
        }
        GoogleSource::of(&ProviderSettings::resolve(input).unwrap())
    };
    let file = ("credentials_file", "/etc/key.json");
    let from_metadata = |host| Some(GoogleSource::Metadata(metadata_url(host).unwrap()));
    assert_eq!(source(None, &[]), from_metadata("metadata.google.internal"));
    assert_eq!(
        source(None, &[("metadata_host", "127.0.0.1:8080")]),
        from_metadata("127.0.0.1:8080")
    );
    assert_eq!(source(None, &[("metadata_host", "a/b")]), None);
    assert_eq!(source(Some("https://proxy.test"), &[]), None);
    assert_eq!(source(Some("https://evilgoogleapis.com"), &[]), None);
    assert_eq!(
        source(None, &[file]),
        Some(GoogleSource::File("/etc/key.json".into()))
    );
    assert_eq!(
        source(Some("https://proxy.test"), &[file]),
        Some(GoogleSource::File("/etc/key.json".into()))
    );
}
