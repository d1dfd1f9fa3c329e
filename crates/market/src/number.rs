//! Order numbers: short enough to be read out, too many to be guessed.

use rand::Rng;

/// Crockford's base 32: no letter that looks like a digit or another letter.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A fresh number such as `7K2QX-M40TB`: 50 random bits.
pub(crate) fn fresh() -> String {
    let mut random = rand::rng();
    let mut letter = || char::from(ALPHABET[random.random_range(0..ALPHABET.len())]);
    let first: String = (0..5).map(|_| letter()).collect();
    let second: String = (0..5).map(|_| letter()).collect();
    format!("{first}-{second}")
}

#[cfg(test)]
mod tests {
    #[test]
    fn numbers_are_short_and_differ() {
        let numbers: std::collections::HashSet<String> = (0..1000).map(|_| super::fresh()).collect();
        assert_eq!(numbers.len(), 1000);
        assert!(numbers.iter().all(|number| number.len() == 11 && number.as_bytes()[5] == b'-'));
    }
}
