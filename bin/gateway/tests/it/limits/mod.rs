//! What one client may take of the server, and that others do not feel it.

mod bodies;
mod framing;
mod overload;
mod slow_clients;
mod wire;
