//! The few statistics that the report needs.

/// The summary of several rounds of the same cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    pub median: f64,
    /// The quartiles, the spread that the table shows: a single disturbed round does not change
    /// them.
    pub lower_quartile: f64,
    pub upper_quartile: f64,
    pub min: f64,
    pub max: f64,
    pub rounds: usize,
}

impl Summary {
    /// Returns the summary, or `None` if there is no value.
    pub fn of(values: &[f64]) -> Option<Self> {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        Some(Self {
            median: quantile(&sorted, 0.5)?,
            lower_quartile: quantile(&sorted, 0.25)?,
            upper_quartile: quantile(&sorted, 0.75)?,
            min: *sorted.first()?,
            max: *sorted.last()?,
            rounds: sorted.len(),
        })
    }
}

/// Returns the value below which the part `q` of `sorted` lies, interpolated between neighbors.
pub fn quantile(sorted: &[f64], q: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let position = q * last as f64;
    let below = position.floor() as usize;
    let above = position.ceil() as usize;
    let part = position - position.floor();
    Some(sorted[below] * (1.0 - part) + sorted[above] * part)
}

/// Returns the geometric mean, which does not depend on the side from which a ratio is taken.
pub fn geometric_mean(values: &[f64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let sum: f64 = values.iter().map(|value| value.ln()).sum();
    Some((sum / values.len() as f64).exp())
}

/// Returns Jain's fairness index: 1 if all shares are equal, 1/n if one of n has everything.
pub fn jain_index(shares: &[u64]) -> f64 {
    let sum: f64 = shares.iter().map(|&share| share as f64).sum();
    let squares: f64 = shares.iter().map(|&share| (share as f64).powi(2)).sum();
    if squares == 0.0 {
        return 1.0;
    }
    sum * sum / (shares.len() as f64 * squares)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_interpolate_between_neighbors() {
        let sorted = [1.0, 2.0, 3.0, 4.0];
        assert_eq!(quantile(&sorted, 0.0), Some(1.0));
        assert_eq!(quantile(&sorted, 0.5), Some(2.5));
        assert_eq!(quantile(&sorted, 1.0), Some(4.0));
        assert_eq!(quantile(&[], 0.5), None);
    }

    #[test]
    fn a_summary_does_not_depend_on_the_order_of_rounds() {
        let summary = Summary::of(&[5.0, 1.0, 3.0, 4.0, 2.0]).unwrap();
        assert_eq!(summary, Summary::of(&[1.0, 2.0, 3.0, 4.0, 5.0]).unwrap());
        assert_eq!((summary.median, summary.min, summary.max), (3.0, 1.0, 5.0));
        assert_eq!((summary.lower_quartile, summary.upper_quartile), (2.0, 4.0));
        assert_eq!(summary.rounds, 5);
        assert_eq!(Summary::of(&[]), None);
    }

    #[test]
    fn the_geometric_mean_treats_twice_and_half_alike() {
        let mean = geometric_mean(&[2.0, 0.5, 8.0, 0.125]).unwrap();
        assert!((mean - 1.0).abs() < 1e-12);
        assert_eq!(geometric_mean(&[]), None);
    }

    #[test]
    fn jain_index_runs_from_one_over_n_to_one() {
        assert_eq!(jain_index(&[7, 7, 7, 7]), 1.0);
        assert_eq!(jain_index(&[28, 0, 0, 0]), 0.25);
        assert_eq!(jain_index(&[0, 0]), 1.0);
    }
}
