//! What one client may send. What many slow or eager ones may take of the server is in `tests/load`.

mod bodies;
mod framing;
mod wire;
