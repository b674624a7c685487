//! What reading and writing JPEGs have in common (T.81).

/// Coefficients of a block.
pub(super) const COEFFICIENTS: usize = 64;

/// Where each coefficient of the zigzag is in a block, row by row (T.81, figure A.6).
pub(super) const ZIGZAG: [u8; COEFFICIENTS] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20,
    13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59,
    52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// Whether one of the eight bytes is 0xff: whether one of its complement is 0.
#[inline(always)]
pub(super) fn has_a_byte_of_ones(bytes: u64) -> bool {
    const LOW: u64 = 0x0101_0101_0101_0101;
    (!bytes).wrapping_sub(LOW) & bytes & (LOW << 7) != 0
}
