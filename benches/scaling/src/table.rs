//! One table for each workload.

use std::time::Duration;

use crate::arguments::Arguments;
use crate::measure::Outcome;
use crate::workloads::Workload;

pub(crate) fn print(workload: &Workload, arguments: &Arguments, cores: usize) {
    println!("\n{}: {}", workload.name, workload.what);
    println!(
        "| threads | per s | min/max share | p50 | p99 | p99.9 | longest | at best |\n\
         |---:|---:|---:|---:|---:|---:|---:|---:|"
    );
    for threads in arguments.thread_counts() {
        let outcome = (workload.run)(threads, cores, arguments.time);
        println!("| {threads} | {}", line(&outcome));
    }
}

fn line(outcome: &Outcome) -> String {
    let times = &outcome.times;
    format!(
        "{} | {:.2} | {} | {} | {} | {} | {} |",
        number(outcome.per_second),
        outcome.fairness,
        time(times.quantile(0.5)),
        time(times.quantile(0.99)),
        time(times.quantile(0.999)),
        time(times.max()),
        outcome.best.map_or(String::from("–"), time)
    )
}

/// With three digits.
pub(crate) fn number(number: f64) -> String {
    let (scaled, unit) = match number {
        1e9.. => (number / 1e9, "G"),
        1e6.. => (number / 1e6, "M"),
        1e3.. => (number / 1e3, "k"),
        _ => (number, ""),
    };
    let digits = if scaled >= 100.0 {
        0
    } else if scaled >= 10.0 {
        1
    } else {
        2
    };
    format!("{scaled:.digits$}{unit}")
}

pub(crate) fn time(time: Duration) -> String {
    let micros = time.as_nanos() as f64 / 1e3;
    match micros {
        1e3.. => format!("{} ms", number(micros / 1e3)),
        _ => format!("{} µs", number(micros)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits() {
        assert_eq!(number(0.5), "0.50");
        assert_eq!(number(12.34), "12.3");
        assert_eq!(number(123_456.0), "123k");
        assert_eq!(time(Duration::from_nanos(1_500)), "1.50 µs");
        assert_eq!(time(Duration::from_micros(2_500)), "2.50 ms");
    }
}
