//! [`gateway_fuzz::aws_frames`] as libFuzzer runs it.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| gateway_fuzz::aws_frames::run(input));
