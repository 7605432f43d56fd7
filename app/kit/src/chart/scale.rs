//! Where a value stands in a drawing.

use std::fmt::Write;

/// The range that a drawing shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale {
    pub(super) bottom: f64,
    pub(super) top: f64,
}

impl Scale {
    /// A range with round ends that holds all values; from zero where that is wanted or near.
    pub(super) fn of(values: impl Iterator<Item = f64>, from_zero: bool) -> Self {
        let (mut low, mut high) = values.fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(value), high.max(value)));
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        if from_zero || (low >= 0.0 && low < high / 2.0) {
            low = low.min(0.0);
        }
        let step = round_up((high - low).max(high.abs() / 50.0).max(f64::MIN_POSITIVE) / 2.0);
        let bottom = if low == 0.0 { 0.0 } else { (low / step).floor() * step };
        let top = bottom + 2.0 * step;
        Self { bottom, top: if top < high { bottom + 2.0 * round_up(step * 1.01) } else { top } }
    }

    /// Distance from the upper edge.
    pub(super) fn y(self, value: f64, height: f64) -> f64 {
        height - (value - self.bottom) / (self.top - self.bottom) * height
    }
}

/// The next of a few round digits times a power of ten.
fn round_up(value: f64) -> f64 {
    let power = 10_f64.powf(value.log10().floor());
    [1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0]
        .into_iter()
        .map(|digit| digit * power)
        .find(|round| *round >= value * 0.999_999)
        .unwrap_or(10.0 * power)
}

/// A line through the values, with a gap where one is not known; `closed` down to the lower edge, to be filled.
pub(super) fn path(values: &[Option<f64>], scale: Scale, width: f64, height: f64, closed: bool) -> String {
    let step = width / values.len().saturating_sub(1).max(1) as f64;
    let mut line = String::new();
    let mut begun: Option<f64> = None;
    let mut last = 0.0;
    let close = |line: &mut String, from: f64, to: f64| {
        if closed {
            let _ = write!(line, "L{to:.1} {height:.1}L{from:.1} {height:.1}Z"); // to a string it cannot fail
        }
    };
    for (at, value) in values.iter().enumerate() {
        let x = at as f64 * step;
        match (value, begun) {
            (Some(value), before) => {
                let _ = write!(line, "{}{x:.1} {:.1}", if before.is_none() { 'M' } else { 'L' }, scale.y(*value, height));
                begun = before.or(Some(x));
                last = x;
            }
            (None, Some(from)) => {
                close(&mut line, from, last);
                begun = None;
            }
            (None, None) => {}
        }
    }
    if let Some(from) = begun {
        close(&mut line, from, last);
    }
    line
}

/// A bar of a drawing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bar {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// A bar for each value that is known.
pub(super) fn bars(values: &[Option<f64>], scale: Scale, width: f64, height: f64) -> Vec<Bar> {
    let slot = width / values.len().max(1) as f64;
    let zero = scale.y(0.0, height);
    let bar = |(at, value): (usize, &Option<f64>)| {
        let y = scale.y((*value)?, height);
        Some(Bar { x: at as f64 * slot + slot * 0.16, y: y.min(zero), width: slot * 0.68, height: (y - zero).abs() })
    };
    values.iter().enumerate().filter_map(bar).collect()
}
