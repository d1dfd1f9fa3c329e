//! Mailed links, and requests for a new password.

use chrono::{DateTime, Utc};
use db::{Conn, sql};
use diesel::prelude::*;
use diesel::sql_types::{Array, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use kernel::{ProofId, UserId};
use uuid::Uuid;

use super::named;
use crate::schema::{mailed_proofs, password_reset_requests, users};
use crate::{AccountStatus, Contact, OpenProof, ProofKind};

/// Why a link ended before its time.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ProofEnd {
    /// It has proved what it was for.
    Used,
    /// A newer one was asked for.
    Replaced,
    /// What it was for came about otherwise.
    Overtaken,
}

impl ProofEnd {
    fn as_str(self) -> &'static str {
        match self {
            Self::Used => "used",
            Self::Replaced => "replaced",
            Self::Overtaken => "overtaken",
        }
    }
}

pub(crate) async fn insert_reset_request(
    tx: &mut Conn,
    now: DateTime<Utc>,
    id: Uuid,
    email_key: &str,
) -> QueryResult<()> {
    diesel::insert_into(password_reset_requests::table)
        .values((
            password_reset_requests::id.eq(id),
            password_reset_requests::email_key.eq(email_key),
            password_reset_requests::requested_at.eq(now),
        ))
        .execute(tx)
        .await?;
    Ok(())
}

/// Forgets a request and says for which address it was, once.
pub(crate) async fn take_reset_request(tx: &mut Conn, id: Uuid) -> QueryResult<Option<String>> {
    diesel::delete(password_reset_requests::table.find(id))
        .returning(password_reset_requests::email_key)
        .get_result(tx)
        .await
        .optional()
}

/// When the user's open link of a kind was made, if it still counts.
pub(crate) async fn open_since(
    tx: &mut Conn,
    now: DateTime<Utc>,
    user: UserId,
    kind: ProofKind,
) -> QueryResult<Option<DateTime<Utc>>> {
    mailed_proofs::table
        .filter(mailed_proofs::user_id.eq(user).and(mailed_proofs::kind.eq(kind.as_str())))
        .filter(mailed_proofs::ended_at.is_null().and(mailed_proofs::expires_at.gt(now)))
        .select(mailed_proofs::made_at)
        .first(tx)
        .await
        .optional()
}

/// Makes a link for the address that the user has. There must be no open one of its kind.
pub(crate) async fn insert_proof(
    tx: &mut Conn,
    now: DateTime<Utc>,
    id: ProofId,
    user: UserId,
    kind: ProofKind,
) -> QueryResult<()> {
    sql("INSERT INTO mailed_proofs (id, kind, user_id, email_key, made_at, expires_at) \
         SELECT $1, $2, id, email_key, $3, $4 FROM users WHERE id = $5")
    .bind::<SqlUuid, _>(id)
    .bind::<Text, _>(kind.as_str())
    .bind::<Timestamptz, _>(now)
    .bind::<Timestamptz, _>(now + kind.lifetime())
    .bind::<SqlUuid, _>(user)
    .execute(tx)
    .await?;
    Ok(())
}

/// Ends the user's open links of a kind, whether or not their time is over.
pub(crate) async fn end_proofs(
    tx: &mut Conn,
    now: DateTime<Utc>,
    user: UserId,
    kind: ProofKind,
    reason: ProofEnd,
) -> QueryResult<()> {
    let open = mailed_proofs::table
        .filter(mailed_proofs::user_id.eq(user).and(mailed_proofs::kind.eq(kind.as_str())))
        .filter(mailed_proofs::ended_at.is_null());
    diesel::update(open)
        .set((mailed_proofs::ended_at.eq(now), mailed_proofs::end_reason.eq(reason.as_str())))
        .execute(tx)
        .await?;
    Ok(())
}

/// The link, if it still counts: open, in time, of a kind, and the user has the address it went to.
pub(crate) async fn find_proof(
    conn: &mut Conn,
    now: DateTime<Utc>,
    id: ProofId,
) -> QueryResult<Option<OpenProof>> {
    let row: Option<(String, UserId, DateTime<Utc>)> = mailed_proofs::table
        .inner_join(users::table.on(users::id.eq(mailed_proofs::user_id)))
        .filter(mailed_proofs::id.eq(id))
        .filter(mailed_proofs::ended_at.is_null().and(mailed_proofs::expires_at.gt(now)))
        .filter(
            users::email_key
                .eq(mailed_proofs::email_key)
                .and(users::status.eq(AccountStatus::Active.as_str())),
        )
        .select((mailed_proofs::kind, mailed_proofs::user_id, mailed_proofs::expires_at))
        .first(conn)
        .await
        .optional()?;
    let open = |(kind, user_id, expires_at): (String, UserId, DateTime<Utc>)| {
        let kind = named(ProofKind::from_name(&kind), "mailed_proofs.kind", &kind)?;
        Ok(OpenProof { kind, user_id, expires_at })
    };
    row.map(open).transpose()
}

/// Uses a link up, for whoever comes first while it counts.
pub(crate) async fn use_proof(tx: &mut Conn, now: DateTime<Utc>, id: ProofId) -> QueryResult<bool> {
    let open = mailed_proofs::table
        .find(id)
        .filter(mailed_proofs::ended_at.is_null().and(mailed_proofs::expires_at.gt(now)));
    let used = diesel::update(open)
        .set((mailed_proofs::ended_at.eq(now), mailed_proofs::end_reason.eq(ProofEnd::Used.as_str())))
        .execute(tx)
        .await?;
    Ok(used == 1)
}

/// Notes that the user's address is theirs; the first time stays.
pub(crate) async fn verify_email(tx: &mut Conn, now: DateTime<Utc>, user: UserId) -> QueryResult<()> {
    diesel::update(users::table.find(user).filter(users::email_verified_at.is_null()))
        .set(users::email_verified_at.eq(now))
        .execute(tx)
        .await?;
    Ok(())
}

/// Forgets the links whose time was over before `before`, and requests that no job has taken up since.
pub(crate) async fn delete_proofs_before(conn: &mut Conn, before: DateTime<Utc>) -> QueryResult<usize> {
    let requests = password_reset_requests::table.filter(password_reset_requests::requested_at.lt(before));
    diesel::delete(requests).execute(conn).await?;
    diesel::delete(mailed_proofs::table.filter(mailed_proofs::expires_at.lt(before))).execute(conn).await
}

#[derive(QueryableByName)]
struct ContactRow {
    #[diesel(sql_type = SqlUuid)]
    id: UserId,
    #[diesel(sql_type = Text)]
    email: String,
    #[diesel(sql_type = Text)]
    display_name: String,
    #[diesel(sql_type = Nullable<Text>)]
    phone: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    shop: Option<String>,
}

/// How each of these people is reached.
pub(crate) async fn list_contacts(conn: &mut Conn, users: &[UserId]) -> QueryResult<Vec<(UserId, Contact)>> {
    let rows: Vec<ContactRow> =
        sql("SELECT u.id, u.email, u.display_name, u.phone, v.business_name AS shop \
         FROM users u LEFT JOIN vendor_profiles v ON v.user_id = u.id WHERE u.id = ANY($1)")
        .bind::<Array<SqlUuid>, _>(users.to_vec())
        .load(conn)
        .await?;
    let contact = |row: ContactRow| {
        let ContactRow { id, email, display_name, phone, shop } = row;
        (id, Contact { email, display_name, phone, shop })
    };
    Ok(rows.into_iter().map(contact).collect())
}
