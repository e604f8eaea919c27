//! A dot plot: rows of labeled points on a logarithmic axis. All charts are of this kind, which can
//! show both a ratio of 1.1 and one of 50, and is as readable with twelve peers as with two.

use std::error::Error;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

const WIDTH: u32 = 960;
const ROW_HEIGHT: u32 = 20;
const LABEL_WIDTH: u32 = 300;
const TITLE_HEIGHT: u32 = 34;
const LEGEND_LINE: u32 = 20;
const LEGEND_COLUMN: u32 = 150;
const AXIS_HEIGHT: u32 = 50;
const CAPTION_LINE: u32 = 15;
const MARGIN: u32 = 14;

const INK: RGBColor = RGBColor(40, 40, 40);
const SOFT: RGBColor = RGBColor(90, 90, 90);
const FAINT: RGBColor = RGBColor(225, 225, 225);

/// The colors, which, together with the markers, can be distinguished in print and by most
/// color-blind readers.
const COLORS: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
    RGBColor(230, 159, 0),
    RGBColor(90, 90, 90),
];

pub struct DotPlot {
    pub title: &'static str,
    pub axis: &'static str,
    pub scale: Scale,
    /// The names of the series, in the order of their numbers.
    pub series: Vec<String>,
    pub rows: Vec<PlotRow>,
    /// The lines below the chart: the machine, the date, the versions.
    pub caption: Vec<String>,
}

/// The kind of values on the axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// A ratio: 1 is always on the axis, and marked.
    Ratio,
    Plain,
}

pub struct PlotRow {
    pub label: String,
    pub points: Vec<Point>,
}

#[derive(Clone, Copy)]
pub struct Point {
    pub series: usize,
    pub value: f64,
}

impl PlotRow {
    /// Creates a row of the only series.
    pub fn of_one(label: &str, value: f64) -> Self {
        Self {
            label: label.into(),
            points: vec![Point { series: 0, value }],
        }
    }

    /// Creates a row without points, as a title of the rows below.
    pub fn heading(label: &str) -> Self {
        Self {
            label: label.into(),
            points: Vec::new(),
        }
    }

    fn is_heading(&self) -> bool {
        self.points.is_empty()
    }
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn = Result<(), Box<dyn Error>>;

impl DotPlot {
    /// Returns the chart as SVG.
    pub fn draw(&self) -> Result<String, Box<dyn Error>> {
        let mut svg = String::new();
        {
            let size = (
                WIDTH,
                self.bottom() as u32 + AXIS_HEIGHT + self.caption_height(),
            );
            let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
            // GitHub shows the chart on dark pages as well.
            area.fill(&WHITE)?;
            let title = ("sans-serif", 17).into_font().color(&INK);
            area.draw_text(self.title, &title, (MARGIN as i32, 10))?;
            self.draw_legend(&area)?;
            self.draw_axis(&area)?;
            self.draw_rows(&area)?;
            self.draw_caption(&area)?;
            area.present()?;
        }
        Ok(svg)
    }

    fn legend_columns(&self) -> u32 {
        (WIDTH - 2 * MARGIN) / LEGEND_COLUMN
    }

    /// Returns the position at which the rows begin.
    fn top(&self) -> u32 {
        let lines = if self.series.len() > 1 {
            (self.series.len() as u32).div_ceil(self.legend_columns())
        } else {
            0
        };
        TITLE_HEIGHT + lines * LEGEND_LINE + 6
    }

    fn body(&self) -> u32 {
        self.rows.len() as u32 * ROW_HEIGHT
    }

    fn bottom(&self) -> i32 {
        (self.top() + self.body()) as i32
    }

    fn caption_height(&self) -> u32 {
        self.caption.len() as u32 * CAPTION_LINE + MARGIN / 2
    }

    fn draw_caption(&self, area: &Area<'_>) -> Drawn {
        let style = text(11, &SOFT, HPos::Left);
        let top = self.bottom() + AXIS_HEIGHT as i32;
        for (number, line) in self.caption.iter().enumerate() {
            let y = top + number as i32 * CAPTION_LINE as i32 + CAPTION_LINE as i32 / 2;
            area.draw_text(line, &style, (MARGIN as i32, y))?;
        }
        Ok(())
    }

    /// Returns the minimum and the maximum of the axis, with a margin.
    fn range(&self) -> (f64, f64) {
        let values = self.rows.iter().flat_map(|row| &row.points);
        let mut values: Vec<f64> = values.map(|point| point.value).collect();
        if self.scale == Scale::Ratio {
            values.push(1.0);
        }
        let min = values.iter().copied().fold(f64::INFINITY, f64::min);
        let max = values.iter().copied().fold(0.0, f64::max);
        (min / 1.25, max * 1.25)
    }

    fn x(&self, value: f64) -> i32 {
        let (min, max) = self.range();
        let part = (value / min).ln() / (max / min).ln();
        let width = f64::from(WIDTH - LABEL_WIDTH - MARGIN);
        (f64::from(LABEL_WIDTH) + part * width) as i32
    }

    fn draw_legend(&self, area: &Area<'_>) -> Drawn {
        if self.series.len() < 2 {
            return Ok(());
        }
        let style = text(13, &INK, HPos::Left);
        let columns = self.legend_columns();
        for (series, name) in self.series.iter().enumerate() {
            let number = series as u32;
            let x = (MARGIN + number % columns * LEGEND_COLUMN + 6) as i32;
            let y = (TITLE_HEIGHT + number / columns * LEGEND_LINE + LEGEND_LINE / 2) as i32;
            draw_marker(area, series, (x, y))?;
            area.draw_text(name, &style, (x + 10, y))?;
        }
        Ok(())
    }

    fn draw_axis(&self, area: &Area<'_>) -> Drawn {
        let (min, max) = self.range();
        let (top, bottom) = (self.top() as i32, self.bottom());
        let style = text(12, &INK, HPos::Center);
        for tick in ticks(min, max) {
            let x = self.x(tick);
            let line = PathElement::new(vec![(x, top), (x, bottom)], FAINT);
            area.draw(&line)?;
            area.draw_text(&tick.to_string(), &style, (x, bottom + 12))?;
        }
        if self.scale == Scale::Ratio {
            let x = self.x(1.0);
            let line = PathElement::new(vec![(x, top), (x, bottom)], INK.stroke_width(2));
            area.draw(&line)?;
        }
        let middle = (LABEL_WIDTH + (WIDTH - LABEL_WIDTH - MARGIN) / 2) as i32;
        area.draw_text(self.axis, &style, (middle, bottom + 32))?;
        Ok(())
    }

    fn draw_rows(&self, area: &Area<'_>) -> Drawn {
        let label = text(13, &INK, HPos::Right);
        let heading = ("sans-serif", 13)
            .into_font()
            .style(FontStyle::Bold)
            .color(&INK)
            .pos(Pos::new(HPos::Left, VPos::Center));
        for (index, row) in self.rows.iter().enumerate() {
            let y = (self.top() + index as u32 * ROW_HEIGHT + ROW_HEIGHT / 2) as i32;
            if row.is_heading() {
                area.draw_text(&row.label, &heading, (MARGIN as i32, y))?;
                continue;
            }
            area.draw_text(&row.label, &label, (LABEL_WIDTH as i32 - 8, y))?;
            self.draw_points(area, row, y)?;
        }
        Ok(())
    }

    fn draw_points(&self, area: &Area<'_>, row: &PlotRow, y: i32) -> Drawn {
        let ends = (LABEL_WIDTH as i32, (WIDTH - MARGIN) as i32);
        area.draw(&PathElement::new(vec![(ends.0, y), (ends.1, y)], FAINT))?;
        for point in &row.points {
            let x = self.x(point.value);
            if self.series.len() == 1 {
                // A single series leaves space for its values, and for bars.
                let bar = vec![(self.x(1.0), y), (x, y)];
                area.draw(&PathElement::new(bar, COLORS[0].stroke_width(3)))?;
                let value = format!("{:.2}", point.value);
                let (side, offset) = if point.value < 1.0 {
                    (HPos::Right, -9)
                } else {
                    (HPos::Left, 9)
                };
                area.draw_text(&value, &text(12, &INK, side), (x + offset, y))?;
            }
            draw_marker(area, point.series, (x, y))?;
        }
        Ok(())
    }
}

fn text<'a>(size: i32, color: &'a RGBColor, side: HPos) -> TextStyle<'a> {
    ("sans-serif", size)
        .into_font()
        .color(color)
        .pos(Pos::new(side, VPos::Center))
}

/// Returns the marker of a series: its color and, if there are more series than colors, its shape.
fn draw_marker(area: &Area<'_>, series: usize, (x, y): (i32, i32)) -> Drawn {
    let style = COLORS[series % COLORS.len()].filled();
    match series / COLORS.len() {
        0 => area.draw(&Circle::new((x, y), 4, style))?,
        1 => area.draw(&TriangleMarker::new((x, y), 6, style))?,
        _ => area.draw(&Rectangle::new([(x - 4, y - 4), (x + 4, y + 4)], style))?,
    }
    Ok(())
}

/// Returns the ticks: 1, 2 and 5 times the powers of ten.
fn ticks(min: f64, max: f64) -> Vec<f64> {
    let mut ticks = Vec::new();
    for exponent in -3..=9 {
        for digit in [1.0, 2.0, 5.0] {
            // Dividing keeps 0.2 from being shown as 0.2000000001.
            let tick = if exponent < 0 {
                digit / 10_f64.powi(-exponent)
            } else {
                digit * 10_f64.powi(exponent)
            };
            if (min..=max).contains(&tick) {
                ticks.push(tick);
            }
        }
    }
    ticks
}

#[cfg(test)]
mod tests {
    use super::ticks;

    #[test]
    fn ticks_lie_within_the_range() {
        assert_eq!(ticks(0.15, 6.0), [0.2, 0.5, 1.0, 2.0, 5.0]);
    }
}
