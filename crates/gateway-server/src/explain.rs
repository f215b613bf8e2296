//! `gateway explain MODEL`: where a name leads with this configuration, and why, for people and for programs.

use std::{
    fmt,
    io::{self, Write},
    process::ExitCode,
    time::Duration,
};

use clap::Args;
use gateway_providers::{Operation, call::Timeouts};
use gateway_router::{
    ModelRequest, Router, Rule,
    resolve::{Candidate, Explanation, LeftOut},
};
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use serde_json::{Value, json};

use crate::{Parts, config::Settings, http::options};

/// What a process ends with when the name leads nowhere.
pub const LEADS_NOWHERE: u8 = 4;

/// What is to be explained.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Question {
    /// The model's name as a client would write it.
    pub model: String,
    /// The value of `?provider=`.
    #[arg(long, value_name = "NAME")]
    pub provider: Option<String>,
    /// A header of the request, `name: value`, e.g. the failover sequence. May be given several times.
    #[arg(long, short = 'H', value_name = "HEADER")]
    pub header: Vec<String>,
    /// What is asked of the model.
    #[arg(long, value_name = "NAME", default_value = "chat")]
    pub operation: Operation,
    /// Take the request for one without `/v1`, to which the default failover sequence belongs.
    #[arg(long)]
    pub unversioned: bool,
    /// Ask no provider for its list: what only a list would say is not known then.
    #[arg(long)]
    pub offline: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

impl Question {
    /// Writes the answer. Gives the process's end: 0 where the name leads to a target, [`LEADS_NOWHERE`] where not,
    /// 2 for headers that no request may have.
    ///
    /// # Errors
    /// When `out` cannot be written to, or the configuration makes no router.
    pub async fn answer(&self, settings: Settings, out: &mut dyn Write) -> io::Result<ExitCode> {
        let options = match self.options() {
            Ok(options) => options,
            Err(problem) => {
                writeln!(out, "{problem}")?;
                return Ok(ExitCode::from(2));
            }
        };
        let lists_deadline = settings.catalogue.deadline.0;
        let default_sequence = settings.failover_sequence.clone();
        let router = router(settings).map_err(io::Error::other)?;
        if !self.offline {
            router.warm_up();
            router.warmed(lists_deadline + Duration::from_secs(1)).await;
        }
        let request = ModelRequest {
            provider_query: options.provider.as_deref(),
            sequence: options.sequence.as_deref(),
            default_sequence: self.unversioned.then_some(default_sequence.as_slice()),
            ..ModelRequest::new(&self.model, self.operation)
        };
        let explanation = router.explain(&request);
        let told = Told {
            question: self,
            explanation: &explanation,
            router: &router,
        };
        if self.json {
            writeln!(out, "{:#}", told.as_json())?;
        } else {
            write!(out, "{told}")?;
        }
        Ok(match explanation.refused {
            None => ExitCode::SUCCESS,
            Some(_) => ExitCode::from(LEADS_NOWHERE),
        })
    }

    /// What the server would read in query and headers.
    fn options(&self) -> Result<options::Options, String> {
        let mut headers = HeaderMap::new();
        for header in &self.header {
            let (name, value) = header
                .split_once(':')
                .ok_or_else(|| format!("`{header}` is no header; write `name: value`."))?;
            let name = HeaderName::try_from(name.trim())
                .map_err(|_| format!("`{}` is no header's name.", name.trim()))?;
            let value = HeaderValue::try_from(value.trim())
                .map_err(|_| format!("The value of `{name}` cannot stand in a header."))?;
            headers.append(name, value);
        }
        let options = options::Options::read(&Uri::from_static("/v1"), &headers)
            .map_err(|error| error.message().to_owned())?;
        if options.endpoint.is_some() {
            return Err(
                "An endpoint that the caller brings along is not explained; leave that header out."
                    .to_owned(),
            );
        }
        let provider = self.provider.clone().filter(|name| !name.is_empty());
        Ok(options::Options {
            provider,
            ..options
        })
    }
}

fn router(settings: Settings) -> Result<Router, Box<dyn std::error::Error + Send + Sync>> {
    let parts = Parts::compose(settings, 0)?;
    Ok(Router::new(parts.table, parts.router)?)
}

/// An explanation in words.
struct Told<'a> {
    question: &'a Question,
    explanation: &'a Explanation,
    router: &'a Router,
}

impl Told<'_> {
    fn timeouts(&self, candidate: &Candidate) -> Timeouts {
        let provider = self.router.timeouts(candidate.target.provider.name());
        match &self.explanation.pool {
            Some(pool) => pool.settings.timeouts.over(provider),
            None => provider,
        }
    }

    fn as_json(&self) -> Value {
        let it = self.explanation;
        let targets = it.candidates.iter().map(|candidate| {
            let target = &candidate.target;
            let times = self.timeouts(candidate);
            json!({
                "provider": target.provider.name(),
                "vendor": target.provider.vendor(),
                "model": target.model,
                "accounts": candidate.accounts,
                "weight": target.weight,
                "members": members(candidate),
                "timeouts_ms": {
                    "first_token": millis(times.first_token),
                    "idle": millis(times.idle),
                    "total": millis(times.total),
                },
                "left_out": candidate.left_out.map(left_out),
            })
        });
        json!({
            "model": self.question.model,
            "operation": self.question.operation.name(),
            "passed_over": it.passed_over.iter().copied().map(Rule::name).collect::<Vec<_>>(),
            "rule": it.matched.map(Rule::name),
            "alias": it.pool.as_ref().map(|pool| json!({
                "name": pool.name,
                "strategy": pool.strategy.name(),
                "affinity": pool.settings.affinity,
                "hedge_ms": pool.settings.hedge.map(millis),
                "leave_state_behind": pool.settings.leave_state_behind,
            })),
            "fails_over": it.moves_on,
            "targets": targets.collect::<Vec<_>>(),
            "error": it.refused.as_ref().map(ToString::to_string),
            "unlisted": it.unlisted,
        })
    }

    fn write_rules(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Rules, the first that holds decides:")?;
        for rule in &self.explanation.passed_over {
            writeln!(f, "  no   {}", rule.condition())?;
        }
        if let Some(rule) = self.explanation.matched {
            writeln!(f, "  yes  {}", rule.condition())?;
        }
        Ok(())
    }

    fn write_pool(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(pool) = &self.explanation.pool else {
            return Ok(());
        };
        let settings = pool.settings;
        write!(f, "\nAlias `{}`, strategy {}", pool.name, pool.strategy)?;
        if let Some(hedge) = settings.hedge {
            write!(f, ", a second target beside the first after {hedge:?}")?;
        }
        if !settings.affinity {
            f.write_str(", conversations may move")?;
        }
        writeln!(f, ".")
    }

    fn write_targets(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let it = self.explanation;
        if it.candidates.is_empty() {
            return Ok(());
        }
        let order = if it.moves_on {
            "Targets; a fault moves on to the next:"
        } else {
            "Targets; only the first is asked:"
        };
        writeln!(f, "\n{order}")?;
        let mut place = 0;
        for candidate in &it.candidates {
            let target = &candidate.target;
            let name = target.provider.name();
            let shown = format!("{name}/{} ({})", target.model, target.provider.vendor());
            if let Some(why) = candidate.left_out {
                writeln!(f, "  -  {shown}: left out, {}", left_out(why))?;
                continue;
            }
            place += 1;
            writeln!(f, "  {place}  {shown}")?;
            self.write_details(f, candidate)?;
        }
        Ok(())
    }

    fn write_details(&self, f: &mut fmt::Formatter<'_>, candidate: &Candidate) -> fmt::Result {
        let times = self.timeouts(candidate);
        write!(
            f,
            "     first token within {:?}, whole answer within {:?}",
            times.first_token, times.total
        )?;
        if candidate.accounts > 1 {
            write!(f, "; {} accounts in turn", candidate.accounts)?;
        }
        if candidate.target.weight != 1 {
            write!(f, "; weight {}", candidate.target.weight)?;
        }
        for member in members(candidate) {
            write!(f, "; {member}")?;
        }
        writeln!(f)
    }
}

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Question {
            model, operation, ..
        } = self.question;
        writeln!(f, "`{model}`, asked for {operation}\n")?;
        self.write_rules(f)?;
        self.write_pool(f)?;
        self.write_targets(f)?;
        if let Some(error) = &self.explanation.refused {
            writeln!(f, "\nIt leads nowhere: {error}")?;
        }
        if !self.explanation.unlisted.is_empty() {
            let names = self.explanation.unlisted.join(", ");
            writeln!(
                f,
                "\nWithout the lists of: {names}. With them the answer may be another."
            )?;
        }
        Ok(())
    }
}

fn left_out(why: LeftOut) -> &'static str {
    match why {
        LeftOut::NotAllowed => {
            "auth.allowed_models or auth.disallowed_models does not let it be asked"
        }
        LeftOut::NotOffered => "its provider does not offer the operation",
    }
}

/// What the target says about members of the request.
fn members(candidate: &Candidate) -> Vec<String> {
    let overrides = candidate.target.overrides.iter();
    overrides
        .flat_map(|overrides| overrides.members())
        .map(|(member, value, is_default)| match (value, is_default) {
            (None, _) => format!("takes out `{member}`"),
            (Some(value), false) => format!("sets `{member}` to {value}"),
            (Some(value), true) => format!("sets `{member}` to {value} where the client does not"),
        })
        .collect()
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{cli, config::Environment};

    const CONFIGURATION: &str = r#"
[auth]
disallowed_models = ["b/secret"]
[providers.a]
vendor = "custom"
base_url = "http://127.0.0.1:1/v1"
api_keys = ["one", "two"]
[providers.b]
vendor = "custom"
base_url = "http://127.0.0.1:2/v1"
[models.smart]
strategy = "weighted"
timeouts = { first_token = "7s" }
targets = [{ target = "a/large", weight = 3, parameters = { seed = 7 } }, "b/small", "b/secret"]
"#;

    async fn answer(question: Question) -> (String, String) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gateway.toml");
        std::fs::write(&path, CONFIGURATION).unwrap();
        let options = cli::Options {
            config: Some(path),
            ..cli::Options::default()
        };
        let settings = options.load(&Environment::default()).unwrap().settings;
        let mut out = Vec::new();
        let code = question.answer(settings, &mut out).await.unwrap();
        (format!("{code:?}"), String::from_utf8(out).unwrap())
    }

    fn asking(model: &str) -> Question {
        Question {
            model: model.to_owned(),
            provider: None,
            header: Vec::new(),
            operation: Operation::Chat,
            unversioned: false,
            offline: true,
            json: false,
        }
    }

    #[tokio::test]
    async fn an_alias_is_told_with_all_of_its_targets() {
        let (code, text) = answer(asking("smart")).await;
        assert_eq!(code, format!("{:?}", ExitCode::SUCCESS));
        for part in [
            "  no   ?provider= names the provider\n  yes  the name is an alias\n",
            "Alias `smart`, strategy weighted.",
            "  1  a/large (custom)\n     first token within 7s, whole answer within 600s; 2 accounts in turn; weight 3; sets `seed` to 7\n",
            "  2  b/small (custom)\n",
            "  -  b/secret (custom): left out, auth.allowed_models",
        ] {
            assert!(text.contains(part), "{part:?} is not in\n{text}");
        }
        assert!(!text.contains("Without the lists"), "{text}");
    }

    #[tokio::test]
    async fn a_name_that_leads_nowhere_says_so() {
        let (code, text) = answer(asking("smrt")).await;
        assert_eq!(code, format!("{:?}", ExitCode::from(LEADS_NOWHERE)));
        assert!(
            text.contains("It leads nowhere: The model `smrt` does not exist here."),
            "{text}"
        );
        assert!(text.contains("Without the lists of: a, b"), "{text}");
    }

    #[tokio::test]
    async fn headers_count_as_they_would_in_a_request() {
        let question = Question {
            header: vec![r#"x-opengateway-failover-sequence: ["b","a"]"#.to_owned()],
            json: true,
            ..asking("m")
        };
        let (_, text) = answer(question).await;
        let told: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(told["rule"], "failover_sequence");
        assert_eq!(told["fails_over"], true);
        let providers: Vec<_> = told["targets"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| &it["provider"])
            .collect();
        assert_eq!(providers, ["b", "a"]);
        let bad = Question {
            header: vec!["x-opengateway-failover-sequence: b".to_owned()],
            ..asking("m")
        };
        let (code, text) = answer(bad).await;
        assert_eq!(code, format!("{:?}", ExitCode::from(2)));
        assert!(text.contains("must be a JSON array"), "{text}");
    }
}
