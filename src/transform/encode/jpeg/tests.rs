//! Whole files, read by the library decoders and by our own.

use image::{DynamicImage, GenericImageView, GrayImage, Luma, Rgb, RgbImage};

use super::*;
use crate::transform::{
    decode::{self, Part, Scale},
    values::Format,
};

/// A file in the wanted order, however small it is.
fn encoded(picture: &DynamicImage, quality: u8, scan: Scan) -> Vec<u8> {
    let sampling = if picture.color().has_color() { sampling(quality) } else { Sampling::Grey };
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let grid = Grid { sampling, width, height };
    file(&Pixels { bytes: picture.as_bytes(), grid }, quality, scan, None).unwrap()
}

/// By zune-jpeg.
fn decoded(jpeg: &[u8]) -> DynamicImage {
    decode::still(jpeg, Format::Jpeg).unwrap().pixels
}

/// By jpeg-decoder.
fn decoded_by_another(jpeg: &[u8]) -> Vec<u8> {
    jpeg_decoder::Decoder::new(jpeg).decode().unwrap()
}

/// Peak signal-to-noise ratio in dB.
fn likeness(one: &[u8], other: &[u8]) -> f64 {
    assert_eq!(one.len(), other.len());
    let squares: f64 = one.iter().zip(other).map(|(a, b)| f64::from(a.abs_diff(*b)).powi(2)).sum();
    10.0 * (255.0 * 255.0 / (squares / one.len() as f64).max(1e-9)).log10()
}

fn slopes(width: u32, height: u32) -> DynamicImage {
    RgbImage::from_fn(width, height, |x, y| {
        Rgb([(60 + x * 3).min(200) as u8, (200 - y * 2).max(50) as u8, (90 + x + y) as u8])
    })
    .into()
}

fn noise(width: u32, height: u32) -> DynamicImage {
    let mut luck = 1_u32;
    let mut byte = || {
        luck = luck.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (luck >> 24) as u8
    };
    RgbImage::from_fn(width, height, |_, _| Rgb([byte(), byte(), byte()])).into()
}

/// Blocks of black and white, and stripes within some: the largest numbers there are.
fn extremes(width: u32, height: u32) -> DynamicImage {
    let is_white = |x: u32, y: u32| match (x / 8 + y / 8) % 4 {
        0 => true,
        1 => false,
        2 => matches!(x % 8, 0 | 3 | 4 | 7),
        _ => (x + y).is_multiple_of(2),
    };
    GrayImage::from_fn(width, height, |x, y| Luma([if is_white(x, y) { 255 } else { 0 }])).into()
}

#[test]
fn every_size_and_sampling_is_read_by_every_decoder() {
    for side in 1..=40 {
        let picture = slopes(side, 41 - side);
        for (picture, quality) in
            [(picture.clone(), 90), (picture.clone(), 100), (picture.to_luma8().into(), 90)]
        {
            let [baseline, progressive] =
                [Scan::Baseline, Scan::Progressive].map(|scan| encoded(&picture, quality, scan));
            let ours = decoded(&baseline);
            assert_eq!((ours.dimensions(), ours.color()), (picture.dimensions(), picture.color()));
            for pixels in [ours.as_bytes(), &decoded_by_another(&baseline)] {
                let likeness = likeness(pixels, picture.as_bytes());
                assert!(likeness > 34.0, "{likeness:.1} dB: {side} {quality}");
            }
            // The order makes no difference to what is in the file.
            assert!(decoded(&progressive) == ours, "{side} {quality}");
            assert_eq!(decoded_by_another(&progressive), decoded_by_another(&baseline));

            let half = Part { scale: Scale::Half, across: 0..side, down: 0..41 - side };
            let half = decode::part(&baseline, Format::Jpeg, &half).expect("it is covered");
            let (half, _) = half;
            let expected = (side.div_ceil(2), (41 - side).div_ceil(2));
            assert_eq!(half.pixels.dimensions(), expected);
        }
    }
}

#[test]
fn every_quality_is_as_good_as_its_table() {
    for picture in
        [noise(70, 50), slopes(70, 50), extremes(70, 50), extremes(70, 50).to_rgb8().into()]
    {
        let likenesses = (1..=100).map(|quality| {
            let baseline = encoded(&picture, quality, Scan::Baseline);
            let progressive = encoded(&picture, quality, Scan::Progressive);
            assert_eq!(
                decoded_by_another(&progressive),
                decoded_by_another(&baseline),
                "{quality}"
            );
            assert!(decoded(&progressive) == decoded(&baseline), "{quality}");
            likeness(decoded(&baseline).as_bytes(), picture.as_bytes())
        });
        let likenesses: Vec<_> = likenesses.collect();
        assert!(likenesses[99] > 44.0, "{likenesses:?}");
        let some = [1, 25, 50, 75, 100].map(|quality| likenesses[quality - 1]);
        assert!(some.is_sorted(), "{some:?}");
    }
}

#[test]
fn no_quality_is_worse_than_the_librarys() {
    let picture = noise(64, 64).blur(1.5);
    for quality in [1, 20, 50, 75, 85, 95, 100] {
        let mut theirs = Vec::new();
        let mut encoder = jpeg_encoder::Encoder::new(&mut theirs, quality);
        encoder.set_optimized_huffman_tables(true);
        encoder.set_chroma_subsampling_method(jpeg_encoder::ChromaSubsamplingMethod::Average);
        encoder.set_sampling_factor(match sampling(quality) {
            Sampling::Halved => jpeg_encoder::SamplingFactor::F_2_2,
            _ => jpeg_encoder::SamplingFactor::F_1_1,
        });
        encoder.encode(picture.as_bytes(), 64, 64, jpeg_encoder::ColorType::Rgb).unwrap();
        let [ours, theirs] = [encoded(&picture, quality, Scan::Baseline), theirs].map(|jpeg| {
            (jpeg.len() as f64, likeness(&decoded_by_another(&jpeg), picture.as_bytes()))
        });
        assert!(ours.1 > theirs.1 - 0.1, "{quality}: {ours:?} {theirs:?}");
        assert!(ours.0 < theirs.0 * 1.02, "{quality}: {ours:?} {theirs:?}");
    }
}

#[test]
fn runs_of_more_empty_blocks_than_a_symbol_says_are_parted() {
    const SIDE: u32 = 1_536;
    let flat = GrayImage::from_pixel(SIDE, SIDE, Luma([77]));
    const { assert!(SIDE * SIDE / 64 > 0x7fff) };
    let jpeg = encoded(&flat.clone().into(), 85, Scan::Progressive);
    assert!(decoded_by_another(&jpeg).iter().all(|sample| *sample == 77));
    assert_eq!(decoded(&jpeg), flat.into());
}

/// The marker that begins the frame: how its scans are made.
fn frame_marker(jpeg: &[u8]) -> u8 {
    let markers = jpeg.windows(2).filter(|pair| pair[0] == 0xff);
    markers.map(|pair| pair[1]).find(|marker| matches!(marker, 0xc0..=0xc2)).unwrap()
}

#[test]
fn jpegs_are_progressive_unless_small_or_asked_otherwise() {
    const BASELINE: u8 = 0xc0;
    const PROGRESSIVE: u8 = 0xc2;
    for (side, scan, expected) in [
        (49, Scan::Progressive, BASELINE),
        (50, Scan::Progressive, PROGRESSIVE),
        (50, Scan::Baseline, BASELINE),
    ] {
        let jpeg = encode(&slopes(side, side), 85, scan, None).unwrap();
        assert_eq!(frame_marker(&jpeg), expected, "{side} {scan:?}");
    }
}

#[test]
fn lower_quality_is_fewer_bytes() {
    let picture = noise(128, 128);
    for scan in [Scan::Baseline, Scan::Progressive] {
        let sizes = [100, 85, 50, 20, 1].map(|quality| encoded(&picture, quality, scan).len());
        assert!(sizes.is_sorted_by(|more, less| more > less), "{sizes:?}");
    }
}

#[test]
fn colors_of_16_bits_and_greys_are_encoded() {
    let deep = DynamicImage::from(slopes(60, 60).to_rgb16());
    let shallow = slopes(60, 60);
    let [deep, shallow] =
        [deep, shallow].map(|picture| encode(&picture, 85, Scan::default(), None).unwrap());
    assert_eq!(deep, shallow);
    let grey = slopes(60, 60).to_luma8();
    let jpeg = encode(&grey.into(), 85, Scan::default(), None).unwrap();
    assert_eq!(decoded(&jpeg).color().channel_count(), 1);
}

#[test]
fn exif_has_a_segment_of_its_own() {
    let with = |exif: Vec<u8>| encode(&slopes(20, 20), 85, Scan::default(), Some(&exif));
    let jpeg = with(b"II*\0".to_vec()).unwrap();
    assert!(jpeg.windows(12).any(|bytes| bytes == b"\xff\xe1\0\x0cExif\0\0II"));
    assert!(with(vec![0; 65_527]).is_ok(), "as much as a segment holds");
    assert!(with(vec![0; 65_528]).is_err());
}
