//! From blocks to what Huffman codes stand for (T.81, F.1.2 and G.1.2). The symbols of a scan are kept and
//! counted until codes are made for them, so that a block is looked through once. Knows neither codes nor
//! where a block is in the picture.

use super::{bits::Bits, huffman::Codes, quantiser::Quantised};

/// A coefficient behind 16 that are 0.
const SIXTEEN_ZEROS: u32 = 0xf0;

/// No more coefficients.
const END: u32 = 0;

/// The longest run of blocks that one symbol says (T.81, table G.1).
const MOST_EMPTY: u32 = 0x7fff;

/// Values that a table may have.
const VALUES: usize = 256;

/// Which of a scan's tables a symbol is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Dc,
    Ac,
}

/// A table of Huffman codes: of which class, and which of two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) class: Class,
    pub(super) number: usize,
}

impl Table {
    pub(super) const ALL: [Self; 4] = [
        Self { class: Class::Dc, number: 0 },
        Self { class: Class::Dc, number: 1 },
        Self { class: Class::Ac, number: 0 },
        Self { class: Class::Ac, number: 1 },
    ];

    #[inline(always)]
    fn index(self) -> usize {
        (self.class as usize * 2 + self.number) & 3
    }
}

/// Table and value (10 bits), how many bits come behind the code (4 bits), and which they are.
#[derive(Debug, Clone, Copy)]
struct Symbol(u32);

/// The symbols of one scan.
pub(super) struct Symbols {
    list: Vec<Symbol>,
    /// How often each value of each table comes.
    counts: Box<[[u32; VALUES]; Table::ALL.len()]>,
    /// Blocks at the end of `list` that have nothing, and that no symbol says yet.
    empty: u32,
}

impl Symbols {
    pub(super) fn new() -> Self {
        let counts = Box::new([[0; VALUES]; Table::ALL.len()]);
        Self { list: Vec::new(), counts, empty: 0 }
    }

    /// How often each value of a table comes.
    pub(super) fn counts(&self, table: Table) -> &[u32; VALUES] {
        &self.counts[table.index()]
    }

    /// The difference of a block's mean from the one before it.
    #[inline]
    pub(super) fn mean(&mut self, difference: i32, number: usize) {
        let (size, bits) = number_bits(difference);
        self.add(Table { class: Class::Dc, number }, size, size, bits);
    }

    /// The coefficients of a block that are in `band`, a bit for each. One that has no more of them than
    /// these ends with a symbol.
    #[inline]
    pub(super) fn coefficients(&mut self, block: Quantised, band: u64, number: usize) {
        self.nonzero(block, band, number);
        if block.present() & last(band) == 0 {
            self.end(number);
        }
    }

    /// Ends a block whose remaining coefficients are 0.
    #[inline]
    pub(super) fn end(&mut self, number: usize) {
        self.add(Table { class: Class::Ac, number }, END, 0, 0);
    }

    /// As `coefficients`, but that ends of blocks wait until it is known how many follow.
    #[inline]
    pub(super) fn coefficients_in_runs(&mut self, block: Quantised, band: u64, number: usize) {
        if block.present() & band != 0 {
            self.end_run(number);
            self.nonzero(block, band, number);
        }
        if block.present() & last(band) == 0 {
            self.empty += 1;
            if self.empty == MOST_EMPTY {
                self.end_run(number);
            }
        }
    }

    /// Says how many blocks there were without a coefficient to come.
    #[inline]
    pub(super) fn end_run(&mut self, number: usize) {
        if self.empty > 0 {
            let size = self.empty.ilog2();
            let bits = self.empty & !(1 << size);
            self.add(Table { class: Class::Ac, number }, size << 4, size, bits);
            self.empty = 0;
        }
    }

    #[inline(always)]
    fn nonzero(&mut self, block: Quantised, band: u64, number: usize) {
        let table = Table { class: Class::Ac, number };
        let mut rest = block.present() & band;
        let mut next = band.trailing_zeros();
        while rest != 0 {
            let at = rest.trailing_zeros();
            rest &= rest - 1;
            let mut zeros = at - next;
            next = at + 1;
            while zeros > 15 {
                self.add(table, SIXTEEN_ZEROS, 0, 0);
                zeros -= 16;
            }
            let (size, bits) = number_bits(block.coefficient(at));
            self.add(table, zeros << 4 | size, size, bits);
        }
    }

    #[inline(always)]
    fn add(&mut self, table: Table, value: u32, size: u32, bits: u32) {
        let index = table.index();
        self.counts[index][value as usize % VALUES] += 1;
        self.list
            .push(Symbol(bits << 14 | (size & 15) << 10 | (index as u32) << 8 | (value & 255)));
    }

    /// Writes all symbols by these codes, and fills up the last byte.
    pub(super) fn write(&self, codes: &[Option<Codes>; Table::ALL.len()], bytes: &mut Vec<u8>) {
        let mut table = [0_u32; VALUES * Table::ALL.len()];
        for (codes, table) in codes.iter().zip(table.chunks_exact_mut(VALUES)) {
            if let Some(codes) = codes {
                for (entry, (code, length)) in table.iter_mut().zip(codes.by_value()) {
                    *entry = code << 8 | u32::from(length);
                }
            }
        }
        let mut bits = Bits::new(bytes);
        for Symbol(symbol) in &self.list {
            let entry = table[*symbol as usize % table.len()];
            let size = symbol >> 10 & 15;
            bits.put(u64::from(entry >> 8 << size | symbol >> 14), (entry & 0xff) + size);
        }
        bits.finish();
    }
}

/// The last coefficient of a band.
fn last(band: u64) -> u64 {
    1 << (63 - band.leading_zeros())
}

/// How many bits say a number, and which: those of a negative one are 1 less (T.81, F.1.2.1).
#[inline(always)]
fn number_bits(number: i32) -> (u32, u32) {
    let sign = number >> 31;
    // One more bit, which spares the question whether there is any.
    let size = (number.unsigned_abs() << 1 | 1).ilog2();
    let bits = (number + sign) as u32 & ((1 << size) - 1);
    (size, bits)
}
