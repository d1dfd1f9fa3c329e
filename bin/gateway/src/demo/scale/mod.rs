//! Demonstration data of any size, for benchmarks and for looking at the product with a full market in it.
//!
//! Everything is written in one transaction by the domains' bulk loads, without events: a load that is killed leaves
//! nothing, and the feed has nothing to follow, because what would follow is there already. Asked for more than is
//! there, it adds what is missing. The same seed makes the same market, but for ids.

mod people;
mod regions;
mod shelves;
mod summary;
mod words;

use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use chrono::{DateTime, Utc};
use db::Conn;
use diesel_async::AsyncConnection;
use kernel::UserId;
use logistics::{Confidence, PostalAddress, Propose, ZipPlace};
use rand::SeedableRng;
use rand::rngs::StdRng;

use self::regions::{CORNER_CENTERS, Map, Region};
use self::shelves::{Batch, Hands, Shelves};
pub use self::summary::{Summary, Visitor};
use super::PASSWORD;
use crate::AppState;

/// What the names of all centers begin with.
const CENTER_PREFIX: &str = "Demo center ";
/// How many offerings are written at a time.
const BATCH: usize = 10_000;
/// How many people are written at a time.
const PEOPLE_BATCH: usize = 5_000;
/// Fewer do not fill all three regions.
const FEWEST_VENDORS: usize = 8;
const FEWEST_CENTERS: usize = CORNER_CENTERS + 2;
/// What stands in the email addresses.
const MOST_VENDORS: usize = 1_000_000;
const MOST_CUSTOMERS: usize = 9_999 * 2;

/// How much of everything there shall be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Scale {
    /// Offerings, 15 in 100 of them products.
    pub listings: usize,
    /// Vendors; a twentieth of the listings unless given.
    pub vendors: Option<usize>,
    /// Approved centers.
    pub centers: usize,
    /// Customers, half of them in the city and half in the corner.
    pub customers: usize,
    /// What everything random follows from.
    pub seed: u64,
}

/// How much of everything there is.
#[derive(Clone, Debug)]
struct Present {
    listings: usize,
    vendors: Vec<UserId>,
    centers: usize,
    customers: [usize; 2],
}

/// Makes what is missing of the market asked for.
///
/// # Errors
/// There is more of something than asked for; the numbers do not make a market; the database fails.
pub async fn grow(state: &AppState, scale: &Scale) -> Result<Summary> {
    let begun = Instant::now();
    let vendors = scale.vendors.unwrap_or(scale.listings / 20).max(FEWEST_VENDORS);
    ensure!(vendors <= MOST_VENDORS, "there can be at most {MOST_VENDORS} vendors");
    ensure!(scale.centers >= FEWEST_CENTERS, "there must be at least {FEWEST_CENTERS} centers");
    ensure!(scale.customers <= MOST_CUSTOMERS, "there can be at most {MOST_CUSTOMERS} customers");
    let url = state.settings.database.url.as_ref().context("no database is set")?;
    // A connection of its own: those of the pool end a statement after ten seconds.
    let mut conn = db::connect(url.expose()).await?;
    let hash = state.hasher.hash(&accounts::Password::new(PASSWORD)).await?;
    let now = state.clock.now();
    let map = Map::draw(&mut dice(scale.seed, "map", 0))?;
    let load = Load { now, scale, map: &map, hash: &hash };
    let before = conn.transaction::<_, anyhow::Error, _>(async |tx| load.run(tx, vendors).await).await?;
    state.centers.invalidate();
    db::vacuum_analyze(&mut conn).await?;
    Ok(Summary::of(&map, scale, vendors, before, begun.elapsed()))
}

/// A stream of random numbers of its own for every purpose, whatever else was drawn.
fn dice(seed: u64, purpose: &str, number: usize) -> StdRng {
    let stream =
        purpose.bytes().fold(seed, |mixed, byte| mixed.wrapping_mul(0x0100_0000_01b3) ^ u64::from(byte));
    StdRng::seed_from_u64(stream.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ number as u64)
}

struct Load<'a> {
    now: DateTime<Utc>,
    scale: &'a Scale,
    map: &'a Map,
    hash: &'a accounts::HashedPassword,
}

impl Load<'_> {
    /// Loads what is missing; returns how many listings there were before.
    async fn run(&self, tx: &mut Conn, vendors: usize) -> Result<usize> {
        let present = self.look(tx).await?;
        let before = present.listings;
        let missing = missing("listings", before, self.scale.listings)?;
        missing_of_vendors(present.vendors.len(), vendors)?;
        self.open_centers(tx, present.centers).await?;
        self.settle_customers(tx, present.customers).await?;
        let categories = super::shelves::make_categories(tx, words::CATEGORIES).await?;
        let load = catalog::CatalogLoad::begin(tx, missing).await?;
        let first_new = present.vendors.len();
        let ids = self.settle_vendors(tx, &load, present.vendors, vendors).await?;
        let hands = Hands::new(vendors, first_new);
        let mut shelves = Shelves::new(self.now, &categories, before..self.scale.listings);
        let mut dice = dice(self.scale.seed, "shelf", before);
        let mut batch = Batch::default();
        for offering in before..self.scale.listings {
            let number = hands.deal(&mut dice, offering);
            let vendor = *ids.get(number).context("a vendor is missing")?;
            shelves.fill(&mut dice, &mut batch, offering, vendor, people::vendor_kind(number));
            if batch.offerings.len() >= BATCH {
                write(tx, &load, &mut batch).await?;
                tracing::info!(written = offering + 1 - before, of = missing, "loading the catalog");
            }
        }
        write(tx, &load, &mut batch).await?;
        tracing::info!("making the indexes");
        load.finish(tx).await?;
        Ok(before)
    }

    async fn look(&self, tx: &mut Conn) -> Result<Present> {
        let vendors = accounts::list_residents(tx, people::VENDOR_PREFIX).await?;
        let mut customers = [0; 2];
        for (count, region) in customers.iter_mut().zip(REGIONS) {
            *count = accounts::list_residents(tx, &people::customer_prefix(region)).await?.len();
        }
        Ok(Present {
            listings: usize::try_from(catalog::count_offerings_of(tx, &vendors).await?)?,
            centers: usize::try_from(logistics::count_centers_named(tx, CENTER_PREFIX).await?)?,
            vendors,
            customers,
        })
    }

    /// Opens the centers that are missing, and tells those who sell already what they reach now.
    async fn open_centers(&self, tx: &mut Conn, present: usize) -> Result<()> {
        let places = self.map.centers(self.scale.centers);
        ensure!(places.len() == self.scale.centers, "there are not so many places for centers");
        let opened: Vec<Propose> =
            places.iter().enumerate().skip(present).map(|(number, place)| center(number, place)).collect();
        if opened.is_empty() {
            return Ok(());
        }
        logistics::load_centers(tx, self.now, opened).await?;
        placement::repair_reaches(tx, self.now).await?;
        Ok(())
    }

    async fn settle_customers(&self, tx: &mut Conn, present: [usize; 2]) -> Result<()> {
        for ((region, zip), present) in
            REGIONS.into_iter().zip([&self.map.city, &self.map.corner]).zip(present)
        {
            let mut dice = dice(self.scale.seed, region, present);
            let residents = (present + 1..=self.scale.customers / 2)
                .map(|number| people::customer(&mut dice, self.now, region, number, zip))
                .collect::<Result<Vec<_>>>()?;
            accounts::load_residents(tx, self.hash, residents).await?;
        }
        Ok(())
    }

    /// Settles the vendors who are missing; returns all, by number.
    async fn settle_vendors(
        &self,
        tx: &mut Conn,
        load: &catalog::CatalogLoad,
        mut ids: Vec<UserId>,
        count: usize,
    ) -> Result<Vec<UserId>> {
        let centers = self.map.centers(self.scale.centers);
        let homes = self.map.homes(&centers);
        let missing: Vec<usize> = (ids.len()..count).collect();
        for numbers in missing.chunks(PEOPLE_BATCH) {
            let (mut residents, mut shops) = (Vec::new(), Vec::new());
            for number in numbers {
                let mut dice = dice(self.scale.seed, "vendor", *number);
                let (resident, shop) = people::vendor(&mut dice, self.now, *number, &homes)?;
                ids.push(resident.id);
                residents.push(resident);
                shops.push(shop);
            }
            accounts::load_residents(tx, self.hash, residents).await?;
            placement::load_shops(tx, self.now, load, shops).await?;
        }
        Ok(ids)
    }
}

/// The two kinds of customers, as their email addresses call them.
const REGIONS: [&str; 2] = ["dense", "sparse"];

fn missing(what: &str, present: usize, asked: usize) -> Result<usize> {
    match asked.checked_sub(present) {
        Some(missing) => Ok(missing),
        None => bail!("there are {present} {what} of the demonstration already, and {asked} were asked for"),
    }
}

fn missing_of_vendors(present: usize, asked: usize) -> Result<usize> {
    missing("vendors", present, asked)
}

fn center(number: usize, place: &ZipPlace) -> Propose {
    Propose {
        name: format!("{CENTER_PREFIX}{:04}, {}", number + 1, place.city),
        address: PostalAddress {
            line1: format!("{} Market Street", number + 1),
            line2: None,
            city: place.city.clone(),
            state: place.state.clone(),
            postal_code: place.zip.clone(),
            country: "US".to_owned(),
        },
        notes: None,
        place: place.place,
        confidence: Confidence::PostalCode,
        by: None,
    }
}

/// Writes the batch and empties it.
async fn write(tx: &mut Conn, load: &catalog::CatalogLoad, batch: &mut Batch) -> Result<()> {
    load.plants(tx, &batch.plants).await?;
    load.offerings(tx, &batch.offerings).await?;
    *batch = Batch::default();
    Ok(())
}

/// How many of the offerings up to `count` are in the region.
fn share(region: Region, count: usize) -> usize {
    (0..count).filter(|number| Region::of_offering(*number) == region).count()
}
