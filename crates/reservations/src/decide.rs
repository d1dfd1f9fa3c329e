//! Whether requests fit: pure.

use std::collections::BTreeMap;

use kernel::{PoolId, Quantity};

use crate::{Availability, HoldRequest, ReservationError, Shortage};

/// What all requests together ask of each pool.
pub(crate) fn demand(requests: &[HoldRequest]) -> BTreeMap<PoolId, Quantity> {
    let mut demand = BTreeMap::new();
    for (pool, quantity) in requests.iter().flat_map(|request| &request.lines) {
        let sum: &mut Quantity = demand.entry(*pool).or_default();
        *sum = sum.saturating_add(*quantity);
    }
    demand
}

/// Accepts the demand, or says which pools fall short.
pub(crate) fn fits(
    demand: &BTreeMap<PoolId, Quantity>,
    pools: &BTreeMap<PoolId, Availability>,
) -> Result<(), ReservationError> {
    let mut shortages = Vec::new();
    for (&pool, &asked) in demand {
        let free = pools.get(&pool).ok_or(ReservationError::UnknownPool(pool))?.free();
        if free < asked {
            shortages.push(Shortage { pool, asked, free });
        }
    }
    if shortages.is_empty() { Ok(()) } else { Err(ReservationError::Insufficient(shortages)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_requests_on_one_pool_add_up() {
        let pool = PoolId::new();
        let request = |quantity| HoldRequest {
            id: kernel::HoldId::new(),
            source: crate::Source { kind: "order", id: pool.0 },
            expires_at: chrono::DateTime::UNIX_EPOCH,
            lines: vec![(pool, Quantity::whole(quantity))],
        };
        let demand = demand(&[request(2), request(3)]);
        let pools = |capacity| {
            let standing = Availability { capacity: Quantity::whole(capacity), taken: Quantity::ZERO };
            BTreeMap::from([(pool, standing)])
        };
        assert!(fits(&demand, &pools(5)).is_ok());
        let Err(ReservationError::Insufficient(shortages)) = fits(&demand, &pools(4)) else { panic!() };
        assert_eq!((shortages[0].asked, shortages[0].free), (Quantity::whole(5), Quantity::whole(4)));
        assert!(matches!(fits(&demand, &BTreeMap::new()), Err(ReservationError::UnknownPool(_))));
    }
}
