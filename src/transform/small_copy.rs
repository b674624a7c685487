//! A small copy of a frame, for what only needs to be looked at.

use std::borrow::Cow;

use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use image::DynamicImage;

/// The frame with its longer side at most `longest`; the frame itself if that is so already.
pub(super) fn small_copy(frame: &DynamicImage, longest: u32) -> Cow<'_, DynamicImage> {
    let scale = f64::from(longest) / f64::from(frame.width().max(frame.height()));
    if scale >= 1.0 {
        return Cow::Borrowed(frame);
    }
    let side = |side: u32| ((f64::from(side) * scale).round() as u32).max(1);
    let mut copy = DynamicImage::new(side(frame.width()), side(frame.height()), frame.color());
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
    Resizer::new()
        .resize(frame, &mut copy, &options)
        .expect("both have the same layout, which is one of the four that frames have");
    Cow::Owned(copy)
}
