//! Whether a TIFF structure, which EXIF is, may be handed to a reader that copies whatever entries name.
//! Directories can overlap and values can be shared, so that one megabyte says twenty thousand. An
//! honest block says hardly more than it holds.

use std::collections::HashSet;

/// Entries that point to a directory of EXIF, GPS and interoperability.
const POINTERS: [u16; 3] = [0x8769, 0x8825, 0xa005];

/// A directory's entry: tag, type, count, and the value or its place.
const ENTRY: usize = 12;

struct Block<'a> {
    bytes: &'a [u8],
    big_endian: bool,
}

/// Whether all entries and values together, counted as often as they are named, are longer than twice
/// the block; or whether it can't be told.
pub(super) fn is_inflated(bytes: &[u8]) -> bool {
    let block = Block { bytes, big_endian: bytes.starts_with(b"MM") };
    let mut room = 2 * bytes.len();
    let mut seen = HashSet::new();
    // Places of directories, and whether others follow them.
    let mut ahead: Vec<_> = block.long(4).map(|at| (at, true)).into_iter().collect();
    while let Some((at, chained)) = ahead.pop() {
        if !seen.insert((at, chained)) {
            continue;
        }
        let Some(count) = block.short(at) else { continue };
        let entries = (0..usize::from(count)).map(|number| at + 2 + number * ENTRY);
        let entries = entries.take_while(|entry| entry + ENTRY <= bytes.len());
        for entry in entries {
            let Some(rest) = room.checked_sub(ENTRY + block.value_bytes(entry)) else {
                return true;
            };
            room = rest;
            if block.short(entry).is_some_and(|tag| POINTERS.contains(&tag)) {
                // A pointer is one number of four bytes. The reader takes others as well.
                if (block.short(entry + 2), block.long(entry + 4)) != (Some(4), Some(1)) {
                    return true;
                }
                ahead.extend(block.long(entry + 8).map(|at| (at, false)));
            }
        }
        let next = block.long(at + 2 + usize::from(count) * ENTRY);
        let next = next.filter(|next| chained && *next != 0);
        ahead.extend(next.map(|at| (at, true)));
    }
    false
}

impl Block<'_> {
    fn short(&self, at: usize) -> Option<u16> {
        let bytes = *self.bytes.get(at..)?.first_chunk()?;
        Some(if self.big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    }

    fn long(&self, at: usize) -> Option<usize> {
        let bytes = *self.bytes.get(at..)?.first_chunk()?;
        let long =
            if self.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) };
        usize::try_from(long).ok()
    }

    /// Bytes of an entry's value, if they are elsewhere. A value that is longer than the block isn't
    /// read.
    fn value_bytes(&self, entry: usize) -> usize {
        let unit = match self.short(entry + 2) {
            Some(1 | 2 | 6 | 7) => 1,
            Some(3 | 8) => 2,
            Some(4 | 9 | 11) => 4,
            Some(5 | 10 | 12) => 8,
            _ => 0,
        };
        let bytes = self.long(entry + 4).and_then(|count| count.checked_mul(unit));
        bytes.filter(|bytes| (5..=self.bytes.len()).contains(bytes)).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A directory: entries as tag, type, count, value; and the place of the next.
    fn directory(entries: &[(u16, u16, u32, u32)], next: u32) -> Vec<u8> {
        let mut bytes = (entries.len() as u16).to_be_bytes().to_vec();
        for (tag, kind, count, value) in entries {
            bytes.extend([tag.to_be_bytes(), kind.to_be_bytes()].concat());
            bytes.extend([count.to_be_bytes(), value.to_be_bytes()].concat());
        }
        bytes.extend(next.to_be_bytes());
        bytes
    }

    fn block(parts: &[&[u8]]) -> Vec<u8> {
        [&b"MM\0*\0\0\0\x08"[..], &parts.concat()].concat()
    }

    #[test]
    fn an_honest_block_is_not_inflated() {
        let text = (0x8298, 2, 40, 26);
        assert!(!is_inflated(&block(&[&directory(&[text], 0), &[b'x'; 40]])));
        // The end of the chain is no directory at 0.
        assert!(!is_inflated(&block(&[&directory(&[(0x0112, 3, 1, 6); 10], 0)])));
        // Loops, and places outside.
        assert!(!is_inflated(&block(&[&directory(&[text], 8)])));
        assert!(!is_inflated(&block(&[&directory(&[(0x8769, 4, 1, 8)], 8)])));
        assert!(!is_inflated(&block(&[&directory(&[(0x8769, 4, 1, u32::MAX)], u32::MAX)])));
        assert!(!is_inflated(b""));
        assert!(!is_inflated(b"MM\0*\xff\xff\xff\xff"));
    }

    #[test]
    fn a_value_that_many_entries_share_is_found() {
        let entries: Vec<_> = (0..100).map(|tag| (tag, 7, 500, 8)).collect();
        assert!(is_inflated(&block(&[&directory(&entries, 0)])));
    }

    #[test]
    fn directories_that_overlap_are_found() {
        // Each entry points to a directory that begins a byte after the last one's, full of zeros.
        let entries: Vec<_> = (0..100).map(|n| (0x8769, 4, 1, 1214 + 2 * n)).collect();
        let counts = [0, 255].repeat(100);
        assert!(is_inflated(&block(&[&directory(&entries, 0), &counts, &[0; 3000]])));
    }

    #[test]
    fn a_pointer_that_hides_where_it_leads_is_found() {
        assert!(is_inflated(&block(&[&directory(&[(0x8769, 3, 1, 0x0008_0000)], 0)])));
    }
}
