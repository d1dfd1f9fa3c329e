//! Where goods are handed over in the demonstration.

use anyhow::{Result, anyhow};
use chrono::{DateTime, Utc};
use db::Conn;
use kernel::UserId;
use logistics::{NormalizedAddress, PostalAddress, Propose};

use crate::AppState;

struct Spot {
    name: &'static str,
    street: &'static str,
    city: &'static str,
    postal_code: &'static str,
    approved: bool,
}

const SPOTS: &[Spot] = &[
    Spot {
        name: "Boulder Grange Hall",
        street: "2600 Baseline Road",
        city: "Boulder",
        postal_code: "80305",
        approved: true,
    },
    Spot {
        name: "Union Station Market",
        street: "1701 Wynkoop Street",
        city: "Denver",
        postal_code: "80202",
        approved: true,
    },
    Spot {
        name: "Old Town Depot",
        street: "100 Laporte Avenue",
        city: "Fort Collins",
        postal_code: "80524",
        approved: true,
    },
    Spot {
        name: "Pueblo Riverwalk",
        street: "125 Riverwalk Place",
        city: "Pueblo",
        postal_code: "81003",
        approved: false,
    },
];

/// The centers as they are proposed, and whether they are approved.
pub(super) async fn proposals(state: &AppState) -> Result<Vec<(Propose, bool)>> {
    let mut proposals = Vec::new();
    for spot in SPOTS {
        let address = PostalAddress {
            line1: spot.street.to_owned(),
            line2: None,
            city: spot.city.to_owned(),
            state: "CO".to_owned(),
            postal_code: spot.postal_code.to_owned(),
            country: "US".to_owned(),
        };
        let normalized = NormalizedAddress::from(&address);
        let found = state.visitors.locate(&state.database, state.clock.now(), normalized).await;
        let found = found.map_err(|error| anyhow!("{}: {error}", spot.name))?;
        let (place, confidence) = (found.place, found.confidence);
        let proposal =
            Propose { name: spot.name.to_owned(), address, notes: None, place, confidence, by: None };
        proposals.push((proposal, spot.approved));
    }
    Ok(proposals)
}

/// Proposes the centers, and approves all but the last, which is left for the admin to decide.
pub(super) async fn open_centers(
    tx: &mut Conn,
    now: DateTime<Utc>,
    admin: UserId,
    proposals: Vec<(Propose, bool)>,
) -> Result<()> {
    for (proposal, approved) in proposals {
        let center = logistics::propose(tx, now, Propose { by: Some(admin), ..proposal }).await?;
        if approved {
            logistics::approve(tx, now, admin.into(), center.id).await?;
        }
    }
    Ok(())
}
