//! From the environment to [`Settings`], with every problem at once.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use super::{
    BrokerSettings, DatabaseSettings, Environment, GeocodingProvider, GeocodingSettings, HttpSettings, KEYS,
    LogFormat, LogSettings, OrderSettings, RateLimitSettings, Required, Secret, SecretSettings,
    ServerSettings, Settings, SettingsError, WorkerSettings,
};

const LEAST_SECRET: usize = 32;

impl Settings {
    /// Reads a gateway's settings out of the environment's variables.
    pub fn read(environment: &HashMap<String, String>) -> Result<Self, SettingsError> {
        Self::read_with(environment, |required| required != Required::No)
    }

    /// Reads a worker's, which needs less.
    pub fn read_for_worker(environment: &HashMap<String, String>) -> Result<Self, SettingsError> {
        Self::read_with(environment, |required| required == Required::ByAll)
    }

    fn read_with(
        environment: &HashMap<String, String>,
        needs: fn(Required) -> bool,
    ) -> Result<Self, SettingsError> {
        let mut reader = Reader { environment, needs, problems: Vec::new() };
        reader.refuse_unknown();
        let settings = reader.settings();
        match settings {
            Some(settings) if reader.problems.is_empty() => Ok(settings),
            _ => Err(SettingsError { problems: reader.problems }),
        }
    }
}

pub(super) struct Reader<'e> {
    environment: &'e HashMap<String, String>,
    needs: fn(Required) -> bool,
    problems: Vec<String>,
}

impl Reader<'_> {
    fn settings(&mut self) -> Option<Settings> {
        let environment = self.one_of(
            "SILKCART_ENV",
            &[("development", Environment::Development), ("production", Environment::Production)],
        );
        if environment == Some(Environment::Production) {
            self.require_for_production();
        }
        // Each section is read before any is given up, so that all problems are found.
        let server = self.server(environment);
        let http = self.http();
        let database = self.database();
        let secrets = self.secrets();
        let mail = self.mail();
        let media = self.media(environment, server.as_ref());
        let geocoding = self.geocoding();
        let log = self.log();
        let rate_limits = self.rate_limits();
        let broker = self.broker();
        let worker = self.worker();
        let orders = self.number("ORDER_PAYMENT_MINUTES", 1..=1440);
        Some(Settings {
            server: server?,
            http: http?,
            database: database?,
            secrets,
            mail: mail?,
            media: media?,
            geocoding: geocoding?,
            log: log?,
            rate_limits: rate_limits?,
            broker,
            worker: worker?,
            orders: OrderSettings { payment_window: Duration::from_secs(orders? * 60) },
        })
    }

    /// A misspelt key would otherwise be a setting that silently does nothing.
    fn refuse_unknown(&mut self) {
        let mut unknown: Vec<_> = self
            .environment
            .keys()
            .filter(|name| name.starts_with("SILKCART_") && !name.starts_with("SILKCART_TEST_"))
            .filter(|name| KEYS.iter().all(|key| key.name != name.as_str()))
            .collect();
        unknown.sort_unstable();
        self.problems.extend(unknown.into_iter().map(|name| format!("{name}: there is no such setting")));
    }

    fn require_for_production(&mut self) {
        for key in KEYS.iter().filter(|key| (self.needs)(key.required_in_production)) {
            if self.given(key.name).is_none() {
                self.problems.push(format!("{}: is required in production ({})", key.name, key.description));
            }
        }
        if self.given("SILKCART_PUBLIC_URL").is_some_and(|url| !url.starts_with("https://")) {
            self.refuse("SILKCART_PUBLIC_URL", "must begin with https:// in production");
        }
        if self.given("SILKCART_PAGES_URL").is_some_and(|url| !url.starts_with("https://")) {
            self.refuse("SILKCART_PAGES_URL", "must begin with https:// in production");
        }
        if self.given("SILKCART_DEMO").is_some_and(|demo| demo != "false") {
            self.refuse("SILKCART_DEMO", "demonstration data has no place in production");
        }
    }

    fn server(&mut self, environment: Option<Environment>) -> Option<ServerSettings> {
        let bind = self.parsed("SILKCART_BIND", "must be an address with a port, such as 0.0.0.0:8080");
        let public_url = self.parsed::<url::Url>("SILKCART_PUBLIC_URL", "must be a URL");
        let pages_url = match self.value("SILKCART_PAGES_URL") {
            Some(_) => self.parsed::<url::Url>("SILKCART_PAGES_URL", "must be a URL"),
            None => public_url.clone(),
        };
        if pages_url.as_ref().is_some_and(|url| !matches!(url.scheme(), "https" | "http")) {
            self.refuse("SILKCART_PAGES_URL", "must begin with https:// or http://");
        }
        let data_dir = self.parsed("SILKCART_DATA_DIR", "must be a folder");
        let demo = self.parsed("SILKCART_DEMO", "must be true or false");
        let trusted_proxies = self.list("TRUSTED_PROXIES", "must be addresses or ranges such as 10.0.0.0/8");
        let cors_allowed_origins = self.origins();
        Some(ServerSettings {
            environment: environment?,
            bind: bind?,
            public_url: public_url?,
            pages_url: pages_url?,
            data_dir: data_dir?,
            demo: demo?,
            cors_allowed_origins: cors_allowed_origins?,
            trusted_proxies: trusted_proxies?,
        })
    }

    fn origins(&mut self) -> Option<Vec<String>> {
        let message = "must be origins such as https://shop.example.org, without a path";
        let urls: Vec<url::Url> = self.list("CORS_ALLOWED_ORIGINS", message)?;
        let pure =
            urls.iter().all(|url| url.origin().is_tuple() && url.path() == "/" && url.query().is_none());
        if !pure {
            self.refuse("CORS_ALLOWED_ORIGINS", message);
        }
        Some(urls.iter().map(|url| url.origin().ascii_serialization()).collect())
    }

    fn http(&mut self) -> Option<HttpSettings> {
        let mut seconds = |name| self.number(name, 1..=600).map(Duration::from_secs);
        let head_timeout = seconds("HTTP_HEAD_SECONDS");
        let body_timeout = seconds("HTTP_BODY_SECONDS");
        let send_timeout = seconds("HTTP_SEND_SECONDS");
        let idle_timeout = seconds("HTTP_IDLE_SECONDS");
        let max_connections = self.number("HTTP_MAX_CONNECTIONS", 1..=100_000);
        let max_in_flight = self.number("HTTP_MAX_IN_FLIGHT", 1..=10_000);
        Some(HttpSettings {
            max_connections: usize::try_from(max_connections?).ok()?,
            max_in_flight: usize::try_from(max_in_flight?).ok()?,
            head_timeout: head_timeout?,
            body_timeout: body_timeout?,
            send_timeout: send_timeout?,
            idle_timeout: idle_timeout?,
        })
    }

    fn database(&mut self) -> Option<DatabaseSettings> {
        let url = self.value("DATABASE_URL");
        let usable = |url: &str| url.starts_with("postgres://") || url.starts_with("postgresql://");
        if url.as_deref().is_some_and(|url| !usable(url)) {
            self.refuse("DATABASE_URL", "must begin with postgres://");
        }
        let max_connections = self.number("DATABASE_MAX_CONNECTIONS", 1..=500)?;
        Some(DatabaseSettings {
            url: url.map(Secret::new),
            max_connections: usize::try_from(max_connections).ok()?,
        })
    }

    fn secrets(&mut self) -> SecretSettings {
        let key = self.value("JWT_PRIVATE_KEY").map(|pem| pem.replace("\\n", "\n"));
        if key.as_deref().is_some_and(|pem| !is_ed25519(pem)) {
            self.refuse("JWT_PRIVATE_KEY", "must be an Ed25519 private key, PKCS#8 in PEM");
        }
        let cursor = self.value("CURSOR_SECRET");
        if cursor.as_deref().is_some_and(|secret| secret.chars().count() < LEAST_SECRET) {
            self.refuse("CURSOR_SECRET", "must have at least 32 characters");
        }
        let token = self.value("TOKEN_SECRET");
        if token.as_deref().is_some_and(|secret| secret.chars().count() < LEAST_SECRET) {
            self.refuse("TOKEN_SECRET", "must have at least 32 characters");
        }
        SecretSettings {
            jwt_private_key: key.map(Secret::new),
            cursor_secret: cursor.map(Secret::new),
            token_secret: token.map(Secret::new),
        }
    }

    fn geocoding(&mut self) -> Option<GeocodingSettings> {
        use GeocodingProvider::{Gazetteer, Google, Nominatim};
        let providers = [("gazetteer", Gazetteer), ("nominatim", Nominatim), ("google", Google)];
        let provider = self.one_of("GEOCODING_PROVIDER", &providers);
        let api_key = self.value("GEOCODING_API_KEY").map(Secret::new);
        let url =
            self.value("GEOCODING_URL").and_then(|_given| self.parsed("GEOCODING_URL", "must be a URL"));
        if provider == Some(Google) && api_key.is_none() {
            self.refuse("GEOCODING_API_KEY", "is required for google");
        }
        if provider == Some(Nominatim) && self.given("GEOCODING_URL").is_none() {
            self.refuse("GEOCODING_URL", "is required for nominatim");
        }
        Some(GeocodingSettings { provider: provider?, api_key, url })
    }

    fn log(&mut self) -> Option<LogSettings> {
        let format = self.one_of("LOG_FORMAT", &[("text", LogFormat::Text), ("json", LogFormat::Json)]);
        let filter = self.value("RUST_LOG")?;
        if tracing_subscriber::EnvFilter::try_new(&filter).is_err() {
            self.refuse("RUST_LOG", "must be filter directives such as info,gateway=debug");
        }
        Some(LogSettings { format: format?, filter })
    }

    fn rate_limits(&mut self) -> Option<RateLimitSettings> {
        let per_minute = self.number("RATE_LIMIT_PER_MINUTE", 0..=1_000_000);
        let auth_per_minute = self.number("RATE_LIMIT_AUTH_PER_MINUTE", 0..=1_000_000);
        Some(RateLimitSettings {
            per_minute: u32::try_from(per_minute?).ok()?,
            auth_per_minute: u32::try_from(auth_per_minute?).ok()?,
        })
    }

    fn broker(&mut self) -> Option<BrokerSettings> {
        let url = self.value("AMQP_URL")?;
        let usable = url::Url::parse(&url).is_ok_and(|url| matches!(url.scheme(), "amqp" | "amqps"));
        if !usable {
            self.refuse("AMQP_URL", "must begin with amqp:// or amqps://");
        }
        let namespace = self.value("AMQP_NAMESPACE")?;
        if !namespace.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)) {
            self.refuse("AMQP_NAMESPACE", "must consist of letters, digits, hyphens, underscores and dots");
        }
        Some(BrokerSettings { url: Secret::new(url), namespace })
    }

    fn worker(&mut self) -> Option<WorkerSettings> {
        let bind = self.parsed("WORKER_BIND", "must be an address with a port, such as 0.0.0.0:8081");
        let jobs_at_once = self.number("WORKER_JOBS_AT_ONCE", 1..=1000);
        Some(WorkerSettings { bind: bind?, jobs_at_once: u16::try_from(jobs_at_once?).ok()? })
    }

    /// What was set; an empty value counts as unset.
    pub(super) fn given(&self, name: &str) -> Option<&str> {
        self.environment.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    pub(super) fn value(&self, name: &str) -> Option<String> {
        let default = || KEYS.iter().find(|key| key.name == name).and_then(|key| key.default);
        self.given(name).or_else(default).map(ToOwned::to_owned)
    }

    pub(super) fn refuse(&mut self, name: &str, message: &str) {
        self.problems.push(format!("{name}: {message}"));
    }

    pub(super) fn parsed<T: FromStr>(&mut self, name: &str, message: &str) -> Option<T> {
        let parsed = self.value(name)?.parse().ok();
        if parsed.is_none() {
            self.refuse(name, message);
        }
        parsed
    }

    fn list<T: FromStr>(&mut self, name: &str, message: &str) -> Option<Vec<T>> {
        let text = self.value(name)?;
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let parsed: Option<Vec<T>> = parts.map(|part| part.parse().ok()).collect();
        if parsed.is_none() {
            self.refuse(name, message);
        }
        parsed
    }

    fn number(&mut self, name: &str, bounds: RangeInclusive<u64>) -> Option<u64> {
        let message = format!("must be a number from {} to {}", bounds.start(), bounds.end());
        let number = self.parsed(name, &message)?;
        if !bounds.contains(&number) {
            self.refuse(name, &message);
        }
        Some(number)
    }

    fn one_of<T: Copy>(&mut self, name: &str, choices: &[(&str, T)]) -> Option<T> {
        let text = self.value(name)?;
        let choice = choices.iter().find(|(word, _)| *word == text).map(|(_, choice)| *choice);
        if choice.is_none() {
            let words: Vec<_> = choices.iter().map(|(word, _)| *word).collect();
            self.refuse(name, &format!("must be one of {}", words.join(", ")));
        }
        choice
    }
}

fn is_ed25519(pem: &str) -> bool {
    use base64::Engine;
    let body: String = pem.lines().map(str::trim).filter(|line| !line.starts_with("-----")).collect();
    let framed = pem.contains("-----BEGIN PRIVATE KEY-----") && pem.contains("-----END PRIVATE KEY-----");
    let der = base64::engine::general_purpose::STANDARD.decode(body);
    framed
        && der.is_ok_and(|der| aws_lc_rs::signature::Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        Settings::read(&pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn nothing_needs_to_be_set_in_development() {
        let settings = read(&[("PATH", "/bin"), ("CURSOR_SECRET", "")]).unwrap();
        assert_eq!(settings.server.environment, Environment::Development);
        assert!(settings.database.url.is_none());
        assert_eq!(settings.orders.payment_window, Duration::from_mins(30));
    }

    #[test]
    fn every_problem_is_named_at_once() {
        let error = read(&[
            ("SILKCART_ENV", "production"),
            ("SILKCART_DEMO", "true"),
            ("SILKCART_BNID", "x"),
            ("SILKCART_BIND", "x"),
            ("DATABASE_MAX_CONNECTIONS", "0"),
            ("CURSOR_SECRET", "short"),
            ("TOKEN_SECRET", "short"),
            ("MAIL_FROM", "nobody"),
            ("MAIL_REPLY_TO", "nobody"),
            ("SILKCART_PAGES_URL", "ftp://pages.example"),
            ("GEOCODING_PROVIDER", "google"),
            ("TRUSTED_PROXIES", "10.0.0.0/8, nowhere"),
            ("CORS_ALLOWED_ORIGINS", "https://a.example/path"),
            ("AMQP_URL", "http://broker"),
            ("AMQP_NAMESPACE", "silk cart"),
            ("WORKER_JOBS_AT_ONCE", "0"),
        ])
        .unwrap_err();
        for key in [
            "SILKCART_BNID",
            "SILKCART_PUBLIC_URL",
            "DATABASE_URL",
            "JWT_PRIVATE_KEY",
            "SILKCART_DEMO",
            "SILKCART_BIND",
            "DATABASE_MAX_CONNECTIONS",
            "CURSOR_SECRET",
            "TOKEN_SECRET",
            "MAIL_URL",
            "MAIL_FROM",
            "MAIL_REPLY_TO",
            "GEOCODING_API_KEY",
            "TRUSTED_PROXIES",
            "CORS_ALLOWED_ORIGINS",
            "AMQP_URL",
            "AMQP_NAMESPACE",
            "WORKER_JOBS_AT_ONCE",
        ] {
            let named =
                error.problems.iter().filter(|problem| problem.starts_with(&format!("{key}:"))).count();
            assert_eq!(named, 1, "{key}: {error}");
        }
    }

    #[test]
    fn a_worker_is_not_given_what_only_the_gateway_uses() {
        let environment =
            [("SILKCART_ENV", "production")].map(|(key, value)| (key.to_owned(), value.to_owned()));
        let missed = |read: fn(&HashMap<String, String>) -> Result<Settings, SettingsError>| {
            let problems = read(&environment.clone().into()).unwrap_err().problems;
            ["DATABASE_URL", "TOKEN_SECRET", "JWT_PRIVATE_KEY", "CURSOR_SECRET"]
                .map(|key| problems.iter().any(|problem| problem.starts_with(&format!("{key}:"))))
        };
        assert_eq!(missed(Settings::read), [true, true, true, true]);
        assert_eq!(missed(Settings::read_for_worker), [true, true, false, false]);
    }

    #[test]
    fn secrets_do_not_reach_the_log() {
        let settings = read(&[
            ("DATABASE_URL", "postgres://silkcart:hunter2@db/silkcart"),
            ("CURSOR_SECRET", "hunter2hunter2hunter2hunter2hunter2"),
            ("GEOCODING_API_KEY", "hunter2"),
            ("TOKEN_SECRET", "hunter2hunter2hunter2hunter2hunter2"),
            ("MAIL_URL", "smtps://silkcart:hunter2@mail.example"),
            ("AMQP_URL", "amqp://silkcart:hunter2@broker/"),
        ]);
        assert!(!format!("{:?}", settings.unwrap()).contains("hunter2"));
        let error = read(&[
            ("CURSOR_SECRET", "hunter2"),
            ("JWT_PRIVATE_KEY", "hunter2"),
            ("DATABASE_URL", "hunter2"),
        ]);
        assert!(!format!("{}", error.unwrap_err()).contains("hunter2"));
    }
}
