//! Looks at a whole database at one instant and says what does not hold; mends what can be mended without losing
//! anything.
//!
//! What must hold, and how it is mended, is the business of the crates that own the tables: this asks them one after
//! the other and prints. Money and the history of movements are reported and never touched.

use std::collections::BTreeSet;
use std::fmt;

use anyhow::Result;
use chrono::{DateTime, Utc};
use db::{Check, Conn, Finding};
use serde::Serialize;

/// What an examination has come to.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Report {
    /// Whether everything holds that was looked at.
    pub clean: bool,
    /// What does not hold.
    pub findings: Vec<Item>,
    /// What could not be judged, because work that bears upon it is still being done.
    pub waiting: Vec<String>,
    /// What was mended before this was found.
    pub repaired: Vec<String>,
}

/// Something that does not hold.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Item {
    /// Its name, such as `jobs.dead`.
    pub code: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// How often it was found.
    pub count: i64,
    /// Up to ten of the places.
    pub examples: Vec<String>,
    /// What a repair does, where there is one.
    pub repair: Option<&'static str>,
}

impl From<Finding> for Item {
    fn from(finding: Finding) -> Self {
        let Finding { check: Check { code, meaning, repair }, count, examples } = finding;
        Self { code, meaning, count, examples, repair }
    }
}

impl Item {
    fn check(&self) -> Check {
        Check { code: self.code, meaning: self.meaning, repair: self.repair }
    }
}

/// Everything the doctor looks at, in the order of a report.
pub fn checks() -> impl Iterator<Item = Check> {
    let owners: [&[Check]; 9] = [
        &outbox::CHECKS,
        &reservations::CHECKS,
        &catalog::CHECKS,
        &market::CHECKS,
        &notifications::CHECKS,
        &checkout::CHECKS,
        &placement::CHECKS,
        &media::CHECKS,
        &gallery::CHECKS,
    ];
    owners.into_iter().flatten().copied()
}

/// Examines the database at `url`, in one snapshot and changing nothing; `only` narrows down what is reported, none for
/// everything.
///
/// # Errors
/// `only` names something else than a check; the database fails, or is not of this version.
pub async fn examine(url: &str, now: DateTime<Utc>, only: &[String]) -> Result<Report> {
    if let Some(unknown) = only.iter().find(|only| checks().all(|check| check.code != only.as_str())) {
        let known: Vec<&str> = checks().map(|check| check.code).collect();
        anyhow::bail!("there is no check {unknown}; there are {}", known.join(", "));
    }
    let mut conn = db::connect(url).await?;
    let (findings, waiting) = conn
        .build_transaction()
        .repeatable_read()
        .read_only()
        .run::<_, anyhow::Error, _>(async |conn| look(conn, now).await)
        .await?;
    let is_meant = |code: &str| only.is_empty() || only.iter().any(|other| other == code);
    let findings: Vec<Item> =
        findings.into_iter().map(Item::from).filter(|item| is_meant(item.code)).collect();
    let waiting = waiting.into_iter().filter(|code| is_meant(code)).collect();
    Ok(Report { clean: findings.is_empty(), findings, waiting, repaired: Vec::new() })
}

/// Mends what can be mended of a report's findings, and examines again.
///
/// # Errors
/// The database fails. What was mended before stays mended.
pub async fn repair(url: &str, now: DateTime<Utc>, only: &[String]) -> Result<Report> {
    let mut report = examine(url, now, only).await?;
    let mut repaired = BTreeSet::new();
    // Mending one thing may bring another to light, such as reach that was wrong for a reach that was wrong.
    loop {
        let mendable: Vec<Check> = report
            .findings
            .iter()
            .filter(|item| item.repair.is_some() && !repaired.contains(item.code))
            .map(Item::check)
            .collect();
        if mendable.is_empty() {
            report.repaired = repaired.into_iter().map(str::to_owned).collect();
            return Ok(report);
        }
        let mut conn = db::connect(url).await?;
        for check in mendable {
            mend(&mut conn, now, check).await?;
            repaired.insert(check.code);
        }
        report = examine(url, now, only).await?;
    }
}

async fn look(conn: &mut Conn, now: DateTime<Utc>) -> Result<(Vec<Finding>, Vec<String>)> {
    let mut findings = outbox::check(conn, now).await?;
    findings.extend(reservations::check(conn, now).await?);
    findings.extend(catalog::check(conn).await?);
    findings.extend(market::check(conn).await?);
    findings.extend(notifications::check(conn, now).await?);
    findings.extend(checkout::check(conn, now).await?);
    let (placement, settled) = placement::check(conn, now).await?;
    findings.extend(placement);
    let mut waiting = Vec::new();
    if !settled {
        waiting.push(placement::REACH.code.to_owned());
    }
    findings.extend(media::check(conn, now).await?);
    let (shown, settled) = gallery::check(conn, now).await?;
    findings.extend(shown);
    if !settled {
        waiting.extend(gallery::CHECKS.map(|check| check.code.to_owned()));
    }
    Ok((findings, waiting))
}

/// Asks one owner after the other whether the check is theirs to mend.
async fn mend(conn: &mut Conn, now: DateTime<Utc>, check: Check) -> Result<()> {
    let mended = outbox::repair(conn, now, check).await?
        || reservations::repair(conn, now, check).await?
        || placement::repair(conn, now, check).await?
        || checkout::repair(conn, now, check).await?
        || notifications::repair(conn, now, check).await?
        || media::repair(conn, now, check).await?
        || gallery::repair(conn, check).await?
        || catalog::repair(conn, check).await?;
    anyhow::ensure!(mended, "nobody mends {}", check.code);
    Ok(())
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Item { code, meaning, count, examples, repair } in &self.findings {
            writeln!(f, "{code}: {count}\n    {meaning}")?;
            match repair {
                Some(repair) => writeln!(f, "    --repair {repair}")?,
                None => writeln!(f, "    no repair: somebody has to look at it")?,
            }
            for example in examples {
                writeln!(f, "      {example}")?;
            }
        }
        for code in &self.waiting {
            writeln!(f, "{code}: not judged, work that bears upon it is waiting")?;
        }
        for code in &self.repaired {
            writeln!(f, "{code}: repaired")?;
        }
        if self.clean { writeln!(f, "clean") } else { writeln!(f, "{} findings", self.findings.len()) }
    }
}
