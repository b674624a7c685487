//! Damaged files of every format: an answer or an error, never a panic. The damage is the same in
//! every run.

use tintype::transform::{Accepts, Format, Limits, Options, transform, verify};

use crate::support::{dice::Dice, fixtures};

/// Variants of each file that are tried, unless `TINTYPE_MUTATIONS` says how many. More find more: this
/// many take about three seconds.
const VARIANTS: u64 = 120;

fn variants() -> u64 {
    let asked = std::env::var("TINTYPE_MUTATIONS").ok().and_then(|number| number.parse().ok());
    asked.unwrap_or(VARIANTS)
}

/// Cuts the file off, or changes a few bytes: half of the time near the start, where headers are.
fn damage(bytes: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut damaged = bytes.to_vec();
    if dice.below(4) == 0 {
        damaged.truncate(dice.below(bytes.len()));
        return damaged;
    }
    for _ in 0..=dice.below(4) {
        let reach = if dice.below(2) == 0 { bytes.len().min(400) } else { bytes.len() };
        damaged[dice.below(reach)] = match dice.below(4) {
            0 => 0,
            1 => 255,
            _ => dice.below(256) as u8,
        };
    }
    damaged
}

fn try_variants(name: &str, whole: &[u8]) {
    // Small, for damage that the headers don't show to be answered quickly.
    let limits = Limits { area: 1_000_000, animation_area: 2_000_000, ..Limits::HOSTED };
    let options: Options = "width=20".parse().unwrap();
    assert!(verify(whole, &Limits::HOSTED).is_ok(), "{name}");
    let mut dice = Dice(1856);
    for _ in 0..variants() {
        let damaged = damage(whole, &mut dice);
        let _either = verify(&damaged, &limits);
        let _either = transform(&damaged, &options, Accepts::default(), &limits);
    }
}

#[test]
fn damaged_files_are_errors_and_never_panics() {
    for name in [
        "hostile.svg",
        "linear.png",
        "wide-gamut.png",
        "palette.png",
        "cmyk.jpg",
        "inks.jpg",
        "orientation-6.jpg",
        "still.gif",
        "still.webp",
    ] {
        try_variants(name, &fixtures::read(name));
    }
}

/// A panic in the AV1 decoder would take the whole program down.
#[test]
fn damaged_avifs_are_errors_and_never_panics() {
    for name in
        ["alpha.avif", "deep.avif", "turned.avif", "grid.avif", "half-colour.avif", "weighted.avif"]
    {
        try_variants(name, &fixtures::read(name));
    }
}

#[test]
fn damaged_heics_are_errors_and_never_panics() {
    for name in ["turned.heic", "grid.heic"] {
        try_variants(name, &fixtures::read(name));
    }
}

/// For long runs with files that are not ours to keep: `TINTYPE_FILES` is their paths, separated by
/// colons.
#[test]
fn damaged_files_from_elsewhere_are_errors_and_never_panics() {
    let paths = std::env::var("TINTYPE_FILES").unwrap_or_default();
    for path in paths.split(':').filter(|path| !path.is_empty()) {
        try_variants(path, &std::fs::read(path).unwrap());
    }
}

#[test]
fn what_only_claims_to_be_heic_is_an_error() {
    let avif = fixtures::read("turned.avif");
    let renamed = |from: &[u8; 4], to: &[u8; 4], bytes: Vec<u8>| {
        let mut bytes = bytes;
        while let Some(place) = bytes.windows(4).position(|name| name == from) {
            bytes[place..place + 4].copy_from_slice(to);
        }
        bytes
    };
    let heic =
        renamed(b"avif", b"heic", renamed(b"av01", b"hvc1", renamed(b"av1C", b"hvcC", avif)));

    assert!(verify(&heic, &Limits::HOSTED).is_err());
    let mut dice = Dice(1856);
    for _ in 0..variants() {
        assert_ne!(verify(&damage(&heic, &mut dice), &Limits::HOSTED), Ok(Format::Heic));
    }
}
