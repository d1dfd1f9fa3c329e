//! From a file to an image: the same bytes once, whoever sends them and however.

use chrono::TimeDelta;
use kernel::Clock;
use media::{ImageError, MASTER_SIDE, MediaError, ObjectKey, PictureState, SizeName};

use crate::files::{exif_segment, jpeg, png, png_head, with_segments};
use crate::support::{World, received};

fn unusable<T: std::fmt::Debug>(outcome: Result<T, MediaError>) -> ImageError {
    match outcome {
        Err(MediaError::Unusable(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_is_shown_in_its_sizes_without_what_the_camera_wrote() {
    for world in [World::new().await, World::on_s3().await] {
        let owner = world.somebody().await;
        let file = with_segments(&jpeg(900, 600), &[exif_segment(6)]);
        let image = world.uploads(owner, &file).await.unwrap();
        assert_eq!((image.picture.width, image.picture.height), (600, 900), "as it is looked at");
        assert_eq!((image.picture.state.as_str(), image.shown()), ("waiting", None));
        world.works().await;
        let shown = world.image(&image).await.shown().unwrap();
        let sizes: Vec<_> =
            shown.sizes.iter().map(|size| (size.name.as_str(), size.width, size.height)).collect();
        let expected =
            [("320.jpg", 213, 320), ("640.jpg", 427, 640), ("900.jpg", 600, 900), ("master.jpg", 600, 900)];
        assert_eq!(sizes, expected);
        assert!(MASTER_SIDE > 900 && shown.placeholder.len() <= 36);
        for size in &shown.sizes {
            let bytes = world.object(&ObjectKey::shown(&shown.hash, &size.name)).await;
            assert!(bytes.starts_with(b"\xff\xd8\xff"));
            assert!(!bytes.windows(3).any(|three| three == b"GPS"), "{size:?} tells where it was taken");
        }
        assert_eq!(world.object(&ObjectKey::original(image.picture.id)).await, file, "the original is kept");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_bytes_are_stored_and_rendered_once() {
    let world = World::new().await;
    let (ann, bob, file) = (world.somebody().await, world.somebody().await, png(64, 48));
    let uploads = (0..8).map(|at| world.uploads(if at % 2 == 0 { ann } else { bob }, &file));
    let images = futures_util::future::try_join_all(uploads).await.unwrap();
    let first = images[0].picture.id;
    assert!(images.iter().all(|image| image.picture.id == first), "one picture");
    assert_eq!((world.count("pictures").await, world.count("images").await), (1, 8));
    assert_eq!(world.count("jobs WHERE name = 'media.render_picture'").await, 1);
    // Those who came at the same time have stored it too, and theirs goes.
    world.cleans_up().await;
    assert_eq!(world.count("media_discards").await, 0);
    assert!(world.has(&ObjectKey::original(first)).await);
    world.works().await;
    assert!(world.image(&images[7]).await.shown().is_some());
    let again = world.uploads(bob, &file).await.unwrap();
    assert!(again.shown().is_some(), "it is there at once");
    assert_eq!(world.count("jobs WHERE name = 'media.render_picture'").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_picture_is_refused_before_it_is_stored() {
    assert_eq!(unusable(received(b"").await), ImageError::Empty);
    assert_eq!(unusable(received(b"<svg xmlns='x'/>").await), ImageError::UnsupportedType);
    assert_eq!(unusable(received(&png(9, 9)[..20]).await), ImageError::Truncated);
    let bomb = unusable(received(&png_head(50_000, 50_000, false)).await);
    assert_eq!(bomb, ImageError::TooLong { side: 50_000, limit: 16_384 });
    let mut endless = png(9, 9);
    endless.resize(25 * 1024 * 1024 + 1, 0);
    assert!(matches!(unusable(received(&endless).await), ImageError::TooLarge { .. }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_header_behind_megabytes_of_metadata_is_found() {
    let segments: Vec<_> = (0..20).map(|_| crate::files::segment(0xe2, &vec![0; 65_000])).collect();
    let found = received(&with_segments(&jpeg(40, 30), &segments)).await.unwrap();
    assert_eq!((found.header.width, found.header.height), (40, 30));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_decoded_is_refused_and_its_owner_learns_why() {
    let world = World::new().await;
    let owner = world.somebody().await;
    let whole = jpeg(400, 300);
    let image = world.uploads(owner, &whole[..whole.len() / 2]).await.unwrap();
    world.works().await;
    let refused = world.image(&image).await;
    let reason = "the file ends before its picture does".to_owned();
    assert_eq!(refused.picture.state, PictureState::Refused { reason });
    assert_eq!(refused.shown(), None);
    assert!(!world.has(&ObjectKey::shown(&image.picture.hash, &SizeName::master())).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_in_the_store_becomes_an_image_once() {
    let world = World::on_s3().await;
    let (owner, stranger, file) = (world.somebody().await, world.somebody().await, png(64, 48));
    let (database, now) = (&world.db.database, world.clock.now());
    let length = file.len() as u64;
    let granted = media::grant_upload(&world.media, database, now, owner, "image/png", length).await.unwrap();
    let finalize =
        async |who| media::finalize_upload(&world.media, database, now, who, granted.id, None).await;
    assert!(matches!(finalize(owner).await, Err(MediaError::NotSent)));
    let sent = reqwest::Client::builder()
        .build()
        .unwrap()
        .put(granted.url.clone())
        .header("content-type", "image/png");
    assert_eq!(sent.body(file.clone()).send().await.unwrap().status().as_u16(), 200);
    assert!(matches!(finalize(stranger).await, Err(MediaError::NotFound("upload"))));
    let (one, two) = tokio::join!(finalize(owner), finalize(owner));
    let (image, refused) = match one {
        Ok(image) => (image, two),
        refused => (two.unwrap(), refused),
    };
    assert!(matches!(refused, Err(MediaError::AlreadyFinalized)), "{refused:?}");
    assert!(matches!(finalize(owner).await, Err(MediaError::AlreadyFinalized)));
    world.works().await;
    assert!(world.image(&image).await.shown().is_some());
    assert_eq!(world.count("images").await, 1);
    // What was sent goes once nothing can be sent there any more.
    assert!(world.has(&ObjectKey::upload(granted.id)).await);
    world.clock.advance(TimeDelta::minutes(16));
    world.cleans_up().await;
    assert!(!world.has(&ObjectKey::upload(granted.id)).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn leave_ends_and_is_for_pictures_only() {
    let world = World::on_s3().await;
    let owner = world.somebody().await;
    let grant = async |kind, bytes| {
        media::grant_upload(&world.media, &world.db.database, world.clock.now(), owner, kind, bytes).await
    };
    for (kind, bytes, field) in [
        ("image/svg+xml", 5, "media_type"),
        ("image/png", 0, "bytes"),
        ("image/png", 25 * 1024 * 1024 + 1, "bytes"),
    ] {
        match grant(kind, bytes).await {
            Err(MediaError::Invalid(invalid)) => assert_eq!(invalid.fields[0].0, field),
            other => panic!("{other:?}"),
        }
    }
    let granted = grant("image/png", 5).await.unwrap();
    world.clock.advance(TimeDelta::minutes(15));
    let now = world.clock.now();
    let late = media::finalize_upload(&world.media, &world.db.database, now, owner, granted.id, None).await;
    assert!(matches!(late, Err(MediaError::UploadExpired)), "{late:?}");
    world.clock.advance(TimeDelta::hours(2));
    assert_eq!(world.cleans_up().await.uploads, 1);
    let folder = World::new().await;
    let owner = folder.somebody().await;
    let now = folder.clock.now();
    let none = media::grant_upload(&folder.media, &folder.db.database, now, owner, "image/png", 5).await;
    assert!(matches!(none, Err(MediaError::CannotPresign)), "{none:?}");
}
