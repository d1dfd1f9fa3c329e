//! Reads the gazetteer of US postal codes that the `logistics` crate ships. Shared by the
//! integration tests and the benchmark.

use std::error::Error;
use std::fs::File;

use eligibility_core::Place;
use flate2::read::GzDecoder;

const GAZETTEER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../logistics/data/us-zip-centroids.csv.gz");

/// A postal code and the middle of its area.
#[derive(Debug, Clone)]
pub struct Zip {
    /// Five digits.
    pub code: String,
    /// Two letters.
    pub state: String,
    /// The centroid.
    pub place: Place,
}

/// Every postal code, in the order of the file, which is that of the codes.
pub fn read() -> Result<Vec<Zip>, Box<dyn Error>> {
    let file = File::open(GAZETTEER).map_err(|error| format!("{GAZETTEER}: {error}"))?;
    csv::Reader::from_reader(GzDecoder::new(file))
        .deserialize()
        .map(|row| {
            let (code, _city, state, lat, lon): (String, String, String, f64, f64) = row?;
            Ok(Zip { code, state, place: Place::new(lat, lon)? })
        })
        .collect()
}
