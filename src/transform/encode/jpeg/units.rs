//! How a picture is laid out in units: the smallest squares of whole blocks of every component. Knows no
//! samples.

/// Samples of a side of a block.
pub(super) const BLOCK: usize = 8;

/// Blocks of a unit at most.
pub(super) const MOST_BLOCKS: usize = 6;

/// Which components there are, and how finely they are sampled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sampling {
    Grey,
    /// 4:4:4: every pixel has a colour of its own.
    Full,
    /// 4:2:0: two by two pixels share one.
    Halved,
}

impl Sampling {
    /// Luma's blocks on a side of a unit.
    pub(super) fn blocks(self) -> usize {
        if self == Self::Halved { 2 } else { 1 }
    }

    /// Pixels of a side of a unit.
    pub(super) fn side(self) -> usize {
        self.blocks() * BLOCK
    }

    /// The component of each block of a unit, in the order in which they are written: luma first, row by
    /// row.
    pub(super) fn components(self) -> &'static [usize] {
        match self {
            Self::Grey => &[0],
            Self::Full => &[0, 1, 2],
            Self::Halved => &[0, 0, 0, 0, 1, 2],
        }
    }

    /// How many components there are.
    pub(super) fn channels(self) -> usize {
        if self == Self::Grey { 1 } else { 3 }
    }
}

/// The units of a picture.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grid {
    pub(super) sampling: Sampling,
    pub(super) width: usize,
    pub(super) height: usize,
}

impl Grid {
    /// Units across.
    pub(super) fn across(&self) -> usize {
        self.width.div_ceil(self.sampling.side())
    }

    /// Rows of units.
    pub(super) fn down(&self) -> usize {
        self.height.div_ceil(self.sampling.side())
    }

    /// Blocks of a component in a unit, on a side, and how many there are across and down where the units
    /// at the edges aren't filled up (T.81, A.2.2).
    pub(super) fn blocks(&self, component: usize) -> (usize, usize, usize) {
        if component > 0 {
            return (1, self.across(), self.down());
        }
        (self.sampling.blocks(), self.width.div_ceil(BLOCK), self.height.div_ceil(BLOCK))
    }
}
