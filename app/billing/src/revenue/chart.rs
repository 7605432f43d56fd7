//! What moved recurring revenue, month by month: gains above zero, losses below, told apart by their fill.

use app_kit::prelude::*;
use model::{
    billing::revenue::{MovementKind, RevenueMonth},
    money::Money,
};

const WIDTH: f64 = 600.0;
const HEIGHT: f64 = 150.0;
/// Of the width of a month, left and right of its bar.
const GAP: f64 = 0.12;

/// In whole units, for a picture; the exact amounts stand in the table below it.
#[allow(clippy::cast_precision_loss, reason = "for a picture")]
pub(super) fn units(money: Money) -> f64 {
    money.minor as f64 / 10_f64.powi(i32::try_from(money.currency.exponent()).unwrap_or(2))
}

/// A part of a bar, in units: from zero away.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Part {
    kind: MovementKind,
    /// The higher end.
    top: f64,
    /// The lower end.
    bottom: f64,
}

/// The movements of a month on top of each other, gains upwards and losses downwards from zero; those that are zero are left out.
fn stack(movements: &[f64]) -> Vec<Part> {
    let (mut up, mut down) = (0.0, 0.0);
    let parts = MovementKind::ALL.iter().zip(movements).filter(|(_, amount)| **amount != 0.0).map(|(kind, amount)| {
        let end = if *amount > 0.0 { &mut up } else { &mut down };
        let start = *end;
        *end += amount;
        Part { kind: *kind, top: start.max(*end), bottom: start.min(*end) }
    });
    parts.collect()
}

const fn fill(kind: MovementKind) -> &'static str {
    match kind {
        MovementKind::New => tw!("fill-chart-1"),
        MovementKind::Expansion => tw!("fill-chart-fill stroke-chart-1"),
        MovementKind::Reactivation => tw!("fill-surface stroke-chart-1"),
        MovementKind::Churn => tw!("fill-chart-2"),
        MovementKind::Contraction => tw!("fill-surface stroke-chart-2"),
    }
}

/// A bar for each month. The same numbers stand in the table of the page.
#[component]
pub(super) fn MovementsChart(
    /// The months, the oldest first.
    months: Vec<RevenueMonth>,
    /// Names of the months.
    labels: Vec<String>,
) -> impl IntoView {
    let bars: Vec<Vec<Part>> = months.iter().map(|month| stack(&month.movements.iter().map(|money| units(*money)).collect::<Vec<_>>())).collect();
    let all = || bars.iter().flatten();
    let (top, bottom) = (all().map(|part| part.top).fold(0.0, f64::max), all().map(|part| part.bottom).fold(0.0, f64::min));
    if top - bottom <= 0.0 {
        return view! { <p class="text-13 text-2">"Nothing moved in twelve months."</p> }.into_any();
    }
    let y = move |value: f64| (top - value) / (top - bottom) * HEIGHT;
    #[allow(clippy::cast_precision_loss, reason = "for a picture")]
    let width = WIDTH / bars.len() as f64;
    let shapes = bars.into_iter().zip(0_u8..).flat_map(|(parts, at)| {
        let x = (f64::from(at) + GAP) * width;
        parts.into_iter().map(move |part| {
            view! { <rect class=fill(part.kind) x=x y=y(part.top) width=width * (1.0 - 2.0 * GAP) height=y(part.bottom) - y(part.top) vector-effect="non-scaling-stroke"/> }
        })
    });
    let shapes = shapes.collect_view();
    let marks: Vec<String> = [labels.first(), labels.get(labels.len() / 2), labels.last()].into_iter().flatten().cloned().collect();
    let ticks = [format!("+{top:.0}"), format!("{bottom:.0}")];
    view! {
        <div class="grid grid-cols-[auto_minmax(0,1fr)] gap-x-2">
            <div class="flex flex-col justify-between text-11 text-3 text-right num" aria-hidden="true">
                {ticks.map(|tick| view! { <span class="leading-4 whitespace-nowrap">{tick}</span> }).collect_view()}
            </div>
            <svg class="w-full h-30 overflow-visible forced" viewBox=format!("0 0 {WIDTH} {HEIGHT}") preserveAspectRatio="none" role="img" aria-label="MRR movements by month. The numbers are in the table by month.">
                {shapes}
                <path class="stroke-control-line" fill="none" vector-effect="non-scaling-stroke" d=format!("M0 {:.1}H{WIDTH}", y(0.0))/>
            </svg>
            <div class="col-start-2 flex justify-between pt-1.5 text-11 text-3 num" aria-hidden="true">
                {marks.into_iter().map(|mark| view! { <span>{mark}</span> }).collect_view()}
            </div>
        </div>
        <p class="flex flex-wrap gap-x-4 gap-y-1 mt-3 text-12 text-2" aria-hidden="true">
            {MovementKind::ALL.iter().map(|kind| view! {
                <span class="inline-flex items-center gap-1.5">
                    <svg class="w-3 h-3 forced" viewBox="0 0 12 12"><rect class=fill(*kind) x="0.5" y="0.5" width="11" height="11"/></svg>{kind.title()}
                </span>
            }).collect_view()}
        </p>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::{MovementKind, Part, stack};

    #[test]
    fn gains_stand_on_each_other_and_losses_hang_below_zero() {
        let part = |kind, top, bottom| Part { kind, top, bottom };
        assert_eq!(
            stack(&[30.0, 10.0, -4.0, -20.0, 0.0]),
            [
                part(MovementKind::New, 30.0, 0.0),
                part(MovementKind::Expansion, 40.0, 30.0),
                part(MovementKind::Contraction, 0.0, -4.0),
                part(MovementKind::Churn, -4.0, -24.0)
            ]
        );
        assert_eq!(stack(&[0.0; 5]), []);
    }
}
