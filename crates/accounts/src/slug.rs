//! The address of a storefront, made from its business's name: pure.

use kernel::Slug;

/// Room for a number after the name.
const MOST_CHARACTERS: usize = 50;
const LEAST_CHARACTERS: usize = 3;
/// How many numbers are tried in order.
const NUMBERED: u32 = 40;

/// The slugs a business would have, best first: `green-acre`, `green-acre-2`, ... The last ends in
/// `tie_breaker`, for a name that very many have.
pub(crate) fn candidates(business_name: &str, kind: &str, tie_breaker: u32) -> Vec<Slug> {
    let stem = stem(business_name);
    let base = if stem.len() < LEAST_CHARACTERS { format!("{kind}-{stem}") } else { stem };
    let base = base.trim_end_matches('-');
    let numbered = (2..=NUMBERED).map(|number| format!("{base}-{number}"));
    std::iter::once(base.to_owned())
        .chain(numbered)
        .chain([format!("{base}-{tie_breaker}")])
        .filter_map(|text| Slug::parse(&text).ok())
        .collect()
}

fn stem(name: &str) -> String {
    let mut stem = String::new();
    for c in name.to_lowercase().chars() {
        match plain(c) {
            Some(letters) => stem.push_str(letters),
            None if c.is_ascii_alphanumeric() => stem.push(c),
            // "Ana's" is one word.
            None if matches!(c, '\'' | '’') => {}
            None if stem.is_empty() || stem.ends_with('-') => {}
            None => stem.push('-'),
        }
    }
    stem.truncate(MOST_CHARACTERS);
    stem.trim_end_matches('-').to_owned()
}

/// The plain spelling of a letter of the Latin-1 supplement, and of an ampersand.
fn plain(c: char) -> Option<&'static str> {
    Some(match c {
        'à' | 'á' | 'â' | 'ã' | 'å' => "a",
        'ä' | 'æ' => "ae",
        'ç' => "c",
        'è' | 'é' | 'ê' | 'ë' => "e",
        'ì' | 'í' | 'î' | 'ï' => "i",
        'ñ' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ø' => "o",
        'ö' => "oe",
        'ù' | 'ú' | 'û' => "u",
        'ü' => "ue",
        'ý' | 'ÿ' => "y",
        'ß' => "ss",
        '&' => "and",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn best(name: &str) -> String {
        candidates(name, "maker", 7_654_321)[0].as_str().to_owned()
    }

    #[test]
    fn a_name_becomes_an_address() {
        assert_eq!(best("Green Acre"), "green-acre");
        assert_eq!(best("  Ana's  Kale & Figs!  "), "anas-kale-and-figs");
        assert_eq!(best("Café Crème, Brûlée"), "cafe-creme-brulee");
        assert_eq!(best("Q"), "maker-q");
        assert_eq!(best("農園"), "maker");
        assert_eq!(best(&"long name ".repeat(12)).len(), 49);
    }

    #[test]
    fn every_candidate_is_a_slug_and_they_differ() {
        for name in ["Green Acre", "農園", "x", &"w".repeat(120)] {
            let slugs: Vec<String> =
                candidates(name, "gardener", 7_654_321).iter().map(|slug| slug.as_str().to_owned()).collect();
            assert_eq!(slugs.len(), 41, "{slugs:?}");
            assert!(slugs[1].ends_with("-2") && slugs[40].ends_with("-7654321"));
        }
    }
}
