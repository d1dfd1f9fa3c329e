//! What hostile clients try, by story. Each of them ends in a refusal, and changes nothing.

mod assignment;
mod browsers;
mod echoes;
mod forged_tokens;
mod names;
mod refreshes;
mod strangers;
