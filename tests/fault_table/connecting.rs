//! F1 to F8: no answer at all, or none in time.

use gateway_testkit::Reply;

use super::{
    Does,
    On::{Both, Streams, Wholes},
    Row,
    Then::{Nobody, Second, SecondOrAgain},
    row::{broken, fault, row},
};
use crate::answers::{HELLO, ROLE};

const IMPATIENT: &str = r#"connect = "10s", first_token = "700ms", idle = "400ms", total = "1200ms""#;

/// The rows.
pub(super) const ROWS: &[Row] = &[
    row("F1", "nobody listens", Both, Reply::never, fault(502, "backend_unreachable", "connect_failed").again().end(), Second).does(Does::Refuses),
    row("F2", "a name that does not exist", Both, Reply::never, fault(502, "backend_unreachable", "dns_failed").again().end(), Second).does(Does::IsNameless),
    row("F3", "a certificate that nobody has signed", Both, Reply::never, fault(502, "backend_tls_error", "tls_failed").end(), Second).does(Does::IsUntrusted),
    row("F3", "no TLS at all", Both, Reply::never, fault(502, "backend_tls_error", "tls_failed").end(), Second).does(Does::SpeaksNoTls),
    row("F4", "a connection that is never accepted", Both, Reply::never, fault(504, "backend_timeout", "connect_timeout").again().end(), Second)
        .does(Does::AcceptsNobody)
        .timeouts(r#"connect = "400ms""#),
    row("F6", "a reset instead of a head", Both, Reply::reset_at_once, fault(502, "backend_connection_reset", "backend_connection_reset").again().end(), SecondOrAgain),
    row("F6", "an end instead of a head", Both, Reply::close_at_once, fault(502, "backend_connection_reset", "backend_connection_reset").again().end(), SecondOrAgain),
    // Three tries would cost three times.
    row("F7", "silence instead of a head", Streams, Reply::never, fault(504, "backend_timeout", "first_token_timeout").end(), Nobody).timeouts(IMPATIENT).cancels(),
    row("F7", "silence instead of a head", Wholes, Reply::never, fault(504, "backend_timeout", "deadline_exceeded").end(), Nobody).timeouts(IMPATIENT).cancels(),
    row("F7", "silence after the head", Streams, || Reply::stream().hang(), fault(504, "backend_timeout", "first_token_timeout").end(), Nobody)
        .timeouts(IMPATIENT)
        .cancels(),
    row(
        "F7",
        "silence in the middle of the body",
        Wholes,
        || Reply::text(200, "application/json", "{\"id\":").content_length(100).hang(),
        fault(504, "backend_timeout", "deadline_exceeded").end(),
        Nobody,
    )
    .timeouts(IMPATIENT)
    .cancels(),
    row("F7", "silence for longer than the caller waits", Streams, Reply::never, fault(504, "backend_timeout", "first_token_timeout").end(), Second)
        .patience("300ms")
        .cancels(),
    row("F7", "silence for longer than the caller waits", Wholes, Reply::never, fault(504, "backend_timeout", "deadline_exceeded").end(), Second)
        .patience("300ms")
        .cancels(),
    row("F8", "silence in the middle of a stream", Streams, || Reply::sse(&[ROLE, HELLO]).hang(), broken("backend_timeout", "idle_timeout"), Nobody)
        .timeouts(IMPATIENT)
        .cancels(),
];
