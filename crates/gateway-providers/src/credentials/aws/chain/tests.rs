//! Each place on a scripted service.

use std::{collections::VecDeque, sync::Mutex as StdMutex};

use futures::{StreamExt, stream};
use gateway_client::transport::{TransportError, TransportResponse};
use http::StatusCode;

use super::*;

/// Answers in order, and remembers what it was asked.
#[derive(Debug, Default)]
struct Script {
    answers: StdMutex<VecDeque<(u16, String)>>,
    asked: StdMutex<Vec<(Method, String, HeaderMap)>>,
    bodies: StdMutex<Vec<Bytes>>,
}

#[async_trait]
impl Transport for Script {
    async fn send(&self, request: TransportRequest) -> Result<TransportResponse, TransportError> {
        if let RequestBody::Full(body) = &request.body {
            self.bodies.lock().unwrap().push(body.clone());
        }
        let asked = (request.method, request.url.to_string(), request.headers);
        self.asked.lock().unwrap().push(asked);
        let (status, text) = self.answers.lock().unwrap().pop_front().unwrap();
        Ok(TransportResponse {
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::new(),
            body: stream::iter([Ok(Bytes::from(text))]).boxed(),
        })
    }
}

fn variables(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let pairs = pairs.iter();
    pairs
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn chain(places: AwsPlaces, answers: &[(u16, &str)]) -> (AwsChain, Arc<Script>) {
    let script = Arc::new(Script::default());
    let answers = answers
        .iter()
        .map(|(status, text)| (*status, (*text).to_owned()));
    *script.answers.lock().unwrap() = answers.collect();
    let chain = AwsChain {
        places,
        environment: BTreeMap::new,
        region: Some("us-east-1".to_owned()),
        domain: ".amazonaws.com",
        service: "bedrock".to_owned(),
        transport: script.clone(),
        held: Mutex::new(None),
    };
    (chain, script)
}

fn keys(expiration: &str) -> String {
    format!(
        r#"{{"AccessKeyId":"AK","SecretAccessKey":"sk","Token":"tk","Expiration":"{expiration}"}}"#
    )
}

#[tokio::test]
async fn an_instances_keys_are_kept_until_they_expire() {
    let places = AwsPlaces {
        profile: None,
        ..AwsPlaces::of(&variables(&[]))
    };
    let (late, soon) = (keys("2999-01-01T00:00:00Z"), keys("2001-01-01T00:00:00Z"));
    let answers = [(200, "tok"), (200, "my-role\n"), (200, late.as_str())];
    let (chain, script) = chain(places.clone(), &answers);
    for _ in 0..3 {
        assert_eq!(chain.keys().await.unwrap().access_key_id, "AK");
    }
    {
        let asked = script.asked.lock().unwrap();
        let urls: Vec<&str> = asked.iter().map(|(_, url, _)| url.as_str()).collect();
        assert_eq!(
            urls,
            [
                "http://169.254.169.254/latest/api/token",
                "http://169.254.169.254/latest/meta-data/iam/security-credentials/",
                "http://169.254.169.254/latest/meta-data/iam/security-credentials/my-role"
            ]
        );
        assert_eq!(asked[0].0, Method::PUT);
        assert_eq!(asked[2].2[INSTANCE_TOKEN], "tok");
    }
    let answers = [answers, answers].concat();
    let answers: Vec<(u16, &str)> = answers
        .into_iter()
        .map(|(status, text)| (status, if text == late { soon.as_str() } else { text }))
        .collect();
    let (chain, script) = self::chain(places, &answers);
    for _ in 0..2 {
        chain.keys().await.unwrap();
    }
    assert_eq!(
        script.asked.lock().unwrap().len(),
        6,
        "expired keys are not kept"
    );
}

#[tokio::test]
async fn a_containers_keys_sign_and_failures_show_nothing() {
    let given = variables(&[("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/x")]);
    let places = AwsPlaces::of(&given);
    let answer = keys("2999-01-01T00:00:00Z");
    let (chain, script) = chain(places.clone(), &[(200, answer.as_str())]);
    let mut request = TransportRequest {
        method: Method::POST,
        url: Url::parse("https://bedrock-runtime.us-east-1.amazonaws.com/x").unwrap(),
        headers: HeaderMap::new(),
        body: RequestBody::Empty,
        head_timeout: None,
    };
    chain.sign(&mut request).await.unwrap();
    assert_eq!(request.headers["x-amz-security-token"], "tk");
    let authorization = request.headers[header::AUTHORIZATION].to_str().unwrap();
    assert!(authorization.contains("Credential=AK/"), "{authorization}");
    assert_eq!(
        script.asked.lock().unwrap()[0].1,
        "http://169.254.170.2/v2/x"
    );
    let (chain, _) = self::chain(places, &[(403, "secret text")]);
    let error = chain.keys().await.unwrap_err();
    assert!(!format!("{error:?}").contains("secret text"));
}

#[test]
fn places_are_named_by_variables_and_must_be_near() {
    let full = |url: &str| {
        let given = variables(&[("AWS_CONTAINER_CREDENTIALS_FULL_URI", url)]);
        AwsPlaces::of(&given).container.is_some()
    };
    assert!(full("http://169.254.170.23/v1/credentials") && full("https://keys.test/x"));
    assert!(full("http://localhost:1/x") && full("http://127.0.0.1/x"));
    assert!(!full("http://keys.test/x") && !full("http://10.0.0.1/x") && !full("x"));
    let off = AwsPlaces::of(&variables(&[("AWS_EC2_METADATA_DISABLED", "TRUE")]));
    assert_eq!(off, AwsPlaces::default());
    let home = AwsPlaces::of(&variables(&[("HOME", "/h"), ("AWS_PROFILE", "p")]));
    assert_eq!(
        home.profile,
        Some(("/h/.aws/credentials".into(), "p".to_owned()))
    );
}

#[test]
fn profiles_are_told_apart() {
    let text = "[default]\naws_access_key_id = A\naws_secret_access_key=B\n# x = y\n\n[two]\n\
         aws_access_key_id=C\naws_secret_access_key=D\naws_session_token=E\n[three]\nregion=x\n";
    let found = |name: &str| {
        let keys = in_profile(text, name)?;
        let token = keys.session_token.map(|token| token.expose().to_owned());
        Some((
            keys.access_key_id,
            keys.secret_access_key.expose().to_owned(),
            token,
        ))
    };
    let text = |text: &str| text.to_owned();
    assert_eq!(found("default"), Some((text("A"), text("B"), None)));
    assert_eq!(found("two"), Some((text("C"), text("D"), Some(text("E")))));
    assert_eq!(found("three"), None);
    assert_eq!(found("none"), None);
}

#[tokio::test]
async fn a_token_is_exchanged_for_the_keys_of_its_role() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let given = [
        ("AWS_WEB_IDENTITY_TOKEN_FILE", file.to_str().unwrap()),
        ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/gateway"),
        ("HOME", "/nowhere"),
    ];
    let places = AwsPlaces::of(&variables(&given));
    let answer = |ends: &str| {
        format!(
            "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Audience>a</Audience><Credentials>\n\
             <SessionToken>tk/+==</SessionToken><SecretAccessKey>sk</SecretAccessKey>\n<Expiration>{ends}</Expiration>\
             <AccessKeyId>ASIA</AccessKeyId></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"
        )
    };
    let (soon, late) = (
        answer("2001-01-01T00:00:00Z"),
        answer("2999-01-01T00:00:00Z"),
    );
    let (chain, script) = chain(places.clone(), &[(200, &soon), (200, &late)]);
    for token in ["first.token\n", "second.token", "third"] {
        fs::write(&file, token).unwrap();
        let keys = chain.keys().await.unwrap();
        assert_eq!(keys.access_key_id, "ASIA");
        assert_eq!(keys.session_token.unwrap().expose(), "tk/+==");
    }
    let bodies = script.bodies.lock().unwrap().clone();
    let expected = |token: &str| {
        format!(
            "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fgateway\
             &RoleSessionName=gateway&WebIdentityToken={token}"
        )
    };
    assert_eq!(
        bodies,
        [expected("first.token"), expected("second.token")],
        "keys that hold are kept, the token is not"
    );
    let (method, url, _) = script.asked.lock().unwrap().remove(0);
    let expected = "https://sts.us-east-1.amazonaws.com/";
    assert_eq!((method, url.as_str()), (Method::POST, expected));
    let (chain, _) = self::chain(places, &[(403, "secret text")]);
    let error = chain.keys().await.unwrap_err();
    assert!(!format!("{error:?}").contains("secret text"));
}

#[test]
fn the_token_goes_to_aws_alone() {
    let of = |url: &str| domain_of(&Url::parse(url).unwrap());
    assert_eq!(
        of("https://bedrock-runtime.eu-central-1.amazonaws.com"),
        Some(".amazonaws.com")
    );
    assert_eq!(
        of("https://bedrock-runtime.cn-north-1.amazonaws.com.cn"),
        Some(".amazonaws.com.cn")
    );
    for other in [
        "http://bedrock.us-east-1.amazonaws.com",
        "https://amazonaws.com.evil.test",
        "https://evilamazonaws.com",
    ] {
        assert_eq!(of(other), None, "{other}");
    }
}
