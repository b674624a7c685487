//! What an image is: format, size, orientation, frames. No pixel is decoded for it, and the limits
//! are checked here, before a decoder allocates what a header claims.

use image::{ImageDecoder, metadata::Orientation};
use webpx::ImageInfo;

use super::{
    Plan, TransformError,
    decode::{Header, avif, heic, heif, jpeg, png, undecodable},
    numbers::Pixels,
    options::Options,
    svg,
    values::{Format, Size},
};

/// What the headers say.
#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    pub format: Format,
    /// The size as stored: orientations 5 to 8 swap the sides when shown.
    pub stored: Size,
    pub orientation: Orientation,
    /// 1 for a still.
    pub frames: u32,
    /// Whether pixels may be transparent.
    pub has_alpha: bool,
}

/// What is too large to decode or to deliver (delivery-and-transforms.md §4).
#[derive(Debug, Clone)]
pub struct Limits {
    /// Longest side in pixels. The service doesn't apply it to WebP, whose own limit is 16,383.
    pub side: u32,
    /// Pixels of one frame.
    pub area: u64,
    /// Pixels of all frames together.
    pub animation_area: u64,
    /// Pixels of all frames together up to which an animation is transformed; a larger one is
    /// delivered as it is.
    pub transformed_area: u64,
}

impl Limits {
    /// The service's limits for hosted images.
    pub const HOSTED: Self = Self {
        side: Pixels::MAX,
        area: 100_000_000,
        animation_area: 100_000_000,
        transformed_area: 50_000_000,
    };

    fn check_size(&self, format: Format, size: Size) -> Result<(), TransformError> {
        let too_large = |limit| Err(TransformError::TooLarge { size, limit });
        if size.area() == 0 {
            return too_large("an image has at least one pixel".to_owned());
        }
        if format != Format::Webp && size.width.max(size.height) > self.side {
            return too_large(format!("at most {} pixels a side are allowed", self.side));
        }
        self.check_area(size)
    }

    fn check_area(&self, size: Size) -> Result<(), TransformError> {
        if size.area() > self.area {
            let limit = format!("at most {} pixels are allowed", self.area);
            return Err(TransformError::TooLarge { size, limit });
        }
        Ok(())
    }

    fn check_frames(&self, size: Size, frames: u32) -> Result<(), TransformError> {
        let limit = self.animation_area;
        if size.area() * u64::from(frames) > limit {
            return Err(TransformError::AnimationTooLong { frames, size, limit });
        }
        Ok(())
    }

    /// Refuses a plan whose result would be past the limits.
    pub fn check_output(&self, plan: &Plan, frames: u32) -> Result<(), TransformError> {
        // A result no larger than its source is within the limits that its source is within.
        if plan.resize.is_none() && plan.pad.is_none() && plan.border.is_none() {
            return Ok(());
        }
        // Cropping is one with resizing: what is cut off is never made.
        let size = plan.output;
        let too_large = |limit| Err(TransformError::TooLarge { size, limit });
        if size.width.max(size.height) > self.side {
            return too_large(format!("the maximum dimension allowed is {}", self.side));
        }
        if size.area() > self.area {
            return too_large(format!("the maximum area allowed is {} pixels", self.area));
        }
        self.check_frames(size, frames)
    }
}

impl Probe {
    #[must_use]
    pub fn is_animated(&self) -> bool {
        self.frames > 1
    }

    /// Whether the answer moves: an animation of which not only the first frame is asked for.
    #[must_use]
    pub fn plays(&self, options: &Options) -> bool {
        self.is_animated() && options.anim != Some(false)
    }

    /// Pixels of all frames together.
    #[must_use]
    pub fn total_area(&self) -> u64 {
        self.stored.area() * u64::from(self.frames)
    }

    fn still(format: Format, stored: Size, orientation: Orientation, has_alpha: bool) -> Self {
        Self { format, stored, orientation, frames: 1, has_alpha }
    }

    #[cfg(test)]
    pub(super) fn sample(format: Format, has_alpha: bool, frames: u32) -> Self {
        let stored = Size { width: 4, height: 3 };
        Self { format, stored, orientation: Orientation::NoTransforms, frames, has_alpha }
    }
}

/// Reads the headers of `source` and holds them against the limits.
pub fn probe(source: &[u8], limits: &Limits) -> Result<Probe, TransformError> {
    match sniff(source).ok_or(TransformError::UnsupportedFormat)? {
        Format::Jpeg => probe_jpeg(source, limits),
        Format::Png => probe_png(source, limits),
        Format::Gif => probe_gif(source, limits),
        Format::Webp => probe_webp(source, limits),
        Format::Avif => probe_heif(Format::Avif, avif::read_header(source)?, limits),
        Format::Heic => probe_heif(Format::Heic, heic::read_header(source)?, limits),
        // It has no pixels to speak of.
        Format::Svg => Err(TransformError::UnsupportedFormat),
    }
}

/// The format that the first bytes announce. What the sender called them doesn't matter.
#[must_use]
pub fn sniff(source: &[u8]) -> Option<Format> {
    match source {
        [0xff, 0xd8, 0xff, ..] => Some(Format::Jpeg),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Format::Png),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Format::Gif),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Format::Webp),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => sniff_brands(source),
        _ => svg::is_svg(source).then_some(Format::Svg),
    }
}

/// The first brand that names a codec: files may call themselves nothing but `mif1`, "some image", first.
fn sniff_brands(source: &[u8]) -> Option<Format> {
    let (_, body) = heif::boxes(source).next()?;
    // The major brand, its version, the compatible brands.
    let brands = body.as_chunks().0.iter().take(32);
    brands.enumerate().filter(|(place, _)| *place != 1).find_map(|(_, brand)| match brand {
        b"avif" | b"avis" => Some(Format::Avif),
        b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"hevm" | b"hevs" => {
            Some(Format::Heic)
        }
        _ => None,
    })
}

fn probe_heif(format: Format, header: Header, limits: &Limits) -> Result<Probe, TransformError> {
    for size in header.decoded {
        limits.check_size(format, size)?;
    }
    limits.check_size(format, header.size)?;
    if header.tiles_area > limits.area {
        let limit = format!("its tiles may have at most {} pixels together", limits.area);
        return Err(TransformError::TooLarge { size: header.size, limit });
    }
    Ok(Probe::still(format, header.size, header.orientation, header.has_alpha))
}

fn probe_jpeg(source: &[u8], limits: &Limits) -> Result<Probe, TransformError> {
    let header = jpeg::read_header(source)?;
    limits.check_size(Format::Jpeg, header.size)?;
    let orientation = header.exif.as_deref().and_then(Orientation::from_exif_chunk);
    let orientation = orientation.unwrap_or(Orientation::NoTransforms);
    Ok(Probe::still(Format::Jpeg, header.size, orientation, false))
}

fn probe_png(source: &[u8], limits: &Limits) -> Result<Probe, TransformError> {
    // The decoder reads on to the first pixels before it tells the size; IHDR always comes first.
    let size = png_size(source).ok_or_else(|| undecodable("the PNG header is cut off"))?;
    limits.check_size(Format::Png, size)?;
    let mut decoder = png::open(source)?;
    let orientation = decoder.orientation().map_err(undecodable)?;
    Ok(Probe::still(Format::Png, size, orientation, decoder.color_type().has_alpha()))
}

fn png_size(source: &[u8]) -> Option<Size> {
    let side = |at| source.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes);
    Some(Size { width: side(16)?, height: side(20)? })
}

fn probe_gif(source: &[u8], limits: &Limits) -> Result<Probe, TransformError> {
    let mut options = gif::DecodeOptions::new();
    options.skip_frame_decoding(true);
    let mut decoder = options.read_info(source).map_err(undecodable)?;
    let size = Size { width: decoder.width().into(), height: decoder.height().into() };
    limits.check_size(Format::Gif, size)?;

    let mut frames = 0;
    let mut has_alpha = false;
    while let Some(frame) = decoder.next_frame_info().map_err(undecodable)? {
        frames += 1;
        // A frame may be larger than the canvas that it is shown on.
        let frame_size = Size { width: frame.width.into(), height: frame.height.into() };
        limits.check_area(frame_size)?;
        let covers = (frame.width, frame.height) == (size.width as u16, size.height as u16);
        has_alpha |= frame.transparent.is_some() || (frames == 1 && !covers);
        limits.check_frames(size, frames)?;
    }
    if frames == 0 {
        return Err(undecodable("the GIF has no frame"));
    }
    let orientation = Orientation::NoTransforms;
    Ok(Probe { format: Format::Gif, stored: size, orientation, frames, has_alpha })
}

fn probe_webp(source: &[u8], limits: &Limits) -> Result<Probe, TransformError> {
    let info = ImageInfo::from_webp(source).map_err(undecodable)?;
    let stored = Size { width: info.width, height: info.height };
    limits.check_size(Format::Webp, stored)?;
    let frames = if info.has_animation { count_webp_frames(source) } else { 1 };
    limits.check_frames(stored, frames)?;
    let orientation = info.orientation.and_then(|tag| Orientation::from_exif(tag as u8));
    Ok(Probe {
        format: Format::Webp,
        stored,
        orientation: orientation.unwrap_or(Orientation::NoTransforms),
        frames,
        has_alpha: info.has_alpha,
    })
}

/// The number of `ANMF` chunks behind the RIFF header. Each chunk is a name of four bytes, a length
/// and that many bytes, padded to an even number.
fn count_webp_frames(source: &[u8]) -> u32 {
    let mut frames = 0;
    let mut rest = &source[12..];
    while let Some((&[name @ .., a, b, c, d], body)) = rest.split_first_chunk::<8>() {
        frames += u32::from(name == *b"ANMF");
        let length = u32::from_le_bytes([a, b, c, d]) as usize;
        rest = body.get(length.next_multiple_of(2)..).unwrap_or_default();
    }
    frames
}
