//! Where the log goes, and in which shape.

use anyhow::Result;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::writer::BoxMakeWriter;

use crate::settings::{LogFormat, LogSettings};

/// What an operator's script reads is on stdout by itself: the log of such a command goes to stderr.
#[derive(Clone, Copy, Debug)]
pub enum LogTo {
    /// Of a program that serves.
    Stdout,
    /// Of a command that prints something.
    Stderr,
}

/// Begins to write the log, once a process.
///
/// # Errors
/// The filter cannot be read, or there is a log already.
pub fn start_log(settings: &LogSettings, to: LogTo) -> Result<()> {
    let writer = match to {
        LogTo::Stdout => BoxMakeWriter::new(std::io::stdout),
        LogTo::Stderr => BoxMakeWriter::new(std::io::stderr),
    };
    let filter = EnvFilter::try_new(&settings.filter)?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    match settings.format {
        LogFormat::Text => log.try_init(),
        LogFormat::Json => log.json().flatten_event(true).with_span_list(false).try_init(),
    }
    .map_err(|error| anyhow::anyhow!("cannot start the log: {error}"))
}
