//! Other ways to a release than a push: what a repository suggests for its build, looks for new commits, and archives.

use super::server_fns::{LookAtSource, SetSitePoll};
use crate::websites::{pages::to_job, parts::may_write};
use app_kit::prelude::*;
use model::{
    hosting::{
        cloudpods::Stack as SiteStack,
        deploy_sources::{MAX_ARCHIVE_MIB, POLL_MINUTES, PollView, SourceProposal},
        deploys::{DeploysView, SourceInput},
    },
    ids::WebsiteId,
};

/// The source with what its repository suggests for the build; what it says nothing about stays.
pub(super) fn proposed(input: Option<SourceInput>, proposal: Option<SourceProposal>) -> Option<SourceInput> {
    let (Some(input), Some(proposal)) = (input.clone(), proposal) else { return input };
    let SourceProposal { build_command, publish, start_file, shared, .. } = proposal;
    let or = |proposed: String, before: &String| if proposed.is_empty() { before.clone() } else { proposed };
    Some(SourceInput {
        build_command: or(build_command, &input.build_command),
        publish: or(publish, &input.publish),
        start_file: or(start_file, &input.start_file),
        shared: or(shared, &input.shared),
        ..input
    })
}

#[cfg(test)]
mod tests;

/// The button that looks at the saved repository, and what was found.
#[component]
pub(super) fn Look(site: Live<DeploysView>, found: Live<Option<SourceProposal>>, scope: Scope) -> impl IntoView {
    let may = may_write(&scope);
    site.show(
        move |view| (may && view.can_change && view.source.is_some()).then_some(view.site),
        move |id| {
            let (Scope::Tenant(slug), Some(id)) = (scope.clone(), id) else { return ().into_any() };
            let done = Callback::new(move |proposal| found.set(Some(proposal)));
            view! {
                <Panel title="Build settings" note="Reads the saved repository and fills in the fields above. Nothing is saved until you select Save repository.">
                    <div class="grid gap-4">
                        {found.show(Option::clone, |proposal| proposal.map(suggestion))}
                        <div><ActionButton call=LookAtSource { slug, id } label="Detect build settings" on_done=done/></div>
                    </div>
                </Panel>
            }
            .into_any()
        },
    )
}

fn suggestion(proposal: SourceProposal) -> impl IntoView {
    let SourceProposal { commit, found, notes, .. } = proposal;
    let short = commit.get(..7).unwrap_or(&commit).to_owned();
    view! {
        <Facts>
            <Fact label="Detected">{found}</Fact>
            <Fact label="Commit">{short}</Fact>
        </Facts>
        {(!notes.is_empty()).then(|| view! {
            <ul class="grid gap-1 pl-5 text-13 text-2">{notes.into_iter().map(|note| view! { <li>{note}</li> }).collect_view()}</ul>
        })}
    }
}

/// How often the repository is looked at, and what came of it last.
#[component]
pub(super) fn Poll(site: Live<DeploysView>, scope: Scope) -> impl IntoView {
    let may = may_write(&scope);
    site.show(
        |view| view.source.as_ref().map(|_| (view.site, view.poll.clone())),
        move |found| {
            let Some((id, poll)) = found else { return ().into_any() };
            let form = match &scope {
                Scope::Tenant(slug) if may => poll_form(slug.clone(), id, poll.as_ref().map(|poll| poll.minutes)).into_any(),
                _ => {
                    let interval = poll.as_ref().map_or_else(|| "Off".to_owned(), |poll| format!("Every {} minutes", poll.minutes));
                    view! { <Facts><Fact label="Check for new commits">{interval}</Fact></Facts> }.into_any()
                }
            };
            view! { <Panel title="New commits"><div class="grid gap-4">{poll.map(last_look)}{form}</div></Panel> }.into_any()
        },
    )
}

fn poll_form(slug: String, id: WebsiteId, minutes: Option<i32>) -> impl IntoView {
    let every = POLL_MINUTES.iter().map(|minutes| (minutes.to_string(), format!("Every {minutes} minutes")));
    let options: Vec<(String, String)> = [(String::new(), "Off".to_owned())].into_iter().chain(every).collect();
    view! {
        <Form action=SetSitePoll { slug, id, minutes } refetch=true>
            <Select
                name="minutes" label="Check for new commits" options
                help="For repositories without a webhook. A new commit on the branch is deployed."
            />
            <div><Submit>"Save interval"</Submit></div>
        </Form>
    }
}

fn last_look(poll: PollView) -> impl IntoView {
    let PollView { looked_at, result, is_failed, next_at, .. } = poll;
    view! {
        {(is_failed && looked_at.is_some()).then(|| view! {
            <Banner notice=Notice::Info boxed=true>"Couldn't reach the repository. Checks are less frequent until it responds."</Banner>
        })}
        <Facts>
            <Fact label="Last checked">{match looked_at { Some(at) => view! { <Ago at/> }.into_any(), None => "Not yet".into_any() }}</Fact>
            <Fact label="Result">{result.unwrap_or_else(|| "None yet".to_owned())}</Fact>
            <Fact label="Next check">{time_of(next_at)}</Fact>
        </Facts>
    }
}

fn time_of(at: model::Time) -> String {
    format!("{} UTC", app_kit::time::short(at))
}

/// The form for an archive. What is done with it begins as with the repository.
#[component]
pub(super) fn Archive(site: Live<DeploysView>, scope: Scope) -> impl IntoView {
    let done = to_job(&scope);
    site.show(
        |view| {
            let input = view.source.as_ref().map(|source| source.input.clone()).unwrap_or_default();
            (view.can_change, view.site, view.stack, input)
        },
        move |found| {
            let (can, id, stack, input) = found;
            let slug = match scope.clone() {
                Scope::Tenant(slug) if can => slug,
                _ => return view! { <EmptyState title="Can't upload now" text="Archives can be uploaded while this site is running."/> }.into_any(),
            };
            let help = format!("Up to {MAX_ARCHIVE_MIB} MiB. It counts against the CloudPod's disk until it is deployed.");
            view! {
                <Panel title="Upload an archive" note="Deploys a .zip, .tar.gz or .tgz file. A single top folder is left out.">
                    <UploadForm url=address(&slug, id) on_done=done>
                        <UploadField label="Archive" accept=".zip,.tar.gz,.tgz" help/>
                        <BuildFields stack input/>
                        <div><Submit>"Upload and deploy"</Submit></div>
                    </UploadForm>
                </Panel>
            }
            .into_any()
        },
    )
}

fn address(slug: &str, id: WebsiteId) -> String {
    format!("/api/tenant/hosting/deploys/upload?slug={slug}&id={id}")
}

#[component]
fn BuildFields(stack: SiteStack, input: SourceInput) -> impl IntoView {
    let name = |field: &str| format!("{UPLOAD}{field}");
    view! {
        <Grid columns=Columns::Pairs>
            <Input name=name("folder") label="Root directory of the archive" value=input.folder optional=true autocomplete="off"/>
            <Input name=name("publish") label="Published directory" value=input.publish optional=true autocomplete="off" help="Inside the root directory, after the build."/>
        </Grid>
        <Textarea name=name("build_command") label="Command after unpacking" value=input.build_command optional=true rows=2/>
        <Grid columns=Columns::Pairs>
            {(stack == SiteStack::Node).then(|| view! {
                <Input name=name("start_file") label="File that Node.js starts" value=input.start_file optional=true autocomplete="off" placeholder="server.js"/>
            })}
            <Input name=name("shared") label="Directories kept across releases" value=input.shared optional=true autocomplete="off"/>
        </Grid>
    }
}
