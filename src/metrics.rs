//! Numbers that go up, and the text in which Prometheus reads them.

use std::{
    fmt::Write,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use strum::IntoEnumIterator;

use crate::surface::Surface;

/// How many classes of statuses there are: 1xx to 5xx.
const CLASSES: usize = 5;
/// How many surfaces there are.
const SURFACES: usize = 7;

/// How often each surface has answered. Clones share the numbers.
#[derive(Debug, Clone, Default)]
pub struct Answers(Arc<[[AtomicU64; CLASSES]; SURFACES]>);

/// How long things took.
#[derive(Debug, Default)]
pub struct Histogram {
    /// How many took no longer than each bound, and longer than the one before it.
    buckets: [AtomicU64; Self::BOUNDS.len()],
    count: AtomicU64,
    micros: AtomicU64,
}

/// A text of metrics, line by line.
#[derive(Debug, Default)]
pub struct Exposition(String);

impl Answers {
    /// A surface has answered with this status.
    pub fn count(&self, surface: Surface, status: u16) {
        let class = usize::from(status / 100).clamp(1, CLASSES) - 1;
        self.0[surface as usize][class].fetch_add(1, Ordering::Relaxed);
    }
}

impl Histogram {
    /// In seconds.
    const BOUNDS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

    pub fn observe(&self, time: Duration) {
        let bound = Self::BOUNDS.iter().position(|bound| time.as_secs_f64() <= *bound);
        if let Some(bound) = bound {
            self.buckets[bound].fetch_add(1, Ordering::Relaxed);
        }
        self.count.fetch_add(1, Ordering::Relaxed);
        let micros = time.as_micros().try_into().unwrap_or(u64::MAX);
        self.micros.fetch_add(micros, Ordering::Relaxed);
    }
}

impl Exposition {
    /// A number that only goes up.
    pub fn counter(&mut self, name: &str, help: &str, value: u64) {
        self.head(name, help, "counter");
        self.line(format_args!("{name} {value}"));
    }

    /// A number that goes up and down.
    pub fn gauge(&mut self, name: &str, help: &str, value: u64) {
        self.head(name, help, "gauge");
        self.line(format_args!("{name} {value}"));
    }

    /// Answers by surface and class of status. All of them from the start, for a rate needs a zero.
    pub fn answers(&mut self, name: &str, help: &str, answers: &Answers) {
        self.head(name, help, "counter");
        for surface in Surface::iter() {
            for (class, count) in answers.0[surface as usize].iter().enumerate() {
                let (surface, class) = (surface.name(), class + 1);
                let count = count.load(Ordering::Relaxed);
                let labels = format_args!("surface=\"{surface}\",status=\"{class}xx\"");
                self.line(format_args!("{name}{{{labels}}} {count}"));
            }
        }
    }

    pub fn histogram(&mut self, name: &str, help: &str, histogram: &Histogram) {
        self.head(name, help, "histogram");
        let mut so_far = 0;
        for (bound, count) in Histogram::BOUNDS.iter().zip(&histogram.buckets) {
            so_far += count.load(Ordering::Relaxed);
            self.line(format_args!("{name}_bucket{{le=\"{bound}\"}} {so_far}"));
        }
        let count = histogram.count.load(Ordering::Relaxed).max(so_far);
        let seconds = Duration::from_micros(histogram.micros.load(Ordering::Relaxed)).as_secs_f64();
        self.line(format_args!("{name}_bucket{{le=\"+Inf\"}} {count}"));
        self.line(format_args!("{name}_sum {seconds}"));
        self.line(format_args!("{name}_count {count}"));
    }

    #[must_use]
    pub fn text(self) -> String {
        self.0
    }

    fn head(&mut self, name: &str, help: &str, kind: &str) {
        self.line(format_args!("# HELP {name} {help}"));
        self.line(format_args!("# TYPE {name} {kind}"));
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        writeln!(self.0, "{line}").expect("a string takes everything");
    }
}

/// How much of the machine's memory the program has in use, in bytes, where Linux tells.
#[must_use]
pub fn resident_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = text.split(' ').nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_add_up() {
        let histogram = Histogram::default();
        for millis in [1, 2, 60, 9_000] {
            histogram.observe(Duration::from_millis(millis));
        }
        let mut text = Exposition::default();

        text.histogram("t", "Times.", &histogram);

        insta::assert_snapshot!(text.text(), @r#"
        # HELP t Times.
        # TYPE t histogram
        t_bucket{le="0.001"} 1
        t_bucket{le="0.0025"} 2
        t_bucket{le="0.005"} 2
        t_bucket{le="0.01"} 2
        t_bucket{le="0.025"} 2
        t_bucket{le="0.05"} 2
        t_bucket{le="0.1"} 3
        t_bucket{le="0.25"} 3
        t_bucket{le="0.5"} 3
        t_bucket{le="1"} 3
        t_bucket{le="5"} 3
        t_bucket{le="+Inf"} 4
        t_sum 9.063
        t_count 4
        "#);
    }

    #[test]
    fn every_surface_has_its_numbers() {
        assert_eq!(Surface::iter().count(), SURFACES);
        let answers = Answers::default();
        answers.count(Surface::Nowhere, 404);
        let mut text = Exposition::default();

        text.answers("t", "Answers.", &answers);

        assert!(text.text().contains("t{surface=\"nowhere\",status=\"4xx\"} 1\n"));
    }
}
