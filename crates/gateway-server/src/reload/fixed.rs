//! What is settled when a process starts: sockets, threads and what every connection is given at its beginning.

use std::net::SocketAddr;

use crate::{listener::ConnectionLimits, observe::access_log::LineFormat, server::Parts};

/// What a newer configuration may say and what a restart alone brings about.
#[derive(Debug)]
pub(crate) struct Fixed {
    listen: Vec<SocketAddr>,
    metrics_listen: Option<SocketAddr>,
    tls: bool,
    connections: ConnectionLimits,
    access_log: Option<LineFormat>,
}

impl Fixed {
    pub(crate) fn of(parts: &Parts) -> Self {
        Self {
            listen: parts.listen.clone(),
            metrics_listen: parts.metrics_listen,
            tls: parts.tls.is_some(),
            connections: parts.connections,
            access_log: parts.access_log,
        }
    }

    /// The keys of the configuration that say something else there.
    pub(crate) fn differences(&self, other: &Self) -> Vec<&'static str> {
        let (now, then) = (&self.connections, &other.connections);
        let rows = [
            ("server.listen", self.listen != other.listen),
            (
                "metrics.listen",
                self.metrics_listen != other.metrics_listen,
            ),
            ("server.tls", self.tls != other.tls),
            ("server.header_timeout", now.head != then.head),
            (
                "server.keep_alive_timeout",
                now.keep_alive != then.keep_alive,
            ),
            (
                "server.write_stall_timeout",
                now.write_stall != then.write_stall,
            ),
            ("server.drain_timeout", now.drain != then.drain),
            (
                "limits.max_connections",
                now.max_connections != then.max_connections,
            ),
            (
                "limits.max_connections_per_ip",
                now.max_connections_per_ip != then.max_connections_per_ip,
            ),
            ("limits.max_headers", now.max_headers != then.max_headers),
            (
                "limits.max_header_size",
                now.max_head_bytes != then.max_head_bytes,
            ),
            (
                "limits.max_streams_per_connection",
                now.max_streams != then.max_streams,
            ),
            ("limits.http2_window", now.http2_window != then.http2_window),
            ("logging.access", self.access_log != other.access_log),
        ];
        let changed = rows.into_iter().filter(|(_, changed)| *changed);
        changed.map(|(key, _)| key).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

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
    fn every_bound_of_connections_is_named_where_it_differs() {
        let mut other = fixed().unwrap();
        assert!(fixed().unwrap().differences(&other).is_empty());
        let ConnectionLimits {
            max_connections,
            max_connections_per_ip,
            head,
            keep_alive,
            write_stall,
            drain,
            max_headers,
            max_head_bytes,
            max_streams,
            http2_window,
        } = &mut other.connections;
        for count in [
            max_connections,
            max_connections_per_ip,
            max_headers,
            max_head_bytes,
        ] {
            *count += 1;
        }
        for time in [head, keep_alive, write_stall, drain] {
            *time += Duration::from_secs(1);
        }
        for count in [max_streams, http2_window] {
            *count += 1;
        }
        other.listen.clear();
        other.metrics_listen = Some(([127, 0, 0, 1], 9).into());
        other.tls = true;
        other.access_log = Some(LineFormat::Text);
        let differences = fixed().unwrap().differences(&other);
        assert_eq!(differences.len(), 14, "{differences:?}");
    }
}
