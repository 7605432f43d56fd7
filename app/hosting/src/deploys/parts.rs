//! Where a site is deployed from: repository, deploy key and push webhook.

use super::{
    server_fns::{CreateSiteWebhook, DeleteSiteWebhook, DisconnectSiteSource, ForgetSiteHostKey, RotateSiteDeployKey, SetSiteSource},
    sources::{Look, proposed},
};
use crate::websites::parts::may_write;
use app_kit::{prelude::*, time::day};
use model::{
    hosting::{
        cloudpods::Stack as SiteStack,
        deploy_sources::SourceProposal,
        deploys::{DeploysView, SourceInput, SourceView, WebhookSecret},
    },
    ids::WebsiteId,
};

/// The form of the source, and the deploy key to be entered at the repository's host.
#[component]
pub(super) fn Source(site: Live<DeploysView>, scope: Scope) -> impl IntoView {
    let may = may_write(&scope);
    let found = Live::new(None::<SourceProposal>);
    let form = site.show(|view| (view.site, view.stack, view.source.as_ref().map(|source| source.input.clone())), {
        let scope = scope.clone();
        move |(id, stack, input): (WebsiteId, SiteStack, Option<SourceInput>)| {
            let scope = scope.clone();
            found.show(Option::clone, move |proposal| source_form(&scope, may, (id, stack), proposed(input.clone(), proposal), found))
        }
    });
    let look = view! { <Look site found scope=scope.clone()/> };
    let key = site.show(
        |view| (view.site, view.source.clone().filter(|source| source.is_ssh)),
        move |(id, source)| source.map(|source| view! { <DeployKey id source may scope=scope.clone()/> }),
    );
    view! { {form}{look}{key} }
}

fn source_form(
    scope: &Scope,
    may: bool,
    (id, stack): (WebsiteId, SiteStack),
    input: Option<SourceInput>,
    found: Live<Option<SourceProposal>>,
) -> AnyView {
    let slug = match scope {
        Scope::Tenant(slug) if may => slug.clone(),
        _ => match input {
            Some(input) => return view! { <ReadOnly input/> }.into_any(),
            None => return view! { <EmptyState title="No repository" text="This site is not deployed from a repository."/> }.into_any(),
        },
    };
    let input = input.unwrap_or_else(|| SourceInput { branch: "main".to_owned(), ..SourceInput::default() });
    // What was suggested is saved, or was changed.
    let saved = Callback::new(move |()| found.set(None));
    view! {
        <Panel title="Repository" note="Saving does not deploy.">
            <Form action=SetSiteSource { slug, id, input } refetch=true on_done=saved><Fields stack/></Form>
        </Panel>
    }
    .into_any()
}

#[component]
fn ReadOnly(input: SourceInput) -> impl IntoView {
    view! {
        <Panel title="Repository">
            <Facts>
                <Fact label="Repository">{input.remote}</Fact>
                <Fact label="Branch">{input.branch}</Fact>
            </Facts>
        </Panel>
    }
}

#[component]
fn Fields(stack: SiteStack) -> impl IntoView {
    let is_node = stack == SiteStack::Node;
    let build = match stack {
        SiteStack::Php => "Runs with this site's PHP. Leave empty to publish the repository as it is.",
        _ => "Runs with git, npm and Node.js. Leave empty to publish the repository as it is.",
    };
    view! {
        <Grid columns=Columns::Pairs>
            <Input
                name="input[remote]" label="Repository" autocomplete="off" placeholder="git@github.com:northpier/shop.git"
                help="Over SSH for a private repository, or over HTTPS for a public one."
            />
            <Input name="input[branch]" label="Branch" autocomplete="off" placeholder="main"/>
            <Input name="input[folder]" label="Root directory" optional=true autocomplete="off" placeholder="apps/web" help="Where the site is in the repository."/>
            <Input
                name="input[publish]" label="Publish directory" optional=true autocomplete="off" placeholder="dist"
                help="What is served after the build, inside the root directory. It replaces the document root."
            />
        </Grid>
        <Textarea name="input[build_command]" label="Build command" optional=true rows=2 help=build/>
        <Grid columns=Columns::Pairs>
            {is_node.then(|| view! {
                <Input name="input[start_file]" label="Start file" optional=true autocomplete="off" placeholder="server.js" help="What Node.js starts. It listens on PORT."/>
            })}
            <Input
                name="input[shared]" label="Shared directories" optional=true autocomplete="off" placeholder="uploads"
                help="Kept across releases, inside the publish directory. Separate them with spaces."
            />
        </Grid>
        <div><Submit>"Save repository"</Submit></div>
    }
}

#[component]
fn DeployKey(id: WebsiteId, source: SourceView, may: bool, scope: Scope) -> impl IntoView {
    let SourceView { deploy_key, host_keys, .. } = source;
    let rotate = match &scope {
        Scope::Tenant(slug) if may => {
            let what = "The current key is deleted, and deploys fail until you have added the new one to your repository. Remove the old one there.";
            let ask = Ask::new("Replace the deploy key?", what).label("Replace key");
            view! { <ActionButton call=RotateSiteDeployKey { slug: slug.clone(), id } label="Replace key" size=Size::Small ask/> }.into_any()
        }
        _ => ().into_any(),
    };
    let forget = match (scope, host_keys.is_empty(), may) {
        (Scope::Tenant(slug), false, true) => {
            let what = "The next deploy trusts the host key that the repository's server shows then. Do this only if you know that it has changed.";
            let ask = Ask::new("Forget the host key?", what).label("Forget host key");
            view! { <ActionButton call=ForgetSiteHostKey { slug, id } label="Forget host key" size=Size::Small ask/> }.into_any()
        }
        _ => ().into_any(),
    };
    view! {
        <Panel title="Deploy key" note="Add it to your repository as a read-only deploy key.">
            <div class="grid gap-4">
                <div><Copyable text=deploy_key label="Copy deploy key" whole=true/></div>
                <Facts>
                    <Fact label="Pinned host key">
                        {if host_keys.is_empty() { "Pinned on the first deploy".to_owned() } else { host_keys.join(", ") }}
                    </Fact>
                </Facts>
                <div class="flex flex-wrap gap-2">{rotate}{forget}</div>
            </div>
        </Panel>
    }
}

/// What a repository's host has to be told.
const HOW: &str =
    "In your repository's webhook settings, enter this URL and its secret, choose the content type application/json, and send push events only.";

/// The address for pushes, and the button that makes its secret, which is shown once.
#[component]
pub(super) fn Webhook(site: Live<DeploysView>, scope: Scope) -> impl IntoView {
    let may = may_write(&scope);
    let once = Live::new(None::<WebhookSecret>);
    let again = use_refetch();
    site.show(
        move |view| view.source.as_ref().filter(|_| may).map(|source| (view.site, source.webhook_at, source.webhook_url.clone())),
        move |found| {
            let (Scope::Tenant(slug), Some((id, at, url))) = (scope.clone(), found) else { return ().into_any() };
            let (label, ask) = match at {
                None => ("Create webhook", None),
                Some(_) => ("Replace secret", Some(Ask::new("Replace the secret?", "Pushes that are signed with the old one are no longer accepted."))),
            };
            let done = Callback::new(move |secret| {
                once.set(Some(secret));
                again.run(());
            });
            let gone = Callback::new(move |()| {
                once.set(None);
                again.run(());
            });
            let call = CreateSiteWebhook { slug: slug.clone(), id };
            let shown = at.map(|at| (url, format!("{HOW} Secret created on {}.", day(at))));
            let known = once.show(Option::clone, move |secret| match (secret, shown.clone()) {
                (Some(WebhookSecret { url, secret }), _) => view! {
                    <div><Copyable text=url label="Copy webhook URL" whole=true/></div>
                    <Secret text=secret label="webhook secret"/>
                    <p class="text-13 text-2">{HOW}</p>
                }
                .into_any(),
                (None, Some((url, words))) => view! {
                    <div><Copyable text=url label="Copy webhook URL" whole=true/></div>
                    <p class="text-13 text-2">{words}</p>
                }
                .into_any(),
                (None, None) => ().into_any(),
            });
            view! {
                <Panel
                    title="Push webhook"
                    note="Deploys every push to the branch. Works with GitHub, GitLab, Gitea and Bitbucket, and with any HMAC-SHA256 of the body in X-mPanel-Signature."
                >
                    <div class="grid gap-4">
                        {known}
                        <div>
                            {match ask {
                                Some(ask) => {
                                    let what = "Pushes are no longer accepted. Remove the webhook from your repository, too.";
                                    let delete = Ask::new("Delete the webhook?", what).label("Delete webhook");
                                    view! {
                                        <div class="flex flex-wrap gap-2">
                                            <ActionButton call label ask on_done=done/>
                                            <ActionButton call=DeleteSiteWebhook { slug, id } label="Delete webhook" ask=delete on_done=gone/>
                                        </div>
                                    }
                                    .into_any()
                                }
                                None => view! { <ActionButton call label on_done=done/> }.into_any(),
                            }}
                        </div>
                    </div>
                </Panel>
            }
            .into_any()
        },
    )
}

/// The button that takes the repository away. What is live stays.
#[component]
pub(super) fn Disconnect(site: Live<DeploysView>, scope: Scope) -> impl IntoView {
    let may = may_write(&scope);
    site.show(
        move |view| (may && view.source.is_some()).then_some(view.site),
        move |id| {
            let (Scope::Tenant(slug), Some(id)) = (scope.clone(), id) else { return ().into_any() };
            let what = "Deploys stop, and the deploy key, the webhook and all previews are deleted. The live release stays online and you can still roll back.";
            let ask = Ask::new("Disconnect the repository?", what).label("Disconnect repository");
            view! {
                <Panel title="Disconnect repository" note="Stops deploys. The live release stays online.">
                    <ActionButton call=DisconnectSiteSource { slug, id } label="Disconnect repository" kind=Kind::DangerOutline ask/>
                </Panel>
            }
            .into_any()
        },
    )
}
