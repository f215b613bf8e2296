//! [`gateway_fuzz::passed_on`] as libFuzzer runs it.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| gateway_fuzz::passed_on::run(input));
