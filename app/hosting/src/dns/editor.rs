//! Records of a zone, and the changes that are not applied yet.

use super::{
    parts::{Aliases, Plan, ttl},
    server_fns::{ApplyZone, CheckRecord, preview_zone},
};
use app_kit::prelude::*;
use model::{
    counted,
    hosting::dns::{ChangeOp, DEFAULT_TTL, DnsRecord, RecordChange, RecordType, ZonePlan, ZoneView},
    ids::DomainId,
};

/// A change that is not applied yet.
#[derive(Clone, PartialEq)]
pub(super) struct Staged {
    /// The record that it removes; nothing for an addition.
    old: Option<DnsRecord>,
    /// The record that it adds; nothing for a removal.
    new: Option<DnsRecord>,
}

impl Staged {
    fn kind(&self) -> DiffKind {
        match (&self.old, &self.new) {
            (None, _) => DiffKind::Added,
            (Some(_), None) => DiffKind::Removed,
            (Some(_), Some(_)) => DiffKind::Changed,
        }
    }

    fn changes(&self) -> impl Iterator<Item = RecordChange> {
        let change = |op, record: &Option<DnsRecord>| record.clone().map(|record| RecordChange { op, record });
        change(ChangeOp::Remove, &self.old).into_iter().chain(change(ChangeOp::Add, &self.new))
    }
}

/// A row of the list: a record of the zone or an added one, with what is to become of it.
#[derive(Clone, PartialEq)]
pub(super) struct Row {
    record: DnsRecord,
    staged: Option<Staged>,
}

impl Row {
    fn key(&self) -> String {
        let sign = if self.is(DiffKind::Added) { "+" } else { "" };
        format!("{sign}{} {} {} {}", self.record.name, self.record.kind, self.record.value, self.record.ttl)
    }

    fn is(&self, kind: DiffKind) -> bool {
        self.staged.as_ref().is_some_and(|staged| staged.kind() == kind)
    }

    /// The record after the changes; a removed one as it is.
    fn shown(&self) -> &DnsRecord {
        self.staged.as_ref().and_then(|staged| staged.new.as_ref()).unwrap_or(&self.record)
    }

    /// What a column shows: the word now, and the one before if it changes. A removed record has only the latter.
    fn words(&self, word: impl Fn(&DnsRecord) -> String) -> (Option<String>, Option<String>) {
        let (before, after) = (word(&self.record), word(self.shown()));
        match self.is(DiffKind::Removed) {
            true => (None, Some(before)),
            false => (Some(after.clone()), Some(before).filter(|before| *before != after)),
        }
    }
}

fn rows(records: &[DnsRecord], staged: &[Staged]) -> Vec<Row> {
    let of_zone = records
        .iter()
        .map(|record| Row { record: record.clone(), staged: staged.iter().find(|staged| staged.old.as_ref() == Some(record)).cloned() });
    let added = staged.iter().filter(|staged| staged.old.is_none());
    let added = added.filter_map(|staged| staged.new.clone().map(|record| Row { record, staged: Some(staged.clone()) }));
    let mut rows: Vec<Row> = of_zone.chain(added).collect();
    rows.sort_by(|one, other| one.record.cmp(&other.record));
    rows
}

/// What is to be changed, and what the form is for.
#[derive(Clone, Copy)]
pub(super) struct Editor {
    staged: RwSignal<Vec<Staged>>,
    form: Live<RecordForm>,
}

/// The record that the form edits; nothing for a new one.
#[derive(Clone, PartialEq)]
pub(super) struct RecordForm {
    /// Grows with each record that was handed in: the form begins anew.
    round: u32,
    edited: Option<Row>,
}

impl Editor {
    pub(super) fn new() -> Self {
        Self { staged: RwSignal::new(Vec::new()), form: Live::new(RecordForm { round: 0, edited: None }) }
    }

    fn edit(self, edited: Option<Row>) {
        self.form.set(RecordForm { round: self.form.now().round + 1, edited });
    }

    fn undo(self, one: &Staged) {
        self.staged.update(|staged| staged.retain(|other| other != one));
    }

    fn discard(self) {
        self.staged.set(Vec::new());
        self.edit(None);
    }

    /// Stages changes of a template. What was to become of the same records gives way.
    pub(super) fn stage(self, changes: Vec<RecordChange>) {
        self.staged.update(|staged| {
            for RecordChange { op, record } in changes {
                let one = match op {
                    ChangeOp::Remove => Staged { old: Some(record), new: None },
                    ChangeOp::Add => Staged { old: None, new: Some(record) },
                };
                staged.retain(|other| *other != one && (one.old.is_none() || other.old != one.old));
                staged.push(one);
            }
        });
    }

    /// Stages what the form says: another record, or another form of the edited one.
    fn put(self, record: DnsRecord) {
        let edited = self.form.now().edited;
        self.staged.update(|staged| {
            let old = match edited {
                // A record that is only staged is replaced; one of the zone is changed.
                Some(row) => {
                    staged.retain(|other| Some(other) != row.staged.as_ref());
                    Some(row.record.clone()).filter(|_| !row.is(DiffKind::Added))
                }
                None => None,
            };
            let one = Staged { new: Some(record), old };
            if one.old != one.new && !staged.contains(&one) {
                staged.push(one);
            }
        });
        self.edit(None);
    }
}

/// The records; where the viewer may, with what changes them.
#[component]
pub(super) fn Records(editor: Editor, zone: Live<ZoneView>, id: DomainId, slug: Option<String>) -> impl IntoView {
    type C = Col<Row>;
    let may = slug.is_some();
    let columns = vec![
        C::of(Column::Name, "Name", |row| (row.staged.as_ref().map(Staged::kind), row.words(|record| record.name.clone())), name_cell),
        C::text("Type", |row| row.shown().kind),
        C::of(
            Column::Text,
            "Value",
            |row| row.words(|record| record.value.clone()),
            |words| view! { <span class="font-mono text-12 wrap-anywhere">{words_cell(words)}</span> },
        ),
        C::of(Column::Number, "TTL", |row| row.words(|record| ttl(record.ttl)), words_cell),
        C::actions(Row::clone, move |row| view! { <RowActions row editor/> }).when(may),
    ];
    let of_zone = |view: &ZoneView| view.zone.as_ref().map(|zone| zone.records.clone()).unwrap_or_default();
    let shown = Live::new(rows(&of_zone(&zone.now()), &[]));
    Effect::new(move |_| {
        let staged = editor.staged.get();
        shown.set(rows(&zone.with(of_zone), &staged));
    });
    let note = zone.text(|view| {
        let count = view.zone.as_ref().map(|zone| zone.records.len()).unwrap_or_default();
        format!("{}. SOA and the domain's own NS records are managed automatically.", counted(count, "record"))
    });
    view! {
        <Panel title="Records" note flush=true>
            <Rows label="Records" columns key=Row::key rows=shown empty="No records yet"/>
        </Panel>
        <Aliases zone/>
        {slug.map(|slug| editor.form.show(RecordForm::clone, move |form| view! { <RecordPanel editor edited=form.edited slug=slug.clone() id/> }))}
    }
}

/// The name of a record, behind the sign of what is to become of it.
fn name_cell((kind, words): (Option<DiffKind>, (Option<String>, Option<String>))) -> AnyView {
    let face = kind.map(|kind| match kind {
        DiffKind::Added => ("+", "added: ", tw!("font-mono font-bold text-ok-text")),
        DiffKind::Removed => ("−", "removed: ", tw!("font-mono font-bold text-failing-text")),
        DiffKind::Changed | DiffKind::Same => ("~", "changed: ", tw!("font-mono font-bold text-warning-text")),
    });
    view! {
        <Td column=Column::Name label="Name">
            <span class="flex items-baseline gap-2 min-w-0">
                {face.map(|(sign, word, class)| view! {
                    <span class=class aria-hidden="true">{sign}</span>
                    <span class="sr-only">{word}</span>
                })}
                <b class="block min-w-0 font-mid wrap-anywhere">{words_cell(words)}</b>
            </span>
        </Td>
    }
    .into_any()
}

/// A word, and the one before struck through.
fn words_cell((after, before): (Option<String>, Option<String>)) -> AnyView {
    let gap = (after.is_some() && before.is_some()).then_some(" ");
    view! {
        {after}
        {gap}
        {before.map(|before| view! { <del class="text-3 font-normal">{before}</del> })}
    }
    .into_any()
}

#[component]
fn RowActions(row: Row, editor: Editor) -> impl IntoView {
    let removed = row.is(DiffKind::Removed);
    let staged = row.staged.clone();
    let (edited, record) = (row.clone(), row.record);
    view! {
        <span class="inline-flex gap-2">
            {(!removed).then(|| view! { <Button size=Size::Small on:click=move |_| editor.edit(Some(edited.clone()))>"Edit"</Button> })}
            {match staged {
                Some(staged) => view! { <Button size=Size::Small on:click=move |_| editor.undo(&staged)>"Undo"</Button> }.into_any(),
                None => {
                    let remove = move |_| editor.staged.update(|all| all.push(Staged { old: Some(record.clone()), new: None }));
                    view! { <Button size=Size::Small on:click=remove>"Remove"</Button> }.into_any()
                }
            }}
        </span>
    }
    .into_any()
}

/// What is not applied yet, and what applying it would do.
#[component]
pub(super) fn Pending(editor: Editor, zone: Live<ZoneView>, slug: String, id: DomainId) -> impl IntoView {
    let version = Memo::new(move |_| zone.with(|view| view.zone.as_ref().map(|zone| zone.version)));
    let again = use_refetch();
    let count = Signal::derive(move || editor.staged.with(Vec::len));
    let discard = Callback::new(move |()| editor.discard());
    let parts = Callback::new(move |()| {
        let (asked, apply) = (slug.clone(), slug.clone());
        // A plan of another version is made anew.
        let data = fetch(
            move || (version.get(), editor.staged.with(|staged| staged.iter().flat_map(Staged::changes).collect::<Vec<_>>())),
            move |(_, changes)| preview_zone(asked.clone(), id, changes),
        );
        let button = move |plan: ZonePlan| {
            if !plan.faults.is_empty() || plan.lines.is_empty() {
                return ().into_any();
            }
            let applied = editor.staged.get_untracked();
            let changes = applied.iter().flat_map(Staged::changes).collect();
            let call = ApplyZone { slug: apply.clone(), id, version: plan.version, changes };
            let done = Callback::new(move |()| {
                again.run(());
                // What was staged meanwhile stays.
                editor.staged.update(|staged| staged.retain(|one| !applied.contains(one)));
            });
            let ask = Ask::new(
                "Apply these changes?",
                "The changes are sent to all name servers. Resolvers can return the old records until their TTL expires. You can restore the current version from the history.",
            );
            view! { <ActionButton call label="Apply changes" kind=Kind::Primary ask=ask.label("Apply changes") on_done=done/> }.into_any()
        };
        let plan = view! { <Load data keep=true shape=Shape::Lines view={|plan: ZonePlan| view! { <Plan plan/> }}/> }.into_any();
        (plan, view! { <Load data keep=true shape=Shape::Lines view=button/> }.into_any())
    });
    view! { <Unapplied count note="Nothing is published until you apply them." discard parts/> }
}

/// The form for another record, or for another form of one.
#[component]
fn RecordPanel(editor: Editor, edited: Option<Row>, slug: String, id: DomainId) -> impl IntoView {
    let is_new = edited.is_none();
    let begin = edited.map(|row| row.shown().clone());
    let begin = begin.unwrap_or_else(|| DnsRecord { name: String::new(), kind: RecordType::A, ttl: DEFAULT_TTL, value: String::new() });
    let options: Vec<(String, String)> = RecordType::ALL.iter().map(|kind| (kind.to_string(), kind.to_string())).collect();
    let (kind, value) = (RwSignal::new(begin.kind.to_string()), RwSignal::new(begin.value.clone()));
    let value_field = move || {
        let help = kind.with(|kind| kind.parse::<RecordType>().map(RecordType::value_help).unwrap_or_default());
        view! { <Input name="value" label="Value" autocomplete="off" bind=value help/> }
    };
    let done = Callback::new(move |record: DnsRecord| editor.put(record));
    let call = CheckRecord { slug, id, name: begin.name, kind: begin.kind, ttl: begin.ttl, value: begin.value };
    let (title, word) = if is_new { ("Add a record", "Add record") } else { ("Edit record", "Change record") };
    let place = NodeRef::<leptos::html::Div>::new();
    Effect::new(move |_| {
        // The records above may fill the window.
        if !is_new && let Some(place) = place.get() {
            let _ = place.focus();
        }
    });
    view! {
        <div node_ref=place tabindex="-1">
            <Panel title note="The change is added to the unapplied changes. Nothing is published until you apply them.">
                <Form action=call on_done=done>
                    <Grid columns=Columns::Pairs>
                        <Input name="name" label="Name" optional=true autocomplete="off" placeholder="www" help="Leave empty for the domain itself."/>
                        <Select name="kind" label="Type" options bind=kind/>
                        {value_field}
                        <Input name="ttl" label="TTL" kind="number" suffix="seconds" autocomplete="off"/>
                    </Grid>
                    <div class="flex flex-wrap gap-2">
                        <Submit>{word}</Submit>
                        {(!is_new).then(|| view! { <Button on:click=move |_| editor.edit(None)>"Cancel"</Button> })}
                    </div>
                </Form>
            </Panel>
        </div>
    }
}
