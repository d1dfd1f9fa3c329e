//! Putting offerings on sale and taking them off, by their vendor; and why one may not go on sale.

use db::Conn;
use eligibility_core::Place;
use kernel::{Fields, OfferingId, UserId};
use paperclip::actix::api_v2_operation;
use paperclip::actix::web::{self, ServiceConfig};
use serde_json::{Value, json};

use super::offerings::{OwnOfferingView, answer_own};
use crate::extract::{Id, Principal};
use crate::{AppState, Ok200, Problem, ProblemKind};

const ADDRESS_REMEDY: &str =
    "give a primary address with a city and its state, or a postal code; it is located within moments";
const CENTER_REMEDY: &str = "propose a distribution center within 100 miles of your primary address";

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(web::resource("/api/v1/vendor/offerings/{id}/publish").route(web::post().to(publish)))
        .service(web::resource("/api/v1/vendor/offerings/{id}/pause").route(web::post().to(pause)));
}

/// Puts an offering of yours on sale
///
/// Doing it twice does nothing the second time. A listing needs an approved distribution center within 100 miles of
/// you; where there is none, the problem tells the nearest.
///
/// Problems: `not_located`, `out_of_reach`.
#[api_v2_operation(operation_id = "publish_offering")]
async fn publish(
    state: AppState,
    principal: Principal,
    id: Id<OfferingId>,
) -> Result<Ok200<OwnOfferingView>, Problem> {
    let (now, vendor) = (state.clock.now(), principal.user_id);
    let work = async |tx: &mut Conn| {
        let offering = catalog::publish_offering(tx, now, vendor, id.0).await?;
        answer_own(&state, tx, now, offering).await
    };
    explain(&state, vendor, state.transact(work).await).await
}

/// Takes an offering of yours off sale for now
///
/// A draft stays a draft.
#[api_v2_operation(operation_id = "pause_offering")]
async fn pause(
    state: AppState,
    principal: Principal,
    id: Id<OfferingId>,
) -> Result<Ok200<OwnOfferingView>, Problem> {
    let (now, vendor) = (state.clock.now(), principal.user_id);
    state
        .transact(async |tx: &mut Conn| {
            let offering = catalog::pause_offering(tx, now, vendor.into(), vendor, id.0).await?;
            answer_own(&state, tx, now, offering).await
        })
        .await
}

/// The outcome, whose problem tells a vendor who may not sell what would help. To be called when the transaction is
/// over: it may need a connection of its own.
pub(super) async fn explain<T>(
    state: &AppState,
    vendor: UserId,
    outcome: Result<T, Problem>,
) -> Result<T, Problem> {
    let problem = match outcome {
        Err(problem) => problem,
        done => return done,
    };
    Err(match problem.kind() {
        ProblemKind::NotLocated => problem.extra("remedy", ADDRESS_REMEDY),
        ProblemKind::OutOfReach => {
            let nearest = nearest_center(state, vendor).await?;
            problem.extra("nearest_center", nearest).extra("remedy", CENTER_REMEDY)
        }
        _ => problem,
    })
}

/// The center nearest to a vendor; null where there is no center at all.
async fn nearest_center(state: &AppState, vendor: UserId) -> Result<Value, Problem> {
    let seller = catalog::find_seller(&mut *state.conn().await?, vendor).await?;
    let place = seller.and_then(|seller| seller.place).and_then(|(lat, lon)| Place::new(lat, lon).ok());
    let Some(place) = place else { return Ok(Value::Null) };
    let approved = state.visitors.centers(&state.database, state.clock.now()).await;
    let approved = approved.map_err(|error| Problem::internal(&error))?;
    let nearest = approved.nearest(place, 1);
    Ok(nearest.first().map_or(Value::Null, |(center, miles)| {
        json!({ "id": center.id, "name": center.name, "miles": (miles * 10.0).round() / 10.0 })
    }))
}

/// What a body says of `publish` that says nothing of it.
pub(super) fn at_once() -> bool {
    true
}

/// The problem of a body of which some field could not be read.
pub(super) fn unread(fields: Fields) -> Problem {
    fields.finish().map_or_else(Problem::from, |()| Problem::new(ProblemKind::InvalidInput))
}
