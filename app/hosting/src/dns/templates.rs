//! Templates of a zone: what it lacks of the records of a service.

use super::server_fns::{CompareDnsTemplate, list_dns_templates};
use app_kit::prelude::*;
use model::{
    counted,
    hosting::dns::{ChangeOp, RecordChange, TemplateView, ZoneView},
    ids::DomainId,
};

fn status(view: &TemplateView) -> (State, String) {
    let changed = view.changes.iter().filter(|change| change.op == ChangeOp::Remove).count();
    match (view.present, view.missing, changed) {
        (_, 0, 0) if !view.faults.is_empty() => (State::Warning, "Incomplete".to_owned()),
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
    let of = slug.clone();
    let data = fetch(move || version.get(), move |_| list_dns_templates(of.clone(), id));
    let view = move |templates: Vec<TemplateView>| {
        let slug = slug.clone();
        let one = move |template| view! { <Template template slug=slug.clone() id stage/> };
        view! { <ul class="grid gap-4">{templates.into_iter().map(one).collect_view()}</ul> }
    };
    view! {
        <Panel title="Templates" note="Records that a service needs. They are added to the unapplied changes, where you see what they replace.">
            <Load data keep=true shape=Shape::Lines view/>
        </Panel>
    }
    .into_any()
}

#[component]
fn Template(template: TemplateView, slug: String, id: DomainId, stage: Callback<Vec<RecordChange>>) -> impl IntoView {
    let (state, word) = status(&template);
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
