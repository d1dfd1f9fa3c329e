//! What one client may send. What many slow or eager ones may take of the server is in `tests/load`.

mod bodies;
mod framing;
mod wire;

use wire::Wire;

/// What one connection answers to these bytes, until it is closed.
async fn answer(base_url: &str, bytes: impl AsRef<[u8]>) -> String {
    let mut wire = Wire::to(base_url).await;
    wire.send(bytes).await;
    wire.text().await
}
