//! Looks at the pixels of answers with decoders that are not the program's own choice of steps.

use image::RgbaImage;
use tintype::transform;

use super::Response;

pub(crate) const RED: [u8; 3] = [0xe6, 0x19, 0x4b];
pub(crate) const GREEN: [u8; 3] = [0x3c, 0xb4, 0x4b];
pub(crate) const BLUE: [u8; 3] = [0x43, 0x63, 0xd8];
pub(crate) const YELLOW: [u8; 3] = [0xff, 0xe1, 0x19];
pub(crate) const WHITE: [u8; 3] = [255; 3];

impl Response {
    /// The first frame.
    pub(crate) fn picture(&self) -> RgbaImage {
        assert_eq!(self.status, 200, "{}", self.text());
        match self.header("content-type") {
            "image/jpeg" => decode_jpeg(&self.body),
            "image/webp" => decode_webp(&self.body),
            "image/avif" => decode_avif(&self.body),
            _ => image::load_from_memory(&self.body).unwrap().into_rgba8(),
        }
    }

    /// Width and height: `400x300`.
    pub(crate) fn size(&self) -> String {
        let (width, height) = self.picture().dimensions();
        format!("{width}x{height}")
    }
}

/// By jpeg-decoder: zune-jpeg doesn't read baseline files with a scan for each channel.
fn decode_jpeg(bytes: &[u8]) -> RgbaImage {
    let mut decoder = jpeg_decoder::Decoder::new(bytes);
    let samples = decoder.decode().unwrap();
    let info = decoder.info().unwrap();
    let (width, height) = (info.width.into(), info.height.into());
    let picture = match info.pixel_format {
        jpeg_decoder::PixelFormat::L8 => {
            image::GrayImage::from_raw(width, height, samples).map(image::DynamicImage::from)
        }
        _ => image::RgbImage::from_raw(width, height, samples).map(image::DynamicImage::from),
    };
    picture.unwrap().into_rgba8()
}

/// By the program's own decoder: there is no other one here.
fn decode_avif(bytes: &[u8]) -> RgbaImage {
    let options = "format=png-force".parse().unwrap();
    let limits = transform::Limits::HOSTED;
    let png = transform::transform(bytes, &options, transform::Accepts::default(), &limits);
    image::load_from_memory(&png.unwrap().bytes).unwrap().into_rgba8()
}

fn decode_webp(bytes: &[u8]) -> RgbaImage {
    let (samples, width, height) = match webpx::ImageInfo::from_webp(bytes).unwrap() {
        info if info.has_animation => {
            let frame = webpx::AnimationDecoder::new(bytes).unwrap().next_frame().unwrap().unwrap();
            (frame.data, frame.width, frame.height)
        }
        _ => webpx::decode_rgba(bytes).unwrap(),
    };
    RgbaImage::from_raw(width, height, samples).unwrap()
}

/// Asserts that the pixel at a point has a colour, give or take what lossy formats change.
#[track_caller]
pub(crate) fn assert_color(picture: &RgbaImage, point: (u32, u32), expected: [u8; 3]) {
    let [red, green, blue, alpha] = picture.get_pixel(point.0, point.1).0;
    let found = [red, green, blue];
    let far = found.iter().zip(expected).any(|(a, b)| a.abs_diff(b) > 14);
    assert!(!far && alpha == 255, "{found:?} alpha {alpha} at {point:?}, expected {expected:?}");
}
