//! The shortest codes for symbols of known numbers (T.81, annex K.2). Knows not what they mean.

/// Bits of the longest code that a file may have.
const LONGEST: usize = 16;

/// No code has as many bits before they are shortened: that takes more symbols than `u64` counts.
const LONGER: usize = 96;

/// Codes as a file gives them (T.81, C.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Codes {
    /// How many codes there are of each length, from 1 bit to 16.
    pub(super) counts: [u8; LONGEST],
    /// Their values, shortest code first.
    pub(super) values: Vec<u8>,
}

impl Codes {
    /// For values that come as often as `counts` says.
    pub(super) fn new(counts: &[u32; 256]) -> Self {
        let mut values: Vec<u8> =
            (0..=255).filter(|value| counts[usize::from(*value)] > 0).collect();
        values.sort_by_key(|value| std::cmp::Reverse(counts[usize::from(*value)]));

        // The code of ones only is no value's: it belongs to one that never comes and so has the longest.
        let rarest_first = values.iter().rev().map(|value| u64::from(counts[usize::from(*value)]));
        let mut lengths = lengths(std::iter::once(0).chain(rarest_first).collect());
        shorten(&mut lengths);
        if let Some(longest) = lengths.iter_mut().rev().find(|count| **count > 0) {
            *longest -= 1;
        }
        Self { counts: std::array::from_fn(|at| lengths[at + 1] as u8), values }
    }

    /// For each value its code and how long that is.
    pub(super) fn by_value(&self) -> [(u32, u8); 256] {
        let mut by_value = [(0, 0); 256];
        let mut values = self.values.iter();
        let mut code = 0;
        for (length, count) in (1..).zip(self.counts) {
            for value in values.by_ref().take(count.into()) {
                by_value[usize::from(*value)] = (code, length);
                code += 1;
            }
            code <<= 1;
        }
        by_value
    }
}

/// How many codes there are of each length in the best tree for leaves of these weights, of which none is
/// smaller than the one before it.
fn lengths(leaves: Vec<u64>) -> [u32; LONGER] {
    let count = leaves.len();
    let mut weights = leaves;
    let mut parents = vec![0; 2 * count - 1];
    let (mut leaf, mut node) = (0, count);
    // Nodes, too, are made in the order of their weights: the lightest of all is the first of either.
    while weights.len() < parents.len() {
        let parent = weights.len();
        let mut weight = 0;
        for _ in 0..2 {
            let is_leaf = leaf < count && (node == parent || weights[leaf] <= weights[node]);
            let lightest = if is_leaf { &mut leaf } else { &mut node };
            weight += weights[*lightest];
            parents[*lightest] = parent;
            *lightest += 1;
        }
        weights.push(weight);
    }
    let mut lengths = [0; LONGER];
    let mut depths = vec![0_usize; parents.len()];
    for at in (0..parents.len() - 1).rev() {
        depths[at] = depths[parents[at]] + 1;
        if at < count {
            lengths[depths[at]] += 1;
        }
    }
    lengths
}

/// Makes no code longer than a file may have (T.81, figure K.3): of two that are too long one takes their
/// common beginning, the other becomes the neighbour of a shorter code.
fn shorten(lengths: &mut [u32; LONGER]) {
    for length in (LONGEST + 1..LONGER).rev() {
        while lengths[length] > 0 {
            let shorter = (1..length - 1).rev().find(|shorter| lengths[*shorter] > 0);
            let shorter = shorter.expect("256 codes have room in 16 bits");
            lengths[length] -= 2;
            lengths[length - 1] += 1;
            lengths[shorter + 1] += 2;
            lengths[shorter] -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks that no code begins another, and that none is of ones only.
    fn check(codes: &Codes) {
        let used: f64 = (1..)
            .zip(codes.counts)
            .map(|(length, count)| f64::from(count) / 2_f64.powi(length))
            .sum();
        assert!(used < 1.0, "{used} of all codes are taken");
        let total: usize = codes.counts.iter().map(|count| usize::from(*count)).sum();
        assert_eq!(total, codes.values.len());
    }

    fn lengths_of(counts: &[u32]) -> Vec<u8> {
        let mut all = [0; 256];
        all[..counts.len()].copy_from_slice(counts);
        let codes = Codes::new(&all);
        check(&codes);
        codes.by_value()[..counts.len()].iter().map(|(_, length)| *length).collect()
    }

    #[test]
    fn what_comes_more_often_has_a_shorter_code() {
        assert!(lengths_of(&[]).is_empty());
        assert_eq!(lengths_of(&[7]), [1]);
        assert_eq!(lengths_of(&[1, 100]), [2, 1]);
        assert_eq!(lengths_of(&[0, 8, 4, 0, 2, 1]), [0, 1, 2, 0, 3, 4]);
        assert_eq!(lengths_of(&[1; 256]).iter().filter(|length| **length > 9).count(), 0);
    }

    #[test]
    fn no_code_is_longer_than_16_bits() {
        let (mut fibonacci, mut next) = ([1; 45], 1);
        for at in 1..fibonacci.len() {
            (fibonacci[at], next) = (next, fibonacci[at - 1] + next);
        }
        let lengths = lengths_of(&fibonacci);
        assert_eq!(lengths.iter().max(), Some(&16), "{lengths:?}");
        assert!(lengths.is_sorted_by(|rarer, commoner| rarer >= commoner), "{lengths:?}");
    }
}
