//! The previews of a site: their list, the way into each of them, and the form for another one.

use super::server_fns::{CreatePreview, DeletePreview, ShowPreviewAccess};
use crate::{
    cloudpods::SiteLink,
    websites::{pages::to_job, parts::may_write},
};
use app_kit::{prelude::*, time::day};
use model::{
    hosting::{
        deploys::DeploysView,
        previews::{MAX_PREVIEWS, PREVIEW_DAYS, PreviewAccess, PreviewOf, PreviewRow},
        websites::{SiteStatus, WebsiteView},
    },
    ids::WebsiteId,
};

/// How a preview is, as a badge.
fn state(row: &PreviewRow) -> (State, &'static str) {
    match row.status {
        SiteStatus::Requested => (State::Waiting, "Pending"),
        SiteStatus::Creating => (State::Working, "Creating"),
        SiteStatus::Failed => (State::Failing, "Failed"),
        SiteStatus::Deleting => (State::Working, "Deleting"),
        SiteStatus::Deleted => (State::Stopped, "Deleted"),
        SiteStatus::Active if row.is_push_waiting => (State::Waiting, "Deploy queued"),
        SiteStatus::Active if row.is_deployed => (State::Ok, "Live"),
        SiteStatus::Active => (State::Stopped, "Not deployed yet"),
    }
}

/// The previews of a site; where the viewer may, with what makes and deletes them.
#[component]
pub fn Previews(
    /// The site.
    site: Live<DeploysView>,
    /// Whose page it stands on.
    scope: Scope,
) -> impl IntoView {
    type C = Col<PreviewRow>;
    let may = may_write(&scope);
    let access = Live::new(None::<PreviewAccess>);
    let (one, of, form) = (scope.clone(), scope.clone(), scope);
    let columns = vec![
        C::name("Branch", move |row| (one.path(&format!("websites/{}", row.id)), row.branch.clone(), row.domain.clone())),
        C::state("Status", state),
        C::text("Created by", |row| row.created_by.clone()),
        C::text("Expires", |row| day(row.expires_at)),
    ];
    let actions = C::actions(
        |row: &PreviewRow| (row.id, row.branch.clone(), row.status),
        move |(id, branch, status)| view! { <Actions id branch status access scope=of.clone()/> },
    );
    let is_shown = move |view: &DeploysView| view.source.is_some() || !view.previews.is_empty();
    site.show(is_shown, move |is_shown| {
        if !is_shown {
            let text = "A preview shows a branch behind a password. Previews can be created once a repository is saved.";
            return view! { <EmptyState title="No previews yet" text/> }.into_any();
        }
        let (columns, actions, form) = (columns.clone(), actions.clone(), form.clone());
        let note = format!("A preview shows a branch behind a password. It is deleted after {PREVIEW_DAYS} days without a push or a deploy, or with its branch.");
        view! {
            <Panel title="Previews" flush=true note>
                {site.show(move |view| may && view.can_change, move |can| {
                    let columns = [columns.clone(), vec![actions.clone().when(can)]].concat();
                    view! { <Rows label="Previews" columns key=|row| row.id.to_string() rows=site.map(|view| view.previews.clone()) empty="No previews yet."/> }
                })}
            </Panel>
            {access.show(Clone::clone, |found: Option<PreviewAccess>| found.map(|found| view! { <Access found/> }))}
            {site.show(move |view| (may && view.can_change && view.source.is_some()).then_some((view.site, view.previews.len())), move |found| {
                let (Scope::Tenant(slug), Some((id, count))) = (form.clone(), found) else { return ().into_any() };
                view! { <NewPreview slug id is_full={i64::try_from(count).is_ok_and(|count| count >= MAX_PREVIEWS)} scope=form.clone()/> }.into_any()
            })}
        }
        .into_any()
    })
}

#[component]
fn Actions(id: WebsiteId, branch: String, status: SiteStatus, access: Live<Option<PreviewAccess>>, scope: Scope) -> impl IntoView {
    let Scope::Tenant(slug) = scope.clone() else { return ().into_any() };
    if !matches!(status, SiteStatus::Active | SiteStatus::Failed) {
        return ().into_any();
    }
    let show = (status == SiteStatus::Active).then(|| {
        let done = Callback::new(move |found| access.set(Some(found)));
        view! { <ActionButton call=ShowPreviewAccess { slug: slug.clone(), id } label="Show password" size=Size::Small on_done=done/> }
    });
    let ask = Ask::new(format!("Delete the preview of {branch}?"), "The preview and its files are removed now. You can create it again.")
        .label("Delete preview");
    view! {
        <div class="flex gap-2">
            {show}
            <ActionButton call=DeletePreview { slug, id } label="Delete" size=Size::Small ask on_done=to_job(&scope)/>
        </div>
    }
    .into_any()
}

/// Where a preview is, and what is entered there.
#[component]
fn Access(found: PreviewAccess) -> impl IntoView {
    let PreviewAccess { url, user, password } = found;
    view! {
        <Panel title="Preview password" note="Anyone with it can see the preview.">
            <div class="grid gap-4">
                <Facts>
                    <Fact label="Preview"><SiteLink url/></Fact>
                    <Fact label="User name">{user}</Fact>
                </Facts>
                <Secret text=password label="preview password"/>
            </div>
        </Panel>
    }
}

#[component]
fn NewPreview(slug: String, id: WebsiteId, is_full: bool, scope: Scope) -> impl IntoView {
    if is_full {
        let words = format!("This site has {MAX_PREVIEWS} previews. Delete one to create another.");
        return view! { <p class="text-13 text-2">{words}</p> }.into_any();
    }
    let call = CreatePreview { slug, site: id, preview_branch: String::new(), copy_variables: false };
    view! {
        <Panel
            title="Create preview"
            note="It shares this CloudPod's resources. Shared directories start empty. Sites of a CloudPod can read each other's files: preview only branches that you trust."
        >
            <Form action=call on_done=to_job(&scope)>
                <Input name="preview_branch" label="Preview branch" autocomplete="off" placeholder="feature/checkout"/>
                <Checkbox
                    name="copy_variables" label="Copy this site's environment variables"
                    help="Otherwise the preview starts without variables. Add its own in its Environment tab."
                />
                <div><Submit>"Create preview"</Submit></div>
            </Form>
        </Panel>
    }
    .into_any()
}

/// On the page of a preview: what it is one of, and the button that deletes it.
#[component]
pub fn PreviewNotice(
    /// The preview.
    site: Live<WebsiteView>,
    /// Whose page it stands on.
    scope: Scope,
) -> impl IntoView {
    let may = may_write(&scope);
    site.show(
        move |view| view.preview.clone().map(|of| (of, view.site.id, may && view.site.is_pod_running && matches!(view.site.status, SiteStatus::Active | SiteStatus::Failed))),
        move |found| {
            let Some((PreviewOf { site, title, branch, expires_at }, id, can)) = found else { return ().into_any() };
            let to = scope.path(&format!("websites/{site}/deploys"));
            let words = format!(". It is deleted on {} unless its branch is pushed to or deployed before.", day(expires_at));
            let delete = match &scope {
                Scope::Tenant(slug) if can => {
                    let what = "The preview and its files are removed now. You can create it again.";
                    let ask = Ask::new(format!("Delete the preview of {branch}?"), what).label("Delete preview");
                    view! { <ActionButton call=DeletePreview { slug: slug.clone(), id } label="Delete preview" size=Size::Small ask on_done=to_job(&scope)/> }.into_any()
                }
                _ => ().into_any(),
            };
            view! {
                <div class="grid gap-3 mb-4">
                    <Banner notice=Notice::Info boxed=true>
                        "Preview of branch "{branch.clone()}" of "<a href=to>{title}</a>{words}
                    </Banner>
                    <div>{delete}</div>
                </div>
            }
            .into_any()
        },
    )
}
