//! A reach: the set of centers somebody can get to, and what two reaches have in common.
//!
//! Owns the set and the distance that defines it. It does not own how the set is found
//! (`centers`), nor what an empty one means for an order (`order`).

/// A center this many statute miles away, or nearer, is in reach.
pub const REACH_MILES: f64 = 100.0;

/// Numbers of centers, ascending and each once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Reach(Vec<i32>);

impl Reach {
    /// The set of the given numbers, in any order and with any repetitions.
    #[must_use]
    pub fn from_numbers(mut numbers: Vec<i32>) -> Self {
        numbers.sort_unstable();
        numbers.dedup();
        Self(numbers)
    }

    /// The numbers, ascending and each once.
    #[must_use]
    pub fn numbers(&self) -> &[i32] {
        &self.0
    }

    /// How many centers are in reach.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no center is in reach.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the center with this number is in reach.
    #[must_use]
    pub fn contains(&self, number: i32) -> bool {
        self.0.binary_search(&number).is_ok()
    }

    /// The centers in reach of both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let mut others = other.0.iter().copied().peekable();
        let mut both = self.0.clone();
        // Both sides ascend, so one walk over the other side serves every number of this one.
        both.retain(|&number| {
            while others.next_if(|&candidate| candidate < number).is_some() {}
            others.peek() == Some(&number)
        });
        Self(both)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn any_reach() -> impl Strategy<Value = Reach> {
        prop::collection::vec(prop_oneof![-20..60, any::<i32>()], 0..80).prop_map(Reach::from_numbers)
    }

    #[test]
    fn numbers_come_out_sorted_and_distinct() {
        let reach = Reach::from_numbers(vec![5, -1, 5, 3, -1]);
        assert_eq!(reach.numbers(), [-1, 3, 5]);
        assert_eq!((reach.len(), reach.is_empty()), (3, false));
        assert!(reach.contains(3) && !reach.contains(4));
        assert!(Reach::default().is_empty());
    }

    proptest! {
        #[test]
        fn intersection_is_that_of_sets(a in any_reach(), b in any_reach()) {
            let [set_a, set_b] = [&a, &b].map(|reach| reach.numbers().iter().copied().collect::<BTreeSet<_>>());
            let expected: Vec<i32> = set_a.intersection(&set_b).copied().collect();
            prop_assert_eq!(a.intersection(&b), Reach(expected));
        }

        #[test]
        fn intersection_obeys_the_laws(a in any_reach(), b in any_reach(), c in any_reach()) {
            prop_assert_eq!(a.intersection(&b), b.intersection(&a));
            prop_assert_eq!(a.intersection(&b).intersection(&c), a.intersection(&b.intersection(&c)));
            prop_assert_eq!(&a.intersection(&a), &a);
            prop_assert!(a.intersection(&Reach::default()).is_empty());
            prop_assert_eq!(a.intersection(&b).intersection(&b), a.intersection(&b));
        }

        #[test]
        fn contains_is_membership(reach in any_reach(), number in -25..65) {
            prop_assert_eq!(reach.contains(number), reach.numbers().contains(&number));
        }
    }
}
