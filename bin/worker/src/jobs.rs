//! `worker jobs`: what there is to do, why it failed, and having it done after all.

use std::io::Write;

use anyhow::{Context, Result, bail};
use chrono::{DateTime, SecondsFormat, Utc};
use clap::{Args, Subcommand};
use db::Database;
use kernel::JobId;
use outbox::{JobFilter, JobRecord, JobState};
use serde_json::json;

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Lists jobs, the youngest first.
    List(Listing),
    /// Lists the jobs that failed for good.
    Dead {
        /// Only those of this name, such as `checkout.expire_order`.
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        shape: Shape,
    },
    /// Shows all that is known of a job.
    Show {
        /// The job's id.
        id: JobId,
    },
    /// Has jobs done now: those that failed for good, and those that wait for their next attempt.
    Retry(Retry),
}

#[derive(Args, Debug)]
pub struct Listing {
    /// Only those that stand so: queued, sent, leased, done or dead.
    #[arg(long, value_parser = state)]
    state: Option<JobState>,
    /// Only those of this name, such as `checkout.expire_order`.
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    shape: Shape,
}

#[derive(Args, Debug)]
pub struct Shape {
    /// At most so many.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=10_000))]
    limit: i64,
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
}

#[derive(Args, Debug)]
pub struct Retry {
    /// The jobs' ids.
    #[arg(required_unless_present = "all_dead", conflicts_with = "all_dead")]
    ids: Vec<JobId>,
    /// All that failed for good, but for rounds of periodic work, whose next round does what they did not.
    #[arg(long)]
    all_dead: bool,
    /// With --all-dead, only those of this name.
    #[arg(long, requires = "all_dead")]
    name: Option<String>,
}

fn state(name: &str) -> Result<JobState, String> {
    let names = || JobState::ALL.map(JobState::as_str).join(", ");
    JobState::from_name(name).ok_or_else(|| format!("a job is one of {}", names()))
}

impl Command {
    pub async fn execute(self, database: &Database, now: DateTime<Utc>) -> Result<()> {
        match self {
            Self::List(Listing { state, name, shape }) => {
                list(database, &JobFilter { state, name }, &shape).await
            }
            Self::Dead { name, shape } => {
                list(database, &JobFilter { state: Some(JobState::Dead), name }, &shape).await
            }
            Self::Show { id } => show(database, id).await,
            Self::Retry(retry) => retry.execute(database, now).await,
        }
    }
}

impl Retry {
    async fn execute(self, database: &Database, now: DateTime<Utc>) -> Result<()> {
        let mut conn = database.conn().await?;
        if self.all_dead {
            let put_back = outbox::rerun_dead_jobs(&mut conn, now, self.name.as_deref()).await?;
            writeln!(std::io::stdout(), "{put_back} jobs are done anew")?;
            return Ok(());
        }
        let mut refused = Vec::new();
        for id in self.ids {
            if outbox::rerun_job(&mut conn, now, id).await? {
                writeln!(std::io::stdout(), "{id} is done now")?;
            } else {
                refused.push(id.to_string());
            }
        }
        if !refused.is_empty() {
            bail!("unknown, done, or being done: {}", refused.join(", "));
        }
        Ok(())
    }
}

async fn list(database: &Database, filter: &JobFilter, shape: &Shape) -> Result<()> {
    let jobs = outbox::list_jobs(&mut *database.conn().await?, filter, shape.limit).await?;
    let mut out = std::io::stdout().lock();
    if shape.json {
        for job in &jobs {
            writeln!(out, "{}", as_json(job))?;
        }
        return Ok(());
    }
    writeln!(out, "{:36}  {:6}  {:>3}  {:20}  {:32}  LAST ERROR", "ID", "STATE", "TRY", "DUE", "NAME")?;
    for job in &jobs {
        let (state, due) = (job.state.as_str(), told(job.run_at));
        let error = job.last_error.as_deref().unwrap_or_default().lines().next().unwrap_or_default();
        writeln!(out, "{}  {state:6}  {:>3}  {due:20}  {:32}  {error}", job.id, job.attempts, job.name)?;
    }
    Ok(())
}

async fn show(database: &Database, id: JobId) -> Result<()> {
    let job = outbox::find_job(&mut *database.conn().await?, id).await?;
    let job = job.with_context(|| format!("there is no job {id}"))?;
    writeln!(std::io::stdout(), "{:#}", as_json(&job))?;
    Ok(())
}

fn as_json(job: &JobRecord) -> serde_json::Value {
    json!({
        "id": job.id.to_string(),
        "name": job.name,
        "payload": job.payload,
        "state": job.state.as_str(),
        "attempts": job.attempts,
        "run_at": told(job.run_at),
        "leased_until": job.leased_until.map(told),
        "last_error": job.last_error,
        "request_id": job.request_id,
        "trace_parent": job.trace_parent,
        "created_at": told(job.created_at),
        "finished_at": job.finished_at.map(told),
    })
}

fn told(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}
