//! The whole decoder beside a library's, on pictures that are made here and on the fixtures.

use image::{DynamicImage, GenericImageView, Rgb, RgbImage};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use super::{Part, Picture, Scale, decode};
use crate::transform::{decode::still, values::Format};

/// How a test picture is encoded.
#[derive(Debug, Clone, Copy)]
struct Coding {
    quality: u8,
    sampling: SamplingFactor,
    restart_interval: u16,
    /// Optimised tables, for which the encoder makes a scan for each channel.
    optimized: bool,
}

const PLAIN: Coding =
    Coding { quality: 90, sampling: SamplingFactor::F_1_1, restart_interval: 0, optimized: false };

/// All that the decoder covers.
const SAMPLINGS: [SamplingFactor; 4] =
    [SamplingFactor::F_1_1, SamplingFactor::F_2_1, SamplingFactor::F_1_2, SamplingFactor::F_2_2];

fn encoded(picture: &DynamicImage, coding: Coding) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, coding.quality);
    encoder.set_sampling_factor(coding.sampling);
    encoder.set_optimized_huffman_tables(coding.optimized);
    // The encoder's tables lack symbols where it does both.
    if coding.restart_interval > 0 && !coding.optimized {
        encoder.set_restart_interval(coding.restart_interval);
    }
    let (width, height) = (picture.width() as u16, picture.height() as u16);
    let color = if picture.color().has_color() { ColorType::Rgb } else { ColorType::Luma };
    encoder.encode(picture.as_bytes(), width, height, color).unwrap();
    bytes
}

/// Waves of several lengths and a little noise, away from the ends of the range: there, what a decoder
/// clamps would make a difference.
fn waves(width: u32, height: u32) -> RgbImage {
    let mut noise = 1_u32;
    RgbImage::from_fn(width, height, |x, y| {
        let (x, y) = (x as f32, y as f32);
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let rough = (noise >> 24) as f32 / 255.0 * 8.0;
        let wave = |along: f32, length: f32| (along / length).sin() * 24.0;
        Rgb([
            (112.0 + wave(x, 9.0) + wave(y, 2.0) + rough) as u8,
            (128.0 + wave(x + y, 5.0) + rough) as u8,
            (120.0 + wave(y, 17.0) + wave(x, 3.0)) as u8,
        ])
    })
}

fn whole(scale: Scale) -> Part {
    Part { scale, across: 0..u32::MAX, down: 0..u32::MAX }
}

fn library(jpeg: &[u8]) -> DynamicImage {
    still(jpeg, Format::Jpeg).unwrap().pixels
}

/// The largest difference of any channel of the pixels that both have.
fn difference(one: &DynamicImage, other: &DynamicImage) -> u8 {
    assert_eq!((one.dimensions(), one.color()), (other.dimensions(), other.color()));
    let pairs = one.as_bytes().iter().zip(other.as_bytes());
    pairs.map(|(one, other)| one.abs_diff(*other)).max().unwrap()
}

/// A picture's blocks with the higher frequencies left out, straight from the formulas (T.81, A.3.3).
/// Only for sides of whole blocks.
fn reduced(picture: &DynamicImage, scale: Scale) -> DynamicImage {
    let side = scale.eighths();
    let (across, down) = (picture.width() as usize / 8, picture.height() as usize / 8);
    let channels = usize::from(picture.color().channel_count());
    let stride = picture.width() as usize * channels;
    let cosine = |sample: usize, frequency: usize, side: usize| {
        let angle = (2 * sample + 1) as f64 * frequency as f64 / (2 * side) as f64;
        let norm = if frequency == 0 { 0.5_f64.sqrt() } else { 1.0 };
        norm * (angle * std::f64::consts::PI).cos() / 2.0
    };
    let mut samples = vec![0; across * side * down * side * channels];
    for at in 0..across * down * channels {
        let (channel, column, row) =
            (at % channels, at / channels % across, at / channels / across);
        let mut block = [[0.0; 8]; 8];
        for (v, u) in (0..side).flat_map(|v| (0..side).map(move |u| (v, u))) {
            for (y, x) in (0..8).flat_map(|y| (0..8).map(move |x| (y, x))) {
                let place = (row * 8 + y) * stride + (column * 8 + x) * channels + channel;
                let sample = f64::from(picture.as_bytes()[place]);
                block[v][u] += sample * cosine(x, u, 8) * cosine(y, v, 8);
            }
        }
        for (y, x) in (0..side).flat_map(|y| (0..side).map(move |x| (y, x))) {
            let mut sum = 0.0;
            for (v, u) in (0..side).flat_map(|v| (0..side).map(move |u| (v, u))) {
                sum += block[v][u] * cosine(x, u, side) * cosine(y, v, side);
            }
            let place = ((row * side + y) * across * side + column * side + x) * channels;
            samples[place + channel] = sum.round() as u8;
        }
    }
    let (width, height) = ((across * side) as u32, (down * side) as u32);
    match channels {
        1 => image::GrayImage::from_raw(width, height, samples).unwrap().into(),
        _ => RgbImage::from_raw(width, height, samples).unwrap().into(),
    }
}

#[test]
fn what_is_decoded_is_the_whole_without_its_higher_frequencies() {
    let picture = DynamicImage::from(waves(64, 48));
    let grey = DynamicImage::from(picture.to_luma8());
    for picture in [picture, grey] {
        for quality in [30, 75, 100] {
            for optimized in [false, true] {
                let jpeg = encoded(&picture, Coding { quality, optimized, ..PLAIN });
                for scale in Scale::ALL {
                    let ours = decode(&jpeg, &whole(scale)).unwrap().pixels;
                    // The library's pixels are rounded, and those in between are too.
                    let difference = difference(&ours, &reduced(&library(&jpeg), scale));
                    assert!(difference <= 2, "{difference}: {quality} {scale:?} {optimized}");
                }
            }
        }
    }
}

/// The mean of each pixel of a picture made smaller, as far as it is inside.
fn averaged(picture: &DynamicImage, scale: Scale) -> RgbImage {
    let picture = picture.to_rgb8();
    let (width, height) = picture.dimensions();
    let step = 1.0 / scale.factor();
    let side = |side: u32| (f64::from(side) * scale.factor()).ceil() as u32;
    RgbImage::from_fn(side(width), side(height), |x, y| {
        let (mut sums, mut total) = ([0.0; 3], 0.0);
        let part = |at: u32, target: u32| {
            let (start, end) = (f64::from(target) * step, f64::from(target + 1) * step);
            (f64::from(at + 1).min(end) - f64::from(at).max(start)).max(0.0)
        };
        let reach = |target: u32, side: u32| {
            (f64::from(target) * step) as u32
                ..((f64::from(target + 1) * step).ceil() as u32).min(side)
        };
        for (row, column) in
            reach(y, height).flat_map(|row| reach(x, width).map(move |column| (row, column)))
        {
            let weight = part(column, x) * part(row, y);
            total += weight;
            for (sum, sample) in sums.iter_mut().zip(picture.get_pixel(column, row).0) {
                *sum += weight * f64::from(sample);
            }
        }
        Rgb(sums.map(|sum| (sum / total).round() as u8))
    })
}

/// Peak signal-to-noise ratio in dB.
fn likeness(one: &RgbImage, other: &RgbImage) -> f64 {
    assert_eq!(one.dimensions(), other.dimensions());
    let pairs = one.as_raw().iter().zip(other.as_raw());
    let squares: f64 = pairs.map(|(a, b)| f64::from(a.abs_diff(*b)).powi(2)).sum();
    let mean = squares / one.as_raw().len() as f64;
    10.0 * (255.0 * 255.0 / mean.max(1e-9)).log10()
}

/// Slow enough for what a block's edges do to an average not to matter.
fn slopes(width: u32, height: u32) -> DynamicImage {
    RgbImage::from_fn(width, height, |x, y| {
        Rgb([(60 + x * 3 % 256).min(200) as u8, (200 - y * 2).max(50) as u8, (90 + x + y) as u8])
    })
    .into()
}

#[test]
fn every_size_sampling_and_restart_interval_is_decoded() {
    for side in 1..=40_u32 {
        for sampling in SAMPLINGS {
            let picture = slopes(side, 41 - side);
            let restart_interval = (side % 4) as u16;
            let optimized = side % 5 == 0;
            let coding = Coding { sampling, restart_interval, optimized, ..PLAIN };
            let jpeg = encoded(&picture, coding);
            for scale in Scale::ALL {
                let ours = decode(&jpeg, &whole(scale)).expect("it is covered").pixels;
                let likeness = likeness(&ours.to_rgb8(), &averaged(&library(&jpeg), scale));
                assert!(likeness > 30.0, "{likeness:.1} dB: {side} {coding:?} {scale:?}");
            }
        }
    }
}

#[test]
fn a_part_is_that_part_of_the_whole() {
    let picture = DynamicImage::from(waves(150, 130));
    for (sampling, optimized) in SAMPLINGS.into_iter().flat_map(|one| [(one, false), (one, true)]) {
        let coding = Coding { sampling, optimized, restart_interval: 3, ..PLAIN };
        let jpeg = encoded(&picture, coding);
        for scale in Scale::ALL {
            let all = decode(&jpeg, &whole(scale)).unwrap().pixels;
            for (across, down) in [(0..20, 40..70), (60..61, 0..1), (90..150, 100..130)] {
                let wanted = Part { scale, across: across.clone(), down: down.clone() };
                let Picture { pixels, left, top } = decode(&jpeg, &wanted).unwrap();
                let (width, height) = pixels.dimensions();
                assert!(all.crop_imm(left, top, width, height) == pixels, "{wanted:?} {coding:?}");
                let covers = |start: u32, length: u32, wanted: std::ops::Range<u32>| {
                    f64::from(start) <= f64::from(wanted.start) * scale.factor()
                        && f64::from(start + length) >= f64::from(wanted.end) * scale.factor()
                };
                assert!(covers(left, width, across) && covers(top, height, down), "{wanted:?}");
            }
        }
    }
}

#[test]
fn a_part_outside_of_the_picture_is_refused() {
    let jpeg = encoded(&slopes(20, 20), PLAIN);
    let outside = Part { scale: Scale::Half, across: 24..30, down: 0..9 };
    assert!(decode(&jpeg, &outside).is_none());
}

#[test]
fn the_filling_of_a_last_block_doesnt_show() {
    // A white picture of 33 columns whose encoder fills its blocks up with black.
    let wide = RgbImage::from_fn(40, 8, |x, _| Rgb([if x < 33 { 255 } else { 0 }; 3]));
    let mut jpeg = encoded(&wide.into(), Coding { quality: 100, ..PLAIN });
    let frame = jpeg.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    jpeg[frame + 7..frame + 9].copy_from_slice(&33_u16.to_be_bytes());

    let shown = decode(&jpeg, &whole(Scale::Eighth)).unwrap().pixels.to_rgb8();
    assert_eq!(shown.dimensions(), (5, 1));
    assert!(shown.pixels().all(|pixel| pixel.0[0] > 250), "{shown:?}");
}

#[test]
fn what_isnt_covered_is_left_to_the_library() {
    for (name, bytes) in [
        ("progressive", &include_bytes!("../../../../fixtures/progressive.jpg")[..]),
        ("inks", include_bytes!("../../../../fixtures/inks.jpg")),
        ("cmyk", include_bytes!("../../../../fixtures/cmyk.jpg")),
        ("no JPEG", b"\xff\xd8\xff"),
    ] {
        assert!(decode(bytes, &whole(Scale::Half)).is_none(), "{name}");
    }
    let whole_picture = encoded(&slopes(64, 64), PLAIN);
    let cut_off = &whole_picture[..whole_picture.len() - 40];
    assert!(decode(cut_off, &whole(Scale::Half)).is_none());
}

#[test]
fn fixtures_are_decoded() {
    for (name, bytes) in [
        ("photo", &include_bytes!("../../../../fixtures/photo.jpg")[..]),
        ("portrait", include_bytes!("../../../../fixtures/portrait.jpg")),
        ("grey", include_bytes!("../../../../fixtures/grey.jpg")),
        ("orientation-1", include_bytes!("../../../../fixtures/orientation-1.jpg")),
    ] {
        let whole_picture = library(bytes);
        for scale in Scale::ALL {
            let ours = decode(bytes, &whole(scale)).expect(name).pixels;
            let likeness = likeness(&ours.to_rgb8(), &averaged(&whole_picture, scale));
            assert!(likeness > 30.0, "{likeness:.1} dB: {name} {scale:?}");
        }
    }
}

#[test]
fn broken_files_are_refused_or_make_a_picture_of_the_right_size() {
    let mut luck = 7_u32;
    let mut below = |most: usize| {
        luck = luck.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (luck >> 8) as usize % most
    };
    let codings = SAMPLINGS.into_iter().flat_map(|sampling| {
        [false, true].map(|optimized| Coding { sampling, optimized, restart_interval: 2, ..PLAIN })
    });
    for coding in codings {
        let jpeg = encoded(&waves(70, 50).into(), coding);
        for round in 0..300 {
            let mut broken = jpeg.clone();
            for _ in 0..1 + round % 3 {
                let at = below(broken.len());
                broken[at] = below(256) as u8;
            }
            if round % 7 == 0 {
                broken.truncate(below(broken.len()));
            }
            let scale = Scale::ALL[round % Scale::ALL.len()];
            // Whoever calls knows how large it is at most.
            let wanted = Part { scale, across: 0..200, down: 0..200 };
            let Some(picture) = decode(&broken, &wanted) else { continue };
            let header = super::header::read(&broken).expect("it was decoded");
            if header.width.max(header.height) > 200 {
                continue;
            }
            let side = |side: usize| (side * scale.eighths()).div_ceil(8) as u32;
            let right = (side(header.width), side(header.height));
            assert_eq!(picture.pixels.dimensions(), right);
        }
    }
}
