//! Bits to entropy-coded bytes (T.81, F.1.2.3). Knows nothing of what the bits say.

use crate::transform::jpeg::has_a_byte_of_ones;

/// Bits from the left, gathered eight bytes at a time.
pub(super) struct Bits<'a> {
    bytes: &'a mut Vec<u8>,
    /// The last bits are on the right; above those that count are some that don't.
    held: u64,
    /// How many there is room for, at least one.
    room: u32,
}

impl<'a> Bits<'a> {
    pub(super) fn new(bytes: &'a mut Vec<u8>) -> Self {
        Self { bytes, held: 0, room: u64::BITS }
    }

    /// Appends `count` bits, fewer than 64. Those above them are 0.
    #[inline(always)]
    pub(super) fn put(&mut self, bits: u64, count: u32) {
        if count < self.room {
            self.held = self.held << (count & 63) | bits;
            self.room -= count;
            return;
        }
        let left = count - self.room;
        let full = self.held << (self.room & 63) | bits >> (left & 63);
        self.write(full);
        self.held = bits;
        self.room = u64::BITS - left;
    }

    #[inline(always)]
    fn write(&mut self, full: u64) {
        let bytes = full.to_be_bytes();
        if has_a_byte_of_ones(full) { self.stuff(&bytes) } else { self.bytes.extend(bytes) }
    }

    /// Appends bytes, a zero behind each that else would begin a marker.
    #[cold]
    fn stuff(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.bytes.push(*byte);
            if *byte == 0xff {
                self.bytes.push(0);
            }
        }
    }

    /// Fills the last byte up with ones.
    pub(super) fn finish(mut self) {
        let count = u64::BITS - self.room;
        let missing = count.next_multiple_of(8) - count;
        let padded = u128::from(self.held) << missing | ((1 << missing) - 1);
        let bytes = (padded as u64).to_be_bytes();
        let used = (count + missing) as usize / 8;
        self.stuff(&bytes[bytes.len() - used..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_come_from_the_left_and_markers_are_avoided() {
        let mut luck = 3_u32;
        for round in 0..200 {
            let (mut bytes, mut text) = (Vec::new(), String::new());
            let mut bits = Bits::new(&mut bytes);
            for _ in 0..round {
                luck = luck.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let count = (luck >> 8) % 32;
                // Many ones.
                let value = u64::from(luck | luck << 7) & ((1 << count) - 1);
                bits.put(value, count);
                if count > 0 {
                    text += &format!("{value:0width$b}", width = count as usize);
                }
            }
            bits.finish();
            text += &"1".repeat(text.len().next_multiple_of(8) - text.len());
            let expected = text.as_bytes().chunks_exact(8).flat_map(|bits| {
                let bits = std::str::from_utf8(bits).unwrap();
                let byte = u8::from_str_radix(bits, 2).unwrap();
                std::iter::once(byte).chain((byte == 0xff).then_some(0))
            });
            assert_eq!(bytes, expected.collect::<Vec<_>>());
        }
    }
}
