//! Tables. On a phone each row becomes a block: name and state on the first line, then label over value in two columns.

use crate::{
    button::{ICON_BUTTON, Kind, LinkButton, Size},
    classes,
    icon::{Icon, Symbol},
};
use leptos::prelude::*;

/// What a column is for; decides its alignment, and what is left out where there is little item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Column {
    /// The name; first, and the link of the row.
    Name,
    /// The state; second.
    State,
    /// Words.
    #[default]
    Text,
    /// Numbers: right-aligned, tabular.
    Number,
    /// Left out first where there is little item; shown on phones.
    Extra,
    /// Buttons at the end of the row.
    Actions,
    /// The button that opens the row; before all others.
    Opens,
}

const HEAD: &str = tw!("h-8.5 px-3 first:pl-panel last:pr-panel text-12 font-mid text-3 whitespace-nowrap border-b border-line-firm bg-surface");
const CELL: &str = tw!(
    "h-row px-3 py-1.25 first:pl-panel last:pr-panel border-b border-line align-middle group-last:border-b-0 group-hover:bg-hover",
    "phone:h-auto phone:p-0 phone:first:pl-0 phone:last:pr-0 phone:border-0 phone:group-hover:bg-transparent"
);

impl Column {
    const fn head(self) -> &'static str {
        match self {
            Column::Number | Column::Actions => tw!("text-right"),
            Column::Extra => tw!("text-left tight:hidden"),
            _ => tw!("text-left"),
        }
    }

    const fn cell(self) -> &'static str {
        match self {
            Column::Name => tw!("phone:flex phone:items-start phone:min-w-0"),
            Column::State => tw!(
                "phone:flex phone:justify-end phone:text-right phone:col-start-2 phone:row-start-1 phone:*:flex-col phone:*:items-end phone:*:gap-0"
            ),
            Column::Text => tw!("labelled phone:min-w-0"),
            Column::Number => tw!("labelled text-right num whitespace-nowrap phone:text-left"),
            Column::Extra => tw!("labelled tight:hidden phone:flex phone:min-w-0"),
            Column::Actions => tw!("text-right whitespace-nowrap phone:col-span-2 phone:pt-1.5 phone:text-left"),
            Column::Opens => tw!("w-8 pr-0 phone:order-last phone:col-span-2 phone:w-auto"),
        }
    }
}

/// A table. Its rows are [`Tr`]s.
#[component]
pub fn Table(
    /// What the rows are, for screen readers.
    #[prop(into)]
    label: String,
    /// Kind and word of each column, in order; an empty word for actions.
    head: Vec<(Column, &'static str)>,
    /// The rows.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="@container min-w-0">
            <table role="table" aria-label=label class="w-full border-separate border-spacing-0 text-13 phone:block">
                <thead role="rowgroup" class="phone:hidden">
                    <tr role="row">
                        {head.into_iter().map(|(column, word)| view! {
                            <th role="columnheader" scope="col" class=classes([HEAD, column.head()])>
                                {match (column, word) {
                                    (_, "") => view! { <span class="sr-only">"Actions"</span> }.into_any(),
                                    (Column::Opens, word) => view! { <span class="sr-only">{word}</span> }.into_any(),
                                    (_, word) => word.into_any(),
                                }}
                            </th>
                        }).collect_view()}
                    </tr>
                </thead>
                <tbody role="rowgroup" class="phone:block">{children()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// A row of [`Td`]s.
#[component]
pub fn Tr(children: Children) -> impl IntoView {
    view! {
        <tr role="row" class="group phone:grid phone:grid-cols-[minmax(0,3fr)_minmax(0,2fr)] phone:gap-x-3 phone:gap-y-1.5 phone:px-panel phone:py-3 phone:border-b phone:border-line phone:last:border-b-0">
            {children()}
        </tr>
    }
    .into_any()
}

/// A cell.
#[component]
pub fn Td(
    /// What its column is for.
    #[prop(optional)]
    column: Column,
    /// The column's word again; it stands above the value on a phone.
    #[prop(optional)]
    label: &'static str,
    /// The value. "Unknown" when it is not known, never a dash.
    children: Children,
) -> impl IntoView {
    view! { <td role="cell" class=classes([CELL, column.cell()]) data-label=label>{children()}</td> }.into_any()
}

/// The cell with the button that opens its row.
#[component]
pub(crate) fn TdOpens(
    /// What the row is, for screen readers: "Details of lumen-shop".
    label: Signal<String>,
    /// Whether it stands open.
    is_open: Signal<bool>,
    /// Opens or closes it.
    toggle: Callback<()>,
) -> impl IntoView {
    view! {
        <td role="cell" class=classes([CELL, Column::Opens.cell()])>
            <button
                type="button"
                class=ICON_BUTTON
                aria-expanded=move || is_open.get().to_string()
                aria-label=move || label.get()
                title="Details"
                data-hold=""
                on:click=move |_| toggle.run(())
            >
                {move || {
                    let symbol = if is_open.get() { Symbol::Down } else { Symbol::Right };
                    view! { <Icon symbol/> }
                }}
            </button>
        </td>
    }
    .into_any()
}

/// What stands below a row that is open.
#[component]
pub(crate) fn TrMore(
    /// How many columns the table has.
    span: usize,
    children: Children,
) -> impl IntoView {
    view! {
        <tr role="row" class="phone:block">
            <td role="cell" colspan=span.to_string() class="p-panel border-b border-line bg-canvas align-top phone:block">{children()}</td>
        </tr>
    }
    .into_any()
}

/// The first cell: the name is the link, the row is not.
#[component]
pub fn TdName(
    /// The row's own page.
    #[prop(into)]
    href: String,
    /// The name; cut when it is too long, whole in the title.
    #[prop(into)]
    name: String,
    /// Smaller, behind the name: an id or a number.
    #[prop(into, optional)]
    note: String,
) -> impl IntoView {
    view! {
        <td role="cell" class=classes([CELL, Column::Name.cell()])>
            <span class="inline-flex items-baseline gap-2 min-w-0 max-w-full phone:flex-wrap phone:gap-y-0">
                <a href=href title=name.clone() class="inline-block max-w-[28ch] truncate align-bottom text-1 font-mid phone:text-14 no-underline hover:underline">{name.clone()}</a>
                {(!note.is_empty()).then(|| view! { <span class="text-12 text-3 whitespace-nowrap num">{note}</span> })}
            </span>
        </td>
    }
    .into_any()
}

/// Newer and older; no page numbers, no total that costs a scan.
#[component]
pub fn Pager(
    /// What is shown: "Newest first. 16 shown, made 17 Nov 14:31 to 24 Oct 07:45."
    #[prop(into)]
    span: Signal<String>,
    /// Address of the newer part.
    #[prop(into)]
    newer: Option<String>,
    /// Address of the older part.
    #[prop(into)]
    older: Option<String>,
) -> impl IntoView {
    let off = tw!(
        "inline-flex items-center gap-1.5 h-control-sm px-2.5 border border-line rounded bg-hover text-3 text-13 font-mid leading-none cursor-not-allowed phone:justify-center"
    );
    view! {
        <nav aria-label="Pagination" class="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 px-panel py-3 border-t border-line text-2 text-13 num">
            <p class="phone:w-full">{move || span.get()}</p>
            {(newer.is_some() || older.is_some()).then(|| view! {
                <div class="flex gap-2 phone:w-full phone:*:flex-1">
                    {match newer {
                        Some(href) => view! { <LinkButton href size=Size::Small kind=Kind::Secondary icon=Symbol::Left attr:rel="prev">"Newer"</LinkButton> }.into_any(),
                        None => view! { <span class=off aria-disabled="true"><Icon symbol=Symbol::Left/>"Newer"</span> }.into_any(),
                    }}
                    {match older {
                        Some(href) => view! { <LinkButton href size=Size::Small kind=Kind::Secondary icon_end=Symbol::Right attr:rel="next">"Older"</LinkButton> }.into_any(),
                        None => view! { <span class=off aria-disabled="true">"Older"<Icon symbol=Symbol::Right/></span> }.into_any(),
                    }}
                </div>
            })}
        </nav>
    }
    .into_any()
}
