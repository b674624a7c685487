//! Things by name, up to a size: what was not used for the longest time goes first.

use std::{borrow::Borrow, hash::Hash};

use hashlink::LinkedHashMap;

/// A shelf with room for so much.
#[derive(Debug)]
pub struct Shelf<K: Eq + Hash, V> {
    /// Least recently used first, each with its size.
    things: LinkedHashMap<K, (V, u64)>,
    capacity: u64,
    total: u64,
}

impl<K: Eq + Hash, V> Shelf<K, V> {
    #[must_use]
    pub fn new(capacity: u64) -> Self {
        Self { things: LinkedHashMap::new(), capacity, total: 0 }
    }

    /// A thing, which counts as used now.
    pub fn get<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.things.to_back(key).map(|(thing, _)| &*thing)
    }

    /// Puts a thing on the shelf as the one used last.
    pub fn put(&mut self, key: K, thing: V, size: u64) {
        self.total += size;
        if let Some((_, old)) = self.things.insert(key, (thing, size)) {
            self.total -= old;
        }
    }

    /// Takes off the thing that was not used for the longest time, if there is more than there is
    /// room for.
    pub fn overflow(&mut self) -> Option<(K, V)> {
        if self.total <= self.capacity {
            return None;
        }
        self.pop().map(|(key, thing, _)| (key, thing))
    }

    /// Takes off the thing that was not used for the longest time, with its size.
    pub fn pop(&mut self) -> Option<(K, V, u64)> {
        let (key, (thing, size)) = self.things.pop_front()?;
        self.total -= size;
        Some((key, thing, size))
    }

    /// How much there is on it.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Takes everything off.
    pub fn clear(&mut self) {
        self.things.clear();
        self.total = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_used_for_the_longest_time_goes_first() {
        let mut shelf = Shelf::new(30);
        for letter in ["a", "b", "c"] {
            shelf.put(letter, (), 10);
        }
        assert_eq!(shelf.get(&"a"), Some(&()));
        assert_eq!(shelf.overflow(), None);

        shelf.put("d", (), 15);

        assert_eq!(shelf.overflow(), Some(("b", ())));
        assert_eq!(shelf.overflow(), Some(("c", ())));
        assert_eq!(shelf.overflow(), None);
        assert_eq!(shelf.get(&"c"), None);
    }

    #[test]
    fn what_is_put_twice_takes_its_room_once() {
        let mut shelf = Shelf::new(30);
        for size in [10, 20, 20] {
            shelf.put("a", size, size);
        }
        shelf.put("b", 0, 10);

        assert_eq!(shelf.overflow(), None);
        assert_eq!(shelf.get(&"a"), Some(&20));
    }
}
