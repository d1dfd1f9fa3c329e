//! What was measured, as a table for people and as JSON for programs.

use std::fmt::Write;

use hdrhistogram::Histogram;
use serde::Serialize;

/// Rates of several rounds.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Series(Vec<f64>);

impl Series {
    pub fn push(&mut self, rate: f64) {
        self.0.push(rate);
    }

    pub fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        match (sorted.len(), sorted.len() / 2) {
            (0, _) => 0.0,
            (length, middle) if length % 2 == 0 => f64::midpoint(sorted[middle - 1], sorted[middle]),
            (_, middle) => sorted[middle],
        }
    }

    /// How far the rounds lie apart, against the median.
    pub fn spread(&self) -> f64 {
        let (least, most) = self
            .0
            .iter()
            .fold((f64::MAX, 0.0_f64), |(least, most), rate| (least.min(*rate), most.max(*rate)));
        if self.0.is_empty() { 0.0 } else { (most - least) / self.median() }
    }
}

/// Times to answer, in milliseconds.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Latency {
    pub p50: f64,
    pub p99: f64,
}

impl Latency {
    pub fn of(histogram: &Histogram<u64>) -> Self {
        let milliseconds = |quantile| crate::load::as_f64(histogram.value_at_quantile(quantile)) / 1000.0;
        Self { p50: milliseconds(0.5), p99: milliseconds(0.99) }
    }
}

/// What a request says to the database.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Said {
    /// Statements, `BEGIN` and `COMMIT` among them, of a transaction of requests.
    pub statements: f64,
    /// How many of them were prepared for this once.
    pub prepared_anew: f64,
}

/// Bytes of write-ahead log for each transaction.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Wal {
    pub gateway: f64,
    pub pgbench: f64,
}

/// The outcome of a case at a scale.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    pub case: &'static str,
    pub scale: u32,
    pub gateway: Series,
    pub latency: Latency,
    /// What the gateway is compared with: `pgbench`, `argon2` or `alone`.
    pub reference: &'static str,
    pub compared: Series,
    pub memory: Option<Series>,
    pub said: Option<Said>,
    pub wal: Option<Wal>,
    pub aim: f64,
}

impl Outcome {
    pub fn ratio(&self) -> f64 {
        self.gateway.median() / self.compared.median()
    }

    fn is_met(&self) -> bool {
        self.ratio() >= self.aim
    }
}

/// Figures of the process at a scale.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Footprint {
    pub scale: u32,
    pub ready_after_seconds: f64,
    pub rest_mib: f64,
    pub loaded_mib: f64,
}

/// Everything of one run.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    pub machine: String,
    pub outcomes: Vec<Outcome>,
    pub footprints: Vec<Footprint>,
}

const MOST_REST_MIB: f64 = 60.0;
const MOST_READY_SECONDS: f64 = 3.0;
const LEAST_GROWN: f64 = 0.8;

/// The head of the table.
pub const HEAD: &str = "case                      listings  gateway/s    p50 ms    p99 ms  compared with     ratio  \
                        aim   met  memory/s  ratio  spread  statements";

/// One line of the table.
pub fn line(outcome: &Outcome) -> String {
    let (memory, of_memory) = match &outcome.memory {
        Some(memory) => {
            let median = memory.median();
            (format!("{median:8.0}"), format!("{:5.2}", outcome.gateway.median() / median))
        }
        None => (format!("{:>8}", "-"), format!("{:>5}", "-")),
    };
    let said = outcome.said.map_or_else(String::new, |said| {
        let anew = if said.prepared_anew > 0.0 {
            format!(" ({:.1} prepared anew)", said.prepared_anew)
        } else {
            String::new()
        };
        format!("{:.1}{anew}", said.statements)
    });
    let wal =
        outcome.wal.map_or_else(String::new, |wal| format!(", log {:.0}/{:.0} B", wal.gateway, wal.pgbench));
    format!(
        "{:<24} {:>9} {:>10.1} {:>9.2} {:>9.2}  {:<7} {:>8.1} {:>6.2} {:>5.2} {:>5}  {memory}  {of_memory}  {:>2.0}/{:<2.0}%  {said}{wal}",
        outcome.case,
        outcome.scale,
        outcome.gateway.median(),
        outcome.latency.p50,
        outcome.latency.p99,
        outcome.reference,
        outcome.compared.median(),
        outcome.ratio(),
        outcome.aim,
        if outcome.is_met() { "yes" } else { "NO" },
        outcome.gateway.spread() * 100.0,
        outcome.compared.spread() * 100.0,
    )
}

impl Report {
    /// The whole table.
    pub fn render(&self) -> String {
        let mut text = format!("\n{}\n\n{HEAD}\n", self.machine);
        for outcome in &self.outcomes {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{}", line(outcome));
        }
        text.push_str(&self.render_growth());
        for footprint in &self.footprints {
            let Footprint { scale, ready_after_seconds, rest_mib, loaded_mib } = footprint;
            let met = |met: bool| if met { "met" } else { "NOT MET" };
            let _ = writeln!(
                text,
                "\n{scale} listings: ready after {ready_after_seconds:.2} s (aim < {MOST_READY_SECONDS} s: {}); \
                 {rest_mib:.0} MiB at rest (aim < {MOST_REST_MIB} MiB: {}), {loaded_mib:.0} MiB after the load",
                met(*ready_after_seconds < MOST_READY_SECONDS),
                met(*rest_mib < MOST_REST_MIB),
            );
        }
        text
    }

    /// Each case's rate at a larger scale against that at the smallest.
    fn render_growth(&self) -> String {
        let mut text = String::new();
        for outcome in &self.outcomes {
            let smallest = self
                .outcomes
                .iter()
                .filter(|other| other.case == outcome.case)
                .min_by_key(|other| other.scale);
            let Some(smallest) = smallest.filter(|smallest| smallest.scale < outcome.scale) else { continue };
            let kept = outcome.gateway.median() / smallest.gateway.median();
            let pgbench = outcome.compared.median() / smallest.compared.median();
            let met = if kept >= LEAST_GROWN { "met" } else { "NOT MET" };
            let _ = writeln!(
                text,
                "{:<24} {} -> {} listings: {kept:.2} of the rate (aim {LEAST_GROWN}: {met}), {} {pgbench:.2}",
                outcome.case, smallest.scale, outcome.scale, outcome.reference
            );
        }
        if text.is_empty() { text } else { format!("\n{text}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(scale: u32, gateway: [f64; 3], compared: [f64; 3]) -> Outcome {
        Outcome {
            case: "detail",
            scale,
            gateway: Series(gateway.to_vec()),
            latency: Latency { p50: 1.0, p99: 2.5 },
            reference: "pgbench",
            compared: Series(compared.to_vec()),
            memory: None,
            said: Some(Said { statements: 3.0, prepared_anew: 0.0 }),
            wal: None,
            aim: 0.6,
        }
    }

    #[test]
    fn the_median_decides() {
        let met = outcome(100_000, [70.0, 60.0, 10.0], [100.0, 99.0, 500.0]);
        assert!((met.ratio() - 0.6).abs() < 1e-9 && met.is_met());
        assert!(!outcome(100_000, [59.0; 3], [100.0; 3]).is_met());
        assert!((Series(vec![1.0, 3.0]).median() - 2.0).abs() < 1e-9);
        assert!((Series(vec![90.0, 100.0, 110.0]).spread() - 0.2).abs() < 1e-9);
    }

    #[test]
    fn growth_is_told_against_the_smallest_scale() {
        let report = Report {
            outcomes: vec![
                outcome(100_000, [100.0; 3], [100.0; 3]),
                outcome(1_000_000, [70.0; 3], [90.0; 3]),
            ],
            ..Report::default()
        };
        let text = report.render();
        assert!(
            text.contains("100000 -> 1000000 listings: 0.70 of the rate (aim 0.8: NOT MET), pgbench 0.90"),
            "{text}"
        );
    }
}
