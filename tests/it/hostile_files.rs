//! Files made by hand that say one thing and hold another: sizes that lie, tiles that are shared,
//! chunks that swell. They are refused before they fill the memory, or shown as far as they go.

use image::ImageDecoder;
use tintype::transform::{
    Accepts, Format, Limits, Options, TransformError, probe, transform, verify,
};

use crate::support::fixtures;

fn render(source: &[u8]) -> Result<(u32, u32), TransformError> {
    let png: Options = "format=png-force".parse().unwrap();
    let rendition = transform(source, &png, Accepts::default(), &Limits::HOSTED)?;
    let decoder =
        image::codecs::png::PngDecoder::new(std::io::Cursor::new(rendition.bytes)).unwrap();
    Ok(decoder.dimensions())
}

fn is_too_large<T: std::fmt::Debug>(result: &Result<T, TransformError>) -> bool {
    matches!(result, Err(TransformError::TooLarge { .. }))
}

fn is_undecodable<T: std::fmt::Debug>(result: &Result<T, TransformError>) -> bool {
    matches!(result, Err(TransformError::Undecodable(_)))
}

/// A frame of a GIF: where it is, how large, and how many pixels it has data for.
struct Frame(u16, u16, u16, u16, usize);

fn gif((width, height): (u16, u16), frames: &[Frame]) -> Vec<u8> {
    let mut file = b"GIF89a".to_vec();
    file.extend([width.to_le_bytes(), height.to_le_bytes()].concat());
    // Two colours.
    file.extend([0x80, 0, 0, 0, 0, 0, 255, 255, 255]);
    for Frame(left, top, width, height, pixels) in frames {
        file.push(0x2c);
        file.extend([left, top, width, height].map(|side| side.to_le_bytes()).concat());
        file.extend([0, 2]);
        // Codes of three bits: start again, then a pixel, for each; last, the end.
        let codes = [4, 1].repeat(*pixels).into_iter().chain([5]);
        let mut bits: Vec<u8> =
            codes.flat_map(|code: u8| [code & 1, code >> 1 & 1, code >> 2]).collect();
        bits.resize(bits.len().next_multiple_of(8), 0);
        let bytes = bits.chunks(8).map(|byte| byte.iter().rev().fold(0, |sum, bit| sum << 1 | bit));
        let bytes: Vec<u8> = bytes.collect();
        file.push(bytes.len() as u8);
        file.extend(bytes);
        file.push(0);
    }
    file.push(0x3b);
    file
}

#[test]
fn a_gif_is_as_large_as_its_canvas_wherever_its_frames_are() {
    for (frame, told) in [
        (Frame(0, 0, 2, 2, 4), "that fits"),
        (Frame(1, 1, 3, 3, 9), "that reaches out"),
        (Frame(100, 65_535, 1, 1, 1), "outside"),
        (Frame(0, 0, 5, 5, 25), "larger than the canvas"),
    ] {
        let file = gif((2, 2), &[frame]);
        assert_eq!(verify(&file, &Limits::HOSTED), Ok(Format::Gif), "a frame {told}");
        assert_eq!(render(&file), Ok((2, 2)), "a frame {told}");
    }
}

#[test]
fn a_gif_frame_is_not_larger_than_a_picture_may_be() {
    let file = gif((1, 1), &[Frame(0, 0, 1, 1, 1), Frame(0, 0, 65_535, 65_535, 1)]);
    assert!(is_too_large(&probe(&file, &Limits::HOSTED)));
    assert!(is_too_large(&verify(&gif((65_535, 1), &[Frame(0, 0, 1, 1, 1)]), &Limits::HOSTED)));
}

#[test]
fn a_gif_of_nothing_is_refused() {
    assert!(is_too_large(&verify(&gif((0, 5), &[Frame(0, 0, 1, 1, 1)]), &Limits::HOSTED)));
    assert!(is_undecodable(&verify(&gif((2, 2), &[]), &Limits::HOSTED)));
    let empty_frames = gif((2, 2), &[Frame(0, 0, 0, 0, 0), Frame(0, 0, 0, 2, 0)]);
    let _either = verify(&empty_frames, &Limits::HOSTED);
    let _either = render(&empty_frames);
}

#[test]
fn a_gif_of_the_largest_size_is_shown() {
    let limits = Limits { side: 10_000, ..Limits::HOSTED };
    let file = gif((10_000, 10_000), &[Frame(0, 0, 1, 1, 1)]);
    assert_eq!(verify(&file, &limits), Ok(Format::Gif));
}

fn png(change: impl FnOnce(&mut png::Info)) -> Vec<u8> {
    let mut info = png::Info::with_size(2, 1);
    change(&mut info);
    let mut file = Vec::new();
    let mut writer = png::Encoder::with_info(&mut file, info).unwrap().write_header().unwrap();
    writer.write_image_data(&[1, 2]).unwrap();
    writer.finish().unwrap();
    file
}

#[test]
fn a_png_chunk_does_not_swell_past_its_limit() {
    let swollen = png(|info| info.icc_profile = Some(vec![0; 80 << 20].into()));
    assert!(swollen.len() < 1 << 20);
    let _either = verify(&swollen, &Limits::HOSTED);

    let comment = png(|info| {
        let text = png::text_metadata::ZTXtChunk::new("Comment", "x".repeat(80 << 20));
        info.compressed_latin1_text.push(text);
    });
    assert!(comment.len() < 1 << 20);
    assert_eq!(verify(&comment, &Limits::HOSTED), Ok(Format::Png));
}

#[test]
fn a_png_header_that_lies_is_refused() {
    let whole = png(|_| {});
    let sized = |width: u32, height: u32| {
        let mut file = whole.clone();
        file[16..24].copy_from_slice(&[width.to_be_bytes(), height.to_be_bytes()].concat());
        verify(&file, &Limits::HOSTED)
    };
    for (width, height) in [(0, 1), (1, 0), (1 << 31, 1), (u32::MAX, u32::MAX), (12_000, 12_000)] {
        assert!(is_too_large(&sized(width, height)), "{width}x{height}");
    }
    // The checksum is wrong now, and there are too few rows.
    assert!(is_undecodable(&sized(2, 9_000)));
}

#[test]
fn a_webp_canvas_smaller_than_its_frames_is_refused() {
    let whole = fixtures::read("animation.webp");
    assert_eq!(&whole[12..16], b"VP8X");
    let sized = |side: u32| {
        let mut file = whole.clone();
        let side = &(side - 1).to_le_bytes()[..3];
        file[24..27].copy_from_slice(side);
        file[27..30].copy_from_slice(side);
        file
    };
    assert!(is_undecodable(&verify(&sized(1), &Limits::HOSTED)));
    assert!(render(&sized(1)).is_err());
    assert!(is_too_large(&verify(&sized(16_384), &Limits::HOSTED)));
    assert!(verify(&sized(1 << 24), &Limits::HOSTED).is_err());
}

#[test]
fn a_jpeg_with_another_inside_its_headers_is_the_outer_one() {
    let (outer, inner) = (fixtures::read("grey.jpg"), fixtures::read("orientation-1.jpg"));
    let inner = &inner[..inner.len().min(60_000)];
    let length = (inner.len() as u16 + 2).to_be_bytes();
    let thumbnail = [&[0xff, 0xee], &length[..], inner].concat();
    let file = [&outer[..2], &thumbnail, &outer[2..]].concat();
    assert_eq!(render(&file), render(&outer));
    assert!(render(&file).is_ok());

    // A second start, without a segment around it.
    let file = [&outer[..2], inner, &outer[2..]].concat();
    let _either = render(&file);
}

#[test]
fn a_jpeg_with_two_frame_headers_is_no_panic() {
    for name in ["photo.jpg", "progressive.jpg", "cmyk.jpg", "grey.jpg"] {
        let whole = fixtures::read(name);
        let is_frame = |pair: &[u8]| matches!(pair, [0xff, 0xc0 | 0xc2]);
        let start = whole.windows(2).position(is_frame).unwrap();
        let length = usize::from(u16::from_be_bytes([whole[start + 2], whole[start + 3]]));
        let frame = &whole[start..start + 2 + length];
        for (height, width) in [(0_u16, 0_u16), (0, 9), (9, 0), (1, 1), (3_000, 3_000)] {
            let mut other = frame.to_vec();
            other[5..9].copy_from_slice(&[height.to_be_bytes(), width.to_be_bytes()].concat());
            let (before, after) = (&whole[..start], &whole[start + 2 + length..]);
            let replaced = [before, &other, after].concat();
            let _either = verify(&replaced, &Limits::HOSTED);
            assert!(height.min(width) > 0 || verify(&replaced, &Limits::HOSTED).is_err(), "{name}");
            for two in [[before, &other, frame, after], [before, frame, &other, after]] {
                let _either = verify(&two.concat(), &Limits::HOSTED);
                let _either = render(&two.concat());
            }
        }
    }
}

fn boxed(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    [&(body.len() as u32 + 8).to_be_bytes()[..], kind, body].concat()
}

/// A box with a version; its flags are none.
fn full(kind: &[u8; 4], version: u8, body: &[u8]) -> Vec<u8> {
    boxed(kind, &[&[version, 0, 0, 0], body].concat())
}

/// A grid of 100x100 whose tiles are all the same item, of `tile` pixels by its own word.
struct Grid {
    brand: &'static [u8; 4],
    codec: &'static [u8; 4],
    setup: Vec<u8>,
    columns: u16,
    rows: u16,
    tile: u32,
    data: Vec<u8>,
}

impl Grid {
    fn file(&self) -> Vec<u8> {
        let Self { brand, codec, setup, columns, rows, tile, data } = self;
        let item =
            |id: u8, kind: &[u8; 4]| full(b"infe", 2, &[&[0, id, 0, 0], &kind[..], &[0]].concat());
        let items = [&[0, 2][..], &item(1, b"grid"), &item(2, codec)].concat();
        // Each in one piece of `idat`.
        let place = |id: u8, offset: u32, length: usize| {
            let extent = [offset.to_be_bytes(), (length as u32).to_be_bytes()].concat();
            [&[0, id, 0, 1, 0, 0, 0, 1], &extent[..]].concat()
        };
        let places = [&[0x44, 0, 0, 2], &place(1, 0, 8)[..], &place(2, 8, data.len())].concat();
        let count = columns * rows;
        let tiles = [&[0, 1], &count.to_be_bytes()[..], &[0, 2].repeat(count.into())].concat();
        let size = full(b"ispe", 0, &[tile.to_be_bytes(), tile.to_be_bytes()].concat());
        let properties = boxed(b"ipco", &[&setup[..], &size].concat());
        let belongs = full(b"ipma", 0, &[0, 0, 0, 1, 0, 2, 2, 1, 2]);
        let shape = [0, 0, (rows - 1) as u8, (columns - 1) as u8, 0, 100, 0, 100];
        let meta = [
            full(b"pitm", 0, &[0, 1]),
            full(b"iinf", 0, &items),
            full(b"iloc", 1, &places),
            full(b"iref", 0, &boxed(b"dimg", &tiles)),
            boxed(b"iprp", &[properties, belongs].concat()),
            boxed(b"idat", &[&shape[..], data].concat()),
        ];
        [
            boxed(b"ftyp", &[&brand[..], &[0; 4], &brand[..]].concat()),
            full(b"meta", 0, &meta.concat()),
        ]
        .concat()
    }
}

/// Bits of an HEVC parameter set, most significant first.
struct Bits(String);

impl Bits {
    /// A number as the Exponential-Golomb code that HEVC calls `ue`.
    fn number(mut self, number: u32) -> Self {
        let digits = format!("{:b}", number + 1);
        self.0 += &"0".repeat(digits.len() - 1);
        self.0 += &digits;
        self
    }

    fn raw(mut self, bits: &str) -> Self {
        self.0 += bits;
        self
    }

    fn bytes(mut self) -> Vec<u8> {
        self.0 += "1";
        self.0 += &"0".repeat(self.0.len().next_multiple_of(8) - self.0.len());
        self.0
            .as_bytes()
            .chunks(8)
            .map(|bits| bits.iter().fold(0, |sum, bit| sum << 1 | (bit & 1)))
            .collect()
    }
}

/// The decoder configuration of a HEVC picture (ISO/IEC 14496-15 §8.3.3.1) with nothing in it but a
/// sequence parameter set (ITU-T H.265 §7.3.2.2).
fn hevc_setup(side: u32) -> Vec<u8> {
    let start = Bits("00000001".to_owned()).raw(&"1".repeat(96)).number(0).number(1);
    let depths = start.number(side).number(side).raw("0").number(0).number(0).number(0);
    let blocks =
        depths.raw("0").number(0).number(0).number(0).number(0).number(3).number(0).number(3);
    let set = blocks.number(0).number(0).raw("0000").number(0).raw("00000").bytes();
    let unit = [&[0x42, 1], &set[..]].concat();
    let array = [&[33, 0, 1], &(unit.len() as u16).to_be_bytes()[..], &unit].concat();
    boxed(b"hvcC", &[&[1][..], &[0; 20], &[3, 1], &array].concat())
}

fn heic(side: u32, columns: u16, rows: u16, tile: u32) -> Grid {
    let setup = hevc_setup(side);
    Grid { brand: b"heic", codec: b"hvc1", setup, columns, rows, tile, data: vec![0; 1000] }
}

#[test]
fn a_heic_tile_is_as_large_as_its_stream_says_and_not_its_box() {
    let honest = heic(64, 2, 2, 64).file();
    let probed = probe(&honest, &Limits::HOSTED).unwrap();
    assert_eq!((probed.format, probed.stored.to_string()), (Format::Heic, "100x100".to_owned()));

    for (side, told) in [(12_008, "side"), (10_008, "area"), (8_192, "tiles together")] {
        assert!(is_too_large(&probe(&heic(side, 2, 2, 64).file(), &Limits::HOSTED)), "{told}");
        assert!(is_too_large(&verify(&heic(side, 2, 2, 64).file(), &Limits::HOSTED)), "{told}");
    }
    // Too much for the decoder itself.
    assert!(probe(&heic(60_000, 1, 1, 64).file(), &Limits::HOSTED).is_err());
}

#[test]
fn tiles_that_share_their_data_do_not_fill_the_memory() {
    let data = vec![0; 2_000_000];
    let heic = Grid { data: data.clone(), ..heic(8, 256, 255, 1) }.file();
    assert!(is_undecodable(&probe(&heic, &Limits::HOSTED)));

    let long_setup = boxed(b"hvcC", &vec![0; 100_000]);
    let heic = Grid { setup: long_setup, ..self::heic(8, 256, 255, 1) }.file();
    assert!(is_undecodable(&probe(&heic, &Limits::HOSTED)));

    let setup = boxed(b"av1C", &[0x81, 0, 0, 0]);
    let (brand, codec) = (b"avif", b"av01");
    let avif = Grid { brand, codec, setup, columns: 100, rows: 100, tile: 1, data }.file();
    assert!(is_undecodable(&probe(&avif, &Limits::HOSTED)));
}

#[test]
fn an_avif_that_lies_about_its_sizes_is_refused() {
    let whole = fixtures::read("grid.avif");
    let sized = |width: u32, height: u32| {
        let mut file = whole.clone();
        for start in 0..file.len() - 16 {
            if &file[start..start + 4] == b"ispe" {
                let sides = [width.to_be_bytes(), height.to_be_bytes()].concat();
                file[start + 8..start + 16].copy_from_slice(&sides);
            }
        }
        file
    };
    let limits = Limits { area: 11_000, ..Limits::HOSTED };
    // The four tiles of 64x64 are larger than the 120x80 that is shown of them.
    assert!(is_too_large(&verify(&whole, &limits)));
    assert_eq!(verify(&sized(64, 64), &Limits::HOSTED), Ok(Format::Avif));
    for (width, height) in
        [(0, 0), (64, 0), (63, 64), (12_001, 1), (12_000, 12_000), (u32::MAX, u32::MAX)]
    {
        assert!(verify(&sized(width, height), &Limits::HOSTED).is_err(), "{width}x{height}");
    }
}
