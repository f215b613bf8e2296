//! Requests and what becomes of them, as files.

use super::super::Gemini;
use crate::dialects::proof::{Bench, check_golden};

#[test]
fn requests_become_what_the_files_say() {
    check_golden("gemini", &Bench::new("google", Gemini));
}
