//! A difference, line by line: what is added, changed, removed and stays. Sign, word and edge, never colour alone.

use crate::classes;
use leptos::prelude::*;

/// What happens to a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiffKind {
    /// It is new.
    Added,
    /// It is another one; the old value stands behind it.
    Changed,
    /// It goes.
    Removed,
    /// It stays.
    Same,
}

impl DiffKind {
    const fn face(self) -> (&'static str, &'static str, &'static str) {
        match self {
            DiffKind::Added => ("+", "added", tw!("border-l-ok-mark text-ok-text")),
            DiffKind::Changed => ("~", "changed", tw!("border-l-warning-mark text-warning-text")),
            DiffKind::Removed => ("−", "removed", tw!("border-l-failing-mark text-failing-text")),
            DiffKind::Same => ("=", "unchanged", tw!("border-l-transparent text-3")),
        }
    }
}

/// A line of a difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiffLine {
    /// What happens to it.
    pub kind: DiffKind,
    /// What it is about: "memory".
    pub what: String,
    /// The value before; empty when it is new.
    pub before: String,
    /// The value after; empty when it goes.
    pub after: String,
}

impl DiffLine {
    /// A line from its value before and after.
    pub fn of(what: impl Into<String>, before: Option<String>, after: Option<String>) -> Self {
        let kind = match (&before, &after) {
            (None, _) => DiffKind::Added,
            (_, None) => DiffKind::Removed,
            (before, after) if before == after => DiffKind::Same,
            _ => DiffKind::Changed,
        };
        Self { kind, what: what.into(), before: before.unwrap_or_default(), after: after.unwrap_or_default() }
    }
}

/// "1 added, 2 changed"; "No changes" when all stays.
pub fn diff_words(lines: &[DiffLine]) -> String {
    let kinds = [DiffKind::Added, DiffKind::Changed, DiffKind::Removed];
    let counted: Vec<String> = kinds
        .iter()
        .map(|kind| (lines.iter().filter(|line| line.kind == *kind).count(), kind.face().1))
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    if counted.is_empty() { "No changes".to_owned() } else { counted.join(", ") }
}

/// The lines of a difference.
#[component]
pub fn Diff(
    /// What is compared, for screen readers: "Expected and actual".
    #[prop(into)]
    label: String,
    /// The lines.
    #[prop(into)]
    lines: Signal<Vec<DiffLine>>,
) -> impl IntoView {
    view! {
        <ul aria-label=label class="border border-line rounded overflow-hidden text-12">
            {move || lines.get().into_iter().map(|line| view! { <DiffRow line/> }).collect_view()}
        </ul>
    }
    .into_any()
}

#[component]
fn DiffRow(line: DiffLine) -> impl IntoView {
    let (sign, word, colour) = line.kind.face();
    let quiet = if line.kind == DiffKind::Same { tw!("text-3") } else { tw!("text-1") };
    let both = line.kind == DiffKind::Changed;
    view! {
        <li class=classes([tw!("grid grid-cols-[18px_minmax(0,5fr)_minmax(0,6fr)] phone:grid-cols-[18px_minmax(0,1fr)] gap-x-2 px-2.5 py-1.25 bg-surface border-b border-line last:border-b-0 border-l-3"), colour])>
            <span class="font-mono font-bold text-center" aria-hidden="true">{sign}</span>
            <span class=classes([tw!("wrap-anywhere"), quiet])><span class="sr-only">{word}": "</span>{line.what}</span>
            <span class=classes([tw!("font-mono wrap-anywhere phone:col-start-2"), quiet])>
                {(!line.before.is_empty() && line.kind != DiffKind::Same).then(|| view! { <del class="text-3">{line.before}</del> })}
                {both.then_some(" ")}
                {line.after}
            </span>
        </li>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::{DiffKind, DiffLine, diff_words};

    #[test]
    fn a_difference_is_counted_by_what_happens() {
        let some = |text: &str| Some(text.to_owned());
        let lines = [
            DiffLine::of("memory", some("2 GB"), some("4 GB")),
            DiffLine::of("disk", some("20 GB"), some("20 GB")),
            DiffLine::of("site", None, some("shop")),
        ];
        assert_eq!(lines.each_ref().map(|line| line.kind), [DiffKind::Changed, DiffKind::Same, DiffKind::Added]);
        assert_eq!(diff_words(&lines), "1 added, 1 changed");
        assert_eq!(diff_words(&lines[1..2]), "No changes");
    }
}
