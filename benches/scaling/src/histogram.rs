//! Durations, counted by size.

use std::time::Duration;

/// Steps within each power of two: values are exact to 1/16.
const STEPS: usize = 16;

/// Counts nanoseconds in buckets that grow with them.
#[derive(Clone, Debug)]
pub(crate) struct Histogram {
    buckets: Vec<u64>,
    count: u64,
    max: u64,
}

impl Histogram {
    pub(crate) fn new() -> Self {
        Self {
            buckets: vec![0; 64 * STEPS],
            count: 0,
            max: 0,
        }
    }

    fn bucket(nanos: u64) -> usize {
        let power = nanos.max(STEPS as u64).ilog2() as usize;
        let shift = power - STEPS.ilog2() as usize;
        shift * STEPS + (nanos >> shift) as usize
    }

    /// The least value of a bucket.
    fn value(bucket: usize) -> u64 {
        let shift = (bucket / STEPS).saturating_sub(1);
        ((bucket - shift * STEPS) as u64) << shift
    }

    pub(crate) fn record(&mut self, time: Duration) {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.buckets[Self::bucket(nanos)] += 1;
        self.count += 1;
        self.max = self.max.max(nanos);
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        for (sum, count) in self.buckets.iter_mut().zip(&other.buckets) {
            *sum += count;
        }
        self.count += other.count;
        self.max = self.max.max(other.max);
    }

    pub(crate) fn max(&self) -> Duration {
        Duration::from_nanos(self.max)
    }

    /// Returns the value that this part of all recorded ones does not exceed.
    pub(crate) fn quantile(&self, part: f64) -> Duration {
        let rank = (self.count as f64 * part).ceil().max(1.0) as u64;
        let mut seen = 0;
        for (bucket, count) in self.buckets.iter().enumerate() {
            seen += count;
            if seen >= rank {
                return Duration::from_nanos(Self::value(bucket));
            }
        }
        self.max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_in_order_and_exact_to_a_sixteenth() {
        let mut last = 0;
        for nanos in (0..2000).chain((11..63).map(|power| (1 << power) + 12_345)) {
            let bucket = Histogram::bucket(nanos);
            assert!(bucket >= last, "{nanos}");
            last = bucket;
            let value = Histogram::value(bucket);
            assert!(
                value <= nanos && nanos - value <= nanos / 16,
                "{nanos} {value}"
            );
        }
        assert!(Histogram::bucket(u64::MAX) < 64 * STEPS);
    }

    #[test]
    fn quantiles_are_those_of_what_was_recorded() {
        let mut histogram = Histogram::new();
        for nanos in 1..=10 {
            histogram.record(Duration::from_nanos(nanos));
        }
        assert_eq!(histogram.quantile(0.5).as_nanos(), 5);
        assert_eq!(histogram.quantile(1.0).as_nanos(), 10);
        assert_eq!(histogram.max().as_nanos(), 10);
    }
}
