//! Templates of a zone: what it lacks of the records of a service.

use super::server_fns::{CompareCustomTemplate, CompareDnsTemplate, list_dns_templates, list_own_custom_templates};
use app_kit::prelude::*;
use model::{
    counted,
    hosting::dns::{ChangeOp, CustomTemplateView, RecordChange, TemplateVariable, TemplateView, ZoneView},
    ids::DomainId,
};

fn status(present: u64, missing: u64, changes: &[RecordChange], faults: &[String]) -> (State, String) {
    let changed = changes.iter().filter(|change| change.op == ChangeOp::Remove).count();
    match (present, missing, changed) {
        (_, 0, 0) if !faults.is_empty() => (State::Warning, "Incomplete".to_owned()),
        (_, 0, 0) => (State::Ok, "Applied".to_owned()),
        (0, _, _) => (State::Waiting, "Not applied".to_owned()),
        (_, 0, changed) => (State::Warning, counted(changed, "extra record")),
        (_, missing, _) => (State::Warning, format!("{} missing or different", counted(missing, "record"))),
    }
}

/// All templates; `stage` adds changes to those that are not applied yet.
#[component]
pub(super) fn Templates(zone: Live<ZoneView>, id: DomainId, slug: String, stage: Callback<Vec<RecordChange>>) -> impl IntoView {
    let version = Memo::new(move |_| zone.with(|view| view.zone.as_ref().map(|zone| zone.version)));
    let (of, own_of) = (slug.clone(), slug.clone());
    let data = fetch(move || version.get(), move |_| list_dns_templates(of.clone(), id));
    let own = fetch(move || version.get(), move |_| list_own_custom_templates(own_of.clone(), id));
    let own_slug = slug.clone();
    let own_view = move |templates: Vec<CustomTemplateView>| {
        let rows = templates.into_iter().map(|template| view! { <CustomTemplate template slug=own_slug.clone() id stage/> }).collect_view();
        view! { <ul class="grid gap-4 mt-4 empty:hidden">{rows}</ul> }
    };
    let view = move |templates: Vec<TemplateView>| {
        let slug = slug.clone();
        let one = move |template| view! { <Template template slug=slug.clone() id stage/> };
        view! { <ul class="grid gap-4">{templates.into_iter().map(one).collect_view()}</ul> }
    };
    view! {
        <Panel title="Templates" note="Records that a service needs. They are added to the unapplied changes, where you see what they replace.">
            <Load data keep=true shape=Shape::Lines view/>
            <Load data=own keep=true shape=Shape::Lines view=own_view/>
        </Panel>
    }
    .into_any()
}

#[component]
fn Template(template: TemplateView, slug: String, id: DomainId, stage: Callback<Vec<RecordChange>>) -> impl IntoView {
    let (state, word) = status(template.present, template.missing, &template.changes, &template.faults);
    let TemplateView { template: which, word: setting, replaces, changes, faults, .. } = template;
    let is_staged = RwSignal::new(false);
    let label = move || view! { "Add records"<span class="sr-only">{format!(" for {}", which.label())}</span> };
    let add = move |changes: Vec<RecordChange>| {
        stage.run(changes);
        is_staged.set(true);
    };
    let action = match (which.word_label(), setting) {
        (Some(name), Some(setting)) => {
            let done = Callback::new(move |view: TemplateView| add(view.changes));
            view! {
                <Form action=CompareDnsTemplate { slug, id, template: which, word: setting } on_done=done>
                    <Input name="word" label=name autocomplete="off" help="As Microsoft 365 shows it: the part before .mail.protection.outlook.com."/>
                    <div><Submit>{label}</Submit></div>
                </Form>
            }
            .into_any()
        }
        _ if changes.is_empty() => ().into_any(),
        _ => view! { <div><Button size=Size::Small on:click=move |_| add(changes.clone())>{label}</Button></div> }.into_any(),
    };
    view! {
        <li class="grid gap-2">
            <div class="flex flex-wrap items-center gap-2"><b class="font-mid">{which.label()}</b><Badge state word/></div>
            <p class="text-13 text-2">{which.description()}</p>
            {replaces.into_iter().map(|record| view! { <p class="text-13 text-2 wrap-anywhere">{format!("Replaces {record}")}</p> }).collect_view()}
            {faults.into_iter().map(|fault| view! { <p class="text-13 text-2">{fault}</p> }).collect_view()}
            {action}
            <p class="text-13 text-2 empty:hidden" role="status">
                {move || is_staged.get().then_some("Added to the unapplied changes above. Nothing is published until you apply them.")}
            </p>
        </li>
    }
    .into_any()
}

/// A template of the hosting company. What it needs to know is entered first.
#[component]
fn CustomTemplate(template: CustomTemplateView, slug: String, id: DomainId, stage: Callback<Vec<RecordChange>>) -> impl IntoView {
    let (state, word) = status(template.present, template.missing, &template.changes, &template.faults);
    let CustomTemplateView { code, name, description, variables, replaces, changes, faults, .. } = template;
    let is_staged = RwSignal::new(false);
    let words = name.clone();
    let label = move || view! { "Add records"<span class="sr-only">{format!(" for {words}")}</span> };
    let add = move |changes: Vec<RecordChange>| {
        stage.run(changes);
        is_staged.set(true);
    };
    let action = match (variables.is_empty(), changes.is_empty()) {
        (false, _) => {
            let done = Callback::new(move |view: CustomTemplateView| add(view.changes));
            let values = variables.iter().map(|one| (one.key.clone(), one.value.clone())).collect();
            let field = |one: TemplateVariable| view! { <Input name=format!("values[{}]", one.key) label=one.label autocomplete="off"/> };
            let fields = variables.into_iter().map(field).collect_view();
            view! {
                <Form action=CompareCustomTemplate { slug, id, template: code, values } on_done=done>
                    <Grid columns=Columns::Pairs>{fields}</Grid>
                    <div><Submit>{label}</Submit></div>
                </Form>
            }
            .into_any()
        }
        (true, true) => ().into_any(),
        (true, false) => view! { <div><Button size=Size::Small on:click=move |_| add(changes.clone())>{label}</Button></div> }.into_any(),
    };
    view! {
        <li class="grid gap-2">
            <div class="flex flex-wrap items-center gap-2"><b class="font-mid">{name}</b><Badge state word/></div>
            <p class="text-13 text-2 empty:hidden">{description}</p>
            {replaces.into_iter().map(|record| view! { <p class="text-13 text-2 wrap-anywhere">{format!("Replaces {record}")}</p> }).collect_view()}
            {faults.into_iter().map(|fault| view! { <p class="text-13 text-2">{fault}</p> }).collect_view()}
            {action}
            <p class="text-13 text-2 empty:hidden" role="status">
                {move || is_staged.get().then_some("Added to the unapplied changes above. Nothing is published until you apply them.")}
            </p>
        </li>
    }
    .into_any()
}
