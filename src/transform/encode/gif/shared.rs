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

type Color = [u8; 4];

pub(super) struct Shared {
    most: usize,
    source: Vec<Color>,
    colors: Vec<Color>,
    numbers: HashMap<Color, u8>,
    /// How far the first frame with too many colours is from the palette made for it.
    error: Option<f64>,
}

/// A frame's pixels as numbers, and its palette if that isn't the shared one.
pub(super) struct Indexed {
    pub(super) indexes: Vec<u8>,
    pub(super) own: Option<Vec<Color>>,
}

impl Shared {
    pub(super) fn new(most: u16, source: &[Color]) -> Self {
        let (colors, numbers) = (Vec::new(), HashMap::new());
        Self { most: most.into(), source: source.to_vec(), colors, numbers, error: None }
    }

    pub(super) fn colors(&self) -> &[Color] {
        &self.colors
    }

    pub(super) fn index(
        &mut self,
        changes: &[Change],
        width: u32,
    ) -> Result<Indexed, TransformError> {
        let drawn: Vec<Color> = changes.iter().filter_map(Change::drawn).collect();
        if !self.had_better_be_the_source(&drawn) && self.takes(&drawn) {
            let number =
                |change: &Change| change.drawn().map_or(CLEAR, |color| self.numbers[&color]);
            return Ok(Indexed { indexes: changes.iter().map(number).collect(), own: None });
        }
        let pixels = without_gaps(changes);
        let mut own = Palette::of(drawn.as_flattened(), self.most as u16)?;
        let own_indexes = own.index(&pixels, width, dithering(&drawn, &own.colors))?;
        let own_error = own.error(&pixels, &own_indexes);
        let allowed = *self.error.get_or_insert(own_error) + TOLERANCE;
        if self.colors.is_empty() {
            let fitting = self.source_palette(&drawn, &pixels, width, allowed)?;
            self.takes(fitting.as_ref().unwrap_or(&own.colors));
        }
        let mut shared = Palette::of(self.colors.as_flattened(), self.most as u16)?;
        let indexes = shared.index(&pixels, width, dithering(&drawn, &shared.colors))?;
        if shared.error(&pixels, &indexes) <= allowed {
            let numbers: Vec<u8> = shared.colors.iter().map(|color| self.numbers[color]).collect();
            return Ok(Indexed { indexes: numbered(&indexes, changes, &numbers), own: None });
        }
        let numbers: Vec<u8> = (CLEAR + 1..=u8::MAX).collect();
        let indexes = numbered(&own_indexes, changes, &numbers);
        Ok(Indexed { indexes, own: Some(own.colors) })
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
    fn source_palette(
        &self,
        drawn: &[Color],
        pixels: &[u8],
        width: u32,
        allowed: f64,
    ) -> Result<Option<Vec<Color>>, TransformError> {
        if self.source.is_empty() {
            return Ok(None);
        }
        let mut palette = Palette::of(self.source.as_flattened(), self.most as u16)?;
        let indexes = palette.index(pixels, width, dithering(drawn, &palette.colors))?;
        Ok((palette.error(pixels, &indexes) <= allowed).then_some(palette.colors))
    }

    /// Takes in all of the colours, or none where there isn't room for them.
    fn takes(&mut self, colors: &[Color]) -> bool {
        let new: HashSet<_> =
            colors.iter().filter(|color| !self.numbers.contains_key(*color)).collect();
        if self.colors.len() + new.len() > self.most {
            return false;
        }
        // In the order in which they appear: the same picture has to give the same bytes.
        for color in colors {
            if !self.numbers.contains_key(color) {
                self.colors.push(*color);
                self.numbers.insert(*color, self.colors.len() as u8);
            }
        }
        true
    }
}

/// None for a drawing most of which has the palette's very colours: on its smooth edges, dithering
/// is dirt, and takes bytes.
fn dithering(drawn: &[Color], palette: &[Color]) -> Dithering {
    let palette: HashSet<_> = palette.iter().collect();
    let exact = drawn.iter().filter(|color| palette.contains(color)).count();
    if exact * 2 > drawn.len() { Dithering::None } else { Dithering::Full }
}

fn numbered(indexes: &[u8], changes: &[Change], numbers: &[u8]) -> Vec<u8> {
    let number = |(index, change): (&u8, &Change)| match change {
        Change::None => CLEAR,
        Change::Drawn(_) => numbers[usize::from(*index)],
    };
    indexes.iter().zip(changes).map(number).collect()
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
