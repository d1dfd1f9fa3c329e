//! What somebody wants to be told, and how.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use db::Conn;
use kernel::{Fields, InvalidCode, UserId};

use crate::decide::{self, Choices};
use crate::{
    Channel, NotificationsError, Preference, PreferenceChange, Standing, Subscription, UnsubscribeKey, store,
};

/// Everything that can be told by some channel, with what holds for the user; in the order of [`crate::Kind::ALL`] and
/// [`Channel::ALL`].
pub async fn preferences(conn: &mut Conn, user: UserId) -> Result<Vec<Preference>, NotificationsError> {
    let choices = store::preferences::load(conn, &[user]).await?;
    Ok(decide::grid(choices.get(&user).unwrap_or(&Choices::new())))
}

/// Changes the user's choices; of several for the same the last counts. Returns what holds then.
///
/// # Errors
/// A channel that the kind does not use (`changes/0/channel`); switching off what cannot be (`changes/0/enabled`); no
/// such user.
pub async fn set_preferences(
    tx: &mut Conn,
    now: DateTime<Utc>,
    user: UserId,
    changes: &[PreferenceChange],
) -> Result<Vec<Preference>, NotificationsError> {
    let mut fields = Fields::default();
    for (position, change) in changes.iter().enumerate() {
        let (kind, channel) = (change.kind.as_str(), change.channel.as_str());
        match change.kind.standing(change.channel) {
            Standing::Never => {
                let message = format!("{kind} is never told by {channel}");
                fields.refuse(&format!("changes/{position}/channel"), InvalidCode::NotAllowed, message);
            }
            Standing::Always if !change.enabled => {
                let message = format!("{kind} cannot be switched off by {channel}");
                fields.refuse(&format!("changes/{position}/enabled"), InvalidCode::NotAllowed, message);
            }
            Standing::Always | Standing::On | Standing::Off => {}
        }
    }
    fields.finish()?;
    write(tx, now, user, changes).await?;
    preferences(tx, user).await
}

/// Switches off what a link stands for; returns what that was. Once more changes nothing.
///
/// # Errors
/// The link is none of ours, or of an account that is gone.
pub async fn unsubscribe(
    tx: &mut Conn,
    now: DateTime<Utc>,
    key: &UnsubscribeKey,
    token: &str,
) -> Result<Subscription, NotificationsError> {
    let subscription = key.read(token)?;
    let Subscription { user_id, kind } = subscription;
    write(tx, now, user_id, &[PreferenceChange { kind, channel: Channel::Email, enabled: false }]).await?;
    Ok(subscription)
}

/// Keeps what differs from the default and forgets what does not, in two statements. In order, so that two changes of
/// the same never wait for each other.
async fn write(
    tx: &mut Conn,
    now: DateTime<Utc>,
    user: UserId,
    changes: &[PreferenceChange],
) -> Result<(), NotificationsError> {
    let latest: BTreeMap<_, _> =
        changes.iter().map(|change| ((change.kind, change.channel), *change)).collect();
    let (usual, other): (Vec<_>, Vec<_>) = latest
        .into_values()
        .partition(|change| change.kind.standing(change.channel).is_default() == change.enabled);
    if !usual.is_empty() {
        store::preferences::delete(tx, user, &usual).await?;
    }
    if !other.is_empty() {
        store::preferences::upsert(tx, now, user, &other).await?;
    }
    Ok(())
}
