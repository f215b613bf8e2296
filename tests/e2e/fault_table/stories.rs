//! Faults that are no answer of an upstream: where each of them is proved, and why it is no row.

/// (id, where it is proved, why it is no row)
pub(super) const STORIES: &[(&str, &str, &str)] = &[
    ("F5", "limits, overload", "It is the gateway that has no room; the upstream is not asked."),
    (
        "F54",
        "crates/gateway-client/tests/transport_h2.rs",
        "Providers are spoken to over HTTP/1.1; the transport that a library user may switch to HTTP/2 tries what was not looked at once more.",
    ),
    ("F55", "client_gone, streaming::a_client_that_leaves_cancels_the_upstream", "It is the client that goes; the upstream is at no fault."),
];
