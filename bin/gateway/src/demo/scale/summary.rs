//! What a load has come to, for people and for programs that go on with it.

use std::fmt;
use std::time::Duration;

use logistics::ZipPlace;
use serde::Serialize;

use super::regions::{Map, Region, degrees};
use super::{Scale, people, share, words};
use crate::demo::PASSWORD;

/// What is there now.
#[derive(Clone, PartialEq, Serialize, Debug)]
pub struct Summary {
    /// Of every account.
    pub password: &'static str,
    /// How many listings and products there are.
    pub listings: usize,
    /// How many of them were made by this run.
    pub added: usize,
    /// How many vendors there are.
    pub vendors: usize,
    /// How many approved centers there are.
    pub centers: usize,
    /// How many customers there are.
    pub customers: usize,
    /// What everything random followed from.
    pub seed: u64,
    /// Somebody in the city, who reaches about half of everything.
    pub dense: Visitor,
    /// Somebody in a lonely corner.
    pub sparse: Visitor,
    /// A word that many titles have.
    pub common_word: &'static str,
    /// A word that few titles have.
    pub rare_word: &'static str,
    /// How long it took.
    pub seconds: f64,
}

/// Where somebody is, and who lives there.
#[derive(Clone, PartialEq, Serialize, Debug)]
pub struct Visitor {
    /// For `?address=`.
    pub zip: String,
    /// Degrees north.
    pub lat: f64,
    /// Degrees east.
    pub lon: f64,
    /// How many listings and products they reach.
    pub listings: usize,
    /// How many centers they reach.
    pub centers: usize,
    /// The email addresses of customers there; `{n}` is a number of four digits from 0001 on.
    pub customer_email: String,
    /// How many such customers there are.
    pub customers: usize,
}

impl Summary {
    pub(super) fn of(map: &Map, scale: &Scale, vendors: usize, before: usize, took: Duration) -> Self {
        let visitor = |region, name, zip: &ZipPlace| {
            let (lat, lon) = degrees(zip.place);
            Visitor {
                zip: zip.zip.clone(),
                lat,
                lon,
                listings: share(region, scale.listings),
                centers: (0..scale.centers).filter(|number| Region::of_center(*number) == region).count(),
                customer_email: people::customer_email(name, "{n}"),
                customers: scale.customers / 2,
            }
        };
        Self {
            password: PASSWORD,
            listings: scale.listings,
            added: scale.listings - before,
            vendors,
            centers: scale.centers,
            customers: scale.customers / 2 * 2,
            seed: scale.seed,
            dense: visitor(Region::Dense, "dense", &map.city),
            sparse: visitor(Region::Sparse, "sparse", &map.corner),
            common_word: words::COMMON_AND_RARE.0,
            rare_word: words::COMMON_AND_RARE.1,
            seconds: took.as_secs_f64(),
        }
    }
}

/// One `key value` a line; a program had better read the JSON.
impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "listings {} ({} of them new)", self.listings, self.added)?;
        writeln!(f, "vendors {}", self.vendors)?;
        writeln!(f, "centers {}", self.centers)?;
        writeln!(f, "customers {}", self.customers)?;
        writeln!(f, "password {}", self.password)?;
        for (name, visitor) in [("dense", &self.dense), ("sparse", &self.sparse)] {
            let Visitor { zip, lat, lon, listings, centers, customer_email, customers } = visitor;
            writeln!(f, "{name}.place {zip} {lat} {lon}")?;
            writeln!(f, "{name}.reaches {listings} listings, {centers} centers")?;
            writeln!(f, "{name}.customers {customer_email}, n from 0001 to {customers:04}")?;
        }
        writeln!(f, "words {} (common), {} (rare)", self.common_word, self.rare_word)?;
        writeln!(f, "seed {}", self.seed)?;
        writeln!(f, "seconds {:.1}", self.seconds)
    }
}
