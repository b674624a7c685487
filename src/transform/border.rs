//! `trim=border`: which part of a frame is left when a border of one colour is cut off. It only
//! looks; cutting is the plan's.

use image::DynamicImage;

use super::{
    css_color::Color,
    plan::{BorderRule, Window},
    values::Size,
};

impl BorderRule {
    /// The part of the frame that stays. `None` if all of it is border.
    pub(super) fn inside(&self, frame: &DynamicImage) -> Option<Window> {
        let channels = usize::from(frame.color().channel_count());
        let width = frame.width() as usize;
        let color = self.color.unwrap_or_else(|| self.corner_color(frame));
        let is_content = |pixel: &[u8]| !self.is_border(rgba(pixel), color);

        let (mut left, mut right) = (width, 0);
        let (mut top, mut bottom) = (None, 0);
        for (y, row) in frame.as_bytes().chunks_exact(width * channels).enumerate() {
            let mut pixels = row.chunks_exact(channels);
            let Some(first) = pixels.clone().position(is_content) else { continue };
            let last = pixels.rposition(is_content).unwrap_or(first);
            (left, right) = (left.min(first), right.max(last + 1));
            (top, bottom) = (top.or(Some(y)), y + 1);
        }
        let (top, height) = self.widened(top?, bottom, frame.height());
        let (left, width) = self.widened(left, right, frame.width());
        Some(Window { size: Size { width, height }, left, top })
    }

    /// From where, and how long, with the border to keep and inside `side`.
    fn widened(&self, start: usize, end: usize, side: u32) -> (u32, u32) {
        let start = (start as u32).saturating_sub(self.keep);
        let end = (end as u32).saturating_add(self.keep).min(side);
        (start, end - start)
    }

    /// The service doesn't trim what is clear unless the clear colour is asked for, in which case
    /// it doesn't matter which colour the clear pixels would have.
    fn is_border(&self, pixel: [u8; 4], Color(color): Color) -> bool {
        if color[3] == 0 {
            return self.color.is_some() && pixel[3] <= self.tolerance;
        }
        pixel[3] > 0 && self.is_like(pixel, color)
    }

    fn is_like(&self, one: [u8; 4], other: [u8; 4]) -> bool {
        one.iter().zip(other).all(|(a, b)| a.abs_diff(b) <= self.tolerance)
    }

    fn corner_color(&self, frame: &DynamicImage) -> Color {
        let (right, bottom) = (frame.width() - 1, frame.height() - 1);
        let corners =
            [(0, 0), (right, 0), (0, bottom), (right, bottom)].map(|(x, y)| pixel(frame, x, y));
        let alike =
            |corner: [u8; 4]| corners.iter().filter(|other| self.is_like(corner, **other)).count();
        // Of equals `max_by_key` takes the last, and the top left one is to win.
        Color(corners.into_iter().rev().max_by_key(|corner| alike(*corner)).unwrap_or(corners[0]))
    }
}

fn pixel(frame: &DynamicImage, x: u32, y: u32) -> [u8; 4] {
    image::GenericImageView::get_pixel(frame, x, y).0
}

/// A pixel of any layout as red, green, blue and alpha.
fn rgba(pixel: &[u8]) -> [u8; 4] {
    match *pixel {
        [grey, alpha] => [grey, grey, grey, alpha],
        [red, green, blue] => [red, green, blue, u8::MAX],
        [red, green, blue, alpha] => [red, green, blue, alpha],
        _ => [pixel[0], pixel[0], pixel[0], u8::MAX],
    }
}

#[cfg(test)]
mod tests {
    use image::{GrayImage, Luma, Rgb, RgbImage, Rgba, RgbaImage};

    use super::*;

    const AUTO: BorderRule = BorderRule { color: None, tolerance: 10, keep: 0 };
    const RED: Rgb<u8> = Rgb([220, 20, 20]);

    /// 40x30: a red block of 20x10 at 5,8 on a ground that is given pixel by pixel.
    fn block(ground: impl Fn(u32, u32) -> [u8; 3]) -> DynamicImage {
        let is_inside = |x, y| (5..25).contains(&x) && (8..18).contains(&y);
        let at = |x, y| if is_inside(x, y) { RED } else { Rgb(ground(x, y)) };
        RgbImage::from_fn(40, 30, at).into()
    }

    fn inside(frame: &DynamicImage, border: BorderRule) -> Option<[u32; 4]> {
        border.inside(frame).map(|kept| [kept.left, kept.top, kept.size.width, kept.size.height])
    }

    #[test]
    fn a_border_of_one_colour_goes() {
        let frame = block(|_, _| [255; 3]);

        assert_eq!(inside(&frame, AUTO), Some([5, 8, 20, 10]));
        assert_eq!(inside(&frame.to_luma8().into(), AUTO), Some([5, 8, 20, 10]));
        assert_eq!(inside(&frame.to_rgba8().into(), AUTO), Some([5, 8, 20, 10]));
        assert_eq!(inside(&frame.to_luma_alpha8().into(), AUTO), Some([5, 8, 20, 10]));
    }

    #[test]
    fn noise_within_the_tolerance_is_border() {
        let noise = |x, y| [245 + ((x * 7 + y * 13) % 10) as u8, 250, 249];

        assert_eq!(inside(&block(noise), AUTO), Some([5, 8, 20, 10]));
        assert_eq!(
            inside(&block(noise), BorderRule { tolerance: 3, ..AUTO }),
            Some([0, 0, 40, 30])
        );
    }

    #[test]
    fn some_of_the_border_can_stay() {
        let frame = block(|_, _| [0, 0, 90]);

        assert_eq!(inside(&frame, BorderRule { keep: 3, ..AUTO }), Some([2, 5, 26, 16]));
        assert_eq!(inside(&frame, BorderRule { keep: 10, ..AUTO }), Some([0, 0, 35, 28]));
        assert_eq!(inside(&frame, BorderRule { keep: u32::MAX, ..AUTO }), Some([0, 0, 40, 30]));
    }

    #[test]
    fn only_the_colour_asked_for_is_border() {
        let frame = block(|_, _| [255; 3]);
        let of = |color| BorderRule { color: Some(Color(color)), ..AUTO };

        assert_eq!(inside(&frame, of([250, 255, 255, 255])), Some([5, 8, 20, 10]));
        assert_eq!(inside(&frame, of([0, 0, 0, 255])), Some([0, 0, 40, 30]));
    }

    #[test]
    fn one_odd_corner_does_not_decide() {
        let odd = block(|x, y| if x < 2 && y < 2 { [0, 0, 0] } else { [255; 3] });

        // The odd corner is content, and what lies between it and the block with it.
        assert_eq!(inside(&odd, AUTO), Some([0, 0, 25, 18]));
    }

    #[test]
    fn corners_that_all_differ_leave_it_to_the_first() {
        let frame = GrayImage::from_fn(8, 4, |x, y| match (x, y) {
            (0..=1, _) => Luma([10]),
            _ => Luma([(60 + 20 * x + 40 * y) as u8]),
        });

        assert_eq!(inside(&frame.into(), AUTO), Some([2, 0, 6, 4]));
    }

    #[test]
    fn a_clear_border_stays_unless_it_is_asked_for() {
        let frame = RgbaImage::from_fn(12, 12, |x, y| {
            let is_inside = (3..7).contains(&x) && (4..9).contains(&y);
            Rgba([(x * 20) as u8, 90, 90, if is_inside { 255 } else { 0 }])
        });
        let clear = BorderRule { color: Some(Color([0; 4])), ..AUTO };

        assert_eq!(inside(&frame.clone().into(), AUTO), Some([0, 0, 12, 12]));
        assert_eq!(inside(&frame.into(), clear), Some([3, 4, 4, 5]));
    }

    #[test]
    fn of_a_single_colour_nothing_is_left() {
        let frame: DynamicImage = RgbImage::from_pixel(9, 9, RED).into();

        assert_eq!(inside(&frame, AUTO), None);
        assert_eq!(inside(&frame, BorderRule { keep: 4, ..AUTO }), None);
        assert_eq!(inside(&RgbImage::from_pixel(1, 1, RED).into(), AUTO), None);
    }
}
