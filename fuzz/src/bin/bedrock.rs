//! [`gateway_fuzz::decoders::bedrock`] as libFuzzer runs it.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| gateway_fuzz::decoders::bedrock(input));
