#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(init: tintype_fuzz::let_panics_unwind(), |bytes: &[u8]| {
    tintype_fuzz::shrunk_jpeg(bytes);
});
