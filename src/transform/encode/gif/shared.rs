//! The palette that the frames of an animation share, and their pixels as its numbers. It takes in new
//! colours as they are while there is room. Then the source's own palette is tried, or few colours
//! are found for many.

use std::collections::{HashMap, HashSet};

use super::{
    super::palette::{Dithering, Palette},
    BLACK, CLEAR, Change,
};
use crate::transform::TransformError;

/// How much worse (as mean squares) a frame may look in the shared palette than the first with too
/// many colours does in one of its own, before it gets its own, which takes 768 bytes.
const TOLERANCE: f64 = 16.0;

/// Pixels by which a palette is found, at most.
const SAMPLE: usize = 1 << 14;

type Color = [u8; 4];

pub(super) struct Shared {
    most: usize,
    source: Vec<Color>,
    colors: Vec<Color>,
    numbers: HashMap<Color, u8>,
    /// Finds the nearest of `colors`, as long as no more come in.
    nearest: Option<Palette>,
    /// How far the first frame with too many colours is from the palette made for it.
    error: Option<f64>,
}

/// A frame's pixels as numbers, and its palette if that isn't the shared one.
pub(super) struct Indexed {
    pub(super) indexes: Vec<u8>,
    pub(super) own: Option<Vec<Color>>,
}

/// What is to be drawn of a frame: the colours of the pixels that change, and all pixels in their place.
struct Drawn<'a> {
    changes: &'a [Change],
    colors: Vec<Color>,
    pixels: Vec<u8>,
    width: u32,
}

/// A palette, and a frame's pixels as numbers of its colours.
struct Fitted {
    palette: Palette,
    indexes: Vec<u8>,
    error: f64,
}

impl Shared {
    pub(super) fn new(most: u16, source: &[Color]) -> Self {
        let (colors, numbers) = (Vec::new(), HashMap::new());
        let source = source.to_vec();
        Self { most: most.into(), source, colors, numbers, nearest: None, error: None }
    }

    pub(super) fn colors(&self) -> &[Color] {
        &self.colors
    }

    pub(super) fn index(
        &mut self,
        changes: &[Change],
        width: u32,
    ) -> Result<Indexed, TransformError> {
        let colors: Vec<Color> = changes.iter().filter_map(Change::drawn).collect();
        if !self.had_better_be_the_source(&colors) && self.takes(&colors) {
            let number =
                |change: &Change| change.drawn().map_or(CLEAR, |color| self.numbers[&color]);
            return Ok(Indexed { indexes: changes.iter().map(number).collect(), own: None });
        }
        let drawn = Drawn { changes, colors, pixels: without_gaps(changes), width };
        self.index_nearest(&drawn)
    }

    /// A palette of the frame's own takes longest to find: that is done for the first frame with too
    /// many colours, which says how well a frame can look, and for those that look worse.
    fn index_nearest(&mut self, drawn: &Drawn) -> Result<Indexed, TransformError> {
        let (error, first) = match self.error {
            Some(error) => (error, None),
            None => {
                let own = self.own(drawn)?;
                (own.error, Some(own))
            }
        };
        self.error = Some(error);
        let allowed = error + TOLERANCE;
        if let Some(own) = first.as_ref().filter(|_| self.colors.is_empty()) {
            let source = self.fitting_source(drawn, allowed)?;
            self.takes(source.as_ref().unwrap_or(&own.palette.colors));
        }
        let shared = match self.nearest.take() {
            Some(palette) => palette,
            None => Palette::of(self.colors.as_flattened(), self.most as u16)?,
        };
        let Fitted { palette, indexes, error } = drawn.fit(shared)?;
        let numbers: Vec<u8> = palette.colors.iter().map(|color| self.numbers[color]).collect();
        self.nearest = Some(palette);
        if error <= allowed {
            return Ok(Indexed { indexes: drawn.numbered(&indexes, &numbers), own: None });
        }
        let Fitted { palette, indexes, .. } = match first {
            Some(own) => own,
            None => self.own(drawn)?,
        };
        let numbers: Vec<u8> = (CLEAR + 1..=u8::MAX).collect();
        let indexes = drawn.numbered(&indexes, &numbers);
        Ok(Indexed { indexes, own: Some(palette.colors) })
    }

    fn own(&self, drawn: &Drawn) -> Result<Fitted, TransformError> {
        let sample = sample(&drawn.colors);
        drawn.fit(Palette::of(sample.as_flattened(), self.most as u16)?)
    }

    /// The numbers of colours all of which the palette has.
    pub(super) fn exact(&self, colors: &[Color]) -> Option<Vec<u8>> {
        colors.iter().map(|color| self.numbers.get(color).copied()).collect()
    }

    /// Whether a first frame would fill most of the palette with shades that resizing made, and leave
    /// no room for what the others show. The source's palette was chosen for all of them.
    fn had_better_be_the_source(&self, drawn: &[Color]) -> bool {
        if !self.colors.is_empty() || self.source.is_empty() {
            return false;
        }
        let drawn: HashSet<_> = drawn.iter().collect();
        let source: HashSet<_> = self.source.iter().collect();
        drawn.len() > self.most / 2 && !drawn.is_subset(&source)
    }

    /// The source's palette, if it has one in which the frame looks as it is allowed to.
    fn fitting_source(
        &self,
        drawn: &Drawn,
        allowed: f64,
    ) -> Result<Option<Vec<Color>>, TransformError> {
        if self.source.is_empty() {
            return Ok(None);
        }
        let source = drawn.fit(Palette::of(self.source.as_flattened(), self.most as u16)?)?;
        Ok((source.error <= allowed).then_some(source.palette.colors))
    }

    /// Takes in all of the colours, or none where there isn't room for them.
    fn takes(&mut self, colors: &[Color]) -> bool {
        let room = self.most - self.colors.len();
        let mut new = HashSet::new();
        for color in colors.iter().filter(|color| !self.numbers.contains_key(*color)) {
            if new.insert(color) && new.len() > room {
                return false;
            }
        }
        // In the order in which they appear: the same picture has to give the same bytes.
        for color in colors {
            if !self.numbers.contains_key(color) {
                self.colors.push(*color);
                self.numbers.insert(*color, self.colors.len() as u8);
                self.nearest = None;
            }
        }
        true
    }
}

impl Drawn<'_> {
    fn fit(&self, mut palette: Palette) -> Result<Fitted, TransformError> {
        let dithering = self.dithering(&palette.colors);
        let indexes = palette.index(&self.pixels, self.width, dithering)?;
        let error = palette.error(&self.pixels, &indexes);
        Ok(Fitted { palette, indexes, error })
    }

    /// None for a drawing most of which has the palette's very colours: on its smooth edges, dithering
    /// is dirt, and takes bytes.
    fn dithering(&self, palette: &[Color]) -> Dithering {
        let palette: HashSet<_> = palette.iter().collect();
        let exact = self.colors.iter().filter(|color| palette.contains(color)).count();
        if exact * 2 > self.colors.len() { Dithering::None } else { Dithering::Full }
    }

    fn numbered(&self, indexes: &[u8], numbers: &[u8]) -> Vec<u8> {
        let number = |(index, change): (&u8, &Change)| match change {
            Change::None => CLEAR,
            Change::Drawn(_) => numbers[usize::from(*index)],
        };
        indexes.iter().zip(self.changes).map(number).collect()
    }
}

/// One of each few pixels, now here, now there among them: stripes would hide from a step that is always
/// the same.
fn sample(colors: &[Color]) -> Vec<Color> {
    let step = colors.len().div_ceil(SAMPLE).max(1);
    let groups = colors.chunks(step).enumerate();
    groups.map(|(at, group)| group[at % group.len()]).collect()
}

/// All pixels, those not drawn in the colour of the one before: the quantiser's rounding
/// errors, which go from pixel to pixel, come through unharmed.
fn without_gaps(changes: &[Change]) -> Vec<u8> {
    let mut last = changes.iter().find_map(Change::drawn).unwrap_or(BLACK);
    let pixels = changes.iter().flat_map(|change| {
        last = change.drawn().unwrap_or(last);
        last
    });
    pixels.collect()
}
