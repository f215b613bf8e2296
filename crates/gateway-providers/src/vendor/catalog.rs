//! The vendors there are: the built-in rows, and those that a configuration adds.

use std::{collections::BTreeMap, sync::Arc};

use serde::Deserialize;

use super::row::VendorRow;
use crate::{Secret, settings::ProviderInput};

const BUILTIN: &str = include_str!("../../vendors.toml");

/// Vendor rows by id, in their written order.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    rows: Vec<Arc<VendorRow>>,
}

/// Why rows cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogError {
    /// The text is not TOML, or a row is not one.
    #[error("{0}")]
    Parse(String),
    /// An id cannot be a name in configuration.
    #[error("`{0}` cannot be a vendor's id: use lower-case letters, digits, `-` and `_`")]
    Id(String),
    /// Two rows have the id.
    #[error("vendor `{0}` is there twice")]
    Duplicate(String),
}

/// `vendors.toml` as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CatalogFile {
    vendor: Vec<VendorRow>,
}

impl Catalog {
    /// The built-in rows. Parses them anew: call it once.
    ///
    /// # Errors
    /// None in a released build, where a test has read the same rows.
    pub fn builtin() -> Result<Self, CatalogError> {
        Self::parse(BUILTIN)
    }

    /// Rows from a text of `[[vendor]]` tables.
    ///
    /// # Errors
    /// [`CatalogError::Parse`] with the place, or a wrong or repeated id.
    pub fn parse(text: &str) -> Result<Self, CatalogError> {
        let file: CatalogFile =
            toml::from_str(text).map_err(|error| CatalogError::Parse(error.to_string()))?;
        let mut catalog = Self::default();
        for row in file.vendor {
            check_id(&row.id)?;
            if catalog.get(&row.id).is_some() {
                return Err(CatalogError::Duplicate(row.id));
            }
            catalog.rows.push(Arc::new(row));
        }
        Ok(catalog)
    }

    /// The row with the id.
    pub fn get(&self, id: &str) -> Option<&Arc<VendorRow>> {
        self.rows.iter().find(|row| row.id == id)
    }

    /// All rows in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Arc<VendorRow>> {
        self.rows.iter()
    }

    /// Adds a user's row; one with a built-in id takes its place.
    ///
    /// # Errors
    /// [`CatalogError::Id`].
    pub fn merge(&mut self, row: VendorRow) -> Result<(), CatalogError> {
        check_id(&row.id)?;
        match self.rows.iter_mut().find(|existing| existing.id == row.id) {
            Some(existing) => *existing = Arc::new(row),
            None => self.rows.push(Arc::new(row)),
        }
        Ok(())
    }

    /// The vendors that the environment switches on, in the rows' order. Pure: the environment is passed in.
    ///
    /// A vendor that needs a credential is on when one is there; a vendor that needs none is on when its base
    /// URL is there. A set but empty variable is as good as none.
    pub fn discover(&self, environment: &BTreeMap<String, String>) -> Vec<Discovered> {
        self.rows
            .iter()
            .filter_map(|row| Discovered::of(row, environment))
            .collect()
    }
}

/// A vendor that the environment switches on.
#[derive(Debug, Clone)]
pub struct Discovered {
    /// What the environment says, ready for [`ProviderSettings::resolve`](crate::ProviderSettings::resolve).
    pub input: ProviderInput,
    /// The environment variables that said it, e.g. `GROQ_API_KEY`: names, never values.
    pub variables: Vec<String>,
}

impl Discovered {
    fn of(row: &Arc<VendorRow>, environment: &BTreeMap<String, String>) -> Option<Self> {
        let mut used = Vec::new();
        let mut take = |names: Vec<String>| {
            names.into_iter().find_map(|name| {
                let value = environment
                    .get(&name)
                    .map(|value| value.trim())
                    .filter(|value| !value.is_empty())?;
                used.push(name);
                Some(value.to_owned())
            })
        };
        let credential = take(row.key_names()).map(Secret::from);
        let base_url = take(row.url_names());
        let on = if row.key_required {
            credential.is_some()
        } else {
            base_url.is_some()
        };
        if !on {
            return None;
        }
        let mut input = ProviderInput::new(Arc::clone(row));
        for variable in row.variables.keys() {
            if let Some(value) = take(row.variable_names(variable)) {
                input.variables.insert(variable.clone(), value);
            }
        }
        input.credential = credential;
        input.base_url = base_url;
        Some(Self {
            input,
            variables: used,
        })
    }
}

fn check_id(id: &str) -> Result<(), CatalogError> {
    let plain =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    if id.is_empty() || !id.bytes().all(plain) {
        return Err(CatalogError::Id(id.to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
