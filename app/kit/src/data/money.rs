//! Sums.

use leptos::prelude::*;

/// Lines that add up. Its rows are [`SumRow`]s.
#[component]
pub fn Sum(
    /// What is summed, for screen readers.
    #[prop(into)]
    label: String,
    /// The rows.
    children: Children,
) -> impl IntoView {
    view! { <table class="w-full border-collapse text-13" aria-label=label><tbody>{children()}</tbody></table> }.into_any()
}

/// What a row of a sum is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SumKind {
    /// A line.
    #[default]
    Line,
    /// The first line of a part: a rule above.
    Part,
    /// The total.
    Total,
}

/// One row of a sum.
#[component]
pub fn SumRow(
    /// What it is for.
    #[prop(into)]
    label: String,
    /// Smaller, below: months, limits, a rate.
    #[prop(into, optional)]
    note: String,
    /// The amount, as words.
    #[prop(into)]
    amount: Signal<String>,
    /// Line, first of a part, or total.
    #[prop(optional)]
    kind: SumKind,
) -> impl IntoView {
    let (head, cell) = match kind {
        SumKind::Line => (tw!("py-1.75 text-left align-top font-normal"), tw!("py-1.75 pl-3 text-right align-top num whitespace-nowrap")),
        SumKind::Part => (
            tw!("pt-2.25 pb-1.75 text-left align-top font-normal border-t border-line"),
            tw!("pt-2.25 pb-1.75 pl-3 text-right align-top num whitespace-nowrap border-t border-line"),
        ),
        SumKind::Total => (
            tw!("pt-2.75 pb-0.5 text-left align-top font-bold border-t border-line-firm"),
            tw!(
                "pt-2.75 pb-0.5 pl-3 text-right align-top num whitespace-nowrap border-t border-line-firm text-20 leading-tight tracking-tight font-bold"
            ),
        ),
    };
    view! {
        <tr>
            <th scope="row" class=head>
                {label}
                {(!note.is_empty()).then(|| view! { <span class="block text-3 text-12 font-normal">{note}</span> })}
            </th>
            <td class=cell>{move || amount.get()}</td>
        </tr>
    }
    .into_any()
}
