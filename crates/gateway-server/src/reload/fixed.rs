//! What is settled when a process starts: its sockets, and what is spoken on them.

use std::net::SocketAddr;

use crate::server::Parts;

/// What a newer configuration may say and what a restart alone brings about.
#[derive(Debug)]
pub(crate) struct Fixed {
    listen: Vec<SocketAddr>,
    metrics_listen: Option<SocketAddr>,
    tls: bool,
}

impl Fixed {
    pub(crate) fn of(parts: &Parts) -> Self {
        Self {
            listen: parts.listen.clone(),
            metrics_listen: parts.metrics_listen,
            tls: parts.tls.is_some(),
        }
    }

    /// The keys of the configuration that say something else there.
    pub(crate) fn differences(&self, other: &Self) -> Vec<&'static str> {
        let rows = [
            ("server.listen", self.listen != other.listen),
            (
                "metrics.listen",
                self.metrics_listen != other.metrics_listen,
            ),
            ("server.tls", self.tls != other.tls),
        ];
        let changed = rows.into_iter().filter(|(_, changed)| *changed);
        changed.map(|(key, _)| key).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        compose::ComposeError,
        config::{Environment, Flags, load},
    };

    fn fixed() -> Result<Fixed, ComposeError> {
        let settings = load(None, &Environment::default(), &Flags::default()).unwrap();
        Parts::compose(settings, 0).map(|parts| Fixed::of(&parts))
    }

    #[test]
    fn what_only_a_restart_changes_is_named_where_it_differs() {
        let mut other = fixed().unwrap();
        assert!(fixed().unwrap().differences(&other).is_empty());
        other.listen.clear();
        other.metrics_listen = Some(([127, 0, 0, 1], 9).into());
        other.tls = true;
        let differences = fixed().unwrap().differences(&other);
        assert_eq!(
            differences,
            ["server.listen", "metrics.listen", "server.tls"]
        );
    }
}
