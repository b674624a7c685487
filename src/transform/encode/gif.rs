//! GIF by the gif crate: pixels are either opaque or clear, and a frame holds only what differs from
//! the one before. One palette serves all frames that it fits; others bring their own.

mod delta;
mod shared;

use std::borrow::Cow;

use gif::{DisposalMethod, Encoder, Frame, Repeat};
use image::RgbaImage;

use self::{
    delta::{Area, Change, Drawing},
    shared::{Indexed, Shared},
};
use super::{AnimationEncoder, palette, unencodable};
use crate::transform::TransformError;

/// A palette's first entry is kept for the clear pixels.
const CLEAR: u8 = 0;
const MOST_COLORS: u16 = 255;

/// Players show a frame of less, in milliseconds, for longer than it says. Then two can't be made one.
const BRIEFEST: u32 = 20;

/// Stands in for the clear entry, and where nothing is drawn.
const BLACK: [u8; 4] = [0, 0, 0, 255];

pub(super) struct Animation {
    size: (u16, u16),
    repeat: Option<Repeat>,
    palette: Shared,
    /// Compressed. The palette stands before them in the file, and grows with them.
    frames: Vec<Frame<'static>>,
    /// The frame that waits for its successor: only that knows what has to be cleared before it.
    waiting: Option<(Drawing, u32)>,
    /// When the frame that waits begins, in milliseconds.
    begins: u64,
}

impl Animation {
    /// `source` is the palette of the GIF that the frames are from, or empty.
    pub(super) fn new(
        quality: u8,
        size: (u32, u32),
        plays: u32,
        source: &[[u8; 4]],
    ) -> Result<Self, TransformError> {
        // The loop extension says how often to repeat; playing once needs none.
        let repeat = match plays {
            0 => Some(Repeat::Infinite),
            1 => None,
            plays => Some(Repeat::Finite(u16::try_from(plays - 1).unwrap_or(u16::MAX))),
        };
        let size = (side(size.0)?, side(size.1)?);
        let palette = Shared::new(palette_size(quality), source);
        Ok(Self { size, repeat, palette, frames: Vec::new(), waiting: None, begins: 0 })
    }

    fn write(&mut self, drawing: &Drawing, milliseconds: u32) -> Result<(), TransformError> {
        let delay = self.delay(milliseconds);
        let Area { left, top, width, height } = drawing.area;
        let changes = drawing.changes();
        let Indexed { indexes, own } = self.palette.index(&changes, width)?;
        let mut frame = Frame {
            left: side(left)?,
            top: side(top)?,
            width: side(width)?,
            height: side(height)?,
            delay,
            dispose: if drawing.is_cleared_after() {
                DisposalMethod::Background
            } else {
                DisposalMethod::Keep
            },
            transparent: changes.contains(&Change::None).then_some(CLEAR),
            palette: own.as_deref().map(table),
            buffer: Cow::Owned(indexes),
            ..Frame::default()
        };
        frame.make_lzw_pre_encoded();
        let whole = drawing.whole().filter(|_| frame.palette.is_none());
        if let Some(indexes) = whole.and_then(|pixels| self.palette.exact(&pixels)) {
            // Clear pixels between may cut short what would repeat, or be what repeats: no telling.
            let mut whole = Frame { transparent: None, ..frame.clone() };
            whole.buffer = Cow::Owned(indexes);
            whole.make_lzw_pre_encoded();
            frame = if whole.buffer.len() < frame.buffer.len() { whole } else { frame };
        }
        self.frames.push(frame);
        Ok(())
    }

    /// Hundredths of a second. The times at which frames begin are rounded, not how long each is
    /// shown: else thirty frames of 33 ms would end a tenth of a second early.
    fn delay(&mut self, milliseconds: u32) -> u16 {
        let hundredths = |time: u64| (time + 5) / 10;
        let ends = self.begins + u64::from(milliseconds);
        let delay = hundredths(ends) - hundredths(self.begins);
        self.begins = ends;
        u16::try_from(delay).unwrap_or(u16::MAX)
    }
}

fn side(side: u32) -> Result<u16, TransformError> {
    u16::try_from(side).map_err(unencodable)
}

/// The default quality, and any above, has the whole palette.
fn palette_size(quality: u8) -> u16 {
    (palette::colors(quality) * 100).div_ceil(u16::from(super::DEFAULT_QUALITY)).min(MOST_COLORS)
}

impl AnimationEncoder for Animation {
    fn add(&mut self, mut canvas: RgbaImage, milliseconds: u32) -> Result<(), TransformError> {
        make_opaque_or_clear(&mut canvas);
        if let Some((before, shown_for)) = &mut self.waiting
            && before.shows(&canvas)
            && milliseconds.min(*shown_for) >= BRIEFEST
        {
            *shown_for = shown_for.saturating_add(milliseconds);
            return Ok(());
        }
        let next = match self.waiting.take() {
            None => Drawing::first(canvas),
            Some((mut before, shown_for)) => {
                let next = before.followed_by(canvas);
                self.write(&before, shown_for)?;
                next
            }
        };
        self.waiting = Some((next, milliseconds));
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<Vec<u8>, TransformError> {
        if let Some((last, milliseconds)) = self.waiting.take() {
            self.write(&last, milliseconds)?;
        }
        let ((width, height), palette) = (self.size, table(self.palette.colors()));
        let mut encoder = Encoder::new(Vec::new(), width, height, &palette).map_err(unencodable)?;
        if let Some(repeat) = self.repeat {
            encoder.set_repeat(repeat).map_err(unencodable)?;
        }
        for frame in &self.frames {
            encoder.write_lzw_pre_encoded_frame(frame).map_err(unencodable)?;
        }
        encoder.into_inner().map_err(unencodable)
    }
}

/// Clear pixels all look the same to a comparison.
fn make_opaque_or_clear(canvas: &mut RgbaImage) {
    for pixel in canvas.pixels_mut() {
        pixel.0 = match pixel.0 {
            [_, _, _, ..128] => [0; 4],
            [r, g, b, _] => [r, g, b, 255],
        };
    }
}

/// RGB, and before it the entry for what is clear. That takes two colours at least.
fn table(colors: &[[u8; 4]]) -> Vec<u8> {
    [BLACK].iter().chain(colors).flat_map(|&[r, g, b, _]| [r, g, b]).collect()
}

#[cfg(test)]
mod tests {
    use image::Rgba;

    use super::*;
    use crate::transform::{Format, decode};

    const RED: Rgba<u8> = Rgba([255, 0, 0, 255]);
    const BLUE: Rgba<u8> = Rgba([0, 0, 255, 255]);
    const CLEAR: Rgba<u8> = Rgba([0; 4]);

    fn encoded(canvases: &[RgbaImage], plays: u32) -> Vec<u8> {
        let mut animation =
            Box::new(Animation::new(85, canvases[0].dimensions(), plays, &[]).unwrap());
        for (canvas, milliseconds) in canvases.iter().zip((0..).step_by(50)) {
            animation.add(canvas.clone(), milliseconds).unwrap();
        }
        animation.finish().unwrap()
    }

    fn assert_shows(gif: &[u8], canvases: &[RgbaImage]) {
        let frames: Vec<_> = decode::animation(gif, Format::Gif).unwrap().frames.collect();
        let mut shown = frames.into_iter().map(Result::unwrap);
        let mut frame = shown.next().unwrap();
        let mut until = frame.milliseconds;
        for (at, canvas) in canvases.iter().enumerate() {
            let begins: u32 = (0..at as u32).map(|before| before * 50).sum();
            // The first is shown for no time at all, the second begins when it does.
            if at > 0 && begins >= until {
                frame = shown.next().unwrap();
                until += frame.milliseconds;
            }
            let visible = |image: &RgbaImage| {
                image.pixels().map(|p| if p.0[3] == 0 { CLEAR } else { *p }).collect::<Vec<_>>()
            };
            assert!(visible(&frame.canvas) == visible(canvas), "frame {at} differs");
        }
        assert!(shown.next().is_none());
        assert_eq!(until, (0..canvases.len() as u32).map(|at| at * 50).sum::<u32>());
    }

    /// A canvas of one colour with a square of another at `place`.
    fn square(ground: Rgba<u8>, color: Rgba<u8>, place: u32) -> RgbaImage {
        let inside = move |at| (place..place + 4).contains(&at);
        RgbaImage::from_fn(20, 10, move |x, y| if inside(x) && inside(y) { color } else { ground })
    }

    #[test]
    fn few_colors_come_back_as_they_were_and_when_they_were() {
        let moves = [0, 1, 2, 2, 6].map(|place| square(RED, BLUE, place));
        assert_shows(&encoded(&moves, 0), &moves);
    }

    #[test]
    fn what_stays_is_one_frame_shown_for_longer() {
        let moves = [0, 1, 1, 1].map(|place| square(RED, BLUE, place));
        let frames = decode::animation(&encoded(&moves, 0), Format::Gif).unwrap().frames.count();
        assert_eq!(frames, 2);
    }

    #[test]
    fn the_times_of_frames_add_up() {
        let mut animation = Box::new(Animation::new(85, (20, 10), 0, &[]).unwrap());
        for place in 0..6 {
            animation.add(square(RED, BLUE, place), 33).unwrap();
        }
        let gif = animation.finish().unwrap();
        let frames = decode::animation(&gif, Format::Gif).unwrap().frames;
        let times: Vec<_> = frames.map(|frame| frame.unwrap().milliseconds).collect();

        // Six times 33 ms are 198 ms.
        assert_eq!(times, [30, 40, 30, 30, 40, 30]);
    }

    #[test]
    fn what_becomes_clear_is_cleared() {
        let moves = [0, 3, 3, 6].map(|place| square(CLEAR, BLUE, place));
        assert_shows(&encoded(&moves, 0), &moves);

        let holes = [square(BLUE, RED, 1), square(BLUE, CLEAR, 5), square(RED, CLEAR, 2)];
        assert_shows(&encoded(&holes, 0), &holes);

        let nothing = [square(CLEAR, RED, 0), square(CLEAR, CLEAR, 0), square(CLEAR, CLEAR, 0)];
        assert_shows(&encoded(&nothing, 0), &nothing);
    }

    #[test]
    fn a_frame_holds_what_changed() {
        let moves = [0, 1].map(|place| square(RED, BLUE, place));
        let gif = encoded(&moves, 0);

        let mut decoder = gif::DecodeOptions::new().read_info(&gif[..]).unwrap();
        decoder.read_next_frame().unwrap().unwrap();
        let second = decoder.read_next_frame().unwrap().unwrap();
        assert_eq!((second.left, second.top, second.width, second.height), (0, 0, 5, 5));
    }

    fn own_palettes(gif: &[u8]) -> usize {
        let mut decoder = gif::DecodeOptions::new().read_info(gif).unwrap();
        let mut palettes = 0;
        while let Some(frame) = decoder.read_next_frame().unwrap() {
            palettes += usize::from(frame.palette.is_some());
        }
        palettes
    }

    #[test]
    fn a_palette_is_written_again_only_if_the_first_is_full() {
        let new = [square(RED, BLUE, 0), square(RED, Rgba([0, 255, 0, 255]), 1)];
        let gif = encoded(&new, 0);
        assert_eq!(own_palettes(&gif), 0);
        assert_shows(&gif, &new);

        let shades = |color: fn(u8) -> [u8; 4]| {
            RgbaImage::from_fn(16, 15, |x, y| Rgba(color((x + 16 * y) as u8)))
        };
        let full = [shades(|shade| [shade, 0, 0, 255]), shades(|shade| [0, shade, 0, 255])];
        let gif = encoded(&full, 0);
        assert_eq!(own_palettes(&gif), 1);
        assert_shows(&gif, &full);
    }

    #[test]
    fn it_plays_as_often_as_asked() {
        let moves = [0, 1].map(|place| square(RED, BLUE, place));
        for (plays, repeat) in [
            (0, Repeat::Infinite),
            (1, Repeat::Finite(0)),
            (2, Repeat::Finite(1)),
            (7, Repeat::Finite(6)),
        ] {
            let gif = encoded(&moves, plays);
            let decoder = gif::DecodeOptions::new().read_info(&gif[..]).unwrap();
            assert_eq!(decoder.repeat(), repeat, "{plays} plays");
        }
    }

    #[test]
    fn many_colors_stay_close_and_lower_quality_is_fewer_bytes() {
        let picture = RgbaImage::from_fn(64, 64, |x, y| Rgba([x as u8 * 4, y as u8 * 4, 128, 255]));
        let sizes = [85, 40, 5].map(|quality| {
            let mut animation = Box::new(Animation::new(quality, (64, 64), 1, &[]).unwrap());
            animation.add(picture.clone(), 0).unwrap();
            animation.finish().unwrap().len()
        });
        assert!(sizes.is_sorted_by(|more, less| more > less), "{sizes:?}");

        let gif = encoded(std::slice::from_ref(&picture), 1);
        let shown = decode::still(&gif, Format::Gif).unwrap().pixels.into_rgba8();
        let difference = |(a, b): (&u8, &u8)| u64::from(a.abs_diff(*b));
        let sum: u64 = shown.iter().zip(picture.iter()).map(difference).sum();
        assert!(sum / (64 * 64 * 3) < 8, "{sum}");
    }
}
