//! The embedded geocoder: the middles of the postal codes of the United States, in memory.
//!
//! It knows no streets, and says so by its confidence. Data: GeoNames, CC BY 4.0 (`data/README.md`).

use std::io::Read;
use std::sync::OnceLock;

use eligibility_core::{Place, miles, unit_vector};
use flate2::read::GzDecoder;
use futures_util::future::{BoxFuture, ready};

use super::{Confidence, GeocodeError, Geocoded, Geocoder, NormalizedAddress, Unplaceable};

pub(super) static DATA: &[u8] = include_bytes!("../../data/us-zip-centroids.csv.gz");

/// A postal code that serves people of a neighbouring state lies this near their city, in miles.
const ACROSS_THE_STATE_LINE: f64 = 50.0;

/// How many words a city's name may have: "Truth or Consequences", "Village of Four Seasons".
const WORDS_OF_A_CITY: usize = 4;

/// The postal codes and cities of the United States. Read from the binary when first asked, once per
/// process; then a lookup is a binary search.
#[derive(Clone, Copy, Debug)]
pub struct Gazetteer(());

impl Gazetteer {
    /// The gazetteer, not yet read.
    #[must_use]
    pub fn embedded() -> Self {
        Self(())
    }

    fn find(address: &NormalizedAddress) -> Result<Option<Geocoded>, Unplaceable> {
        if address.country().is_some_and(|country| country != "US") {
            return Ok(None);
        }
        let atlas = atlas();
        let city = address.state().and_then(|state| atlas.city_of(address, state));
        let zip = address.postal_code().and_then(|code| atlas.zip(code));
        match (zip, address.state()) {
            (Some(zip), Some(state)) if zip.state != state => match city {
                Some(city) if miles(zip.place, city.place) <= ACROSS_THE_STATE_LINE => {
                    Ok(Some(zip.geocoded()))
                }
                _ => Err(Unplaceable::Contradiction {
                    postal_code: address.postal_code().unwrap_or_default().to_owned(),
                    state_of_code: zip.state.to_owned(),
                    state_given: state.to_owned(),
                }),
            },
            (Some(zip), _) => Ok(Some(zip.geocoded())),
            (None, Some(state)) if city.is_none() && is_bare(address) => Ok(atlas.state(state)),
            (None, _) => Ok(city),
        }
    }
}

/// Whether nothing but a state is written.
fn is_bare(address: &NormalizedAddress) -> bool {
    address.street().is_none() && address.city().is_none() && address.postal_code().is_none()
}

impl Geocoder for Gazetteer {
    fn name(&self) -> &'static str {
        "gazetteer"
    }

    fn is_local(&self) -> bool {
        true
    }

    fn geocode<'a>(
        &'a self,
        address: &'a NormalizedAddress,
    ) -> BoxFuture<'a, Result<Option<Geocoded>, GeocodeError>> {
        Box::pin(ready(Self::find(address).map_err(GeocodeError::from)))
    }
}

struct Zip {
    state: &'static str,
    place: Place,
}

impl Zip {
    fn geocoded(&self) -> Geocoded {
        Geocoded { place: self.place, confidence: Confidence::PostalCode }
    }
}

/// One postal code. Coordinates are ten-thousandths of a degree, the precision of the source.
struct Entry {
    zip: u32,
    lat: i32,
    lon: i32,
    state: [u8; 2],
    name: (u32, u8),
}

/// 41 thousand entries of 20 bytes, their cities' names end to end, and their order by city.
struct Atlas {
    /// By postal code.
    entries: Vec<Entry>,
    names: String,
    /// Indices of `entries` by (state, name).
    by_city: Vec<u32>,
}

fn atlas() -> &'static Atlas {
    static ATLAS: OnceLock<Atlas> = OnceLock::new();
    ATLAS.get_or_init(|| {
        let mut csv = String::new();
        // The data is part of the binary and read whole by a test: it cannot fail here alone.
        if let Err(error) = GzDecoder::new(DATA).read_to_string(&mut csv) {
            tracing::error!(%error, "the embedded gazetteer cannot be read");
        }
        Atlas::read(&csv)
    })
}

impl Atlas {
    fn read(csv: &str) -> Self {
        let mut atlas =
            Self { entries: Vec::with_capacity(41_000), names: String::new(), by_city: Vec::new() };
        let mut records = csv::Reader::from_reader(csv.as_bytes());
        let mut record = csv::StringRecord::new();
        while records.read_record(&mut record).unwrap_or(false) {
            if let Some(entry) = Entry::read(&record, &mut atlas.names) {
                atlas.entries.push(entry);
            }
        }
        atlas.entries.sort_unstable_by_key(|entry| entry.zip);
        atlas.by_city = (0..u32::try_from(atlas.entries.len()).unwrap_or(u32::MAX)).collect();
        let Self { entries, names, by_city } = &mut atlas;
        let key = |index: &u32| {
            let entry = &entries[*index as usize];
            (entry.state, entry.name(names))
        };
        by_city.sort_unstable_by(|a, b| key(a).cmp(&key(b)));
        atlas
    }

    fn zip(&self, code: &str) -> Option<Zip> {
        let code: u32 = code.parse().ok()?;
        let found = self.entries.binary_search_by_key(&code, |entry| entry.zip).ok()?;
        let entry = &self.entries[found];
        Some(Zip { state: entry.state()?, place: entry.place()? })
    }

    /// The city the address names or, on a line without commas, ends with.
    fn city_of(&self, address: &NormalizedAddress, state: &str) -> Option<Geocoded> {
        if let Some(city) = address.city() {
            return self.city(city, state);
        }
        let line = address.street()?;
        let starts: Vec<usize> =
            line.rmatch_indices(' ').map(|(at, _)| at + 1).take(WORDS_OF_A_CITY).collect();
        starts.into_iter().rev().find_map(|at| self.city(&line[at..], state))
    }

    /// The middle of a city's postal codes.
    fn city(&self, city: &str, state: &str) -> Option<Geocoded> {
        let state: [u8; 2] = state.as_bytes().try_into().ok()?;
        let name = city_key(city);
        let wanted = (state, name.as_str());
        let key = |index: &u32| {
            let entry = &self.entries[*index as usize];
            (entry.state, entry.name(&self.names))
        };
        let from = self.by_city.partition_point(|index| key(index) < wanted);
        let codes = self.by_city[from..].iter().take_while(|index| key(index) == wanted);
        middle(codes.filter_map(|index| self.entries[*index as usize].place()), Confidence::City)
    }

    /// The middle of a state's postal codes.
    fn state(&self, state: &str) -> Option<Geocoded> {
        let state: [u8; 2] = state.as_bytes().try_into().ok()?;
        let codes = self.entries.iter().filter(|entry| entry.state == state);
        middle(codes.filter_map(Entry::place), Confidence::Region)
    }
}

impl Entry {
    fn read(record: &csv::StringRecord, names: &mut String) -> Option<Self> {
        let degrees = |column: usize| -> Option<i32> {
            let degrees: f64 = record.get(column)?.trim().parse().ok()?;
            #[expect(clippy::cast_possible_truncation, reason = "degrees are within -180 to 180")]
            Some((degrees * 10_000.0).round() as i32)
        };
        let name = city_key(record.get(1)?);
        let at = u32::try_from(names.len()).ok()?;
        names.push_str(&name);
        Some(Self {
            zip: record.get(0)?.parse().ok()?,
            lat: degrees(3)?,
            lon: degrees(4)?,
            state: record.get(2)?.as_bytes().try_into().ok()?,
            name: (at, u8::try_from(name.len()).ok()?),
        })
    }

    fn name<'a>(&self, names: &'a str) -> &'a str {
        let (at, length) = (self.name.0 as usize, usize::from(self.name.1));
        names.get(at..at + length).unwrap_or_default()
    }

    fn state(&self) -> Option<&'static str> {
        super::states::code_of(std::str::from_utf8(&self.state).ok()?)
    }

    fn place(&self) -> Option<Place> {
        Place::new(f64::from(self.lat) / 10_000.0, f64::from(self.lon) / 10_000.0).ok()
    }
}

/// A city's name as it is compared: capitals and digits only, without accents, and with the words
/// that are often shortened in full ("St. Louis", "Saint Louis"; "Coeur d'Alene", "Coeur D Alene").
fn city_key(name: &str) -> String {
    let mut key = String::with_capacity(name.len());
    for (position, word) in name.split_whitespace().enumerate() {
        let full = match word.trim_end_matches('.').to_ascii_uppercase().as_str() {
            "ST" if position == 0 => "SAINT",
            "STE" if position == 0 => "SAINTE",
            "FT" if position == 0 => "FORT",
            "MT" if position == 0 => "MOUNT",
            _ => "",
        };
        if full.is_empty() {
            key.extend(word.chars().filter_map(plain_capital));
        } else {
            key.push_str(full);
        }
    }
    key
}

/// The capital without its accent, for the letters of names in the United States.
fn plain_capital(letter: char) -> Option<char> {
    let plain = match letter {
        'á' | 'à' | 'â' | 'ä' | 'ã' | 'Á' | 'À' | 'Â' | 'Ä' | 'Ã' | 'ā' | 'Ā' => 'A',
        'é' | 'è' | 'ê' | 'ë' | 'É' | 'È' | 'Ê' | 'Ë' => 'E',
        'í' | 'ì' | 'î' | 'ï' | 'Í' | 'Ì' | 'Î' | 'Ï' => 'I',
        'ó' | 'ò' | 'ô' | 'ö' | 'õ' | 'Ó' | 'Ò' | 'Ô' | 'Ö' | 'Õ' | 'ō' | 'Ō' => 'O',
        'ú' | 'ù' | 'û' | 'ü' | 'Ú' | 'Ù' | 'Û' | 'Ü' | 'ū' | 'Ū' => 'U',
        'ñ' | 'Ñ' => 'N',
        'ç' | 'Ç' => 'C',
        other => other.to_ascii_uppercase(),
    };
    plain.is_alphanumeric().then_some(plain)
}

/// The mean of places on the sphere: their unit vectors' sum, back on the surface. A mean of degrees
/// would be wrong across the antimeridian, where Alaska is.
fn middle(places: impl Iterator<Item = Place>, confidence: Confidence) -> Option<Geocoded> {
    let mut sum = [0.0; 3];
    for place in places {
        for (total, part) in sum.iter_mut().zip(unit_vector(place)) {
            *total += part;
        }
    }
    let [x, y, z] = sum;
    let lat = z.atan2(x.hypot(y)).to_degrees();
    let lon = y.atan2(x).to_degrees();
    // The sum of nothing is nowhere: (0, 0), which is no place.
    Place::new(lat, lon).ok().map(|place| Geocoded { place, confidence })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(text: &str) -> Option<Geocoded> {
        Gazetteer::find(&NormalizedAddress::parse(text)).unwrap()
    }

    #[track_caller]
    fn assert_near(text: &str, lat: f64, lon: f64, within_miles: f64, confidence: Confidence) {
        let found = find(text).unwrap_or_else(|| panic!("{text} is not found"));
        let off = miles(found.place, Place::new(lat, lon).unwrap());
        assert!(off <= within_miles, "{text}: {off} miles off at {:?}", found.place);
        assert_eq!(found.confidence, confidence, "{text}");
    }

    #[test]
    fn the_whole_file_is_read() {
        let mut csv = String::new();
        GzDecoder::new(DATA).read_to_string(&mut csv).unwrap();
        let atlas = Atlas::read(&csv);
        assert_eq!(atlas.entries.len(), csv.lines().count() - 1);
        assert!(atlas.entries.iter().all(|entry| entry.place().is_some() && entry.state().is_some()));
        assert!(atlas.entries.is_sorted_by(|a, b| a.zip < b.zip), "a postal code appears once");
        assert_eq!(size_of::<Entry>(), 24);
    }

    #[test]
    fn postal_codes_and_cities_are_found() {
        assert_near("80302", 40.0172, -105.2851, 5.0, Confidence::PostalCode);
        assert_near("12 Elm St, Boulder, CO 80302", 40.0172, -105.2851, 5.0, Confidence::PostalCode);
        assert_near("Boulder, CO", 40.02, -105.25, 10.0, Confidence::City);
        assert_near("12 Elm St Boulder CO", 40.02, -105.25, 10.0, Confidence::City);
        assert_near("1 Main St Colorado Springs Colorado", 38.83, -104.82, 15.0, Confidence::City);
        assert_near("New York, NY", 40.73, -73.99, 5.0, Confidence::City);
        assert_near("Cañon City, CO", 38.44, -105.22, 10.0, Confidence::City);
        assert_near("St. Louis, MO", 38.63, -90.25, 15.0, Confidence::City);
        assert_near("O'Fallon, MO", 38.79, -90.70, 10.0, Confidence::City);
        assert_near("Coeur d’Alene, ID", 47.69, -116.78, 10.0, Confidence::City);
        // An unknown code beside a known city.
        assert_near("Boulder, CO 80399", 40.02, -105.25, 10.0, Confidence::City);
    }

    #[test]
    fn what_is_not_known_is_not_invented() {
        for text in ["", "Atlantis, CO", "00000", "Boulder", "Toronto, Canada", "12 Elm St"] {
            assert_eq!(find(text), None, "{text}");
        }
        assert_eq!(find("Colorado").unwrap().confidence, Confidence::Region);
    }

    #[test]
    fn a_code_of_another_state_is_a_contradiction() {
        let refused = Gazetteer::find(&NormalizedAddress::parse("Boulder, CO 10001")).unwrap_err();
        assert_eq!(refused.to_string(), "postal code 10001 is in NY, not in CO");
        // Texarkana lies on both sides of the line.
        assert_near("Texarkana, AR 75501", 33.42, -94.1, 15.0, Confidence::PostalCode);
    }

    #[test]
    fn the_middle_is_taken_on_the_sphere() {
        let at = |lat, lon| Place::new(lat, lon).unwrap();
        let middle = middle([at(52.0, 179.0), at(52.0, -179.0)].into_iter(), Confidence::City).unwrap();
        assert!(miles(middle.place, at(52.0, 180.0)) < 1.0, "{middle:?}");
    }
}
