//! F38 to F47 and F56: error statuses. The status is the upstream's, and so is the body, byte for byte, where it is JSON.

use gateway_testkit::Reply;

use super::{
    On::Both,
    Row,
    Then::{AgainThenSecond, Nobody, Second, SecondOrAgain},
    row::{fault, row, theirs},
};

/// Spelt oddly on purpose.
const WORDS: &str = "{ \"error\": {\"message\": \"the upstream's own words \\u00e9\", \"type\": \"x\", \"code\": null, \"extra\": 1.50} }\n";

fn status(code: u16) -> Reply {
    Reply::text(code, "application/json", WORDS)
}

fn html(code: u16) -> Reply {
    Reply::text(code, "text/html", "<html><body>nginx</body></html>")
}

fn busy(code: u16, wait: &str) -> Reply {
    status(code).header("retry-after", wait)
}

/// The rows.
pub(super) const ROWS: &[Row] = &[
    row("F38", "400", Both, || status(400), theirs(400, "400").end(), Nobody),
    row("F38", "404", Both, || status(404), theirs(404, "404").end(), Second),
    row("F38", "405", Both, || status(405), theirs(405, "405").end(), Nobody),
    row("F38", "413", Both, || status(413), theirs(413, "413").end(), Nobody),
    row("F38", "422", Both, || status(422), theirs(422, "422").end(), Nobody),
    row("F38", "451", Both, || status(451), theirs(451, "451").end(), Nobody),
    row("F38", "400 that may be tried again", Both, || status(400).header("x-should-retry", "true"), theirs(400, "400").again().end(), Nobody),
    row("F39", "401", Both, || status(401), theirs(502, "401").in_words("backend_auth_error", "backend_auth_error").end(), Second),
    row("F39", "403", Both, || status(403), theirs(502, "403").in_words("backend_auth_error", "backend_auth_error").end(), Second),
    row("F40", "402", Both, || status(402), theirs(402, "402").end(), Second),
    row("F40", "429 of an empty account", Both, empty_account, theirs(429, "429").end(), Second),
    row("F41", "408", Both, || status(408), theirs(408, "408").again().end(), AgainThenSecond),
    row("F41", "409", Both, || status(409), theirs(409, "409").again().end(), AgainThenSecond),
    row("F42", "429", Both, || status(429), theirs(429, "429").again().end(), SecondOrAgain),
    row("F42", "429 that may not be tried again", Both, || status(429).header("x-should-retry", "false"), theirs(429, "429").end(), SecondOrAgain),
    row("F43", "429, back in 1 s", Both, || busy(429, "1"), theirs(429, "429").after(1).end(), SecondOrAgain),
    row("F43", "429, back in 3 s", Both, || busy(429, "3"), theirs(429, "429").after(3).end(), Second),
    row("F43", "429, back in 30 s", Both, || busy(429, "30"), theirs(429, "429").after(30).end(), Second),
    row("F43", "429, back in a day", Both, || busy(429, "86400"), theirs(429, "429").after(60).end(), Second),
    row("F43", "429, back in 1.5 s", Both, || busy(429, "1.5"), theirs(429, "429").after(2).end(), SecondOrAgain),
    row("F43", "429, back in 1500 ms", Both, || status(429).header("retry-after-ms", "1500"), theirs(429, "429").after(2).end(), SecondOrAgain),
    row("F43", "429, back years ago", Both, || busy(429, "Wed, 21 Oct 2015 07:28:00 GMT"), theirs(429, "429").after(0).end(), SecondOrAgain),
    row("F43", "429, back in years", Both, || busy(429, "Wed, 21 Oct 2099 07:28:00 GMT"), theirs(429, "429").after(60).end(), Second),
    row("F43", "429, back soon", Both, || busy(429, "soon"), theirs(429, "429").again().end(), SecondOrAgain),
    row("F43", "429, back before", Both, || busy(429, "-5"), theirs(429, "429").again().end(), SecondOrAgain),
    row("F43", "503, back at once", Both, || busy(503, "0"), theirs(503, "503").after(0).end(), SecondOrAgain),
    row("F43", "503, back in 7 s", Both, || busy(503, "7"), theirs(503, "503").after(7).end(), Second),
    row("F44", "500", Both, || status(500), theirs(500, "500").again().end(), SecondOrAgain),
    row("F44", "502", Both, || status(502), theirs(502, "502").again().end(), SecondOrAgain),
    row("F44", "503", Both, || status(503), theirs(503, "503").again().end(), SecondOrAgain),
    row("F44", "504", Both, || status(504), theirs(504, "504").again().end(), SecondOrAgain),
    row("F45", "501", Both, || status(501), theirs(501, "501").end(), Nobody),
    row("F46", "529", Both, || status(529), theirs(529, "529").again().end(), Second),
    row("F47", "HTML under 400", Both, || html(400), theirs(400, "400").in_words("invalid_request", "backend_error").end(), Nobody),
    row("F47", "HTML under 404", Both, || html(404), theirs(404, "404").in_words("not_found", "backend_error").end(), Second),
    row("F47", "HTML under 429", Both, || html(429), theirs(429, "429").in_words("rate_limit_exceeded", "requests").again().end(), SecondOrAgain),
    row("F47", "HTML under 500", Both, || html(500), theirs(500, "500").in_words("backend_error", "backend_error").again().end(), SecondOrAgain),
    row("F47", "HTML under 503", Both, || html(503), theirs(503, "503").in_words("backend_overloaded", "backend_overloaded").again().end(), SecondOrAgain),
    row("F47", "HTML under 504", Both, || html(504), theirs(504, "504").in_words("backend_timeout", "backend_error").again().end(), SecondOrAgain),
    row("F47", "HTML under 529", Both, || html(529), theirs(529, "529").in_words("backend_overloaded", "backend_overloaded").again().end(), Second),
    row(
        "F47",
        "HTML called JSON under 502",
        Both,
        || html(502).content_type("application/json"),
        theirs(502, "502").in_words("backend_error", "backend_error").again().end(),
        SecondOrAgain,
    ),
    row("F47", "nothing under 520", Both, || Reply::status(520), theirs(520, "520").in_words("backend_error", "backend_error").again().end(), SecondOrAgain),
    row(
        "F47",
        "half of HTML under 502",
        Both,
        || html(502).content_length(4000).cut(),
        theirs(502, "502").in_words("backend_error", "backend_error").again().end(),
        SecondOrAgain,
    ),
    row("F56", "a target that is left alone", Both, || busy(503, "30"), fault(503, "backend_unreachable", "no_healthy_backend").after(30).end(), Second).rests(),
];

fn empty_account() -> Reply {
    Reply::text(429, "application/json", "{\"error\":{\"message\":\"m\",\"type\":\"insufficient_quota\",\"code\":\"insufficient_quota\"}}")
}
