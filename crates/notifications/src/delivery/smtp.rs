//! Mail by SMTP (RFC 5321), over connections that are kept for the next.

use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt};
use kernel::{FieldError, Invalid, InvalidCode};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::{Error, PoolConfig};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};

use super::{DeliveryError, Mailer};
use crate::Mail;

/// How long one answer of the server is waited for. RFC 5321, section 4.5.3.2, would wait minutes; a job is tried again.
const TIMEOUT: Duration = Duration::from_secs(20);
/// As many as a runner has hands.
const CONNECTIONS: u32 = 8;

/// Which mail server, and how to speak to it.
#[derive(Clone, PartialEq, Eq)]
pub struct SmtpSettings {
    /// Its name, which its certificate must have.
    pub host: String,
    /// The port; none for the usual one (465, 587 or 25).
    pub port: Option<u16>,
    /// How the connection is kept from others.
    pub security: SmtpSecurity,
    /// Name and password, where it asks for them.
    pub credentials: Option<(String, String)>,
    /// What this machine calls itself to the server, a full domain name; none for the system's name, which some servers
    /// do not take.
    pub hello_name: Option<String>,
    /// Who vouches for its certificate, beside the public authorities: a certificate in PEM.
    pub root_certificate: Option<String>,
}

/// How a connection is kept from others.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SmtpSecurity {
    /// TLS from the first byte (RFC 8314).
    Implicit,
    /// TLS is asked for, and nothing is said without it (RFC 3207).
    StartTls,
    /// None: for tests and for a server on this machine.
    Plain,
}

impl std::fmt::Debug for SmtpSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SmtpSettings")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("security", &self.security)
            .finish_non_exhaustive()
    }
}

/// Sends mail by SMTP.
#[derive(Clone, Debug)]
pub struct SmtpMailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
}

impl SmtpMailer {
    /// A mailer for a server. Asks the server for nothing yet. Must be made within the runtime that sends, which looks
    /// after the connections that are kept.
    ///
    /// # Errors
    /// The root certificate (`root_certificate`) cannot be read.
    pub fn new(settings: &SmtpSettings) -> Result<Self, Invalid> {
        let host = settings.host.as_str();
        let (tls, usual_port) = match settings.security {
            SmtpSecurity::Implicit => (Tls::Wrapper(parameters(settings)?), 465),
            SmtpSecurity::StartTls => (Tls::Required(parameters(settings)?), 587),
            SmtpSecurity::Plain => (Tls::None, 25),
        };
        // The settings above say all that this "dangerous" builder leaves open.
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
            .port(settings.port.unwrap_or(usual_port))
            .tls(tls)
            .timeout(Some(TIMEOUT))
            .pool_config(PoolConfig::new().max_size(CONNECTIONS));
        if let Some(name) = settings.hello_name.clone() {
            builder = builder.hello_name(ClientId::Domain(name));
        }
        if let Some((name, password)) = settings.credentials.clone() {
            builder = builder.credentials(Credentials::new(name, password));
        }
        Ok(Self { transport: builder.build() })
    }
}

fn parameters(settings: &SmtpSettings) -> Result<TlsParameters, Invalid> {
    let malformed =
        || FieldError::new(InvalidCode::Malformed, "must be a certificate in PEM").at("root_certificate");
    let mut builder = TlsParameters::builder(settings.host.clone());
    if let Some(pem) = &settings.root_certificate {
        // What has no certificate in it would be read as none, and silently trusted no more than that.
        if !pem.contains("-----BEGIN CERTIFICATE-----") {
            return Err(malformed());
        }
        let certificate = Certificate::from_pem(pem.as_bytes()).map_err(|_unreadable| malformed())?;
        builder = builder.add_root_certificate(certificate);
    }
    builder.build_rustls().map_err(|_unusable| malformed())
}

impl Mailer for SmtpMailer {
    fn send<'a>(&'a self, mail: &'a Mail) -> BoxFuture<'a, Result<(), DeliveryError>> {
        async {
            let sent = self.transport.send_raw(mail.envelope(), mail.bytes()).await;
            sent.map(drop).map_err(|error| judge(&error))
        }
        .boxed()
    }
}

/// What an error means. A refusal for good (5xx, RFC 5321, section 4.2.1) is about the message or its recipient, unless it
/// is about us: what is wrong with our name and password is mended by an operator, and no mail is lost over it.
fn judge(error: &Error) -> DeliveryError {
    let code = error.status().map(u16::from);
    let is_about_us = matches!(code, Some(530 | 534 | 535 | 538));
    // Its causes are in it.
    let reason = error.to_string();
    if error.is_permanent() && !is_about_us {
        DeliveryError::Refused(reason)
    } else {
        DeliveryError::Failed(reason)
    }
}
