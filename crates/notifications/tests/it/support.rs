//! People, what they are told, and a post office that does as it is bid.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, Utc};
use db::{Conn, PooledConn};
use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncConnection, RunQueryDsl};
use futures_util::future::{BoxFuture, FutureExt};
use kernel::{Clock, Currency, ManualClock, Money, UserId};
use notifications::{
    Content, Delivery, DeliveryError, Kind, Line, LocalTime, Mail, Mailer, MessageStatus, Notice,
    NotificationsError, Order, Recipient, Sms, Stationery, StationerySettings, TextMessage, Tokens, Told,
    UnsubscribeKey, find_message, register, tell_all,
};
use outbox::{Registry, Runner, Services};
use testkit::TestDatabase;
use url::Url;
use uuid::Uuid;

pub const ZONE: &str = "America/Denver";

pub fn key() -> UnsubscribeKey {
    UnsubscribeKey::new([7; 32])
}

pub fn page(path: &str) -> Url {
    format!("https://silkcart.example/{path}").parse().unwrap()
}

pub fn settings() -> StationerySettings {
    StationerySettings {
        from_address: "hello@silkcart.example".to_owned(),
        from_name: "SilkCart".to_owned(),
        reply_to: Some("help@silkcart.example".to_owned()),
        home: page(""),
        preferences: page("settings/notifications"),
        unsubscribe: page("api/v1/unsubscribe"),
    }
}

pub fn stationery() -> Arc<Stationery> {
    Arc::new(Stationery::new(&settings(), key()).unwrap())
}

/// Takes mail and text messages, unless told otherwise.
#[derive(Debug, Default)]
pub struct PostOffice {
    /// What the next attempts come to; once there are none left, they go well.
    pub outcomes: Mutex<VecDeque<DeliveryError>>,
    pub mails: Mutex<Vec<Mail>>,
    pub texts: Mutex<Vec<TextMessage>>,
}

impl PostOffice {
    pub fn will(&self, outcomes: impl IntoIterator<Item = DeliveryError>) {
        self.outcomes.lock().unwrap().extend(outcomes);
    }

    pub fn mails(&self) -> Vec<Mail> {
        self.mails.lock().unwrap().clone()
    }

    fn outcome(&self) -> Result<(), DeliveryError> {
        self.outcomes.lock().unwrap().pop_front().map_or(Ok(()), Err)
    }
}

impl Mailer for PostOffice {
    fn send<'a>(&'a self, mail: &'a Mail) -> BoxFuture<'a, Result<(), DeliveryError>> {
        async {
            self.outcome()?;
            self.mails.lock().unwrap().push(mail.clone());
            Ok(())
        }
        .boxed()
    }
}

impl Sms for PostOffice {
    fn send<'a>(&'a self, message: &'a TextMessage) -> BoxFuture<'a, Result<(), DeliveryError>> {
        async {
            self.outcome()?;
            self.texts.lock().unwrap().push(message.clone());
            Ok(())
        }
        .boxed()
    }
}

/// A platform of its own, with a clock that stands.
pub struct World {
    pub db: TestDatabase,
    pub clock: ManualClock,
    pub post: Arc<PostOffice>,
    pub runner: Runner,
}

impl World {
    pub async fn new() -> Self {
        let post = Arc::new(PostOffice::default());
        Self::with_mailer(post.clone(), post).await
    }

    /// Mail goes by `mailer`, text messages to the post office.
    pub async fn with_mailer(mailer: Arc<dyn Mailer>, post: Arc<PostOffice>) -> Self {
        let (db, clock) = (TestDatabase::create().await, testkit::clock());
        let runner = runner(&db, &clock, mailer, Some(post.clone()));
        Self { db, clock, post, runner }
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    pub async fn conn(&self) -> PooledConn {
        self.db.conn().await
    }

    /// Tells, in a transaction of its own.
    pub async fn tell(&self, notices: &[Notice]) -> Result<Told, NotificationsError> {
        let conn = &mut *self.conn().await;
        conn.transaction(async |tx| tell_all(tx, self.now(), notices).await).await
    }

    /// Does everything that is due.
    pub async fn work(&self) {
        self.runner.drain().await.unwrap();
    }

    /// Lets time pass, and does what comes due in it.
    pub async fn pass(&self, time: TimeDelta) {
        self.clock.advance(time);
        self.work().await;
    }

    /// How the one message stands that is among what was told.
    pub async fn status(&self, told: &Told) -> MessageStatus {
        assert_eq!(told.messages.len(), 1);
        find_message(&mut *self.conn().await, told.messages[0]).await.unwrap().unwrap()
    }
}

pub fn runner(
    db: &TestDatabase,
    clock: &ManualClock,
    mailer: Arc<dyn Mailer>,
    sms: Option<Arc<PostOffice>>,
) -> Runner {
    let mut registry = Registry::default();
    let sms = sms.map(|sms| -> Arc<dyn Sms> { sms });
    register(&mut registry, Delivery { stationery: stationery(), mailer, sms, tokens: Arc::new(Mint) });
    let services = Services { database: db.database.clone(), clock: Arc::new(clock.clone()) };
    Runner::new(registry, services)
}

/// A user who exists for the foreign keys' sake.
pub async fn user(conn: &mut Conn) -> UserId {
    let id = UserId::new();
    diesel::sql_query(
        "INSERT INTO users (id, email, email_key, password_hash, display_name, created_at, updated_at) \
         VALUES ($1, $2, $2, '', 'somebody', $3, $3)",
    )
    .bind::<SqlUuid, _>(id.0)
    .bind::<Text, _>(format!("{id}@example.com"))
    .bind::<Timestamptz, _>(testkit::start_of_tests())
    .execute(conn)
    .await
    .unwrap();
    id
}

/// Somebody with an account and no telephone.
pub fn ana(user: UserId) -> Recipient {
    Recipient {
        user_id: Some(user),
        email: "ana@example.com".to_owned(),
        display_name: "Ana López".to_owned(),
        phone: None,
    }
}

pub fn guest() -> Recipient {
    Recipient {
        user_id: None,
        email: "Gus@example.com".to_owned(),
        display_name: String::new(),
        phone: Some("+1 303 555 0100".to_owned()),
    }
}

pub fn notice(cause: &str, recipient: &Recipient, content: Content) -> Notice {
    Notice { cause: cause.to_owned(), recipient: recipient.clone(), content }
}

pub fn order() -> Order {
    let usd = |amount| Money::new(amount, Currency::Usd);
    Order {
        number: "SC-1".to_owned(),
        shops: vec!["Green Acre".to_owned()],
        lines: vec![Line { title: "Kale".to_owned(), quantity: "2.5 lb".to_owned(), total: usd(750) }],
        total: usd(750),
        link: page("orders/SC-1"),
    }
}

pub fn shipped() -> Content {
    Content::OrderShipped { order: order(), tracking: None }
}

pub fn placed() -> Content {
    Content::OrderPlaced { order: order(), pay_by: None }
}

/// A link that works for an hour from the beginning of the tests.
pub fn reset() -> Content {
    let at = testkit::start_of_tests() + TimeDelta::hours(1);
    let expires = LocalTime { at, zone: ZONE.to_owned() };
    Content::PasswordReset { link: page("reset?token=SECRET-TOKEN"), proof: None, expires }
}

/// The same, with a token that is made when the mail is written.
pub fn reset_by(proof: Uuid) -> Content {
    let Content::PasswordReset { expires, .. } = reset() else { panic!("another kind") };
    Content::PasswordReset { link: page("reset"), proof: Some(proof), expires }
}

/// Makes tokens of resets, and of nothing else.
#[derive(Debug)]
pub struct Mint;

impl Tokens for Mint {
    fn token(&self, kind: Kind, proof: Uuid) -> Option<String> {
        (kind == Kind::PasswordReset).then(|| format!("SECRET-{proof}"))
    }
}

#[derive(diesel::QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[derive(diesel::QueryableByName)]
struct TextRow {
    #[diesel(sql_type = Nullable<Text>)]
    text: Option<String>,
}

/// The number in the column `count`.
pub async fn count(conn: &mut Conn, query: &str) -> i64 {
    diesel::sql_query(query).get_result::<Count>(conn).await.unwrap().count
}

/// The text in the column `text`.
pub async fn text(conn: &mut Conn, query: &str) -> Option<String> {
    diesel::sql_query(query).get_result::<TextRow>(conn).await.unwrap().text
}

pub async fn execute(conn: &mut Conn, statement: &str) -> usize {
    diesel::sql_query(statement).execute(conn).await.unwrap()
}

/// A part of a mail, decoded; `boundary` lines and headers left out.
pub fn decoded(mail: &Mail) -> String {
    let text = String::from_utf8(mail.bytes().to_vec()).unwrap();
    text.replace("=\r\n", "").replace("=3D", "=").replace("\r\n", "\n")
}

/// The header of a mail, unfolded.
pub fn header(mail: &Mail, name: &str) -> Option<String> {
    let text = String::from_utf8(mail.bytes().to_vec()).unwrap();
    let (head, _body) = text.split_once("\r\n\r\n").unwrap();
    let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    let prefix = format!("{name}: ");
    let mut found = unfolded.split("\r\n").filter_map(|line| line.strip_prefix(&prefix));
    let value = found.next().map(str::to_owned);
    assert!(found.next().is_none(), "{name} stands there twice");
    value
}
