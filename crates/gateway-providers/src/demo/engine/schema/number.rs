//! Numbers between bounds.

use serde_json::{Number, Value};

use super::view::View;

/// Numbers at or above this are not told apart from their neighbours by a 64-bit float.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// What a schema says of a number.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    integer: bool,
    minimum: Option<f64>,
    above: Option<f64>,
    maximum: Option<f64>,
    below: Option<f64>,
    step: Option<f64>,
}

impl Bounds {
    /// The bounds of all layers.
    pub(super) fn of(view: &View<'_>, integer: bool) -> Self {
        Self {
            integer,
            minimum: view.greatest("minimum"),
            above: view.greatest("exclusiveMinimum"),
            maximum: view.least("maximum"),
            below: view.least("exclusiveMaximum"),
            step: view.greatest("multipleOf").filter(|step| *step > 0.0),
        }
    }

    /// A number within the bounds: the hint where it fits, otherwise 1, 0, or one near a bound. The `nth` one
    /// of a list is another than those before it, where the bounds leave room. Without a number that fits, some
    /// number.
    pub(super) fn number(&self, hint: Option<f64>, nth: usize) -> Value {
        let step = self.step.unwrap_or(if self.integer { 1.0 } else { 0.5 });
        let shift = step * f64::from(u32::try_from(nth).unwrap_or(u32::MAX));
        let starts = self.candidates(hint, step);
        let mut fitting: Vec<f64> = Vec::new();
        for candidate in starts.iter().copied().filter(|number| self.allows(*number)) {
            if !fitting.contains(&candidate) {
                fitting.push(candidate);
            }
        }
        let moved = starts
            .iter()
            .flat_map(|start| [start + shift, start - shift]);
        let later = || {
            moved
                .filter(|number| self.allows(*number))
                .find(|number| !fitting.contains(number))
        };
        let found = fitting.get(nth).copied().or_else(later);
        self.value(found.or_else(|| fitting.first().copied()).unwrap_or(1.0))
    }

    /// Numbers that are tried, likely ones first.
    fn candidates(&self, hint: Option<f64>, step: f64) -> Vec<f64> {
        let low = self.minimum.into_iter().chain(self.above).reduce(f64::max);
        let high = self.maximum.into_iter().chain(self.below).reduce(f64::min);
        let up = |number: f64| (number / step).ceil() * step;
        let down = |number: f64| (number / step).floor() * step;
        let starts = [
            hint,
            Some(1.0),
            Some(0.0),
            low.map(up),
            low.map(|low| up(low) + step),
        ];
        let ends = [high.map(down), high.map(|high| down(high) - step)];
        let middle = [
            low.zip(high).map(|(low, high)| f64::midpoint(low, high)),
            low,
            high,
        ];
        starts
            .into_iter()
            .chain(ends)
            .chain(middle)
            .flatten()
            .chain([up(1.0)])
            .collect()
    }

    /// Whether a number is within the bounds.
    fn allows(&self, number: f64) -> bool {
        self.minimum.is_none_or(|minimum| number >= minimum)
            && self.above.is_none_or(|above| number > above)
            && self.maximum.is_none_or(|maximum| number <= maximum)
            && self.below.is_none_or(|below| number < below)
            && (!self.integer || number.fract() == 0.0)
            && self.step.is_none_or(|step| is_multiple(number, step))
    }

    fn value(&self, number: f64) -> Value {
        if number.fract() == 0.0 && number.abs() < EXACT {
            // Exact: the number is whole and small enough.
            return Value::from(number as i64);
        }
        Number::from_f64(number).map_or(Value::Null, Value::Number)
    }
}

/// Whether a number is a multiple of a step, up to the error of 64-bit floats.
pub(super) fn is_multiple(number: f64, step: f64) -> bool {
    let ratio = number / step;
    (ratio - ratio.round()).abs() < 1e-9 * ratio.abs().max(1.0)
}
