//! Whatever anybody sends, the answer is a problem that names what is wrong, and nothing is made of it.

mod bodies;
mod queries;

use std::collections::BTreeMap;

use diesel::sql_types::{BigInt, Text};
use diesel_async::RunQueryDsl;
use reqwest::RequestBuilder;
use serde_json::Value;
use uuid::Uuid;

use crate::actors::{Admin, Answer, BOULDER, Gardener, Market};
use crate::document::{Document, Operation};
use crate::every_route::{Belongings, among, settle};

/// Somebody with one of everything, and the one who runs the platform.
struct Scene<'m> {
    market: &'m Market,
    admin: Admin<'m>,
    owner: Gardener<'m>,
    things: Belongings,
    operations: Vec<Operation>,
}

#[derive(diesel::QueryableByName)]
struct Rows {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    rows: i64,
}

impl<'m> Scene<'m> {
    async fn set(market: &'m Market) -> Self {
        let admin = market.admin("root@example.com").await;
        admin.runs_center("The Grange", BOULDER).await;
        let owner = market.gardener("Gale", BOULDER).await;
        let things = settle(market, &admin, &owner).await;
        let operations = Document::of(&market.server).await.operations();
        Self { market, admin, owner, things, operations }
    }

    /// A request of whoever may make it, about something that is theirs.
    fn request(&self, operation: &Operation, query: &str) -> RequestBuilder {
        let mine = among(&self.things.private, &operation.path);
        let thing = mine.or_else(|| among(&self.things.administered, &operation.path));
        let thing = thing.or_else(|| among(&self.things.told, &operation.path));
        let thing = thing.or_else(|| among(&self.things.shown, &operation.path));
        self.about(operation, thing.map_or("", String::as_str), query)
    }

    fn about(&self, operation: &Operation, id: &str, query: &str) -> RequestBuilder {
        let by_admin = operation.path.contains("/admin/");
        let path = format!("{}{query}", operation.at(id));
        let method = operation.method.clone();
        let request = if by_admin { self.admin.ask(method, &path) } else { self.owner.ask(method, &path) };
        let request = if operation.is_conditional() { request.header("if-match", "*") } else { request };
        let request =
            if operation.takes_order_token() { request.header("x-order-token", "nobodys") } else { request };
        let guests = operation.takes_cart_token() && !operation.takes_token();
        let request = if guests { request.header("x-cart-token", &self.things.cart_token) } else { request };
        request.header("idempotency-key", Uuid::new_v4().to_string())
    }

    /// A body that looks right and names things that are there.
    fn sample(&self, operation: &Operation) -> Option<Value> {
        let mut body = operation.sample()?;
        let Belongings { private, administered, .. } = &self.things;
        for (member, id) in [
            ("plant_id", &private["/api/v1/plants/"]),
            ("offering_id", &private["/api/v1/vendor/offerings/"]),
            ("subject_id", &private["/api/v1/vendor/offerings/"]),
            ("ship_to_address_id", &private["/api/v1/me/addresses/"]),
            ("category_id", &administered["/api/v1/admin/categories/"]),
            ("center_id", &administered["/api/v1/admin/centers/"]),
        ] {
            if let Some(place) = body.get_mut(member) {
                *place = id.as_str().into();
            }
        }
        Some(body)
    }

    /// How many rows every table has, but for those that count what was refused.
    async fn rows(&self) -> BTreeMap<String, i64> {
        let sql = "SELECT relname::text AS name, (xpath('//c/text()', query_to_xml(format('SELECT count(*) AS c FROM %I', relname), \
                   false, true, '')))[1]::text::bigint AS rows FROM pg_class \
                   WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'login_failures'";
        let mut conn = self.market.server.running.state.conn().await.unwrap();
        let rows: Vec<Rows> = diesel::sql_query(sql).load(&mut conn).await.unwrap();
        assert!(rows.len() > 15, "tables are found");
        rows.into_iter().map(|table| (table.name, table.rows)).collect()
    }
}

/// The problem that a request must be answered with.
async fn refused(request: RequestBuilder, what: &str) -> Answer {
    let answer = Answer::to(request).await;
    assert!((400..500).contains(&answer.status), "{what}: {} {}", answer.status, answer.body);
    assert_eq!(answer.headers["content-type"], "application/problem+json", "{what}");
    assert_eq!(answer.body["status"], answer.status, "{what}");
    assert!(answer.headers.contains_key("x-request-id"), "{what}");
    answer
}

/// The problem of this kind, about this field or parameter.
async fn names(request: RequestBuilder, (status, code): (u16, &str), pointer: &str, what: &str) {
    let answer = refused(request, what).await;
    assert_eq!(
        (answer.status, answer.body["code"].as_str()),
        (status, Some(code)),
        "{what}: {}",
        answer.body
    );
    assert!(pointed(&answer.body, pointer), "{what}: {pointer} is not among {}", answer.body["errors"]);
}

fn pointed(problem: &Value, pointer: &str) -> bool {
    let errors = problem["errors"].as_array().into_iter().flatten();
    let mut pointers = errors.filter_map(|error| error["pointer"].as_str());
    pointers.any(|named| {
        named == pointer || named.strip_prefix(pointer).is_some_and(|rest| rest.starts_with('/'))
    })
}
