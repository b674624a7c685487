#![no_main]

use libfuzzer_sys::fuzz_target;
use tintype::transform::Format;

fuzz_target!(init: tintype_fuzz::let_panics_unwind(), |bytes: &[u8]| {
    tintype_fuzz::picture(Format::Jpeg, bytes);
});
