//! What becomes of the centers that people propose.

use db::Conn;
use kernel::CenterId;
use notifications::{Content, Notice};

use crate::CorrespondenceError;
use crate::fact::{Fact, place, recipient};

pub(crate) async fn notices(tx: &mut Conn, fact: Fact<'_>) -> Result<Vec<Notice>, CorrespondenceError> {
    let approved = match fact.event.kind.as_str() {
        "center.approved" => true,
        "center.rejected" => false,
        _ => return Ok(Vec::new()),
    };
    let Some(center) = logistics::find_center(tx, CenterId(fact.event.subject_id)).await? else {
        return Ok(Vec::new());
    };
    // The platform's own centers have no proposer.
    let Some(proposer) = center.proposed_by else { return Ok(Vec::new()) };
    let contacts = accounts::contacts(tx, &[proposer]).await?;
    let Some(contact) = contacts.get(&proposer) else { return Ok(Vec::new()) };
    let content = if approved {
        Content::CenterApproved { center: place(&center), link: fact.pages.center(center.id) }
    } else {
        let reason = fact.event.data["reason"].as_str().map(str::to_owned);
        Content::CenterRejected { center: place(&center), reason, link: fact.pages.propose_center() }
    };
    Ok(vec![fact.notice(recipient(proposer, contact), content)])
}
