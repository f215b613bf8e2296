//! Base URLs: filled in, checked, and joined with a path.

use std::collections::BTreeMap;

use url::Url;

use super::SettingsError;
use crate::{
    dialects::Places,
    vendor::{PathTemplate, VendorRow},
};

/// What a base URL without a path gets where its vendor has no usual place.
const USUAL_PATH: &str = "/v1";

/// The base URL of a provider: its own, or the vendor's with the variables filled in.
pub(super) fn resolve(
    row: &VendorRow,
    own: Option<&str>,
    variables: &BTreeMap<String, String>,
) -> Result<Url, SettingsError> {
    let mut url = as_written(row, own, variables)?;
    if let Some(places) = Places::of(&row.dialect) {
        let path = places.trim(url.path()).to_owned();
        url.set_path(&path);
    }
    Ok(url)
}

/// The row with the paths of its dialect, where the dialect has its own and the row says nothing else.
pub(super) fn with_places(mut row: VendorRow) -> VendorRow {
    let Some(places) = Places::of(&row.dialect) else {
        return row;
    };
    for (operation, path) in places.paths {
        if row.operations.contains(operation)
            && !row.paths.contains_key(operation)
            && let Ok(path) = path.parse()
        {
            row.paths.insert(*operation, path);
        }
    }
    if row.models.path == PathTemplate::models()
        && let Ok(path) = places.models.parse()
    {
        row.models.path = path;
    }
    row
}

fn as_written(
    row: &VendorRow,
    own: Option<&str>,
    variables: &BTreeMap<String, String>,
) -> Result<Url, SettingsError> {
    if let Some(own) = own {
        let mut url = parse(own)?;
        if url.path().is_empty() || url.path() == "/" {
            url.set_path(&usual_path(row));
        }
        drop_repeated_segment(&mut url, row);
        return Ok(url);
    }
    let template = usual_for(row, variables)
        .or(row.base_url.as_deref())
        .ok_or_else(|| SettingsError::BaseUrlMissing {
            vendor: row.id.clone(),
            variables: row.url_names().join(", "),
        })?;
    parse(&fill(row, template, variables)?)
}

/// The vendor's place for one value of a variable, where that has a form of its own.
fn usual_for<'a>(row: &'a VendorRow, variables: &BTreeMap<String, String>) -> Option<&'a str> {
    let place = |(variable, by_value): (&String, &'a BTreeMap<String, String>)| {
        by_value.get(variables.get(variable)?).map(String::as_str)
    };
    row.base_url_by.iter().find_map(place)
}

/// Where the list of models is, if that is another place than the vendor's own.
pub(super) fn resolve_models(
    row: &VendorRow,
    own: Option<&str>,
    variables: &BTreeMap<String, String>,
) -> Result<Option<Url>, SettingsError> {
    match (own, row.models.base_url.as_deref()) {
        (None, Some(template)) => parse(&fill(row, template, variables)?).map(Some),
        _ => Ok(None),
    }
}

/// Where all of a row's own paths begin with one segment and a given base URL ends in it (people paste the
/// address that the vendor's documentation gives to OpenAI's SDK), the base loses it.
fn drop_repeated_segment(url: &mut Url, row: &VendorRow) {
    let firsts: Option<Vec<&str>> = row
        .operations
        .iter()
        .map(|operation| row.paths.get(operation)?.as_str().split('/').nth(1))
        .collect();
    let Some((first, others)) = firsts.as_deref().and_then(<[_]>::split_first) else {
        return;
    };
    if others.iter().all(|other| other == first)
        && let Some((before, last)) = url.path().rsplit_once('/')
        && last == *first
    {
        let before = before.to_owned();
        url.set_path(&before);
    }
}

/// The path that a base URL without one gets.
fn usual_path(row: &VendorRow) -> String {
    let path = row.base_path.clone().or_else(|| {
        let usual = row.base_url.as_deref()?;
        let (_, rest) = usual.split_once("://")?;
        Some(
            rest.find('/')
                .and_then(|at| rest.get(at..))
                .unwrap_or("/")
                .to_owned(),
        )
    });
    let path = path.as_deref().unwrap_or(USUAL_PATH);
    // A path with variables belongs to the vendor's own place, and an own place has an own path.
    if path.contains('{') {
        "/".to_owned()
    } else {
        path.trim_end_matches('/').to_owned()
    }
}

fn fill(
    row: &VendorRow,
    template: &str,
    values: &BTreeMap<String, String>,
) -> Result<String, SettingsError> {
    let mut filled = template.to_owned();
    for variable in row.variables.keys() {
        let placeholder = format!("{{{variable}}}");
        if !filled.contains(&placeholder) {
            continue;
        }
        let value = values.get(variable).filter(|value| !value.is_empty());
        let value = value.ok_or_else(|| SettingsError::VariableMissing {
            vendor: row.id.clone(),
            variable: variable.clone(),
            names: row.variable_names(variable).join(", "),
        })?;
        if !is_safe_value(value) {
            return Err(SettingsError::VariableValue(variable.clone()));
        }
        filled = filled.replace(&placeholder, value);
    }
    Ok(filled)
}

/// Whether a value can stand in a host or a path without changing what stands around it.
fn is_safe_value(value: &str) -> bool {
    value
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        && value.split('.').all(|part| !part.is_empty())
}

fn parse(text: &str) -> Result<Url, SettingsError> {
    let wrong = |reason| SettingsError::BaseUrl {
        url: without_user(text),
        reason,
    };
    if text
        .chars()
        .any(|c| c.is_control() || c.is_whitespace() || c == '\\')
    {
        return Err(wrong(
            "it has white space, control characters or a backslash",
        ));
    }
    if !has_scheme(text) {
        return Err(wrong("it begins with `http://` or `https://`"));
    }
    let mut url = Url::parse(text).map_err(|_| wrong("it is no URL"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong(
            "it holds a user or password; a credential belongs into `api_key` or `headers`",
        ));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong(
            "it has a query or a fragment; a query belongs into `query`",
        ));
    }
    if text.contains('{') || text.contains('}') {
        return Err(wrong("it has a `{variable}` that nothing fills in"));
    }
    let path = url.path().trim_end_matches('/').to_owned();
    if path.contains("//") {
        return Err(wrong("its path has an empty segment"));
    }
    url.set_path(&path);
    Ok(url)
}

fn has_scheme(text: &str) -> bool {
    let starts = |scheme: &str| {
        text.get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    starts("http://") || starts("https://")
}

/// The text for a message: a user and a query can be credentials.
fn without_user(text: &str) -> String {
    let text = text.split(['?', '#']).next().unwrap_or_default();
    match (text.find("://"), text.rfind('@')) {
        (Some(scheme), Some(at)) if at > scheme => {
            let start = text.get(..scheme + 3).unwrap_or_default();
            format!("{start}[redacted]{}", text.get(at..).unwrap_or_default())
        }
        (None, Some(at)) => format!("[redacted]{}", text.get(at..).unwrap_or_default()),
        _ => text.to_owned(),
    }
}

/// A base path and a path below it. A version segment that the base ends in and the path starts with stands once.
pub(super) fn join(base: &str, path: &str) -> String {
    let base = base.trim_end_matches('/');
    let path = path.trim_start_matches('/');
    if path.is_empty() {
        return base.to_owned();
    }
    let last = base.rsplit('/').next().unwrap_or_default();
    let (first, rest) = path.split_once('/').unwrap_or((path, ""));
    if is_version(first) && first == last && !rest.is_empty() {
        return format!("{base}/{rest}");
    }
    format!("{base}/{path}")
}

/// Whether a segment is a version: `v1`, `v4`, `v1beta`, `v1beta2`.
pub(super) fn is_version(segment: &str) -> bool {
    let Some(rest) = segment.strip_prefix('v') else {
        return false;
    };
    let digits = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    let stage = digits
        .strip_prefix("beta")
        .or_else(|| digits.strip_prefix("alpha"))
        .unwrap_or(digits);
    digits.len() < rest.len() && stage.bytes().all(|byte| byte.is_ascii_digit())
}
