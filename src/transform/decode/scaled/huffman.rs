//! Huffman tables, laid out for few look-ups: code and value of a coefficient are consumed at once, and
//! of coefficients that aren't wanted as many as fit into one look-up. Knows no blocks.

use super::bits::{Bits, Clean};
use crate::transform::jpeg::COEFFICIENTS;

/// Bits of an index into the table of single symbols. Longer codes are rare.
const SINGLE: u32 = 10;

/// Bits of an index into the table of symbols to skip.
const SKIPPED: u32 = 12;

/// What a symbol that ends a block advances by, so that no run of others reaches as far.
const END: u32 = 128;

/// What to do at a code: one number, for the tables to be small and quick to read. Zero where there is
/// no such code.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Symbol(u32);

impl Symbol {
    fn new(code: u32, size: u32, advance: u32) -> Self {
        Self(advance << 24 | code << 16 | size << 8 | (code + size))
    }

    /// Bits of the code and of the value behind it.
    #[inline(always)]
    pub(super) fn bits(self) -> u32 {
        self.0 & 63
    }

    /// Bits of the value.
    #[inline(always)]
    pub(super) fn size(self) -> u32 {
        self.0 >> 8 & 31
    }

    /// Bits of the code.
    #[inline(always)]
    pub(super) fn code(self) -> u32 {
        self.0 >> 16 & 31
    }

    /// How many coefficients further it leads.
    #[inline(always)]
    pub(super) fn advance(self) -> usize {
        (self.0 >> 24) as usize
    }
}

/// Whether a block is over at coefficient `at`: after its last one, or by the symbol for that.
pub(super) fn is_end(at: usize) -> bool {
    at == COEFFICIENTS || (END as usize + 1..END as usize + COEFFICIENTS).contains(&at)
}

/// What the values of a table mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Dc,
    Ac,
}

impl Class {
    /// `None` for values that a sequential JPEG of 8 bits doesn't have.
    fn symbol(self, value: u8, code: u32) -> Option<Symbol> {
        let (run, size) = match self {
            Self::Dc => (0, value),
            Self::Ac => (value >> 4, value & 15),
        };
        let advance = match (self, value) {
            (Self::Dc, 0..=11) | (Self::Ac, 0xf0) => u32::from(run) + 1,
            (Self::Ac, 0) => END,
            (Self::Ac, _) if (1..=10).contains(&size) => u32::from(run) + 1,
            _ => return None,
        };
        Some(Symbol::new(code, size.into(), advance))
    }
}

/// A table as the file gives it (T.81, C.2).
#[derive(Debug, Clone)]
pub(super) struct Codes<'a> {
    /// How many codes there are of each length, from 1 bit to 16.
    pub(super) counts: [u8; 16],
    /// Their values, shortest code first.
    pub(super) values: &'a [u8],
}

pub(super) struct Table {
    single: [Symbol; 1 << SINGLE],
    /// For each length: behind its last code, left-aligned in 16 bits.
    limits: [u32; 17],
    /// For each length: what to add to a code to have the index of its symbol.
    offsets: [i32; 17],
    symbols: Vec<Symbol>,
}

impl Table {
    /// `None` if the lengths don't fit together or a value has no meaning.
    pub(super) fn new(class: Class, codes: &Codes) -> Option<Self> {
        let mut single = [Symbol::default(); 1 << SINGLE];
        let (mut limits, mut offsets) = ([0; 17], [0; 17]);
        let mut symbols = Vec::with_capacity(codes.values.len());
        let mut code = 0_u32;
        for (length, count) in (1..=16).zip(codes.counts) {
            offsets[length as usize] = symbols.len() as i32 - code as i32;
            for _ in 0..count {
                let symbol = class.symbol(*codes.values.get(symbols.len())?, length)?;
                symbols.push(symbol);
                if length <= SINGLE {
                    let first = (code << (SINGLE - length)) as usize;
                    single.get_mut(first..first + (1 << (SINGLE - length)))?.fill(symbol);
                }
                code += 1;
            }
            if code > 1 << length {
                return None;
            }
            limits[length as usize] = code << (16 - length);
            code <<= 1;
        }
        Some(Self { single, limits, offsets, symbols })
    }

    /// The symbol whose code comes next. `None` if none has it.
    #[inline(always)]
    pub(super) fn next(&self, bits: Bits) -> Option<Symbol> {
        let symbol = self.single[bits.peek::<SINGLE>()];
        if symbol == Symbol::default() { self.long(bits) } else { Some(symbol) }
    }

    #[cold]
    #[inline(never)]
    fn long(&self, bits: Bits) -> Option<Symbol> {
        let next = bits.peek::<16>() as u32;
        let length = (SINGLE as usize + 1..=16).find(|length| next < self.limits[*length])?;
        let index = (next >> (16 - length)) as i32 + self.offsets[length];
        self.symbols.get(usize::try_from(index).ok()?).copied()
    }
}

/// Finds the end of a block whose remaining coefficients aren't wanted.
pub(super) struct Skipper {
    /// For the next bits: how many of them whole symbols take (low byte), and how far they lead.
    runs: Box<[u16; 1 << SKIPPED]>,
}

impl Skipper {
    pub(super) fn new(table: &Table) -> Self {
        let mut runs = Box::new([0; 1 << SKIPPED]);
        for (bits, run) in runs.iter_mut().enumerate() {
            *run = symbols_in(bits as u32, table);
        }
        Self { runs }
    }

    /// Skips what is left of a block from coefficient `at` on. `None` if that is broken.
    #[inline(always)]
    pub(super) fn skip(
        &self,
        table: &Table,
        bits: &mut Bits,
        bytes: &Clean,
        mut at: usize,
    ) -> Option<()> {
        loop {
            let run = self.runs[bits.peek::<SKIPPED>()];
            let next = at + usize::from(run >> 8);
            if next >= COEFFICIENTS && is_end(next) {
                bits.refill(bytes);
                bits.consume(u32::from(run & 63));
                return Some(());
            }
            if run == 0 || next >= COEFFICIENTS {
                // A long code, or the last symbols here belong to the next block.
                let symbol = table.next(*bits)?;
                bits.refill(bytes);
                bits.consume(symbol.bits());
                at += symbol.advance();
                if at >= COEFFICIENTS {
                    return is_end(at).then_some(());
                }
                continue;
            }
            bits.refill(bytes);
            bits.consume(u32::from(run & 63));
            at = next;
        }
    }
}

/// What the whole symbols in `bits` take and lead to together. The last one's value may be longer than
/// the index: it isn't looked at.
fn symbols_in(bits: u32, table: &Table) -> u16 {
    let (mut taken, mut advance) = (0, 0);
    while taken < SKIPPED {
        let rest = (bits << taken) & ((1 << SKIPPED) - 1);
        let symbol = table.single[(rest >> (SKIPPED - SINGLE)) as usize];
        let fits = symbol != Symbol::default() && symbol.code() <= SKIPPED - taken;
        let next = advance + symbol.advance() as u32;
        // Not further than that an end is told from a run that is too long.
        if !fits || (62..END).contains(&next) {
            break;
        }
        taken += symbol.bits();
        advance = next;
        if advance >= END {
            break;
        }
    }
    (advance << 8 | taken) as u16
}

#[cfg(test)]
mod tests {
    use super::{super::bits::Stream, *};

    /// Codes of 2 to 14 bits.
    const VALUES: [u8; 13] =
        [0x01, 0x02, 0x00, 0x11, 0x03, 0xf0, 0x21, 0x04, 0x12, 0x35, 0x0a, 0xe3, 0x31];
    const CODES: Codes =
        Codes { counts: [0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0], values: &VALUES };

    /// Each value with its code and the code's length (T.81, C.2): here it is one code of each length.
    fn codes() -> impl Iterator<Item = (u8, u32, usize)> {
        let mut code = 0;
        VALUES.into_iter().zip(2..).map(move |(value, length)| {
            let here = code;
            code = (code + 1) << 1;
            (value, here, length)
        })
    }

    fn bits_of(value: u8) -> String {
        let (_, code, length) = codes().find(|(one, ..)| *one == value).unwrap();
        format!("{code:0length$b}")
    }

    fn bytes_of(bits: &str) -> Vec<u8> {
        let padded = format!("{bits}{}", "0".repeat(64));
        let bytes =
            padded.as_bytes().chunks_exact(8).map(|bits| std::str::from_utf8(bits).unwrap());
        let bytes = bytes.map(|bits| u8::from_str_radix(bits, 2).unwrap());
        bytes.flat_map(|byte| [byte, 0].into_iter().take(1 + usize::from(byte == 0xff))).collect()
    }

    #[test]
    fn codes_of_all_lengths_are_found() {
        let table = Table::new(Class::Ac, &CODES).unwrap();
        for (value, _, length) in codes() {
            let bytes = bytes_of(&bits_of(value));
            let mut stream = Stream::new(&bytes);
            stream.prepare().unwrap();
            let symbol = table.next(stream.bits).unwrap();
            let size = u32::from(value & 15);
            assert_eq!((symbol.code(), symbol.size()), (length as u32, size), "{value:x}");
            assert_eq!(symbol.bits(), length as u32 + size);
        }
        let bytes = bytes_of(&"1".repeat(16));
        let mut stream = Stream::new(&bytes);
        stream.prepare().unwrap();
        assert_eq!(table.next(stream.bits), None, "no code has these bits");
    }

    #[test]
    fn skipping_ends_where_the_block_does() {
        let table = Table::new(Class::Ac, &CODES).unwrap();
        let skipper = Skipper::new(&table);
        let mut luck = 1_u32;
        for round in 0..3_000 {
            let start = 1 + round % 62;
            let (mut at, mut bits) = (start, String::new());
            while at < COEFFICIENTS {
                luck = luck.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                // The short codes more often than the long ones.
                let value =
                    VALUES[(luck >> 8) as usize % VALUES.len() % (1 + (luck >> 28) as usize)];
                let next = at + usize::from(value >> 4) + 1;
                if value != 0 && next > COEFFICIENTS {
                    continue;
                }
                bits += &bits_of(value);
                bits += &"10101010101"[..usize::from(value & 15)];
                at = if value == 0 { COEFFICIENTS } else { next };
            }
            // The next block begins like that.
            let bytes = bytes_of(&format!("{bits}0100011"));
            let mut stream = Stream::new(&bytes);
            stream.prepare().unwrap();
            let mut rest = stream.bits;
            skipper.skip(&table, &mut rest, &stream.clean, start).unwrap();
            assert_eq!(rest.peek::<7>(), 0b0100011, "{start}: {bits}");
        }
    }

    #[test]
    fn a_run_past_the_last_coefficient_is_refused() {
        let table = Table::new(Class::Ac, &CODES).unwrap();
        let bytes = bytes_of(&bits_of(0xf0).repeat(4));
        let mut stream = Stream::new(&bytes);
        stream.prepare().unwrap();
        let mut bits = stream.bits;
        assert_eq!(Skipper::new(&table).skip(&table, &mut bits, &stream.clean, 1), None);
    }

    #[test]
    fn tables_that_make_no_sense_are_refused() {
        let table = |counts: &[u8], values: &[u8], class| {
            let mut codes = Codes { counts: [0; 16], values };
            codes.counts[..counts.len()].copy_from_slice(counts);
            Table::new(class, &codes).is_some()
        };
        assert!(table(&[1, 1], &[1, 2], Class::Ac));
        assert!(!table(&[3], &[1, 2, 3], Class::Ac), "more codes than there are");
        assert!(!table(&[1, 1], &[1], Class::Ac), "fewer values than codes");
        assert!(!table(&[1], &[12], Class::Dc), "a larger difference than 8 bits can have");
        assert!(!table(&[1], &[0x50], Class::Ac), "that is progressive");
    }
}
