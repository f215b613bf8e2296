//! Faults that are no answer of an upstream: where each of them is proved, and why it is no row. The official SDKs are
//! told all of them (`fault_table/stories.rs` of this package's library).

/// (id, where it is proved, why it is no row)
pub(super) const STORIES: &[(&str, &str, &str)] = &[
    ("F5", "limits, overload", "It is the gateway that has no room; the upstream is not asked."),
    ("F54", "crates/gateway-client/tests/transport_h2.rs", "It is a frame of HTTP/2, and no answer; rows are played over HTTP/1.1."),
    ("F55", "client_gone, streaming::a_client_that_leaves_cancels_the_upstream", "It is the client that goes; the upstream is at no fault."),
];
