//! Columns of a list: head and cell said once. A cell follows its row: only what has changed in it is touched.

use crate::{
    data::table::{Column, Table, Td, TdName, TdOpens, Tr, TrMore},
    load::Live,
    state::{Badge, State},
    time::{Ago, At},
};
use leptos::prelude::*;
use model::Time;
use std::sync::Arc;

/// A column of rows of `T`.
pub struct Col<T> {
    kind: Column,
    word: &'static str,
    cell: Arc<dyn Fn(Live<T>) -> AnyView + Send + Sync>,
    wanted: bool,
}

impl<T> Clone for Col<T> {
    fn clone(&self) -> Self {
        Self { kind: self.kind, word: self.word, cell: Arc::clone(&self.cell), wanted: self.wanted }
    }
}

impl<T: PartialEq + Clone + Send + Sync + 'static> Col<T> {
    /// A column by hand: `read` takes from the row what the cell shows, and `view` shows it, anew only when that has changed.
    pub fn of<P, V>(
        kind: Column,
        word: &'static str,
        read: impl Fn(&T) -> P + Clone + Send + Sync + 'static,
        view: impl Fn(P) -> V + Clone + Send + Sync + 'static,
    ) -> Self
    where
        P: PartialEq + Clone + Send + Sync + 'static,
        V: IntoView + 'static,
    {
        let cell = Arc::new(move |row: Live<T>| {
            let shown = row.show(read.clone(), view.clone());
            match kind {
                // It brings its own cell.
                Column::Name => shown,
                _ => view! { <Td column=kind label=word>{shown}</Td> }.into_any(),
            }
        });
        Self { kind, word, cell, wanted: true }
    }

    /// The name, which is the link of the row: address, name, and smaller behind it an id or a number.
    pub fn name<N: Into<String> + 'static>(word: &'static str, read: impl Fn(&T) -> (String, String, N) + Clone + Send + Sync + 'static) -> Self {
        let read = move |row: &T| {
            let (href, name, note) = read(row);
            (href, name, note.into())
        };
        Self::of(Column::Name, word, read, |(href, name, note): (String, String, String)| view! { <TdName href name note/> })
    }

    /// The name of a row that has no page of its own: name, and smaller below it what tells it from its like.
    pub fn title<N: Into<String> + 'static>(word: &'static str, read: impl Fn(&T) -> (String, N) + Clone + Send + Sync + 'static) -> Self {
        let read = move |row: &T| {
            let (name, note) = read(row);
            (name, note.into())
        };
        Self::of(Column::Name, word, read, move |(name, note): (String, String)| {
            view! {
                <Td column=Column::Name label=word>
                    <span class="min-w-0">
                        <b class="block truncate font-mid">{name}</b>
                        {(!note.is_empty()).then(|| view! { <span class="text-12 text-3">{note}</span> })}
                    </span>
                </Td>
            }
        })
    }

    /// The status, as shape and word.
    pub fn state<W: Into<String> + 'static>(word: &'static str, read: impl Fn(&T) -> (State, W) + Clone + Send + Sync + 'static) -> Self {
        let read = move |row: &T| {
            let (state, word) = read(row);
            (state, word.into())
        };
        Self::of(Column::State, word, read, |(state, word): (State, String)| view! { <Badge state word/> })
    }

    /// Words.
    pub fn text<S: ToString>(word: &'static str, read: impl Fn(&T) -> S + Clone + Send + Sync + 'static) -> Self {
        Self::words(Column::Text, word, read)
    }

    /// Words that are left out first where there is little room.
    pub fn extra<S: ToString>(word: &'static str, read: impl Fn(&T) -> S + Clone + Send + Sync + 'static) -> Self {
        Self::words(Column::Extra, word, read)
    }

    /// A number or an amount of money.
    pub fn number<S: ToString>(word: &'static str, read: impl Fn(&T) -> S + Clone + Send + Sync + 'static) -> Self {
        Self::words(Column::Number, word, read)
    }

    fn words<S: ToString>(kind: Column, word: &'static str, read: impl Fn(&T) -> S + Clone + Send + Sync + 'static) -> Self {
        Self::of(kind, word, move |row: &T| read(row).to_string(), |words: String| words)
    }

    /// A link to what the row belongs to: address and name.
    pub fn link(word: &'static str, read: impl Fn(&T) -> (String, String) + Clone + Send + Sync + 'static) -> Self {
        Self::of(Column::Text, word, read, |(href, name): (String, String)| view! { <a href=href>{name}</a> })
    }

    /// A moment.
    pub fn at(word: &'static str, read: impl Fn(&T) -> Time + Clone + Send + Sync + 'static) -> Self {
        Self::of(Column::Number, word, read, |at: Time| view! { <At at/> })
    }

    /// A day.
    pub fn day(word: &'static str, read: impl Fn(&T) -> Time + Clone + Send + Sync + 'static) -> Self {
        Self::of(Column::Number, word, read, |at: Time| view! { <At at date=true/> })
    }

    /// An age that counts; `never` where there is none.
    pub fn ago(word: &'static str, never: &'static str, read: impl Fn(&T) -> Option<Time> + Clone + Send + Sync + 'static) -> Self {
        Self::of(Column::Number, word, read, move |at: Option<Time>| match at {
            Some(at) => view! { <Ago at/> }.into_any(),
            None => never.into_any(),
        })
    }

    /// Buttons at the end of the row.
    pub fn actions<P, V>(read: impl Fn(&T) -> P + Clone + Send + Sync + 'static, view: impl Fn(P) -> V + Clone + Send + Sync + 'static) -> Self
    where
        P: PartialEq + Clone + Send + Sync + 'static,
        V: IntoView + 'static,
    {
        Self::of(Column::Actions, "", read, view)
    }

    /// The column only where it is wanted: `Col::text(..).when(scope.is_platform())`.
    #[must_use]
    pub fn when(mut self, wanted: bool) -> Self {
        self.wanted = wanted;
        self
    }
}

/// What a row shows below itself once it is opened; one row stands open at a time. What it shows is made when it opens.
pub struct More<T> {
    name: fn(&T) -> String,
    view: Arc<dyn Fn(Live<T>) -> AnyView + Send + Sync>,
}

impl<T> Clone for More<T> {
    fn clone(&self) -> Self {
        Self { name: self.name, view: Arc::clone(&self.view) }
    }
}

impl<T: 'static> More<T> {
    /// The row's name, for screen readers, and what it shows.
    pub fn new<V: IntoView + 'static>(name: fn(&T) -> String, view: impl Fn(Live<T>) -> V + Send + Sync + 'static) -> Self {
        Self { name, view: Arc::new(move |row| view(row).into_any()) }
    }
}

/// A row of cells.
fn row<T: 'static>(columns: &[Col<T>], row: Live<T>) -> AnyView {
    let cells = columns.iter().map(|column| (column.cell)(row)).collect_view();
    view! { <Tr>{cells}</Tr> }.into_any()
}

/// A row of cells that opens, by its key.
fn opening_row<T>(columns: &[Col<T>], row: Live<T>, more: More<T>, key: String, open: RwSignal<Option<String>>) -> AnyView
where
    T: PartialEq + Clone + Send + Sync + 'static,
{
    let cells = columns.iter().map(|column| (column.cell)(row)).collect_view();
    let (name, key) = (more.name, StoredValue::new(key));
    let label = row.text(move |row| format!("Details of {}", name(row)));
    let is_open = Memo::new(move |_| open.with(|open| key.with_value(|key| open.as_ref() == Some(key))));
    let toggle = Callback::new(move |()| open.set((!is_open.get_untracked()).then(|| key.get_value())));
    let span = columns.len() + 1;
    let below = move || {
        let view = Arc::clone(&more.view);
        is_open.get().then(|| view! { <TrMore span>{view(row)}</TrMore> })
    };
    view! { <Tr><TdOpens label is_open=is_open.into() toggle/>{cells}</Tr>{below} }.into_any()
}

/// Rows in a panel, such as what belongs to the object of a page; they keep their elements when they are fetched again.
#[component]
pub fn Rows<T>(
    /// What the rows are, for screen readers.
    #[prop(into)]
    label: String,
    /// The columns.
    columns: Vec<Col<T>>,
    /// What tells one row from the others.
    key: fn(&T) -> String,
    /// The rows.
    rows: Live<Vec<T>>,
    /// A sentence in their place when there are none; without it the head stands alone.
    #[prop(optional)]
    empty: &'static str,
    /// What a row shows when it is opened; without it rows do not open.
    #[prop(optional_no_strip)]
    more: Option<More<T>>,
) -> impl IntoView
where
    T: PartialEq + Clone + Send + Sync + 'static,
{
    let columns: Vec<_> = columns.into_iter().filter(|column| column.wanted).collect();
    let open = RwSignal::new(None);
    let table = move || {
        let opens = more.is_some().then_some((Column::Opens, "Details"));
        let head = opens.into_iter().chain(columns.iter().map(|column| (column.kind, column.word))).collect();
        let (label, columns, more) = (label.clone(), columns.clone(), more.clone());
        let rows = rows.rows(Vec::clone, key, move |one| match more.clone() {
            Some(more) => opening_row(&columns, one, more, key(&one.now()), open),
            None => row(&columns, one),
        });
        view! { <Table label head>{rows}</Table> }.into_any()
    };
    if empty.is_empty() {
        return table();
    }
    let shown = move |none: bool| if none { view! { <p class="p-panel text-13 text-2">{empty}</p> }.into_any() } else { table() };
    rows.show(Vec::is_empty, shown)
}
