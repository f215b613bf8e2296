//! Keys of a role for a token that somebody else has signed, as a cluster gives one to each of its pods.
//!
//! Spec: <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html>

use std::{collections::BTreeMap, fs, path::PathBuf};

use url::form_urlencoded;

use super::AwsKeys;

/// What the keys' use is called in AWS's logs where the environment does not say it.
const USUAL_SESSION: &str = "gateway";

/// A token that stands for a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WebIdentity {
    token_file: PathBuf,
    role: String,
    session: String,
}

impl WebIdentity {
    /// What the variables say; nothing without both a file and a role.
    pub(super) fn of(environment: &BTreeMap<String, String>) -> Option<Self> {
        let value = |name: &str| environment.get(name).filter(|value| !value.is_empty());
        Some(Self {
            token_file: value("AWS_WEB_IDENTITY_TOKEN_FILE")?.into(),
            role: value("AWS_ROLE_ARN")?.clone(),
            session: value("AWS_ROLE_SESSION_NAME")
                .map_or_else(|| USUAL_SESSION.to_owned(), Clone::clone),
        })
    }

    /// The body that asks for the role's keys. It needs no signature: the token is one.
    pub(super) fn form(&self) -> Option<String> {
        let token = fs::read_to_string(&self.token_file).ok()?;
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("Action", "AssumeRoleWithWebIdentity")
            .append_pair("Version", "2011-06-15")
            .append_pair("RoleArn", &self.role)
            .append_pair("RoleSessionName", &self.session)
            .append_pair("WebIdentityToken", token.trim())
            .finish();
        Some(form)
    }
}

/// The keys in an answer, and until when they hold.
pub(super) fn keys_in(answer: &str) -> Option<(AwsKeys, Option<String>)> {
    let credentials = element(answer, "Credentials")?;
    let text = |name: &str| element(credentials, name).map(|text| text.trim().to_owned());
    let keys = AwsKeys {
        access_key_id: text("AccessKeyId")?,
        secret_access_key: text("SecretAccessKey")?.into(),
        session_token: Some(text("SessionToken")?.into()),
    };
    Some((keys, text("Expiration")))
}

/// What stands between the tags of the first element of that name. The values have no characters that XML escapes.
fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    Some(rest.split_once(&format!("</{name}>"))?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_a_token_and_a_role_are_needed() {
        let of = |pairs: &[(&str, &str)]| {
            let pairs = pairs.iter();
            WebIdentity::of(
                &pairs
                    .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                    .collect(),
            )
        };
        assert_eq!(of(&[("AWS_WEB_IDENTITY_TOKEN_FILE", "/t")]), None);
        assert_eq!(of(&[("AWS_ROLE_ARN", "arn:x")]), None);
        let file = ("AWS_WEB_IDENTITY_TOKEN_FILE", "/t");
        assert_eq!(of(&[file, ("AWS_ROLE_ARN", "")]), None);
        let found = of(&[file, ("AWS_ROLE_ARN", "arn:x")]).unwrap();
        assert_eq!(
            (found.role.as_str(), found.session.as_str()),
            ("arn:x", "gateway")
        );
        assert_eq!(found.form(), None, "the file is not there");
    }

    #[test]
    fn what_is_no_answer_has_no_keys() {
        for text in [
            "",
            "<Credentials></Credentials>",
            "<Error><AccessKeyId>x</AccessKeyId></Error>",
        ] {
            assert!(keys_in(text).is_none(), "{text}");
        }
    }
}
