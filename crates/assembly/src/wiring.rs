//! Which implementation stands behind which trait, and what there is to do after requests.

use std::sync::Arc;

use ::media::{FolderStore, Media, ObjectStore, S3Store};
use anyhow::{Context, Result};
use kernel::Clock;
use logistics::{CenterIndex, Gazetteer, Geocoder, Google, HttpSettings, Nominatim};
use outbox::Registry;
use url::Url;

use crate::Post;
use crate::settings::{GeocodingProvider, MediaPlace, Settings};

const NOMINATIM: &str = "https://nominatim.openstreetmap.org/";
const GOOGLE: &str = "https://maps.googleapis.com/";

/// The geocoder that the settings choose.
pub fn geocoder(settings: &Settings, clock: &Arc<dyn Clock>) -> Result<Arc<dyn Geocoder>> {
    let chosen = &settings.geocoding;
    let http = |usual: &str| -> Result<HttpSettings> {
        let url = match &chosen.url {
            Some(url) => url.clone(),
            None => Url::parse(usual)?,
        };
        let user_agent = format!("SilkCart ({})", settings.server.public_url);
        Ok(HttpSettings::new(url, user_agent, Arc::clone(clock)))
    };
    Ok(match chosen.provider {
        GeocodingProvider::Gazetteer => Arc::new(Gazetteer::embedded()),
        GeocodingProvider::Nominatim => Arc::new(Nominatim::new(http(NOMINATIM)?)?),
        GeocodingProvider::Google => {
            let key = chosen.api_key.as_ref().context("set GEOCODING_API_KEY")?;
            Arc::new(Google::new(http(GOOGLE)?, key.expose())?)
        }
    })
}

/// What it takes to handle pictures, with the store that the settings choose.
pub fn media(settings: &Settings) -> Result<Media> {
    let store: Arc<dyn ObjectStore> = match &settings.media.place {
        MediaPlace::S3(store) => Arc::new(S3Store::new(store)?),
        MediaPlace::Folder(folder) => Arc::new(FolderStore::new(folder)),
    };
    Ok(Media::new(store, &settings.server.data_dir.join("incoming")))
}

/// Teaches the registry the product's own work.
pub fn register_work(
    registry: &mut Registry,
    geocoder: &Arc<dyn Geocoder>,
    centers: &Arc<CenterIndex>,
    post: &Post,
    media: &Media,
) {
    accounts::register_work(registry);
    catalog::register(registry);
    placement::register(registry, Arc::clone(geocoder), Arc::clone(centers));
    checkout::register(registry);
    notifications::register(registry, post.delivery.clone());
    correspondence::register(registry, post.pages.clone());
    ::media::register(registry, media.clone());
    gallery::register(registry);
}
