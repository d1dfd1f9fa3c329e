//! Pictures of what the demonstration sells, drawn here: a round fruit of some colour on a table in the evening.

use anyhow::Result;
use diesel_async::AsyncConnection;
use gallery::GalleryError;
use kernel::{ImageId, Limit, UserId};
use media::{Intake, PostDraft};

use super::Seller;
use super::shelves::Shelf;
use crate::AppState;

const WIDTH: u32 = 960;
const HEIGHT: u32 = 720;

/// Gives every offering its picture, and every gardener a post.
pub(super) async fn hang(state: &AppState, sellers: &[Seller]) -> Result<()> {
    for Seller { id, shelf } in sellers {
        let mut conn = state.database.conn().await?;
        let shown = catalog::list_own_offerings(&mut conn, *id, None, None, Limit::default()).await?;
        drop(conn);
        for offering in shown.items {
            let (now, image) = (state.clock.now(), upload(state, *id, &offering.title).await?);
            let mut conn = state.database.conn().await?;
            conn.transaction::<_, GalleryError, _>(async |tx| {
                gallery::arrange_offering_images(tx, now, *id, offering.id, &[image]).await
            })
            .await?;
        }
        if let Shelf::Plants(_) = shelf {
            let images = vec![upload(state, *id, "The garden").await?];
            let body = "The beds are full, and the first baskets are picked.".to_owned();
            let draft = PostDraft { plant_id: None, body, images };
            let (mut conn, now) = (state.database.conn().await?, state.clock.now());
            conn.transaction::<_, GalleryError, _>(async |tx| {
                gallery::create_post(tx, now, *id, &draft).await
            })
            .await?;
        }
    }
    Ok(())
}

async fn upload(state: &AppState, owner: UserId, title: &str) -> Result<ImageId> {
    let media = &state.media;
    let mut intake = Intake::begin(media.limits, &media.scratch).await?;
    intake.take(&drawn(title)?).await?;
    let (received, now) = (intake.finish().await?, state.clock.now());
    Ok(Box::pin(media::upload(media, &state.database, now, owner, received, Some(title))).await?.id)
}

/// A PNG whose colours follow from the title.
fn drawn(title: &str) -> Result<Vec<u8>> {
    let [red, green, blue, size] = title.bytes().fold(2_166_136_261, mixed).to_be_bytes();
    let radius = 170 + u32::from(size) / 4;
    let mut pixels = Vec::with_capacity(usize::try_from(3 * WIDTH * HEIGHT)?);
    for y in 0..HEIGHT {
        for x in 0..WIDTH {
            let (across, down) = (x.abs_diff(WIDTH / 2), y.abs_diff(HEIGHT / 2 + 60));
            let distance = across * across + down * down;
            let pixel = if distance < radius * radius {
                let light = 255 - 120 * distance / (radius * radius);
                [red, green, blue].map(|part| scaled(u32::from(part) / 2 + 100, light))
            } else if y > 500 {
                [126, 88, 54]
            } else {
                [scaled(250, 120 + y / 4), scaled(190, 120 + y / 4), scaled(150, 160 + y / 6)]
            };
            pixels.extend(pixel);
        }
    }
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, WIDTH, HEIGHT);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&pixels)?;
    writer.finish()?;
    Ok(file)
}

/// A step of FNV-1a.
fn mixed(hash: u32, byte: u8) -> u32 {
    (hash ^ u32::from(byte)).wrapping_mul(16_777_619)
}

fn scaled(part: u32, light: u32) -> u8 {
    u8::try_from(part * light / 255).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_has_its_own_picture() {
        let (apple, plum) = (drawn("Apple").unwrap(), drawn("Plum").unwrap());
        assert_ne!(apple, plum);
        assert_eq!(apple, drawn("Apple").unwrap());
        let header = media::inspect_whole(&apple, &media::Limits::default()).unwrap();
        assert_eq!((header.width, header.height), (WIDTH, HEIGHT));
    }
}
