//! The results for programs: one line per row and peer.

use std::fmt::Write;

use super::Report;
use crate::peers::OURS;

/// Returns all results, including the floor, as CSV.
pub fn render(report: &Report) -> String {
    let mut csv = String::from(
        "row,group,title,unit,peer,median,lower_quartile,upper_quartile,min,max,rounds,advantage_of_mpmc_std,status\n",
    );
    for measured in &report.rows {
        let row = &measured.row;
        for cell in &measured.cells {
            let head = [
                &row.id,
                row.group.title(),
                &row.title,
                &row.unit.to_string(),
                &cell.peer,
            ]
            .map(quoted)
            .join(",");
            let line = match &cell.result {
                Ok(summary) => {
                    let advantage = measured
                        .median(OURS)
                        .map(|ours| row.unit.advantage(ours, summary.median));
                    let advantage = advantage.map_or(String::new(), |value| value.to_string());
                    format!(
                        "{},{},{},{},{},{},{advantage},ok",
                        summary.median,
                        summary.lower_quartile,
                        summary.upper_quartile,
                        summary.min,
                        summary.max,
                        summary.rounds,
                    )
                }
                Err(failure) => format!(",,,,,,,{}", quoted(&failure.to_string())),
            };
            writeln!(csv, "{head},{line}").expect("writing to a string");
        }
    }
    csv
}

/// Returns a field, in quotes if the format requires them.
fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\n']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn fields_with_commas_are_quoted() {
        assert_eq!(quoted("4×4"), "4×4");
        assert_eq!(quoted("4×4, capacity 1"), "\"4×4, capacity 1\"");
        assert_eq!(quoted("a \"b\""), "\"a \"\"b\"\"\"");
    }
}
