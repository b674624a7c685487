#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(init: tintype_fuzz::let_panics_unwind(), |text: &str| tintype_fuzz::options(text));
