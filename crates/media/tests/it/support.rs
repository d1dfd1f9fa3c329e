//! A platform of its own with a store of objects, and people who upload pictures.

use std::collections::HashMap;
use std::sync::Arc;

use devstack::S3;
use diesel::sql_types::{BigInt, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use kernel::{Clock, ManualClock, UserId};
use media::{
    FolderStore, Image, Intake, Media, MediaError, ObjectKey, ObjectStore, Received, S3Settings, S3Store,
    StoreError,
};
use outbox::{Registry, Runner, Services};
use tempfile::TempDir;
use testkit::TestDatabase;
use tokio::io::AsyncReadExt;

pub struct World {
    pub db: TestDatabase,
    pub clock: ManualClock,
    pub media: Media,
    pub runner: Runner,
    /// Removed when the test is over.
    _folder: TempDir,
    _server: Option<S3>,
}

/// A real server, and how to speak to it.
pub fn server() -> (TempDir, S3, S3Settings) {
    let folder = tempfile::tempdir().unwrap();
    let server = S3::start(folder.path()).unwrap();
    let said: HashMap<_, _> = server.settings().into_iter().collect();
    let settings = S3Settings {
        endpoint: said["S3_ENDPOINT"].parse().unwrap(),
        bucket: said["S3_BUCKET"].clone(),
        region: said["S3_REGION"].clone(),
        access_key: said["S3_ACCESS_KEY"].clone(),
        secret_key: said["S3_SECRET_KEY"].clone(),
        path_style: true,
    };
    (folder, server, settings)
}

impl World {
    /// With objects in a folder.
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(FolderStore::new(folder.path()));
        Self::with(store, folder, None).await
    }

    /// With objects on a server.
    pub async fn on_s3() -> Self {
        let (folder, server, settings) = server();
        Self::with(Arc::new(S3Store::new(&settings).unwrap()), folder, Some(server)).await
    }

    async fn with(store: Arc<dyn ObjectStore>, folder: TempDir, server: Option<S3>) -> Self {
        let (db, clock, media) =
            (TestDatabase::create().await, testkit::clock(), Media::new(store, folder.path()));
        let mut registry = Registry::default();
        media::register(&mut registry, media.clone());
        let services = Services { database: db.database.clone(), clock: Arc::new(clock.clone()) };
        let runner = Runner::new(registry, services);
        Self { db, clock, media, runner, _folder: folder, _server: server }
    }

    pub async fn somebody(&self) -> UserId {
        let id = UserId::new();
        diesel::sql_query(
            "INSERT INTO users (id, email, email_key, password_hash, display_name, created_at, updated_at) \
             VALUES ($1, $2, $2, '-', 'Somebody', now(), now())",
        )
        .bind::<SqlUuid, _>(id)
        .bind::<Text, _>(format!("{id}@example.com"))
        .execute(&mut *self.db.conn().await)
        .await
        .unwrap();
        id
    }

    pub async fn uploads(&self, owner: UserId, bytes: &[u8]) -> Result<Image, MediaError> {
        let received = received(bytes).await?;
        let now = self.clock.now();
        media::upload(&self.media, &self.db.database, now, owner, received, None).await
    }

    pub async fn works(&self) {
        self.runner.drain().await.unwrap();
    }

    pub async fn cleans_up(&self) -> media::Cleaned {
        media::clean_up(&self.media, &self.db.database, self.clock.now()).await.unwrap()
    }

    pub async fn image(&self, image: &Image) -> Image {
        media::find_own_image(&mut *self.db.conn().await, image.owner_id, image.id).await.unwrap()
    }

    pub async fn has(&self, key: &ObjectKey) -> bool {
        match self.media.store.length(key).await {
            Ok(_) => true,
            Err(StoreError::NotFound(_)) => false,
            Err(error) => panic!("{error}"),
        }
    }

    pub async fn object(&self, key: &ObjectKey) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.media.store.get(key).await.unwrap().reader.read_to_end(&mut bytes).await.unwrap();
        bytes
    }

    pub async fn count(&self, table: &str) -> i64 {
        #[derive(diesel::QueryableByName)]
        struct Count {
            #[diesel(sql_type = BigInt)]
            count: i64,
        }
        let query = diesel::sql_query(format!("SELECT count(*) AS count FROM {table}"));
        query.get_result::<Count>(&mut *self.db.conn().await).await.unwrap().count
    }
}

/// A file that came in in small pieces.
pub async fn received(bytes: &[u8]) -> Result<Received, MediaError> {
    let mut intake = Intake::begin(media::Limits::default(), &std::env::temp_dir()).await?;
    for chunk in bytes.chunks(1000) {
        intake.take(chunk).await?;
    }
    intake.finish().await
}
