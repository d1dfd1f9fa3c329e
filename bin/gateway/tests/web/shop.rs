//! A gateway in earnest, with the demonstration's goods on its shelves.

use std::collections::HashMap;
use std::net::TcpListener;

use assembly::settings::Settings;
use gateway::{Running, StartOptions};
use testkit::TestDatabase;

pub struct Shop {
    pub running: Running,
    /// Removed when the shop is gone.
    _database: TestDatabase,
    _folder: tempfile::TempDir,
}

impl Shop {
    /// With the settings that a developer has who sets nothing, rate limits included.
    pub async fn open() -> Self {
        let database = TestDatabase::create().await;
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let settings = [
            ("DATABASE_URL", database.url.clone()),
            ("JWT_PRIVATE_KEY", ::accounts::generate_key_pem().unwrap()),
            ("CURSOR_SECRET", "the secret of the tests, long enough".to_owned()),
            ("TOKEN_SECRET", "another secret of the tests, long enough".to_owned()),
            ("SILKCART_DATA_DIR", folder.path().to_str().unwrap().to_owned()),
            ("SILKCART_PUBLIC_URL", format!("http://{}", listener.local_addr().unwrap())),
        ];
        let environment: HashMap<String, String> =
            settings.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        let settings = Settings::read(&environment).unwrap();
        let running = gateway::start(StartOptions {
            listener: Some(listener),
            workers: Some(2),
            signals: false,
            ..StartOptions::new(settings)
        });
        let running = running.await.unwrap();
        assert!(gateway::demo::seed(&running.state).await.unwrap());
        Self { running, _database: database, _folder: folder }
    }
}
