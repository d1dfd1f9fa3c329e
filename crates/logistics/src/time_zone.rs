//! The clocks of a new center, by its state.

/// What an address without a known state gets.
const DEFAULT: &str = "America/Denver";

/// The IANA zone of a state of the United States (USPS code), America/Denver for anything else.
///
/// Fourteen states have two zones: AK, FL, ID, IN, KS, KY, MI, ND, NE, OR, SD, TN, TX get the one of
/// most of their people, and NV all of it but West Wendover. An admin corrects the few centers for
/// which that is wrong. Source: 49 CFR part 71, "Standard time zone boundaries".
pub(crate) fn zone_of_state(state: &str) -> &'static str {
    match state {
        "CT" | "DC" | "DE" | "FL" | "GA" | "MA" | "MD" | "ME" | "NC" | "NH" | "NJ" | "NY" | "OH" | "PA"
        | "RI" | "SC" | "VA" | "VT" | "WV" => "America/New_York",
        "MI" => "America/Detroit",
        "IN" => "America/Indiana/Indianapolis",
        "KY" => "America/Kentucky/Louisville",
        "AL" | "AR" | "IA" | "IL" | "KS" | "LA" | "MN" | "MO" | "MS" | "ND" | "NE" | "OK" | "SD" | "TN"
        | "TX" | "WI" => "America/Chicago",
        "AZ" => "America/Phoenix",
        "ID" => "America/Boise",
        "CA" | "NV" | "OR" | "WA" => "America/Los_Angeles",
        "AK" => "America/Anchorage",
        "HI" => "Pacific/Honolulu",
        "PR" | "VI" => "America/Puerto_Rico",
        "GU" | "MP" => "Pacific/Guam",
        "AS" => "Pacific/Pago_Pago",
        "MH" => "Pacific/Majuro",
        "PW" => "Pacific/Palau",
        "FM" => "Pacific/Pohnpei",
        // CO, MT, NM, UT and WY by right.
        _ => DEFAULT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::windows::zone_named;

    #[test]
    fn every_state_has_a_zone_that_exists() {
        for state in [
            "CO", "NY", "MI", "IN", "KY", "TX", "AZ", "ID", "CA", "AK", "HI", "PR", "GU", "AS", "MH", "PW",
            "FM", "",
        ] {
            assert!(zone_named(zone_of_state(state)).is_ok(), "{state}");
        }
        assert_eq!(zone_of_state("CO"), "America/Denver");
    }
}
