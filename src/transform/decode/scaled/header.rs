//! The segments of a JPEG up to its pixels (T.81, annex B), for those kinds of JPEG that are decoded here:
//! sequential, Huffman-coded, 8 bits, grey or YCbCr. Anything else, and anything odd, is `None`.

use super::{
    block::Tables,
    huffman::{Class, Codes, Skipper, Table},
};
use crate::transform::jpeg::COEFFICIENTS;

/// A channel.
pub(super) struct Component {
    id: u8,
    /// Blocks across and down in the smallest unit that all channels are whole in: 1 or 2.
    pub(super) across: usize,
    pub(super) down: usize,
    pub(super) quantiser: [u16; COEFFICIENTS],
}

/// Some of the components, coded together.
pub(super) struct Scan<'a> {
    /// Of each component: its index in the frame, and its tables.
    pub(super) parts: Vec<(usize, Tables)>,
    /// After so many units the coding starts anew; 0 is never.
    pub(super) restart_interval: usize,
    /// From the first coded byte on.
    pub(super) bytes: &'a [u8],
}

pub(super) struct Header<'a> {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) components: Vec<Component>,
    pub(super) scans: Vec<Scan<'a>>,
}

/// What the segments have said so far.
#[derive(Default)]
struct State<'a> {
    quantisers: [Option<[u16; COEFFICIENTS]>; 4],
    dc: [Option<Codes<'a>>; 4],
    ac: [Option<Codes<'a>>; 4],
    restart_interval: usize,
    width: usize,
    height: usize,
    /// With the index of their quantiser, which may come later.
    components: Vec<(Component, usize)>,
    scans: Vec<Scan<'a>>,
}

/// Reads up to the last scan that is needed.
pub(super) fn read(source: &[u8]) -> Option<Header<'_>> {
    let mut state = State::default();
    let mut rest = source.strip_prefix(&[0xff, 0xd8])?;
    loop {
        while rest.starts_with(&[0xff, 0xff]) {
            rest = &rest[1..];
        }
        let [0xff, marker, high, low, tail @ ..] = rest else { return None };
        let length = usize::from(u16::from_be_bytes([*high, *low])).checked_sub(2)?;
        let (segment, tail) = tail.split_at_checked(length)?;
        rest = tail;
        match marker {
            0xc0 | 0xc1 if state.components.is_empty() => state.read_frame(segment)?,
            0xc4 => state.read_codes(segment)?,
            0xda => {
                state.read_scan(segment, rest)?;
                if state.is_complete() {
                    return state.finish();
                }
                rest = behind_scan(rest)?;
            }
            0xdb => state.read_quantisers(segment)?,
            0xdd => state.restart_interval = u16::from_be_bytes(segment.try_into().ok()?).into(),
            0xee if says_other_colours(segment) => return None,
            0xe0..=0xef | 0xfe => {}
            _ => return None,
        }
    }
}

/// Whether Adobe's segment says that three channels aren't YCbCr.
fn says_other_colours(segment: &[u8]) -> bool {
    segment.starts_with(b"Adobe") && segment.get(11) != Some(&1)
}

/// From the next marker on that isn't part of the coded bytes.
fn behind_scan(bytes: &[u8]) -> Option<&[u8]> {
    let is_end = |pair: &[u8]| pair[0] == 0xff && !matches!(pair[1], 0 | 0xd0..=0xd7 | 0xff);
    bytes.windows(2).position(is_end).map(|at| &bytes[at..])
}

impl<'a> State<'a> {
    fn read_quantisers(&mut self, mut segment: &[u8]) -> Option<()> {
        while let [kind, rest @ ..] = segment {
            let is_wide = match kind >> 4 {
                0 => false,
                1 => true,
                _ => return None,
            };
            let (values, rest) =
                rest.split_at_checked(COEFFICIENTS * (1 + usize::from(is_wide)))?;
            let mut quantiser = [0; COEFFICIENTS];
            for (at, value) in quantiser.iter_mut().enumerate() {
                *value = match is_wide {
                    true => u16::from_be_bytes([values[2 * at], values[2 * at + 1]]),
                    false => values[at].into(),
                };
            }
            *self.quantisers.get_mut(usize::from(kind & 15))? = Some(quantiser);
            segment = rest;
        }
        Some(())
    }

    fn read_codes(&mut self, mut segment: &'a [u8]) -> Option<()> {
        while let [kind, rest @ ..] = segment {
            let (counts, rest) = rest.split_first_chunk::<16>()?;
            let total = counts.iter().map(|count| usize::from(*count)).sum();
            let (values, rest) = rest.split_at_checked(total)?;
            let tables = match kind >> 4 {
                0 => &mut self.dc,
                1 => &mut self.ac,
                _ => return None,
            };
            let codes = Codes { counts: *counts, values };
            *tables.get_mut(usize::from(kind & 15))? = Some(codes);
            segment = rest;
        }
        Some(())
    }

    fn read_frame(&mut self, segment: &[u8]) -> Option<()> {
        let [8, h1, h0, w1, w0, count, components @ ..] = segment else { return None };
        self.height = u16::from_be_bytes([*h1, *h0]).into();
        self.width = u16::from_be_bytes([*w1, *w0]).into();
        let (components, []) = components.as_chunks() else { return None };
        if components.len() != usize::from(*count)
            || !matches!(components.len(), 1 | 3)
            || self.width * self.height == 0
        {
            return None;
        }
        let is_alone = components.len() == 1;
        for [id, factors, quantiser] in components {
            let (across, down) = (usize::from(factors >> 4), usize::from(factors & 15));
            if !(1..=2).contains(&across) || !(1..=2).contains(&down) {
                return None;
            }
            // A channel that is alone is made of single blocks, whatever it says (A.2.2).
            let (across, down) = if is_alone { (1, 1) } else { (across, down) };
            let component = Component { id: *id, across, down, quantiser: [0; COEFFICIENTS] };
            self.components.push((component, usize::from(*quantiser)));
        }
        let ids = self.components.iter().map(|(component, _)| component.id);
        // That is how some say RGB.
        (!ids.eq(*b"RGB")).then_some(())
    }

    fn read_scan(&mut self, segment: &[u8], bytes: &'a [u8]) -> Option<()> {
        let [count, rest @ ..] = segment else { return None };
        let (parts, [0, 63, 0]) = rest.split_at_checked(2 * usize::from(*count))? else {
            return None;
        };
        let mut scan = Scan { parts: Vec::new(), restart_interval: self.restart_interval, bytes };
        for [id, tables] in parts.as_chunks().0 {
            let index = self.components.iter().position(|(one, _)| one.id == *id)?;
            let scans = self.scans.iter().chain([&scan]);
            if scans.flat_map(|scan| &scan.parts).any(|(other, _)| *other == index) {
                return None;
            }
            let (component, quantiser) = &mut self.components[index];
            component.quantiser = (*self.quantisers.get(*quantiser)?)?;
            let dc = self.dc.get(usize::from(tables >> 4))?.as_ref()?;
            let ac = self.ac.get(usize::from(tables & 15))?.as_ref()?;
            let ac = Table::new(Class::Ac, ac)?;
            let tables = Tables { dc: Table::new(Class::Dc, dc)?, skipper: Skipper::new(&ac), ac };
            scan.parts.push((index, tables));
        }
        // Either all together, or each in a scan of its own.
        let whole = scan.parts.len() == self.components.len();
        (whole || scan.parts.len() == 1).then(|| self.scans.push(scan))
    }

    fn is_complete(&self) -> bool {
        let parts: usize = self.scans.iter().map(|scan| scan.parts.len()).sum();
        parts == self.components.len()
    }

    fn finish(self) -> Option<Header<'a>> {
        let components = self.components.into_iter().map(|(component, _)| component).collect();
        Some(Header { width: self.width, height: self.height, components, scans: self.scans })
    }
}
