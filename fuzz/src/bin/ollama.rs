//! [`gateway_fuzz::decoders::ollama`] as libFuzzer runs it.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| gateway_fuzz::decoders::ollama(input));
