//! An example resource that uses every extractor, as a route file of the product would. Its queries stand beside it
//! because there is no domain crate behind it.

use chrono::{DateTime, Utc};
use db::Conn;
use diesel::sql_types::{BigInt, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension, QueryableByName};
use diesel_async::RunQueryDsl;
use gateway::extract::{
    Body, Id, Idempotency, IfMatch, IfNoneMatch, MaybePrincipal, Params, Principal, RequiredIdempotency,
};
use gateway::wire::{MoneyBody, MoneyView, PageView, Paging, quantity_text};
use gateway::{AppState, Created, NoContent, Ok200, Problem};
use kernel::{Currency, Fields, Money, Page, PlantId, Quantity, TextRule};
use paperclip::actix::web::{self, ServiceConfig};
use paperclip::actix::{Apiv2Schema, api_v2_operation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub const TABLE: &str = "CREATE TABLE notes (id uuid PRIMARY KEY, title text NOT NULL, quantity bigint NOT NULL, \
                         price bigint NOT NULL, version integer NOT NULL DEFAULT 1, created_at timestamptz NOT NULL)";

/// A note.
#[derive(Debug, Serialize, Apiv2Schema)]
struct NoteView {
    /// The note's id.
    id: Uuid,
    /// One line.
    title: String,
    /// A decimal number.
    quantity: String,
    /// What one costs.
    price: MoneyView,
    /// When it was made.
    created_at: DateTime<Utc>,
}

/// A new note.
#[derive(Debug, Deserialize, Apiv2Schema)]
#[serde(deny_unknown_fields)]
struct CreateNoteBody {
    /// 1 to 80 characters.
    title: String,
    /// A decimal number of more than zero.
    quantity: String,
    /// What one costs.
    price: MoneyBody,
}

/// What to change of a note.
#[derive(Debug, Deserialize, Apiv2Schema)]
#[serde(deny_unknown_fields)]
struct ChangeNoteBody {
    /// 1 to 80 characters.
    title: Option<String>,
    /// Labels (default: none).
    #[serde(default, rename = "labels")]
    _labels: Vec<String>,
}

/// Which notes, and how many.
#[derive(Debug, Serialize, Deserialize, Apiv2Schema)]
struct NoteParams {
    /// Only those with this title.
    title: Option<String>,
    /// 1 to 100, 24 unless asked.
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Who asks.
#[derive(Debug, Serialize, Apiv2Schema)]
struct WhoView {
    /// Nobody, or somebody's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<Uuid>,
}

pub fn configure(config: &mut ServiceConfig) {
    config
        .service(web::resource("/api/v1/notes").route(web::get().to(list)).route(web::post().to(create)))
        .service(
            web::resource("/api/v1/notes/{id}")
                .route(web::get().to(show))
                .route(web::patch().to(change))
                .route(web::delete().to(remove)),
        )
        .service(web::resource("/api/v1/notes/{id}/pay").route(web::post().to(pay)))
        .service(web::resource("/api/v1/auth/who").route(web::get().to(who)))
        .service(web::resource("/api/v1/broken").route(web::get().to(broken)));
}

/// Notes, newest first
#[api_v2_operation]
async fn list(state: AppState, params: Params<NoteParams>) -> Result<Ok200<PageView<NoteView>>, Problem> {
    let paging = Paging::read(&state.cursors, "notes", &params.0)?;
    let mut conn = state.conn().await?;
    let rows =
        list_notes(&mut conn, params.0.title.as_deref(), paging.after, paging.limit.with_lookahead()).await?;
    let page = Page::from_lookahead(rows, paging.limit, |row| row.id);
    Ok(Ok200::new(paging.view(page, NoteView::from)?))
}

/// Makes a note
#[api_v2_operation]
async fn create(
    state: AppState,
    principal: Principal,
    idempotency: Idempotency,
    body: Body<CreateNoteBody>,
) -> Result<Created<NoteView>, Problem> {
    let note = body.data.read(state.clock.now())?;
    let work = async |tx: &mut Conn| {
        insert_note(tx, &note).await?;
        let location = format!("/api/v1/notes/{}", note.id);
        Ok(Created::new(NoteView::from(note)).etag(1).location(location))
    };
    idempotency.run(&state, principal, &body.raw, work).await
}

/// A note
#[api_v2_operation]
async fn show(state: AppState, id: Id<PlantId>, _have: IfNoneMatch) -> Result<Ok200<NoteView>, Problem> {
    let mut conn = state.conn().await?;
    let note = find_note(&mut conn, id.0, false).await?.ok_or_else(|| Problem::not_found("note"))?;
    let version = note.version;
    Ok(Ok200::new(NoteView::from(note)).etag(version))
}

/// Changes a note
#[api_v2_operation]
async fn change(
    state: AppState,
    _principal: Principal,
    id: Id<PlantId>,
    if_match: IfMatch,
    body: Body<ChangeNoteBody>,
) -> Result<Ok200<NoteView>, Problem> {
    let work = async |tx: &mut Conn| {
        let note = find_note(tx, id.0, true).await?.ok_or_else(|| Problem::not_found("note"))?;
        if_match.check(note.version)?;
        update_note(tx, id.0, body.data.title.as_deref().unwrap_or(&note.title)).await
    };
    let note = state.transact(work).await?;
    let version = note.version;
    Ok(Ok200::new(NoteView::from(note)).etag(version))
}

/// Removes a note
#[api_v2_operation]
async fn remove(state: AppState, _principal: Principal, id: Id<PlantId>) -> Result<NoContent, Problem> {
    state.transact(async |tx: &mut Conn| delete_note(tx, id.0).await).await?;
    Ok(NoContent)
}

/// Pays for a note
#[api_v2_operation]
async fn pay(
    state: AppState,
    principal: Principal,
    id: Id<PlantId>,
    idempotency: RequiredIdempotency,
) -> Result<Ok200<NoteView>, Problem> {
    let work = async |tx: &mut Conn| {
        let note = find_note(tx, id.0, true).await?.ok_or_else(|| Problem::not_found("note"))?;
        Ok(Ok200::new(NoteView::from(note)))
    };
    idempotency.run(&state, principal, &[], work).await
}

/// Who asks, if anybody
#[api_v2_operation]
async fn who(principal: MaybePrincipal) -> Result<Ok200<WhoView>, Problem> {
    Ok(Ok200::new(WhoView { user_id: principal.0.map(|principal| principal.user_id.0) }))
}

/// Fails
#[api_v2_operation]
async fn broken(state: AppState) -> Result<NoContent, Problem> {
    diesel::sql_query("SELECT secret FROM nowhere").execute(&mut *state.conn().await?).await?;
    Ok(NoContent)
}

/// A row of the table.
#[derive(Debug, Clone, QueryableByName)]
struct Note {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    title: String,
    #[diesel(sql_type = BigInt)]
    quantity: i64,
    #[diesel(sql_type = BigInt)]
    price: i64,
    #[diesel(sql_type = Integer)]
    version: i32,
    #[diesel(sql_type = Timestamptz)]
    created_at: DateTime<Utc>,
}

impl From<Note> for NoteView {
    fn from(note: Note) -> Self {
        Self {
            id: note.id,
            title: note.title,
            quantity: quantity_text(Quantity::from_thousandths(note.quantity)),
            price: Money::new(note.price, Currency::Usd).into(),
            created_at: note.created_at,
        }
    }
}

impl CreateNoteBody {
    fn read(&self, now: DateTime<Utc>) -> Result<Note, Problem> {
        let mut fields = Fields::default();
        let title = fields.take("title", TextRule::line(1, 80).read(&self.title));
        let quantity = fields.take("quantity", Quantity::positive(&self.quantity));
        fields.finish()?;
        let price = self.price.read("price")?.amount;
        let (title, quantity) = (title.unwrap_or_default(), quantity.unwrap_or_default().thousandths());
        Ok(Note { id: PlantId::new().0, title, quantity, price, version: 1, created_at: now })
    }
}

pub async fn count(conn: &mut Conn) -> i64 {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        count: i64,
    }
    let row: Row = diesel::sql_query("SELECT count(*) AS count FROM notes").get_result(conn).await.unwrap();
    row.count
}

async fn insert_note(tx: &mut Conn, note: &Note) -> Result<(), Problem> {
    diesel::sql_query(
        "INSERT INTO notes (id, title, quantity, price, created_at) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind::<SqlUuid, _>(note.id)
    .bind::<Text, _>(&note.title)
    .bind::<BigInt, _>(note.quantity)
    .bind::<BigInt, _>(note.price)
    .bind::<Timestamptz, _>(note.created_at)
    .execute(tx)
    .await?;
    Ok(())
}

async fn find_note(conn: &mut Conn, id: PlantId, lock: bool) -> Result<Option<Note>, Problem> {
    let lock = if lock { " FOR UPDATE" } else { "" };
    let query = diesel::sql_query(format!("SELECT * FROM notes WHERE id = $1{lock}"));
    Ok(query.bind::<SqlUuid, _>(id.0).get_result(conn).await.optional()?)
}

async fn list_notes(
    conn: &mut Conn,
    title: Option<&str>,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Note>, Problem> {
    let query = "SELECT * FROM notes WHERE ($1 IS NULL OR title = $1) AND ($2 IS NULL OR id < $2) \
                 ORDER BY id DESC LIMIT $3";
    let query =
        diesel::sql_query(query).bind::<Nullable<Text>, _>(title).bind::<Nullable<SqlUuid>, _>(before);
    Ok(query.bind::<BigInt, _>(limit).load(conn).await?)
}

async fn update_note(tx: &mut Conn, id: PlantId, title: &str) -> Result<Note, Problem> {
    let query = "UPDATE notes SET title = $2, version = version + 1 WHERE id = $1 RETURNING *";
    Ok(diesel::sql_query(query).bind::<SqlUuid, _>(id.0).bind::<Text, _>(title).get_result(tx).await?)
}

async fn delete_note(tx: &mut Conn, id: PlantId) -> Result<(), Problem> {
    let removed =
        diesel::sql_query("DELETE FROM notes WHERE id = $1").bind::<SqlUuid, _>(id.0).execute(tx).await?;
    if removed == 0 { Err(Problem::not_found("note")) } else { Ok(()) }
}
