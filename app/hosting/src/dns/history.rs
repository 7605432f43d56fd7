//! Versions of a zone, and its zone file.

use super::{
    parts::{Plan, may_write},
    server_fns::{ImportZone, PreviewImport, RestoreZone, export_zone, list_zone_versions, preview_restore},
};
use app_kit::prelude::*;
use leptos_router::hooks::use_navigate;
use model::{
    counted,
    hosting::dns::{ImportPlan, ZonePlan, ZoneVersionRow, ZoneView},
    ids::DomainId,
    page::Page,
};

fn parents(scope: &Scope, id: DomainId) -> Vec<Crumb> {
    vec![Crumb::new("Domains", scope.path("domains")), Crumb::new("DNS", scope.path(&format!("domains/{id}/dns")))]
}

/// The versions of a zone, with what restores one.
#[component]
pub(super) fn History(zone: Live<ZoneView>, slug: String, id: DomainId, path: String) -> impl IntoView {
    let (request, of) = (use_page_request(), slug.clone());
    let version = Memo::new(move |_| zone.with(|view| view.zone.as_ref().map(|zone| zone.version)));
    let data = fetch(move || (version.get(), request.get()), move |(_, request)| list_zone_versions(of.clone(), id, request));
    let view = move |versions: Live<Page<ZoneVersionRow>>| view! { <Versions versions slug=slug.clone() id path=path.clone()/> };
    view! { <Load data keep=true view/> }.into_any()
}

#[component]
fn Versions(versions: Live<Page<ZoneVersionRow>>, slug: String, id: DomainId, path: String) -> impl IntoView {
    type C = Col<ZoneVersionRow>;
    let (may, again) = (may_write(&Scope::Tenant(slug.clone())), use_refetch());
    let restore = move |(to, is_current): (i32, bool)| match is_current {
        true => view! { <Tag>"Current"</Tag> }.into_any(),
        false => view! { <Restore slug=slug.clone() id to again/> }.into_any(),
    };
    let columns = vec![
        C::title("Version", |row| (format!("Version {}", row.version), row.summary.clone())),
        C::text("By", |row| row.made_by.clone()),
        C::number("Records", |row| row.records),
        C::number("Serial", |row| row.serial),
        C::at("When", |row| row.at),
        C::actions(|row| (row.version, row.is_current), restore).when(may),
    ];
    let rows = versions.map(|page| page.rows.clone());
    let hrefs = move |page: &Page<ZoneVersionRow>| {
        let to = |cursor: &Option<String>| cursor.as_ref().map(|cursor| format!("{path}&cursor={cursor}"));
        (to(&page.newer), to(&page.older))
    };
    let span = |page: &Page<ZoneVersionRow>| counted(page.rows.len(), "version");
    view! {
        <Panel title="History" note="The last 100 versions of the zone. Restoring one creates a new version." flush=true>
            <Rows label="Versions" columns key=|row| row.id.to_string() rows empty="No versions yet"/>
        </Panel>
        {versions.show(hrefs, move |(newer, older)| view! { <Pager span=versions.text(span) newer older/> })}
    }
    .into_any()
}

/// Restores a version, once its plan was shown.
#[component]
fn Restore(slug: String, id: DomainId, to: i32, again: Callback<()>) -> impl IntoView {
    let open = RwSignal::new(false);
    view! {
        <Button size=Size::Small on:click=move |_| open.set(true)>"Restore version"</Button>
        <Dialog open title=format!("Restore version {to}?")>
            <RestorePlan open slug=slug.clone() id to again/>
        </Dialog>
    }
    .into_any()
}

#[component]
fn RestorePlan(open: RwSignal<bool>, slug: String, id: DomainId, to: i32, again: Callback<()>) -> impl IntoView {
    let of = slug.clone();
    let data = fetch(|| (), move |()| preview_restore(of.clone(), id, to));
    let done = Callback::new(move |()| {
        open.set(false);
        again.run(());
    });
    let view = move |plan: ZonePlan| {
        let ready = plan.faults.is_empty() && !plan.lines.is_empty();
        let call = RestoreZone { slug: slug.clone(), id, version: plan.version, to };
        let submit = move || ready.then(|| view! { <Submit>"Restore version"</Submit> });
        view! {
            <Form action=call on_done=done class="contents">
                <DialogBody open submit>
                    <p>"The zone gets the records of this version, with a new serial."</p>
                    <Plan plan/>
                </DialogBody>
            </Form>
        }
    };
    view! { <Load data shape=Shape::Lines view/> }.into_any()
}

/// `/t/:slug/domains/:id/dns/file`
#[component]
pub fn ZoneFilePage() -> impl IntoView {
    let scope = use_scope();
    let Scope::Tenant(slug) = scope.clone() else { return ().into_any() };
    let data = fetch_one("id", "Domain not found.", move |id: DomainId| {
        let slug = slug.clone();
        async move { Ok((id, export_zone(slug, id).await?)) }
    });
    let view = move |file: Live<(DomainId, String)>| view! { <ZoneFile file scope=scope.clone()/> };
    view! { <Load data view/> }.into_any()
}

#[component]
fn ZoneFile(file: Live<(DomainId, String)>, scope: Scope) -> impl IntoView {
    let (id, _) = file.now();
    let (may, back) = (may_write(&scope), scope.path(&format!("domains/{id}/dns")));
    let slug = match &scope {
        Scope::Tenant(slug) => Some(slug.clone()).filter(|_| may),
        Scope::Platform => None,
    };
    view! {
        <PageHead title="Zone file" note=|| "The zone as a file, for another provider or as a copy." parents=parents(&scope, id)/>
        <div class="grid gap-4 max-w-[960px]">
            {slug.map(|slug| view! { <Import slug id back/> })}
            <Panel title="Export">
                <div class="whitespace-pre-wrap wrap-anywhere font-mono text-12">
                    {file.show(|(_, text)| text.clone(), |text| view! { <Copyable text label="Copy the zone file" whole=true/> })}
                </div>
            </Panel>
        </div>
    }
    .into_any()
}

/// Imports a zone file, once its plan was shown.
#[component]
fn Import(slug: String, id: DomainId, back: String) -> impl IntoView {
    let found = RwSignal::new(None::<ImportPlan>);
    let navigate = use_navigate();
    let done = Callback::new(move |()| navigate(&back, leptos_router::NavigateOptions::default()));
    let read = Callback::new(move |plan: ImportPlan| found.set(Some(plan)));
    let of = slug.clone();
    let shown = move || {
        found.get().map(|ImportPlan { plan, text }| {
            let ready = plan.faults.is_empty() && !plan.lines.is_empty();
            let ask = Ask::new(
                "Import this zone file?",
                "The records of the zone are replaced with those of the file. You can restore the current version from the history.",
            );
            let call = ImportZone { slug: of.clone(), id, version: plan.version, text };
            view! {
                <div class="grid gap-3 mt-4">
                    <Plan plan/>
                    {ready.then(|| view! {
                        <div><ActionButton call label="Import zone file" kind=Kind::Primary ask=ask.label("Import zone file") on_done=done/></div>
                    })}
                </div>
            }
        })
    };
    view! {
        <Panel title="Import" note="Paste a zone file. Its SOA record and the domain's own NS records are skipped. Nothing changes before you confirm.">
            <Form action=PreviewImport { slug, id, text: String::new() } on_done=read>
                <Textarea name="text" label="Zone file" rows=8/>
                <div><Submit>"Show changes"</Submit></div>
            </Form>
            {shown}
        </Panel>
    }
}
