//! Entropy-coded bytes as bits. The bytes are copied a few thousand at a time without what is stuffed
//! between them, so that the reservoir is refilled eight bytes at once and without a branch. Knows
//! nothing of what the bits say.

use crate::transform::jpeg::has_a_byte_of_ones;

/// More bytes than one block can take: 64 symbols of at most 16 bits of code and 15 of value, and what
/// a refill reads ahead.
const BLOCK: usize = 64 * 31 / 8 + 24;

/// Bytes that are copied at once. They stay in the processor's nearest cache.
const CHUNK: usize = 8_192;

/// Bits from the left: the next one is the highest.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Bits {
    reservoir: u64,
    /// How many of the reservoir's bits count. Those behind them are right too, or zero.
    held: u32,
    /// Where the next refill reads.
    at: usize,
}

impl Bits {
    /// Makes at least 56 bits count.
    #[inline(always)]
    pub(super) fn refill(&mut self, bytes: &Clean) {
        // The mask changes nothing but that the compiler sees it.
        let next = &bytes[self.at % (2 * CHUNK)..][..8];
        let next = next.first_chunk().map_or(0, |next| u64::from_be_bytes(*next));
        self.reservoir |= next >> self.held;
        self.at += (63 - self.held as usize) >> 3;
        self.held |= 56;
    }

    /// The next `COUNT` bits, at least one.
    #[inline(always)]
    pub(super) fn peek<const COUNT: u32>(self) -> usize {
        (self.reservoir >> (64 - COUNT)) as usize
    }

    #[inline(always)]
    pub(super) fn consume(&mut self, count: u32) {
        self.reservoir <<= count & 63;
        self.held = self.held.wrapping_sub(count);
    }

    /// The number that `size` bits say that come `skipped` bits later: with a leading 0 it is negative
    /// (T.81, F.2.2.1).
    #[inline(always)]
    pub(super) fn signed(self, skipped: u32, size: u32) -> i32 {
        let rest = self.reservoir << (skipped & 63);
        let raw = ((rest >> 1) >> (63 - (size & 63))) as i32;
        let is_positive = (rest as i64 >> 63) as i32;
        raw - (!is_positive & ((1 << (size & 31)) - 1))
    }
}

/// Bytes without stuffing, zeros behind them: those of a chunk and of two blocks, and more.
pub(super) type Clean = [u8; 2 * CHUNK + 8];

/// The bytes of one scan.
pub(super) struct Stream<'a> {
    /// What isn't copied yet; it begins with a marker once all before that is.
    rest: &'a [u8],
    pub(super) clean: Box<Clean>,
    /// Where what was copied ends.
    end: usize,
    pub(super) bits: Bits,
}

impl<'a> Stream<'a> {
    pub(super) fn new(rest: &'a [u8]) -> Self {
        let clean = Box::new([0; 2 * CHUNK + 8]);
        Self { rest, clean, end: 0, bits: Bits::default() }
    }

    /// Sees to it that a block's bytes are there. `None` if what was read is more than there was.
    #[inline(always)]
    pub(super) fn prepare(&mut self) -> Option<()> {
        if self.bits.at + BLOCK <= self.end { Some(()) } else { self.copy() }
    }

    #[cold]
    #[inline(never)]
    fn copy(&mut self) -> Option<()> {
        self.left()?;
        // A refill may have looked past the end.
        let start = self.bits.at.min(self.end);
        self.clean.copy_within(start..self.end, 0);
        self.bits.at -= start;
        self.end -= start;
        while self.end < CHUNK && self.copy_some() {}
        self.clean[self.end..][..2 * BLOCK].fill(0);
        self.bits.refill(&self.clean);
        Some(())
    }

    /// Whole bytes that were copied and not read. `None` if more was read than there is.
    pub(super) fn left(&self) -> Option<usize> {
        let in_reservoir = self.bits.held as usize;
        Some((self.end * 8 + in_reservoir).checked_sub(self.bits.at * 8)? / 8)
    }

    /// Goes on behind the restart marker of this number, which must be next.
    pub(super) fn restart(&mut self, number: u8) -> Option<()> {
        self.copy()?;
        if self.left()? > 0 {
            return None;
        }
        while self.rest.starts_with(&[0xff, 0xff]) {
            self.rest = &self.rest[1..];
        }
        let [0xff, marker, rest @ ..] = self.rest else { return None };
        self.rest = rest;
        self.bits = Bits::default();
        self.end = 0;
        (*marker == 0xd0 + number % 8).then_some(())
    }

    /// Copies up to eight bytes. `false` where a marker or the end is.
    #[inline(always)]
    fn copy_some(&mut self) -> bool {
        if let Some((next, rest)) = self.rest.split_first_chunk::<8>()
            && !has_a_byte_of_ones(u64::from_ne_bytes(*next))
        {
            self.clean[self.end..self.end + 8].copy_from_slice(next);
            self.end += 8;
            self.rest = rest;
            return true;
        }
        for _ in 0..8 {
            let (byte, rest) = match self.rest {
                [0xff, 0, rest @ ..] => (0xff, rest),
                [0xff, ..] | [] => return false,
                [byte, rest @ ..] => (*byte, rest),
            };
            self.clean[self.end] = byte;
            self.end += 1;
            self.rest = rest;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads all of a stream in steps of these sizes, checking each against the bytes.
    fn read(stuffed: &[u8], plain: &[u8], sizes: &[u32]) -> Option<()> {
        let mut stream = Stream::new(stuffed);
        let bit =
            |at: usize| plain.get(at / 8).map_or(0, |byte| usize::from(byte >> (7 - at % 8) & 1));
        let mut at = 0;
        for size in sizes.iter().cycle() {
            stream.prepare()?;
            let next = (at..at + 13).fold(0, |bits, at| bits << 1 | bit(at));
            assert_eq!(stream.bits.peek::<13>(), next, "at bit {at}");
            stream.bits.refill(&stream.clean);
            stream.bits.consume(*size);
            at += *size as usize;
        }
        Some(())
    }

    #[test]
    fn bits_come_without_stuffing_and_end_at_the_marker() {
        let plain: Vec<u8> = (0..20_000_u32)
            .map(|at| if at % 7 == 0 { 0xff } else { (at * at / 8) as u8 })
            .collect();
        let mut stuffed = Vec::new();
        for byte in &plain {
            stuffed.push(*byte);
            stuffed.extend((*byte == 0xff).then_some(0));
        }
        stuffed.extend([0xff, 0xd9, 1, 2, 3]);
        // It ends, because there is no more, and nothing read before was wrong.
        assert!(read(&stuffed, &plain, &[1, 13, 26, 7, 16, 2, 25, 11]).is_none());
        assert!(read(&stuffed, &plain, &[26]).is_none());
    }

    #[test]
    fn a_restart_wants_its_own_marker() {
        let follow = |bytes: &'static [u8], number| {
            let mut stream = Stream::new(bytes);
            stream.prepare().unwrap();
            stream.bits.refill(&stream.clean);
            stream.bits.consume(12);
            stream.restart(number)?;
            stream.prepare()?;
            Some(stream.bits.peek::<8>())
        };
        assert_eq!(follow(&[0x12, 0x34, 0xff, 0xd1, 0x56], 1), Some(0x56));
        assert_eq!(follow(&[0x12, 0x34, 0xff, 0xff, 0xd1, 0x56], 9), Some(0x56));
        assert_eq!(follow(&[0x12, 0x34, 0xff, 0xd2, 0x56], 1), None, "another number");
        assert_eq!(follow(&[0x12, 0x34, 0x00, 0xff, 0xd1, 0x56], 1), None, "bytes are left");
        assert_eq!(follow(&[0x12, 0xff, 0xd1, 0x56], 1), None, "too few");
        assert_eq!(follow(&[0x12, 0x34, 0xff, 0xd9], 1), None, "the end");
    }

    #[test]
    fn numbers_that_begin_with_0_are_negative() {
        let bits = |text: &str| Bits {
            reservoir: u64::from_str_radix(&format!("{text:0<64}"), 2).unwrap(),
            held: 64,
            at: 0,
        };
        for (text, size, expected) in
            [("1", 1, 1), ("0", 1, -1), ("10", 2, 2), ("00", 2, -3), ("0111", 4, -8), ("1", 0, 0)]
        {
            assert_eq!(bits(text).signed(0, size), expected, "{text}");
            assert_eq!(bits(&format!("101{text}")).signed(3, size), expected, "{text}");
        }
    }
}
