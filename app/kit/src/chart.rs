//! Charts: server-rendered SVG, an image with a sentence, and the same numbers as a table behind it.

mod scale;
#[cfg(test)]
mod tests;

use crate::classes;
use leptos::prelude::*;
use scale::{Scale, bars, path};

/// How a chart draws its series.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ChartKind {
    /// A line; its axis may start anywhere, and the chart says where.
    #[default]
    Line,
    /// A filled line; its axis starts at zero.
    Area,
    /// A bar for each value; its axis starts at zero.
    Bar,
}

/// What a chart shows. A value that is not known is a gap, never zero.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// What is counted: "Used".
    pub name: String,
    /// A value for each label.
    pub values: Vec<Option<f64>>,
}

impl Series {
    /// A series of known values.
    pub fn new(name: impl Into<String>, values: impl IntoIterator<Item = f64>) -> Self {
        Self { name: name.into(), values: values.into_iter().map(Some).collect() }
    }
}

const WIDTH: f64 = 600.0;
const HEIGHT: f64 = 120.0;

/// A chart with its axes, its legend and its table.
#[component]
pub fn Chart(
    /// What it shows, in a few words: "Memory by day".
    #[prop(into)]
    label: String,
    /// What it says, in a sentence for who does not see it: "Between 60 and 71 GB, rising."
    #[prop(into)]
    summary: String,
    /// How it is drawn.
    #[prop(optional)]
    kind: ChartKind,
    /// What each value belongs to, in order: days, hours.
    labels: Vec<String>,
    /// Head of the table's first column: "Day".
    #[prop(into)]
    label_head: String,
    /// The numbers.
    series: Series,
    /// What they are compared with: the month before.
    #[prop(optional, into)]
    comparison: Option<Series>,
    /// A limit, drawn dashed.
    #[prop(optional, into)]
    limit: Option<f64>,
    /// A value in words: "64 GB".
    #[prop(default = number)]
    words: fn(f64) -> String,
) -> impl IntoView {
    let known = || series.values.iter().chain(comparison.iter().flat_map(|other| &other.values)).flatten().copied().chain(limit);
    let scale = Scale::of(known(), kind != ChartKind::Line);
    let ticks = [scale.top, f64::midpoint(scale.top, scale.bottom), scale.bottom].map(words);
    let between = if labels.len() > 2 { labels.get(labels.len() / 2).cloned() } else { None };
    let marks: Vec<String> = labels.first().cloned().into_iter().chain(between).chain(labels.last().cloned().filter(|_| labels.len() > 1)).collect();
    let shape = match kind {
        ChartKind::Bar => bars(&series.values, scale, WIDTH, HEIGHT)
            .into_iter()
            .map(|bar| view! { <rect class="fill-chart-1" x=bar.x y=bar.y width=bar.width height=bar.height/> })
            .collect_view()
            .into_any(),
        _ => view! {
            {(kind == ChartKind::Area).then(|| view! { <path class="fill-chart-fill" d=path(&series.values, scale, WIDTH, HEIGHT, true)/> })}
            <path class="stroke-chart-1" fill="none" stroke-width="1.75" stroke-linejoin="round" vector-effect="non-scaling-stroke" d=path(&series.values, scale, WIDTH, HEIGHT, false)/>
        }
        .into_any(),
    };
    let starts = (kind == ChartKind::Line && scale.bottom != 0.0).then(|| format!("The axis starts at {}.", words(scale.bottom)));
    let other = comparison.clone();
    view! {
        <figure class="min-w-0">
            {comparison.clone().map(|other| view! { <ChartLegend name=series.name.clone() other=other.name/> })}
            <div class="grid grid-cols-[auto_minmax(0,1fr)] gap-x-2">
                <div class="flex flex-col justify-between h-30 -my-2 py-0 text-11 text-3 text-right num" aria-hidden="true">
                    {ticks.map(|tick| view! { <span class="leading-4 whitespace-nowrap">{tick}</span> }).collect_view()}
                </div>
                <svg class="w-full h-30 overflow-visible forced" viewBox=format!("0 0 {WIDTH} {HEIGHT}") preserveAspectRatio="none" role="img" aria-label=format!("{label}. {summary}")>
                    {[0.0, HEIGHT / 2.0, HEIGHT].map(|y| view! { <path class="stroke-chart-grid" fill="none" vector-effect="non-scaling-stroke" d=format!("M0 {y}H{WIDTH}")/> }).collect_view()}
                    {shape}
                    {comparison.map(|other| view! {
                        <path class="stroke-chart-2" fill="none" stroke-width="1.25" stroke-dasharray="3 3" vector-effect="non-scaling-stroke" d=path(&other.values, scale, WIDTH, HEIGHT, false)/>
                    })}
                    {limit.map(|limit| view! {
                        <path class="stroke-control-line" fill="none" stroke-dasharray="5 4" vector-effect="non-scaling-stroke" d=format!("M0 {:.1}H{WIDTH}", scale.y(limit, HEIGHT))/>
                    })}
                </svg>
                <div class="col-start-2 flex justify-between pt-1.5 text-11 text-3 num" aria-hidden="true">
                    {marks.into_iter().map(|mark| view! { <span>{mark}</span> }).collect_view()}
                </div>
            </div>
            {starts.map(|words| view! { <p class="mt-1 text-12 text-3">{words}</p> })}
            <ChartTable label head=label_head labels series other words/>
        </figure>
    }
    .into_any()
}

/// A number without a unit: whole when it is.
fn number(value: f64) -> String {
    if value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value:.1}") }
}

/// Which line is which.
#[component]
fn ChartLegend(name: String, other: String) -> impl IntoView {
    view! {
        <p class="flex flex-wrap gap-x-4 gap-y-1 mb-3 text-12 text-2" aria-hidden="true">
            <span class="inline-flex items-center gap-1.5">
                <svg class="w-3 h-0.5 forced" viewBox="0 0 12 2"><rect class="fill-chart-1" width="12" height="2"/></svg>{name}
            </span>
            <span class="inline-flex items-center gap-1.5">
                <svg class="w-3 h-0.5 forced" viewBox="0 0 12 2"><path class="stroke-chart-2" fill="none" stroke-width="2" stroke-dasharray="3 3" d="M0 1H12"/></svg>{other}
            </span>
        </p>
    }
    .into_any()
}

/// The numbers of a chart as a table, for who does not see the picture and for who wants them exactly.
#[component]
fn ChartTable(label: String, head: String, labels: Vec<String>, series: Series, other: Option<Series>, words: fn(f64) -> String) -> impl IntoView {
    let cell = tw!("px-2.5 py-0.75 text-right border-b border-line");
    let value = move |series: &Series, at: usize| series.values.get(at).copied().flatten().map_or_else(|| "unknown".to_owned(), words);
    let rows = labels
        .into_iter()
        .enumerate()
        .map(|(at, label)| {
            view! {
                <tr>
                    <th scope="row" class="px-2.5 py-0.75 text-left font-normal border-b border-line">{label}</th>
                    <td class=cell>{value(&series, at)}</td>
                    {other.as_ref().map(|other| view! { <td class=cell>{value(other, at)}</td> })}
                </tr>
            }
        })
        .collect_view();
    view! {
        <details class="mt-2 text-12">
            <summary class="inline-block text-2 underline cursor-pointer">"Show as table"</summary>
            <div class="max-h-48 overflow-auto mt-2 border border-line rounded" tabindex="0" role="region" aria-label=format!("{label}, table")>
                <table class="w-full border-collapse num" aria-label=label.clone()>
                    <thead><tr>
                        <th scope="col" class="px-2.5 py-0.75 text-left font-mid border-b border-line">{head}</th>
                        <th scope="col" class=classes([cell, tw!("font-mid")])>{series.name.clone()}</th>
                        {other.as_ref().map(|other| view! { <th scope="col" class=classes([cell, tw!("font-mid")])>{other.name.clone()}</th> })}
                    </tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </details>
    }
    .into_any()
}

/// A small line beside a figure, which says the same in words.
#[component]
pub fn Sparkline(
    /// The values, oldest first.
    values: Vec<f64>,
) -> impl IntoView {
    let (width, height) = (96.0, 26.0);
    let values: Vec<_> = values.into_iter().map(Some).collect();
    let scale = Scale::of(values.iter().flatten().copied(), false);
    let end = values.last().copied().flatten().map(|last| scale.y(last, height - 6.0) + 3.0);
    view! {
        <svg class="w-24 h-6.5 overflow-visible forced" viewBox="0 0 100 26" aria-hidden="true">
            <g transform="translate(0 3)"><path class="stroke-chart-1" fill="none" stroke-width="1.5" stroke-linejoin="round" d=path(&values, scale, width, height - 6.0, false)/></g>
            {end.map(|y| view! { <circle class="fill-chart-1" cx=width cy=y r="2"/> })}
        </svg>
    }
    .into_any()
}
