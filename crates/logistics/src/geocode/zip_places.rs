//! The gazetteer's postal codes with their cities as people write them, for whoever needs real places to choose from.

use std::io::Read;

use eligibility_core::Place;
use flate2::read::GzDecoder;

use super::gazetteer::DATA;

/// One postal code of the United States.
#[derive(Clone, PartialEq, Debug)]
pub struct ZipPlace {
    /// Five digits.
    pub zip: String,
    /// The city it belongs to.
    pub city: String,
    /// The state's code.
    pub state: String,
    /// Its middle.
    pub place: Place,
}

/// Every postal code, in ascending order. Read from the binary at each call.
#[must_use]
pub fn zip_places() -> Vec<ZipPlace> {
    let mut csv = String::new();
    if let Err(error) = GzDecoder::new(DATA).read_to_string(&mut csv) {
        tracing::error!(%error, "the embedded gazetteer cannot be read");
    }
    let mut records = csv::Reader::from_reader(csv.as_bytes());
    let mut places: Vec<ZipPlace> = records.records().filter_map(|record| zip_place(&record.ok()?)).collect();
    places.sort_unstable_by(|a, b| a.zip.cmp(&b.zip));
    places
}

fn zip_place(record: &csv::StringRecord) -> Option<ZipPlace> {
    let text = |column: usize| record.get(column).map(str::to_owned);
    let degrees = |column: usize| record.get(column)?.trim().parse::<f64>().ok();
    Some(ZipPlace {
        zip: text(0)?,
        city: text(1)?,
        state: text(2)?,
        place: Place::new(degrees(3)?, degrees(4)?).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Gazetteer, Geocoder, NormalizedAddress};

    #[tokio::test]
    async fn the_geocoder_finds_every_one_of_them_where_it_is() {
        let places = zip_places();
        assert!(places.len() > 40_000, "{}", places.len());
        for place in places.iter().step_by(997) {
            let address = NormalizedAddress::parse(&format!("{}, {} {}", place.city, place.state, place.zip));
            let found = Gazetteer::embedded().geocode(&address).await.unwrap().unwrap();
            assert_eq!(found.place, place.place, "{place:?}");
        }
    }
}
