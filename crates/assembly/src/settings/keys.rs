//! The one list of what can be set.

use std::fmt::Write;

/// A key of the environment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// What it sets, its shape and unit.
    pub description: &'static str,
    /// What holds when it is not set.
    pub default: Option<&'static str>,
    /// Whether its value must not be shown.
    pub secret: bool,
    /// Who refuses to start without it in production.
    pub required_in_production: Required,
}

/// Who needs a key in production.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Required {
    /// Nobody.
    No,
    /// The gateway: a worker need not be trusted with what it does not use.
    ByGateway,
    /// Gateway and worker.
    ByAll,
}

const fn key(name: &'static str, default: Option<&'static str>, description: &'static str) -> Key {
    Key { name, description, default, secret: false, required_in_production: Required::No }
}

impl Key {
    const fn secret(self) -> Self {
        Self { secret: true, ..self }
    }

    const fn required(self) -> Self {
        Self { required_in_production: Required::ByAll, ..self }
    }

    const fn required_by_gateway(self) -> Self {
        Self { required_in_production: Required::ByGateway, ..self }
    }
}

/// Every key.
pub const KEYS: &[Key] = &[
    key("SILKCART_ENV", Some("development"), "development or production; production makes nothing up"),
    key("SILKCART_BIND", Some("127.0.0.1:8080"), "address and port to listen on"),
    key(
        "SILKCART_PUBLIC_URL",
        Some("http://127.0.0.1:8080"),
        "address that callers use; https in production",
    )
    .required(),
    key(
        "SILKCART_PAGES_URL",
        None,
        "address of the frontend's pages, to which the links in mails lead; unset: the public address",
    ),
    key(
        "SILKCART_DATA_DIR",
        Some("data"),
        "folder for what is made up: the embedded database, generated keys, mail and text messages",
    ),
    key("SILKCART_DEMO", Some("false"), "true offers demonstration data; never in production"),
    key(
        "DATABASE_URL",
        None,
        "postgres://user:password@host:5432/name?sslmode=require; unset starts an embedded server",
    )
    .secret()
    .required(),
    key("DATABASE_MAX_CONNECTIONS", Some("16"), "most connections this process holds, 1 to 500"),
    key("CORS_ALLOWED_ORIGINS", Some(""), "origins whose pages may call the API, separated by commas"),
    key(
        "TRUSTED_PROXIES",
        Some(""),
        "addresses or CIDR ranges whose X-Forwarded-For is believed, separated by commas",
    ),
    key(
        "JWT_PRIVATE_KEY",
        None,
        "Ed25519 private key, PKCS#8 in PEM (newlines may be written \\n); signs access tokens",
    )
    .secret()
    .required_by_gateway(),
    key("CURSOR_SECRET", None, "at least 32 random characters; signs page cursors").secret().required_by_gateway(),
    key(
        "TOKEN_SECRET",
        None,
        "at least 32 random characters; the links in mails are made of it, and work as long as it stays",
    )
    .secret()
    .required(),
    key(
        "MAIL_URL",
        None,
        "smtps://user:password@host:465, smtp://user:password@host:587 (with STARTTLS), smtp+plain://host:25 (without TLS) or file:///folder; unset: files in the data folder",
    )
    .secret()
    .required(),
    key("MAIL_FROM", Some("SilkCart <hello@silkcart.example>"), "name and address that mail comes from").required(),
    key("MAIL_REPLY_TO", None, "address for answers to mail, where it is another"),
    key("S3_ENDPOINT", None, "address of the object store that has the pictures; unset: a folder. All of S3_* or none"),
    key("S3_BUCKET", None, "its bucket, which exists already and is not public"),
    key("S3_REGION", None, "its region, as the server names it"),
    key("S3_ACCESS_KEY", None, "the name of the key to it").secret(),
    key("S3_SECRET_KEY", None, "the key to it").secret(),
    key("S3_PATH_STYLE", Some("false"), "true where the bucket's name stands in the path, as with most servers of one's own"),
    key(
        "MEDIA_FOLDER",
        None,
        "folder of the pictures where no object store has them, shared by all processes; unset: in the data folder, but for production, which needs one or the other",
    ),
    key("MEDIA_URL", None, "address at which pictures are fetched, such as a CDN's before this one; unset: the public address"),
    key("GEOCODING_PROVIDER", Some("gazetteer"), "gazetteer (built in), nominatim or google"),
    key("GEOCODING_API_KEY", None, "the provider's key; google needs it").secret(),
    key("GEOCODING_URL", None, "the provider's address; nominatim needs it"),
    key("HTTP_MAX_CONNECTIONS", Some("4096"), "most connections of clients at once, 1 to 100000; more wait"),
    key(
        "HTTP_MAX_IN_FLIGHT",
        Some("256"),
        "most requests worked on at once, 1 to 10000; more are answered 503, so that none waits long",
    ),
    key("HTTP_HEAD_SECONDS", Some("10"), "seconds that a client has to send a request's head, 1 to 600"),
    key("HTTP_BODY_SECONDS", Some("20"), "seconds that a client has to send a request's body, 1 to 600"),
    key("HTTP_SEND_SECONDS", Some("30"), "seconds that a client has to take in an answer, 1 to 600"),
    key(
        "HTTP_IDLE_SECONDS",
        Some("75"),
        "seconds that a connection may be idle, 1 to 600; more than a proxy's, or it finds connections closed",
    ),
    key("RATE_LIMIT_PER_MINUTE", Some("1200"), "requests a minute per caller and process; 0 for no limit"),
    key(
        "RATE_LIMIT_AUTH_PER_MINUTE",
        Some("30"),
        "the same where guessing pays: login, registration (which counts three times), refresh, change of password, links by mail, guests' checkouts",
    ),
    key(
        "AMQP_URL",
        None,
        "amqp://user:password@host:5672/vhost, or amqps://; RabbitMQ, where workers do the jobs. Unset: the gateway does",
    )
    .secret(),
    key("AMQP_NAMESPACE", Some("silkcart"), "what the names of our queues begin with: one for each installation"),
    key("WORKER_BIND", Some("127.0.0.1:8081"), "address and port of a worker's /health and /metrics"),
    key("WORKER_JOBS_AT_ONCE", Some("32"), "most jobs that a worker does at once, 1 to 1000"),
    key("ORDER_PAYMENT_MINUTES", Some("30"), "minutes that an unpaid order keeps what it holds, 1 to 1440"),
    key("LOG_FORMAT", Some("text"), "text or json"),
    key("RUST_LOG", Some("info"), "what is logged, as tracing's filter directives"),
];

/// `/.env.example`: every key with what it means, commented out at its default.
#[must_use]
pub fn render_env_example() -> String {
    let mut text = String::from(
        "# Every setting of the gateway and the worker. Copy to .env, or set the variables otherwise.\n\
         # Without any of them the gateway runs on this machine with all it needs.\n",
    );
    for key in KEYS {
        let needed = match key.required_in_production {
            Required::No => "",
            Required::ByGateway => " Required in production, by the gateway alone.",
            Required::ByAll => " Required in production.",
        };
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "\n# {}.{needed}\n#{}={}\n",
            key.description,
            key.name,
            key.default.unwrap_or_default()
        );
    }
    text
}
