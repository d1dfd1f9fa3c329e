//! The command that makes somebody an admin: how the first one comes to be.

use std::io::Write;

use accounts::{Hasher, Password, Superuser};
use anyhow::{Context, Result};
use assembly::settings::Settings;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use db::{Database, PoolSettings};
use kernel::{Clock, SystemClock};

/// Where the new account's password comes from. No setting: it is of use once.
pub const PASSWORD: &str = "SILKCART_SUPERUSER_PASSWORD";

/// Makes the account with this email address an admin, and the account itself if there is none. A password that is
/// made up is printed, this once.
pub async fn make(settings: &Settings, email: String, given: Option<String>) -> Result<()> {
    let url = settings.database.url.as_ref().context("set DATABASE_URL")?;
    let database = Database::open(&PoolSettings::new(url.expose()))?;
    let password = given.clone().unwrap_or_else(|| URL_SAFE_NO_PAD.encode(rand::random::<[u8; 18]>()));
    let request = Superuser { email, password: Password::new(password.clone()) };
    let (account, made) =
        accounts::make_superuser(&database, &Hasher::new()?, SystemClock.now(), request).await?;
    let email = account.user.email;
    let told = match (made, given) {
        (false, _) => format!("{email} is an admin now; the password stays"),
        (true, Some(_)) => format!("{email} is an admin now, with the password in {PASSWORD}"),
        (true, None) => format!("{email} is an admin now, with the password {password}"),
    };
    writeln!(std::io::stdout(), "{told}")?;
    Ok(())
}
