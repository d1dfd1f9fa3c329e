//! The settings of pictures: where they are kept, and where they are fetched.

use media::S3Settings;
use url::Url;

use super::read::Reader;
use super::{Environment, MediaPlace, MediaSettings, ServerSettings};

const ALL: [&str; 5] = ["S3_ENDPOINT", "S3_BUCKET", "S3_REGION", "S3_ACCESS_KEY", "S3_SECRET_KEY"];
const HTTP: &str = "must begin with https:// or http://";

impl Reader<'_> {
    pub(super) fn media(
        &mut self,
        environment: Option<Environment>,
        server: Option<&ServerSettings>,
    ) -> Option<MediaSettings> {
        let place = if ALL.iter().any(|name| self.given(name).is_some()) {
            self.s3().map(MediaPlace::S3)
        } else {
            if environment == Some(Environment::Production) && self.given("MEDIA_FOLDER").is_none() {
                self.refuse(
                    "MEDIA_FOLDER",
                    "production needs this folder, or an object store at S3_ENDPOINT",
                );
            }
            let folder = self.value("MEDIA_FOLDER").map(Into::into);
            folder.or_else(|| server.map(|server| server.data_dir.join("media"))).map(MediaPlace::Folder)
        };
        let url = match self.value("MEDIA_URL") {
            Some(_) => self.address("MEDIA_URL"),
            None => server.map(|server| server.public_url.clone()),
        };
        Some(MediaSettings { place: place?, url: url? })
    }

    fn s3(&mut self) -> Option<S3Settings> {
        for name in ALL {
            if self.given(name).is_none() {
                self.refuse(name, "is missing: set all of S3_*, or none");
            }
        }
        let endpoint = self.value("S3_ENDPOINT").and_then(|_given| self.address("S3_ENDPOINT"));
        let path_style = self.parsed("S3_PATH_STYLE", "must be true or false");
        Some(S3Settings {
            endpoint: endpoint?,
            bucket: self.value("S3_BUCKET")?,
            region: self.value("S3_REGION")?,
            access_key: self.value("S3_ACCESS_KEY")?,
            secret_key: self.value("S3_SECRET_KEY")?,
            path_style: path_style?,
        })
    }

    fn address(&mut self, name: &str) -> Option<Url> {
        let url = self.value(name).and_then(|text| Url::parse(&text).ok());
        let url = url.filter(|url| matches!(url.scheme(), "https" | "http"));
        if url.is_none() {
            self.refuse(name, HTTP);
        }
        url
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::settings::{Settings, SettingsError};

    const STORE: [(&str, &str); 6] = [
        ("S3_ENDPOINT", "https://s3.example.org"),
        ("S3_BUCKET", "pictures"),
        ("S3_REGION", "here"),
        ("S3_ACCESS_KEY", "hunter1"),
        ("S3_SECRET_KEY", "hunter2"),
        ("S3_PATH_STYLE", "true"),
    ];

    fn read(pairs: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        let environment: HashMap<String, String> =
            pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Settings::read(&environment)
    }

    #[test]
    fn pictures_are_in_a_folder_or_in_a_store() {
        let usual = read(&[("SILKCART_DATA_DIR", "here")]).unwrap().media;
        assert_eq!(usual.place, MediaPlace::Folder("here/media".into()));
        assert_eq!(usual.url.as_str(), "http://127.0.0.1:8080/");
        let chosen =
            read(&[("MEDIA_FOLDER", "there"), ("MEDIA_URL", "https://cdn.example.org")]).unwrap().media;
        assert_eq!(chosen.place, MediaPlace::Folder("there".into()));
        assert_eq!(chosen.url.as_str(), "https://cdn.example.org/");
        let stored = read(&STORE).unwrap();
        assert!(matches!(&stored.media.place, MediaPlace::S3(store) if store.path_style), "{stored:?}");
        assert!(!format!("{stored:?}").contains("hunter"));
    }

    #[test]
    fn a_store_is_named_whole_or_not_at_all() {
        for (name, _) in &STORE[..5] {
            let rest: Vec<_> = STORE.iter().copied().filter(|(other, _)| other != name).collect();
            let error = read(&rest).unwrap_err();
            assert!(error.problems.iter().any(|problem| problem.starts_with(name)), "{error}");
        }
        let error = read(&[("MEDIA_URL", "ftp://pictures.example.org")]).unwrap_err();
        assert!(error.problems[0].starts_with("MEDIA_URL"), "{error}");
    }

    #[test]
    fn production_makes_no_folder_up() {
        let named = |pairs: &[(&str, &str)]| {
            let problems = read(pairs).unwrap_err().problems;
            problems.iter().any(|problem| problem.starts_with("MEDIA_FOLDER:"))
        };
        assert!(named(&[("SILKCART_ENV", "production")]));
        assert!(!named(&[("SILKCART_ENV", "production"), ("MEDIA_FOLDER", "/srv/pictures")]));
        assert!(!named(&[&[("SILKCART_ENV", "production")], &STORE[..]].concat()));
    }
}
