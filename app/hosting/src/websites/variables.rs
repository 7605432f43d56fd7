//! Environment variables of a site: their names, and the changes that are not applied yet. No value is shown once it is saved.

use super::{
    pages::{can_change, to_job},
    parts::may_write,
    server_fns::{CheckWebsiteVariable, SetWebsiteVariables},
};
use app_kit::prelude::*;
use model::{
    Time,
    hosting::{
        cloudpods::Stack as SiteStack,
        site_programs::{Variable, VariableChange, VariableOp},
        websites::WebsiteView,
    },
    ids::WebsiteId,
};

/// A row of the list: a variable of the site or a new one, with what is to become of it.
#[derive(Clone, PartialEq)]
struct Row {
    name: String,
    set: Option<(Time, String)>,
    staged: Option<VariableOp>,
}

impl Row {
    fn note(&self) -> &'static str {
        match (self.staged, &self.set) {
            (Some(VariableOp::Delete), _) => "Will be deleted",
            (Some(VariableOp::Set), Some(_)) => "Will be replaced",
            (Some(VariableOp::Set), None) => "Will be added",
            (None, _) => "",
        }
    }
}

fn rows(variables: &[Variable], staged: &[VariableChange]) -> Vec<Row> {
    let op = |name: &str| staged.iter().find(|change| change.name == name).map(|change| change.op);
    let of_site =
        variables.iter().map(|one| Row { name: one.name.clone(), set: Some((one.changed_at, one.changed_by.clone())), staged: op(&one.name) });
    let is_new = |change: &&VariableChange| variables.iter().all(|one| one.name != change.name);
    let added = staged.iter().filter(is_new).map(|change| Row { name: change.name.clone(), set: None, staged: Some(change.op) });
    let mut rows: Vec<Row> = of_site.chain(added).collect();
    rows.sort_by(|one, other| one.name.cmp(&other.name));
    rows
}

/// What is to be changed, and the variable that the form is for.
#[derive(Clone, Copy)]
struct Editor {
    staged: RwSignal<Vec<VariableChange>>,
    /// Grows with each change: the form begins anew, with the name of the variable that gets another value.
    form: Live<(u32, Option<String>)>,
}

impl Editor {
    fn edit(self, name: Option<String>) {
        self.form.set((self.form.now().0 + 1, name));
    }

    fn undo(self, name: &str) {
        self.staged.update(|staged| staged.retain(|other| other.name != name));
    }

    fn put(self, change: VariableChange) {
        self.staged.update(|staged| {
            staged.retain(|other| other.name != change.name);
            staged.push(change);
        });
    }
}

/// The variables; where the viewer may, with what changes them. Static sites have no programs that could read any.
#[component]
pub(super) fn Variables(site: Live<WebsiteView>, scope: Scope) -> impl IntoView {
    type C = Col<Row>;
    let now = site.now();
    if now.site.stack == SiteStack::Static {
        return ().into_any();
    }
    let (id, may) = (now.site.id, may_write(&scope));
    let editor = Editor { staged: RwSignal::new(Vec::new()), form: Live::new((0, None)) };
    let columns = vec![
        C::title("Name", |row| (row.name.clone(), row.note())),
        C::text("Value", |row| if row.set.is_some() { "Hidden" } else { "Not saved yet" }),
        C::ago("Changed", "Not yet", |row| row.set.as_ref().map(|(at, _)| *at)),
        C::extra("Changed by", |row| row.set.as_ref().map(|(_, by)| by.clone()).unwrap_or_default()),
    ];
    let actions = C::actions(Row::clone, move |row| view! { <RowActions row editor/> });
    let of_site = |view: &WebsiteView| view.config.environment.variables.clone();
    let shown = Live::new(rows(&of_site(&now), &[]));
    Effect::new(move |_| {
        let staged = editor.staged.get();
        shown.set(rows(&site.with(of_site), &staged));
    });
    let can = move |view: &WebsiteView| may && can_change(view) && !view.site.is_stopped;
    let (pending, form) = (scope.clone(), scope.clone());
    view! {
        {site.show(can, move |can| match pending.clone() {
            Scope::Tenant(slug) if can => view! { <Pending editor slug id scope=pending.clone()/> }.into_any(),
            _ => ().into_any(),
        })}
        <Panel title="Environment variables" note="Read by the site's programs and scheduled jobs. All sites of a CloudPod run as one user and can read each other's variables. Values are stored encrypted and can't be viewed here." flush=true>
            {site.show(can, move |can| {
                let columns = columns.iter().cloned().chain([actions.clone().when(can)]).collect();
                view! { <Rows label="Environment variables" columns key=|row: &Row| row.name.clone() rows=shown empty="No environment variables yet."/> }
            })}
        </Panel>
        {site.show(can, move |can| match form.clone() {
            Scope::Tenant(slug) if can => editor.form.show(Clone::clone, move |(_, name)| view! { <VariableForm editor name slug=slug.clone() id/> }),
            _ => ().into_any(),
        })}
    }
    .into_any()
}

#[component]
fn RowActions(row: Row, editor: Editor) -> impl IntoView {
    let Row { name, set, staged } = row;
    let (replaced, deleted, undone) = (name.clone(), name.clone(), name);
    let is_free = staged.is_none() && set.is_some();
    view! {
        <span class="inline-flex gap-2">
            {is_free.then(|| view! { <Button size=Size::Small on:click=move |_| editor.edit(Some(replaced.clone()))>"Replace"</Button> })}
            {is_free.then(|| {
                let delete = move |_| editor.put(VariableChange { op: VariableOp::Delete, name: deleted.clone(), value: String::new() });
                view! { <Button size=Size::Small on:click=delete>"Delete"</Button> }
            })}
            {staged.is_some().then(|| view! { <Button size=Size::Small on:click=move |_| editor.undo(&undone)>"Undo"</Button> })}
        </span>
    }
    .into_any()
}

/// What is not applied yet.
#[component]
fn Pending(editor: Editor, slug: String, id: WebsiteId, scope: Scope) -> impl IntoView {
    let done = to_job(&scope);
    let count = Signal::derive(move || editor.staged.with(Vec::len));
    let discard = Callback::new(move |()| editor.staged.set(Vec::new()));
    let parts = Callback::new(move |()| {
        let slug = slug.clone();
        let apply = move || {
            let call = SetWebsiteVariables { slug: slug.clone(), id, changes: editor.staged.get() };
            let ask = Ask::new(
                "Apply these changes?",
                "The site restarts once with all of them. If it doesn't respond correctly, the previous variables are restored.",
            );
            view! { <ActionButton call label="Apply changes" kind=Kind::Primary ask=ask.label("Apply changes") on_done=done/> }
        };
        (().into_any(), apply.into_any())
    });
    view! { <Unapplied count note="The site gets them when you apply them." discard parts/> }
}

/// The form for another variable, or for another value of one.
#[component]
fn VariableForm(editor: Editor, name: Option<String>, slug: String, id: WebsiteId) -> impl IntoView {
    let is_new = name.is_none();
    let value = RwSignal::new(String::new());
    let call = CheckWebsiteVariable { slug, id, variable: name.clone().unwrap_or_default(), value: String::new() };
    let done = Callback::new(move |name: String| {
        let change = VariableChange { op: VariableOp::Set, name, value: value.get_untracked() };
        editor.put(change);
        editor.edit(None);
    });
    let (title, word) = match &name {
        None => ("Add variable".to_owned(), "Add variable"),
        Some(name) => (format!("Replace {name}"), "Replace value"),
    };
    view! {
        <Panel title note="The change is added to the unapplied changes.">
            <Form action=call on_done=done>
                {is_new.then(|| view! { <Input name="variable" label="Name" autocomplete="off" placeholder="API_KEY" help="Uppercase letters, numbers, and underscores."/> })}
                <Textarea name="value" label="Value" optional=true rows=3 bind=value help="Up to 4 KiB. Quotes, spaces and line breaks are kept exactly."/>
                <div class="flex flex-wrap gap-2">
                    <Submit>{word}</Submit>
                    {(!is_new).then(|| view! { <Button on:click=move |_| editor.edit(None)>"Cancel"</Button> })}
                </div>
            </Form>
        </Panel>
    }
}
