//! What the targets do with their bytes. Each goes in by the door that requests use, so that a finding
//! is something that an upload or a link could do.

use std::{backtrace::Backtrace, panic, sync::LazyLock};

use tintype::transform::{
    Accepts, Format, Limits, Options, Place, TransformError, probe, sniff, transform, verify,
};

/// Small, for what the headers don't show to be over soon.
const LIMITS: Limits =
    Limits { side: 1_024, area: 1 << 18, animation_area: 1 << 19, transformed_area: 1 << 18 };

/// Small, and quick to encode.
static STILL: LazyLock<Options> = LazyLock::new(|| options_of("w=16,format=baseline-jpeg"));
static MOVING: LazyLock<Options> = LazyLock::new(|| options_of("w=16"));
static WITH_METADATA: LazyLock<[Options; 2]> = LazyLock::new(|| {
    ["keep", "copyright"].map(|policy| options_of(&format!("metadata={policy},format=jpeg")))
});

/// A JPEG of a few pixels without any metadata.
static PLAIN: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let pixels = include_bytes!("../../fixtures/palette.png");
    transform(pixels, &STILL, Accepts::default(), &LIMITS).expect("it is a picture").bytes
});

fn options_of(text: &str) -> Options {
    text.parse().expect("it is written above")
}

/// libFuzzer's own hook ends the program at every panic. One that is caught where decoders are called
/// is a refused picture and no finding; one that gets out of a target still ends the program.
pub fn let_panics_unwind() {
    panic::set_hook(Box::new(|panic| eprintln!("{panic}\n{}", Backtrace::capture())));
}

/// Whatever calls itself a picture of this format is refused or shown, and what was accepted as an
/// upload can be delivered.
pub fn picture(format: Format, bytes: &[u8]) {
    if sniff(bytes) != Some(format) {
        return;
    }
    let accepted = verify(bytes, &LIMITS);
    for options in [&*STILL, &*MOVING] {
        let shown = transform(bytes, options, Accepts::default(), &LIMITS);
        let is_refusal = matches!(
            shown,
            Err(TransformError::TooLarge { .. } | TransformError::AnimationTooLong { .. })
        );
        assert!(accepted.is_err() || shown.is_ok() || is_refusal, "{:?}", shown.err());
        if !matches!(format, Format::Gif | Format::Webp) {
            break;
        }
    }
}

/// A JPEG is shown in every size that its decoder has a scale for, and in part: with the size that was
/// asked for, whether or not the rest of it is broken.
pub fn shrunk_jpeg(bytes: &[u8]) {
    if sniff(bytes) != Some(Format::Jpeg) {
        return;
    }
    let Ok(source) = probe(bytes, &LIMITS) else { return };
    let accepted = verify(bytes, &LIMITS);
    let shorter = source.stored.width.min(source.stored.height);
    for eighths in [1, 2, 3, 4, 6] {
        // A little less than what the scale is chosen for. With 16, three eighths would just do for a half.
        let side = (shorter * eighths / 15).max(1);
        for rest in ["fit=squeeze", "fit=cover,gravity=0.9x0.2"] {
            let options = options_of(&format!("w={side},h={side},{rest},format=baseline-jpeg"));
            match transform(bytes, &options, Accepts::default(), &LIMITS) {
                Ok(shown) => {
                    let shown = probe(&shown.bytes, &LIMITS).expect("we wrote it").stored;
                    assert_eq!((shown.width, shown.height), (side, side), "{options}");
                }
                Err(error) => assert!(accepted.is_err(), "{error}"),
            }
        }
    }
}

/// Metadata can't stop a picture, and what is left of it can be read again.
pub fn metadata(exif: &[u8]) {
    let Ok(length) = u16::try_from(2 + EXIF.len() + exif.len()) else { return };
    let (start, rest) = PLAIN.split_at(2);
    let source = [start, &[0xff, 0xe1], &length.to_be_bytes(), EXIF, exif, rest].concat();
    for options in &*WITH_METADATA {
        let once = transform(&source, options, Accepts::default(), &LIMITS);
        let once = once.expect("the picture itself is whole").bytes;
        assert_eq!(verify(&once, &LIMITS), Ok(Format::Jpeg));
        let twice = transform(&once, options, Accepts::default(), &LIMITS);
        assert_eq!(exif_of(&twice.expect("it was accepted").bytes), exif_of(&once));
    }
}

/// What an APP1 segment with EXIF begins with.
const EXIF: &[u8] = b"Exif\0\0";

/// The EXIF block of a JPEG that we wrote.
fn exif_of(jpeg: &[u8]) -> Option<&[u8]> {
    let start = jpeg.windows(EXIF.len()).position(|bytes| bytes == EXIF)?;
    let length = u16::from_be_bytes([jpeg[start - 2], jpeg[start - 1]]);
    jpeg.get(start..start - 2 + usize::from(length))
}

/// What was understood of a text prints as a text that means the same, at every place.
pub fn options(text: &str) {
    for place in [Place::Variant, Place::Flexible, Place::Zone] {
        let Ok(reading) = Options::read(place, text) else { continue };
        let printed = reading.options.to_string();
        assert_eq!(printed.parse(), Ok(reading.options.clone()), "{printed}");
        let again = Options::read(place, &printed);
        assert_eq!(again.map(|again| again.options), Ok(reading.options), "{printed}");
    }
}
