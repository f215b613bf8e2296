//! An explanation in words, and as JSON.

use std::{
    fmt,
    io::{self, Write},
    time::Duration,
};

use gateway_client::transport::guard::CallersUrl;
use gateway_providers::{call::Timeouts, callers::CALLERS_VENDOR};
use gateway_router::{
    Router, Rule,
    resolve::{Candidate, Explanation, LeftOut, Strategy},
};
use serde_json::{Value, json};

use super::Question;
use crate::http::error::ApiError;

/// An explanation in words.
pub(super) struct Told<'a> {
    pub(super) question: &'a Question,
    pub(super) explanation: &'a Explanation,
    pub(super) router: &'a Router,
    /// Where the caller's own provider is, where there is one.
    pub(super) endpoint: Option<&'a CallersUrl>,
    /// Whether the caller brought an endpoint for which its sequence has no place.
    pub(super) unseated: bool,
}

/// Why a caller's endpoint is not called.
pub(super) struct Refused<'a> {
    pub(super) question: &'a Question,
    pub(super) error: &'a ApiError,
}

impl Refused<'_> {
    /// # Errors
    /// When `out` cannot be written to.
    pub(super) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let Question {
            model,
            operation,
            json,
            ..
        } = self.question;
        let (error, detail) = (self.error.message(), self.error.log_detail());
        if *json {
            let told = json!({
                "model": model,
                "operation": operation.name(),
                "targets": [],
                "error": error,
                "error_detail": detail,
            });
            return writeln!(out, "{told:#}");
        }
        writeln!(out, "`{model}`, asked for {operation}\n")?;
        let status = self.error.status().as_u16();
        writeln!(out, "It leads nowhere: status {status}, {error}")?;
        match detail {
            Some(detail) => writeln!(out, "Why, which only the log is told: {detail}."),
            None => Ok(()),
        }
    }
}

impl Told<'_> {
    fn timeouts(&self, candidate: &Candidate) -> Timeouts {
        let provider = self.router.timeouts(candidate.target.provider.name());
        match &self.explanation.pool {
            Some(pool) => pool.settings.timeouts.over(provider),
            None => provider,
        }
    }

    pub(super) fn as_json(&self) -> Value {
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
                "endpoint": self.endpoint_of(candidate).map(|url| url.as_url().as_str()),
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

    /// Where the target is, if it is the caller's own.
    fn endpoint_of(&self, candidate: &Candidate) -> Option<&CallersUrl> {
        let is_own = candidate.target.provider.is_callers_own();
        self.endpoint.filter(|_| is_own)
    }

    fn write_rules(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Rules, the first that holds decides:")?;
        for rule in &self.explanation.passed_over {
            writeln!(f, "  no   {}", rule.condition())?;
        }
        if let Some(rule) = self.explanation.matched {
            let condition = match self.endpoint {
                Some(_) => "the caller brings an endpoint, which stands in a failover sequence",
                None => rule.condition(),
            };
            writeln!(f, "  yes  {condition}")?;
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
        let strategy = it.pool.as_ref().map(|pool| pool.strategy);
        match strategy.and_then(Strategy::first_asked) {
            Some(first) if it.moves_on => writeln!(
                f,
                "\nTargets; which is asked first {first}, a fault moves on to another:"
            )?,
            _ if it.moves_on => writeln!(f, "\nTargets; a fault moves on to the next:")?,
            _ => writeln!(f, "\nTargets; only the first is asked:")?,
        }
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
        if let Some(url) = self.endpoint_of(candidate) {
            let judged = if url.has_name() {
                "its addresses are judged when the name is looked up"
            } else {
                "callers may choose it"
            };
            let url = url.as_url();
            writeln!(f, "     the caller's own endpoint {url}; {judged}")?;
        }
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
        if self.unseated {
            writeln!(
                f,
                "\nThe caller's endpoint is not asked: the sequence has no `{CALLERS_VENDOR}`, which stands for it."
            )?;
        }
        if let Some(error) = &self.explanation.refused {
            writeln!(f, "\nIt leads nowhere: {error}")?;
        }
        if !self.explanation.unlisted.is_empty() {
            let names = self.explanation.unlisted.join(", ");
            writeln!(
                f,
                "\nThe model lists of these providers are not known now: {names}. With them the answer may be another."
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
