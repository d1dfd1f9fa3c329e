//! The store of objects, as a folder and as a server: each keeps what it is given, whole or not at all.

use std::time::{Duration, SystemTime};

use kernel::{PictureId, UploadId};
use media::{Content, FolderStore, ObjectKey, ObjectStore, S3Store, StoreError};
use tokio::io::AsyncReadExt;

use crate::support::server;

async fn put(store: &dyn ObjectStore, key: &ObjectKey, bytes: &[u8], length: u64) -> Result<(), StoreError> {
    let mut reader = bytes;
    store.put(key, Content { reader: &mut reader, length, media_type: "image/png" }).await
}

async fn read(store: &dyn ObjectStore, key: &ObjectKey) -> Vec<u8> {
    let mut object = store.get(key).await.unwrap();
    let mut bytes = Vec::new();
    object.reader.read_to_end(&mut bytes).await.unwrap();
    assert_eq!(object.length, bytes.len() as u64);
    bytes
}

async fn missing(store: &dyn ObjectStore, key: &ObjectKey) {
    assert!(matches!(store.length(key).await, Err(StoreError::NotFound(_))));
    assert!(matches!(store.get(key).await, Err(StoreError::NotFound(_))));
}

/// 12 MiB go to a server in three parts.
async fn keeps_what_it_is_given(store: &dyn ObjectStore) {
    let large: Vec<u8> = (0..12 * 1024 * 1024_u32).map(|at| (at % 251).to_le_bytes()[0]).collect();
    let exact = vec![7; 5 * 1024 * 1024];
    for bytes in [&b"small"[..], &exact, &large] {
        let key = ObjectKey::original(PictureId::new());
        missing(store, &key).await;
        put(store, &key, bytes, bytes.len() as u64).await.unwrap();
        assert_eq!(store.length(&key).await.unwrap(), bytes.len() as u64);
        assert!(read(store, &key).await == bytes, "what comes out is what went in");
        put(store, &key, b"another", 7).await.unwrap();
        assert_eq!(read(store, &key).await, b"another");
        store.delete(&key).await.unwrap();
        missing(store, &key).await;
        store.delete(&key).await.unwrap();
    }
}

async fn takes_no_other_length(store: &dyn ObjectStore) {
    let large = vec![7; 6 * 1024 * 1024];
    for (bytes, length) in [(&b"small"[..], 4), (b"small", 6), (&large, 6_000_000), (&large, 7_000_000)] {
        let key = ObjectKey::original(PictureId::new());
        let refused = put(store, &key, bytes, length).await;
        assert!(matches!(refused, Err(StoreError::WrongLength { .. })), "{refused:?}");
        missing(store, &key).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_keeps_objects() {
    let folder = tempfile::tempdir().unwrap();
    let store = FolderStore::new(folder.path().join("made when needed"));
    keeps_what_it_is_given(&store).await;
    takes_no_other_length(&store).await;
    let key = ObjectKey::upload(UploadId::new());
    assert!(store.presign_put(&key, Duration::from_mins(1), 5, "image/png").await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_keeps_objects() {
    let (_folder, _server, settings) = server();
    let store = S3Store::new(&settings).unwrap();
    keeps_what_it_is_given(&store).await;
    takes_no_other_length(&store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_folder_was_writing_when_it_died_is_swept_up() {
    let folder = tempfile::tempdir().unwrap();
    let store = FolderStore::new(folder.path());
    assert_eq!(store.sweep(SystemTime::now()).await.unwrap(), 0, "of nothing");
    let key = ObjectKey::original(PictureId::new());
    put(&store, &key, b"whole", 5).await.unwrap();
    std::fs::write(folder.path().join(".parts").join("half"), b"ha").unwrap();
    assert_eq!(store.sweep(SystemTime::now() - Duration::from_hours(1)).await.unwrap(), 0, "too young");
    assert_eq!(store.sweep(SystemTime::now() + Duration::from_hours(1)).await.unwrap(), 1);
    assert_eq!(read(&store, &key).await, b"whole");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_good_for_one_file_of_one_length() {
    let (_folder, _server, settings) = server();
    let store = S3Store::new(&settings).unwrap();
    let key = ObjectKey::upload(UploadId::new());
    let url = store.presign_put(&key, Duration::from_mins(1), 5, "image/png").await.unwrap().unwrap();
    let client = reqwest::Client::builder().build().unwrap();
    let send = async |url: &str, kind: &str, bytes: &'static [u8]| {
        client.put(url).header("content-type", kind).body(bytes).send().await.unwrap().status().as_u16()
    };
    assert_eq!(send(url.as_str(), "image/png", b"longer").await, 403, "another length");
    assert_eq!(send(url.as_str(), "text/html", b"small").await, 403, "another type");
    let elsewhere = url.as_str().replace("uploads/", "originals/");
    assert_eq!(send(&elsewhere, "image/png", b"small").await, 403, "another object");
    missing(&store, &key).await;
    assert_eq!(send(url.as_str(), "image/png", b"small").await, 200);
    assert_eq!(read(&store, &key).await, b"small");
    let plain = url.as_str().split('?').next().unwrap();
    assert_eq!(client.get(plain).send().await.unwrap().status().as_u16(), 403, "nobody reads it");
}
