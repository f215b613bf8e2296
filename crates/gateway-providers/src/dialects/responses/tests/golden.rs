//! Golden files of requests, in `tests/golden/responses`.

use crate::dialects::{
    proof::{Bench, check_golden},
    responses::Responses,
};

#[test]
fn requests_become_what_the_golden_files_say() {
    check_golden("responses", &Bench::new("openai", Responses));
}
