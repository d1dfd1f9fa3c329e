//! The two-letter codes of the United States, and the names people write instead.
//!
//! Source: USPS Publication 28, appendix B, "Two-Letter State and Possession Abbreviations".

/// Names in capitals without punctuation, with their codes, sorted by name.
const STATES: [(&str, &str); 60] = [
    ("ALABAMA", "AL"),
    ("ALASKA", "AK"),
    ("AMERICAN SAMOA", "AS"),
    ("ARIZONA", "AZ"),
    ("ARKANSAS", "AR"),
    ("CALIFORNIA", "CA"),
    ("COLORADO", "CO"),
    ("CONNECTICUT", "CT"),
    ("DELAWARE", "DE"),
    ("DISTRICT OF COLUMBIA", "DC"),
    ("FEDERATED STATES OF MICRONESIA", "FM"),
    ("FLORIDA", "FL"),
    ("GEORGIA", "GA"),
    ("GUAM", "GU"),
    ("HAWAII", "HI"),
    ("IDAHO", "ID"),
    ("ILLINOIS", "IL"),
    ("INDIANA", "IN"),
    ("IOWA", "IA"),
    ("KANSAS", "KS"),
    ("KENTUCKY", "KY"),
    ("LOUISIANA", "LA"),
    ("MAINE", "ME"),
    ("MARSHALL ISLANDS", "MH"),
    ("MARYLAND", "MD"),
    ("MASSACHUSETTS", "MA"),
    ("MICHIGAN", "MI"),
    ("MICRONESIA", "FM"),
    ("MINNESOTA", "MN"),
    ("MISSISSIPPI", "MS"),
    ("MISSOURI", "MO"),
    ("MONTANA", "MT"),
    ("NEBRASKA", "NE"),
    ("NEVADA", "NV"),
    ("NEW HAMPSHIRE", "NH"),
    ("NEW JERSEY", "NJ"),
    ("NEW MEXICO", "NM"),
    ("NEW YORK", "NY"),
    ("NORTH CAROLINA", "NC"),
    ("NORTH DAKOTA", "ND"),
    ("NORTHERN MARIANA ISLANDS", "MP"),
    ("OHIO", "OH"),
    ("OKLAHOMA", "OK"),
    ("OREGON", "OR"),
    ("PALAU", "PW"),
    ("PENNSYLVANIA", "PA"),
    ("PUERTO RICO", "PR"),
    ("RHODE ISLAND", "RI"),
    ("SOUTH CAROLINA", "SC"),
    ("SOUTH DAKOTA", "SD"),
    ("TENNESSEE", "TN"),
    ("TEXAS", "TX"),
    ("UTAH", "UT"),
    ("VERMONT", "VT"),
    ("VIRGIN ISLANDS", "VI"),
    ("VIRGINIA", "VA"),
    ("WASHINGTON", "WA"),
    ("WEST VIRGINIA", "WV"),
    ("WISCONSIN", "WI"),
    ("WYOMING", "WY"),
];

/// The code of a state written in capitals, by its code or by its full name.
pub(super) fn code_of(text: &str) -> Option<&'static str> {
    if let Some((_, code)) = STATES.iter().find(|(_, code)| *code == text) {
        return Some(code);
    }
    STATES.binary_search_by(|(name, _)| (*name).cmp(text)).ok().map(|found| STATES[found].1)
}

/// The state that a line in capitals ends with, and the words before it.
pub(super) fn split_suffix(line: &str) -> Option<(&str, &'static str)> {
    // From the longest suffix to the shortest, so that "WEST VIRGINIA" is not "VIRGINIA".
    let starts = std::iter::once(0).chain(line.match_indices(' ').map(|(at, _)| at + 1));
    starts.into_iter().find_map(|at| code_of(&line[at..]).map(|code| (line[..at].trim_end(), code)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_and_codes_known() {
        assert!(STATES.is_sorted_by(|a, b| a.0 < b.0));
        for (name, code) in STATES {
            assert_eq!(code_of(name), Some(code));
            assert_eq!(code_of(code), Some(code));
        }
        assert_eq!(code_of("ATLANTIS"), None);
    }

    #[test]
    fn the_longest_state_at_the_end_counts() {
        assert_eq!(split_suffix("CHARLESTON WEST VIRGINIA"), Some(("CHARLESTON", "WV")));
        assert_eq!(split_suffix("VIRGINIA BEACH VA"), Some(("VIRGINIA BEACH", "VA")));
        assert_eq!(split_suffix("KANSAS CITY"), None);
        assert_eq!(split_suffix("OREGON"), Some(("", "OR")));
    }
}
