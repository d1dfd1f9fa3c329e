//! Stock that runs out.

use db::Conn;
use kernel::OfferingId;
use notifications::{Content, LowItem, Notice};

use crate::CorrespondenceError;
use crate::fact::{Fact, recipient};

pub(crate) async fn notices(tx: &mut Conn, fact: Fact<'_>) -> Result<Vec<Notice>, CorrespondenceError> {
    if fact.event.kind != "pool.depleted" {
        return Ok(Vec::new());
    }
    // A pool of something else than an offering has no offering's id.
    let offering = OfferingId(fact.event.subject_id);
    let sales = catalog::load_for_sale(tx, &[offering]).await?;
    let Some(sale) = sales.into_iter().find(|sale| sale.on_sale) else { return Ok(Vec::new()) };
    let vendor = sale.vendor_id;
    if fact.event.actor.user() == Some(vendor) {
        // They have counted it themselves.
        return Ok(Vec::new());
    }
    let contacts = accounts::contacts(tx, &[vendor]).await?;
    let Some(contact) = contacts.get(&vendor) else { return Ok(Vec::new()) };
    let item = LowItem { title: sale.title, left: "nothing".to_owned(), threshold: None };
    let content = Content::LowStock { items: vec![item], link: fact.pages.stock() };
    // What runs out again and again, as holds come and go, is told once a day.
    let cause = format!("stock:{offering}:{}", fact.event.occurred_at.date_naive());
    Ok(vec![Notice { cause, ..fact.notice(recipient(vendor, contact), content) }])
}
