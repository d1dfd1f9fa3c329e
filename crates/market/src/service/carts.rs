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

/// The user's cart, made if they have none, and locked for the rest of the transaction.
pub async fn user_cart(tx: &mut Conn, now: DateTime<Utc>, user: UserId) -> Result<Cart, MarketError> {
    if let Some(cart) = store::carts::find_of_user(tx, user).await? {
        store::carts::lock(tx, cart).await?;
        return load(tx, cart).await;
    }
    store::carts::insert_user_cart(tx, now, user).await?;
    let cart = store::carts::find_of_user(tx, user).await?.ok_or(MarketError::NotFound("cart"))?;
    store::carts::lock(tx, cart).await?;
    load(tx, cart).await
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

/// A guest's cart, locked for the rest of the transaction; none when the token is not known.
pub async fn lock_guest_cart(tx: &mut Conn, token: &GuestToken) -> Result<Option<Cart>, MarketError> {
    let Some(cart) = store::carts::find_of_guest(tx, &digest(token)).await? else { return Ok(None) };
    // Whoever held it meanwhile may have removed it.
    if store::carts::lock(tx, cart).await? { load(tx, cart).await.map(Some) } else { Ok(None) }
}

/// Puts a line into the cart, or replaces its quantity and the price that was seen.
pub async fn put_line(
    tx: &mut Conn,
    now: DateTime<Utc>,
    cart: CartId,
    line: CartLine,
) -> Result<(), MarketError> {
    if !store::carts::lock(tx, cart).await? {
        return Err(MarketError::NotFound("cart"));
    }
    let lines = store::carts::list_lines(tx, cart).await?;
    let is_new = lines.iter().all(|present| present.offering_id != line.offering_id);
    if is_new && lines.len() >= MOST_LINES {
        return Err(MarketError::CartFull { most: MOST_LINES });
    }
    store::carts::upsert_line(tx, cart, line).await?;
    Ok(store::carts::touch(tx, cart, now).await?)
}

/// Takes an offering out of the cart; true if it was there.
pub async fn remove_line(
    tx: &mut Conn,
    now: DateTime<Utc>,
    cart: CartId,
    offering: OfferingId,
) -> Result<bool, MarketError> {
    let removed = store::carts::delete_line(tx, cart, offering).await?;
    store::carts::touch(tx, cart, now).await?;
    Ok(removed)
}

/// Empties the cart.
pub async fn clear_cart(tx: &mut Conn, now: DateTime<Utc>, cart: CartId) -> Result<(), MarketError> {
    store::carts::delete_lines(tx, cart).await?;
    Ok(store::carts::touch(tx, cart, now).await?)
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
