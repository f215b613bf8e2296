//! What the crates below say is wrong, as errors of the catalogue.

use std::time::Duration;

use gateway_providers::TranslateError;
use gateway_router::{NoHealthyTarget, Overloaded, ResolveError, StateBound};

use super::{ApiError, ErrorKind};

impl From<TranslateError> for ApiError {
    fn from(error: TranslateError) -> Self {
        match error {
            TranslateError::UnsupportedOperation { .. } => {
                Self::new(ErrorKind::UnsupportedOperation, error.to_string())
            }
            TranslateError::InvalidValue { param, message } => {
                Self::new(ErrorKind::InvalidValue, message).param(param)
            }
            TranslateError::PathNotAllowed(reason) => {
                Self::new(ErrorKind::PathNotAllowed, reason.to_string())
            }
            other => Self::new(ErrorKind::InvalidRequest, other.to_string()),
        }
    }
}

impl From<NoHealthyTarget> for ApiError {
    fn from(none: NoHealthyTarget) -> Self {
        let mut error = Self::new(ErrorKind::NoHealthyBackend, none.to_string());
        error.0.retry_after = Some(none.retry_after.max(Duration::from_secs(1)));
        error
    }
}

impl From<Overloaded> for ApiError {
    fn from(overloaded: Overloaded) -> Self {
        Self::new(ErrorKind::Overloaded, overloaded.to_string())
    }
}

impl From<StateBound> for ApiError {
    fn from(bound: StateBound) -> Self {
        Self::new(ErrorKind::StateNotPortable, bound.to_string()).param(bound.param())
    }
}

impl From<ResolveError> for ApiError {
    fn from(error: ResolveError) -> Self {
        let (kind, param) = match &error {
            ResolveError::ModelMissing => (ErrorKind::MissingParameter, Some("model")),
            ResolveError::UnknownProvider { .. } => (ErrorKind::UnknownProvider, Some("provider")),
            ResolveError::ProviderNotConfigured { .. } => {
                (ErrorKind::ProviderNotConfigured, Some("provider"))
            }
            ResolveError::ModelNotAllowed { .. } => (ErrorKind::ModelNotAllowed, Some("model")),
            ResolveError::UnsupportedOperation { .. } => (ErrorKind::UnsupportedOperation, None),
            ResolveError::NoBackend => (ErrorKind::NoAvailableChannel, None),
            ResolveError::ModelNotFound { .. } | _ => (ErrorKind::ModelNotFound, Some("model")),
        };
        let answer = Self::new(kind, error.to_string());
        match param {
            Some(param) => answer.param(param),
            None => answer,
        }
    }
}
