//! What nobody has goes, and nothing that somebody has.

use chrono::TimeDelta;
use diesel_async::{AsyncConnection, RunQueryDsl};
use kernel::{Clock, ImageId, UserId};
use media::{Image, MediaError, ObjectKey, SizeName, Subject};

use crate::files::{png, webp};
use crate::support::World;

async fn arranges(world: &World, owner: UserId, ids: &[ImageId]) -> Result<Vec<Image>, MediaError> {
    let (mut conn, now) = (world.db.conn().await, world.clock.now());
    conn.transaction(async |tx| media::arrange_images(tx, now, owner, Subject::Shop(owner), ids).await).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_on_nothing_for_a_day_goes_with_its_picture() {
    let world = World::on_s3().await;
    let owner = world.somebody().await;
    let kept = world.uploads(owner, &png(64, 48)).await.unwrap();
    let loose = world.uploads(owner, &webp(64, 48)).await.unwrap();
    world.works().await;
    arranges(&world, owner, &[kept.id]).await.unwrap();
    world.clock.advance(TimeDelta::hours(23));
    assert_eq!(world.cleans_up().await, media::Cleaned::default());
    world.clock.advance(TimeDelta::hours(2));
    let cleaned = world.cleans_up().await;
    assert_eq!((cleaned.images, cleaned.pictures), (1, 1));
    for (image, there) in [(&kept, true), (&loose, false)] {
        let picture = &image.picture;
        assert_eq!(world.has(&ObjectKey::original(picture.id)).await, there);
        assert_eq!(world.has(&ObjectKey::shown(&picture.hash, &SizeName::master())).await, there);
        assert_eq!(world.has(&ObjectKey::shown(&picture.hash, &SizeName::of_side(64))).await, there);
    }
    assert_eq!((world.count("images").await, world.count("pictures").await), (1, 1));
    // Taken off, it has a day again.
    arranges(&world, owner, &[]).await.unwrap();
    world.clock.advance(TimeDelta::hours(23));
    assert_eq!(world.cleans_up().await.images, 0);
    world.clock.advance(TimeDelta::hours(2));
    assert_eq!(world.cleans_up().await.images, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_that_is_uploaded_again_while_it_goes_is_there_in_the_end() {
    let world = World::new().await;
    let (ann, bob, file) = (world.somebody().await, world.somebody().await, png(64, 48));
    for round in 0..12 {
        let image = world.uploads(ann, &file).await.unwrap();
        world.works().await;
        let mut conn = world.db.conn().await;
        media::remove_image(&mut conn, ann, image.id).await.unwrap();
        drop(conn);
        let (again, _, _) = tokio::join!(world.uploads(bob, &file), world.cleans_up(), world.cleans_up());
        let again = again.unwrap();
        world.works().await;
        world.cleans_up().await;
        let shown =
            world.image(&again).await.shown().unwrap_or_else(|| panic!("round {round}: it is not shown"));
        for size in &shown.sizes {
            assert!(world.has(&ObjectKey::shown(&shown.hash, &size.name)).await, "round {round}");
        }
        assert!(world.has(&ObjectKey::original(world.image(&again).await.picture.id)).await, "round {round}");
        media::remove_image(&mut *world.db.conn().await, bob, again.id).await.unwrap();
        world.cleans_up().await;
        assert_eq!((world.count("pictures").await, world.count("media_discards").await), (0, 0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_doomed_by_somebody_who_died_is_added_anew() {
    let world = World::new().await;
    let (owner, file) = (world.somebody().await, png(64, 48));
    let first = world.uploads(owner, &file).await.unwrap();
    world.works().await;
    let mut conn = world.db.conn().await;
    media::remove_image(&mut conn, owner, first.id).await.unwrap();
    // Killed between its objects and its row.
    diesel::sql_query("UPDATE pictures SET state = 'doomed'").execute(&mut *conn).await.unwrap();
    drop(conn);
    world.media.store.delete(&ObjectKey::shown(&first.picture.hash, &SizeName::master())).await.unwrap();
    let second = world.uploads(owner, &file).await.unwrap();
    assert_ne!(second.picture.id, first.picture.id);
    world.cleans_up().await;
    world.works().await;
    let shown = world.image(&second).await.shown().unwrap();
    assert!(world.has(&ObjectKey::shown(&shown.hash, &SizeName::master())).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_nobody_took_into_use_goes_after_an_hour() {
    let world = World::new().await;
    let key = ObjectKey::original(kernel::PictureId::new());
    let content = media::Content { reader: &mut &b"half an upload"[..], length: 14, media_type: "image/png" };
    world.media.store.put(&key, content).await.unwrap();
    diesel::sql_query("INSERT INTO media_discards (key, discard_after) VALUES ($1, $2)")
        .bind::<diesel::sql_types::Text, _>(key.as_str())
        .bind::<diesel::sql_types::Timestamptz, _>(world.clock.now() + TimeDelta::hours(1))
        .execute(&mut *world.db.conn().await)
        .await
        .unwrap();
    assert_eq!(world.cleans_up().await.objects, 0);
    world.clock.advance(TimeDelta::hours(2));
    assert_eq!(world.cleans_up().await.objects, 1);
    assert!(!world.has(&key).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_elses_and_too_many_images_are_not_arranged() {
    let world = World::new().await;
    let (ann, bob) = (world.somebody().await, world.somebody().await);
    let mut ids = Vec::new();
    for side in 1..=13 {
        ids.push(world.uploads(ann, &png(side, 1)).await.unwrap().id);
    }
    let refusal = |outcome: Result<Vec<Image>, MediaError>| match outcome {
        Err(MediaError::Invalid(invalid)) => invalid.fields[0].0.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(refusal(arranges(&world, ann, &ids).await), "images");
    assert_eq!(refusal(arranges(&world, ann, &[ids[0], ids[0]]).await), "images/1");
    assert_eq!(refusal(arranges(&world, bob, &[ids[0]]).await), "images/0");
    let twelve = arranges(&world, ann, &ids[..12]).await.unwrap();
    assert_eq!(twelve.iter().map(|image| image.id).collect::<Vec<_>>(), ids[..12]);
    let turned: Vec<_> = ids[..12].iter().rev().copied().collect();
    for _ in 0..2 {
        let arranged = arranges(&world, ann, &turned).await.unwrap();
        assert_eq!(arranged.iter().map(|image| image.id).collect::<Vec<_>>(), turned);
    }
    // On one thing at most.
    let (mut conn, now) = (world.db.conn().await, world.clock.now());
    let post = Subject::Post(kernel::PostId::new());
    let elsewhere = media::arrange_images(&mut conn, now, ann, post, &ids[..1]).await;
    assert_eq!(refusal(elsewhere), "images/0");
}
