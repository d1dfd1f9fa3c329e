//! Carts of users and guests.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use db::Conn;
use kernel::{CartId, OfferingId, UserId};
use rand::Rng;
use sha2::{Digest, Sha256};

use crate::{Cart, CartHolder, CartLine, GuestToken, MarketError, store};

/// The most lines a cart holds.
pub const MOST_LINES: usize = 50;

/// The user's cart, begun if they have none, and locked for the rest of the transaction.
pub async fn user_cart(tx: &mut Conn, now: DateTime<Utc>, user: UserId) -> Result<Cart, MarketError> {
    let id = store::carts::open_user_cart(tx, now, user).await?;
    load(tx, id).await
}

/// The holder's cart, locked for the rest of the transaction; none when they have not begun one, or the token is not
/// known.
pub async fn lock_cart(
    tx: &mut Conn,
    now: DateTime<Utc>,
    holder: &CartHolder,
) -> Result<Option<Cart>, MarketError> {
    let id = match holder {
        CartHolder::User(user) => store::carts::lock_of_user(tx, now, *user).await?,
        CartHolder::Guest(token) => store::carts::lock_of_guest(tx, now, &digest(token)).await?,
    };
    match id {
        Some(id) => load(tx, id).await.map(Some),
        None => Ok(None),
    }
}

/// A new cart for a guest, with the token that opens it.
pub async fn create_guest_cart(tx: &mut Conn, now: DateTime<Utc>) -> Result<(Cart, GuestToken), MarketError> {
    let secret: [u8; 32] = rand::rng().random();
    let token = GuestToken(URL_SAFE_NO_PAD.encode(secret));
    let id = store::carts::insert_guest_cart(tx, now, &digest(&token)).await?;
    Ok((Cart { id, lines: Vec::new() }, token))
}

/// The holder's cart; none when they have not begun one, or the token is not known.
pub async fn find_cart(conn: &mut Conn, holder: &CartHolder) -> Result<Option<Cart>, MarketError> {
    let id = match holder {
        CartHolder::User(user) => store::carts::find_of_user(conn, *user).await?,
        CartHolder::Guest(token) => store::carts::find_of_guest(conn, &digest(token)).await?,
    };
    match id {
        Some(id) => load(conn, id).await.map(Some),
        None => Ok(None),
    }
}

/// Puts lines into a cart that the transaction holds locked, or replaces the quantity and the price seen of those that
/// are in it.
///
/// # Errors
/// [`MarketError::CartFull`]; nothing is put in then.
pub async fn put_lines(tx: &mut Conn, cart: &mut Cart, lines: &[CartLine]) -> Result<(), MarketError> {
    let is_new = |line: &&CartLine| cart.lines.iter().all(|present| present.offering_id != line.offering_id);
    if cart.lines.len() + lines.iter().filter(is_new).count() > MOST_LINES {
        return Err(MarketError::CartFull { most: MOST_LINES });
    }
    if lines.is_empty() {
        return Ok(());
    }
    store::carts::upsert_lines(tx, cart.id, lines).await?;
    for line in lines {
        match cart.lines.iter_mut().find(|present| present.offering_id == line.offering_id) {
            Some(present) => *present = CartLine { created_at: present.created_at, ..*line },
            None => cart.lines.push(*line),
        }
    }
    cart.lines.sort_by_key(|line| line.created_at);
    Ok(())
}

/// Takes an offering out of a cart that the transaction holds locked; true if it was there.
pub async fn remove_line(tx: &mut Conn, cart: &mut Cart, offering: OfferingId) -> Result<bool, MarketError> {
    cart.lines.retain(|line| line.offering_id != offering);
    Ok(store::carts::delete_line(tx, cart.id, offering).await?)
}

/// Empties a cart that the transaction holds locked.
pub async fn clear_cart(tx: &mut Conn, cart: CartId) -> Result<(), MarketError> {
    Ok(store::carts::delete_lines(tx, cart).await?)
}

/// Removes the cart with its lines.
pub async fn remove_cart(tx: &mut Conn, cart: CartId) -> Result<(), MarketError> {
    Ok(store::carts::delete(tx, cart).await?)
}

/// Forgets carts that nobody has touched: guests' after 30 days, users' after 90.
pub async fn forget_stale_carts(conn: &mut Conn, now: DateTime<Utc>) -> Result<usize, MarketError> {
    let (guests, users) = (now - TimeDelta::days(30), now - TimeDelta::days(90));
    Ok(store::carts::delete_stale(conn, guests, users).await?)
}

async fn load(conn: &mut Conn, id: CartId) -> Result<Cart, MarketError> {
    Ok(Cart { id, lines: store::carts::list_lines(conn, id).await? })
}

fn digest(token: &GuestToken) -> [u8; 32] {
    Sha256::digest(token.0.as_bytes()).into()
}
