//! Where a visitor is, and what can be reached from there.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use db::Database;
use eligibility_core::{Place, Reach};
use kernel::{Invalid, TextRule};
use logistics::{ApprovedCenters, CenterIndex, Confidence, Geocoded, Geocoder, NormalizedAddress};
use moka::future::Cache;

use crate::PlacementError;

/// A line of an address, as it is typed.
const ADDRESS: TextRule = TextRule::line(2, 300);
/// How many answers are kept in memory, and for how long: the database remembers longer.
const LOOKUPS: u64 = 20_000;
const LOOKUP_KEPT: Duration = Duration::from_mins(10);
const REACHES: u64 = 50_000;
/// Places are told apart by about a meter.
const PER_DEGREE: f64 = 100_000.0;

/// Where a visitor says to be.
#[derive(Clone, PartialEq, Debug)]
pub enum VisitorPlace {
    /// In words: an address, a city with its state, a postal code.
    Address(String),
    /// In WGS 84 degrees.
    LatLon {
        /// North positive.
        lat: f64,
        /// East positive.
        lon: f64,
    },
}

/// Where a visitor is.
#[derive(Clone, PartialEq, Debug)]
pub struct Whereabouts {
    /// The place.
    pub place: Place,
    /// How surely it is the address; none for coordinates.
    pub confidence: Option<Confidence>,
    /// The approved centers within reach.
    pub reach: Arc<Reach>,
}

/// Finds visitors on the map, and remembers where they were found.
#[derive(Debug)]
pub struct Visitors {
    geocoder: Arc<dyn Geocoder>,
    centers: Arc<CenterIndex>,
    lookups: Cache<NormalizedAddress, logistics::Lookup>,
    reaches: Cache<(i64, i64, i64), Arc<Reach>>,
}

impl Visitors {
    /// Asks this geocoder, and reads these centers.
    #[must_use]
    pub fn new(geocoder: Arc<dyn Geocoder>, centers: Arc<CenterIndex>) -> Self {
        let lookups = Cache::builder().max_capacity(LOOKUPS).time_to_live(LOOKUP_KEPT).build();
        Self { geocoder, centers, lookups, reaches: Cache::new(REACHES) }
    }

    /// The approved centers, at most a second old.
    pub async fn centers(
        &self,
        database: &Database,
        now: DateTime<Utc>,
    ) -> Result<Arc<ApprovedCenters>, PlacementError> {
        if self.centers.is_stale(now) {
            self.centers.refresh_if_stale(&mut *database.conn().await?, now).await?;
        }
        Ok(self.centers.snapshot())
    }

    /// Where the visitor is and what that reaches. No connection is held while a geocoder is asked, and
    /// none is taken when everything is remembered.
    ///
    /// # Errors
    /// [`PlacementError::Unplaceable`] for words that name no certain place, [`PlacementError::Place`] for
    /// coordinates that are none, [`PlacementError::Geocoding`] when the geocoder gives no answer.
    pub async fn where_is(
        &self,
        database: &Database,
        now: DateTime<Utc>,
        visitor: &VisitorPlace,
    ) -> Result<Whereabouts, PlacementError> {
        let (place, confidence) = match visitor {
            VisitorPlace::LatLon { lat, lon } => (Place::new(*lat, *lon)?, None),
            VisitorPlace::Address(text) => {
                let found = self.locate(database, now, NormalizedAddress::parse(text)).await?;
                (found.place, Some(found.confidence))
            }
        };
        let reach = self.reach(database, now, place).await?;
        Ok(Whereabouts { place, confidence, reach })
    }

    /// Where an address is.
    ///
    /// # Errors
    /// [`PlacementError::Unplaceable`], [`PlacementError::Geocoding`].
    pub async fn locate(
        &self,
        database: &Database,
        now: DateTime<Utc>,
        address: NormalizedAddress,
    ) -> Result<Geocoded, PlacementError> {
        let ask = logistics::geocode(database, now, self.geocoder.as_ref(), &address);
        let lookup = if self.geocoder.is_local() {
            ask.await?
        } else {
            // Those who ask for one address at once wait for one answer.
            self.lookups.try_get_with(address.clone(), ask).await.map_err(PlacementError::Geocoding)?
        };
        Ok(lookup?)
    }

    /// The approved centers within reach of a place.
    pub async fn reach(
        &self,
        database: &Database,
        now: DateTime<Utc>,
        place: Place,
    ) -> Result<Arc<Reach>, PlacementError> {
        let centers = self.centers(database, now).await?;
        #[expect(clippy::cast_possible_truncation, reason = "degrees are within -180 to 180")]
        let [lat, lon] = [place.lat(), place.lon()].map(|degrees| (degrees * PER_DEGREE).round() as i64);
        // Another stamp is another map: reaches on the old one are asked for no more, and fall out.
        let key = (lat, lon, centers.stamp());
        let find = async { Arc::new(centers.centers().eligible_centers(place)) };
        Ok(self.reaches.get_with(key, find).await)
    }
}

impl VisitorPlace {
    /// Reads what a visitor typed.
    ///
    /// # Errors
    /// The field `address`, when it is empty or too long.
    pub fn typed(text: &str) -> Result<Self, Invalid> {
        ADDRESS.read(text).map(Self::Address).map_err(|error| error.at("address"))
    }
}
