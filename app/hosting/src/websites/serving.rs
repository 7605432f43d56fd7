//! The password of a site, its error pages and its micro-cache.

use super::{
    pages::{can_change, to_job},
    parts::may_write,
    server_fns::{PurgeWebsiteCache, SetWebsiteErrorPages, SetWebsiteMicroCache, SetWebsiteProtection},
};
use app_kit::prelude::*;
use model::{
    hosting::{
        cloudpods::Stack as SiteStack,
        websites::{ErrorPages, WebsiteView},
    },
    ids::WebsiteId,
};

/// The forms of what its stack knows, or what they are set to.
#[component]
pub(super) fn Serving(site: Live<WebsiteView>, scope: Scope) -> impl IntoView {
    let may = may_write(&scope);
    let set = |view: &WebsiteView| {
        let config = &view.config;
        let user = config.protection.as_ref().map(|one| one.user.clone());
        let is_preview = view.site.preview_of.is_some();
        (view.site.id, view.site.stack, (user, is_preview), config.error_pages.clone(), config.micro_cache_seconds)
    };
    site.show(
        move |view| (may && can_change(view) && !view.site.is_stopped, set(view)),
        move |(can, (id, stack, (user, is_preview), pages, seconds))| {
            let slug = match scope.clone() {
                Scope::Tenant(slug) if can => slug,
                _ => return view! { <ReadOnly stack user pages seconds/> }.into_any(),
            };
            let of = scope.clone();
            let errors = has_error_pages(stack)
                .then(|| view! { <ErrorForm slug=slug.clone() id pages is_static={stack == SiteStack::Static} scope=scope.clone()/> });
            let cache = has_php(stack).then(|| view! { <CacheForm slug=slug.clone() id seconds scope=scope.clone()/> });
            // A preview has a password from its beginning, and keeps it.
            let password = (!is_preview).then(|| view! { <PasswordForm slug id user scope=of/> });
            view! { {password}{errors}{cache} }.into_any()
        },
    )
}

const fn has_error_pages(stack: SiteStack) -> bool {
    matches!(stack, SiteStack::Static | SiteStack::Php)
}

const fn has_php(stack: SiteStack) -> bool {
    matches!(stack, SiteStack::Php | SiteStack::Wordpress)
}

/// What it is set to, for whoever cannot change it, such as staff.
#[component]
fn ReadOnly(stack: SiteStack, user: Option<String>, pages: ErrorPages, seconds: Option<u32>) -> impl IntoView {
    let page = |path: String| if path.is_empty() { "Default".to_owned() } else { path };
    let ErrorPages { not_found, failed } = pages;
    view! {
        <Panel title="Password, error pages and cache">
            <Facts>
                <Fact label="Password protection">{user.map_or_else(|| "Off".to_owned(), |user| format!("On, user name {user}"))}</Fact>
                {has_error_pages(stack).then(|| view! { <Fact label="Page for 404">{page(not_found)}</Fact> })}
                {(stack == SiteStack::Php).then(|| view! { <Fact label="Page for 500, 502 and 504">{page(failed)}</Fact> })}
                {has_php(stack).then(|| view! { <Fact label="Micro-cache">{seconds.map_or_else(|| "Off".to_owned(), kept_for)}</Fact> })}
            </Facts>
        </Panel>
    }
}

fn kept_for(seconds: u32) -> String {
    if seconds == 1 { "1 second".to_owned() } else { format!("{seconds} seconds") }
}

#[component]
fn PasswordForm(slug: String, id: WebsiteId, user: Option<String>, scope: Scope) -> impl IntoView {
    let note = match &user {
        Some(_) => "On. Visitors must enter this user name and its password.",
        None => "Off. Everyone can see the site.",
    };
    let help = if user.is_some() { "Leave empty to keep the current password." } else { "8 to 200 characters. It is never shown again." };
    let (is_on, off) = (user.is_some(), SetWebsiteProtection { slug: slug.clone(), id, user_name: String::new(), site_password: String::new() });
    let call = SetWebsiteProtection { slug, id, user_name: user.unwrap_or_default(), site_password: String::new() };
    let ask = Ask::new("Turn off password protection?", "Everyone can see the site.");
    let (done, again) = (to_job(&scope), to_job(&scope));
    view! {
        <Panel title="Password protection" note=note>
            <div class="grid gap-4">
                <Form action=call on_done=done>
                    <Grid columns=Columns::Pairs>
                        <Input name="user_name" label="User name" autocomplete="off"/>
                        <Input name="site_password" label="Site password" kind="password" optional=is_on autocomplete="new-password" help=help/>
                    </Grid>
                    <div><Submit>{if is_on { "Save protection" } else { "Turn on protection" }}</Submit></div>
                </Form>
                {is_on.then(|| view! {
                    <div><ActionButton call=off label="Turn off protection" ask on_done=again/></div>
                })}
            </div>
        </Panel>
    }
}

#[component]
fn ErrorForm(slug: String, id: WebsiteId, pages: ErrorPages, is_static: bool, scope: Scope) -> impl IntoView {
    let ErrorPages { not_found, failed } = pages;
    let missing = if is_static { "Shown for missing files." } else { "Shown for missing files, unless index.php responds to them." };
    view! {
        <Panel title="Error pages" note="Paths of files below the document root. Leave empty for the default pages.">
            <Form action=SetWebsiteErrorPages { slug, id, not_found, failed } on_done=to_job(&scope)>
                <Grid columns=Columns::Pairs>
                    <Input name="not_found" label="Page for 404" optional=true autocomplete="off" placeholder="/404.html" help=missing/>
                    {(!is_static).then(|| view! {
                        <Input
                            name="failed" label="Page for 500, 502 and 504" optional=true autocomplete="off" placeholder="/50x.html"
                            help="Shown if PHP fails or does not respond."
                        />
                    })}
                </Grid>
                <div><Submit>"Save error pages"</Submit></div>
            </Form>
        </Panel>
    }
}

#[component]
fn CacheForm(slug: String, id: WebsiteId, seconds: Option<u32>, scope: Scope) -> impl IntoView {
    let kept = [1, 10, 60].into_iter().map(|seconds: u32| (seconds.to_string(), kept_for(seconds)));
    let options: Vec<(String, String)> = [(String::new(), "Off".to_owned())].into_iter().chain(kept).collect();
    let purge = PurgeWebsiteCache { slug: slug.clone(), id };
    let purged = ("Cache purged", "The next visitors get new responses. One that PHP was working on may stay until its time is over.".to_owned());
    let help = "The X-Cache response header shows HIT or MISS. A site that responds by browser or address must send Vary or Cache-Control: private.";
    let note = "Serves PHP's responses to other visitors for a short time. Visitors with a cookie, a password or a token always get their own.";
    view! {
        <Panel title="Micro-cache" note=note>
            <div class="grid gap-4">
                <Form action=SetWebsiteMicroCache { slug, id, micro_cache_seconds: seconds } on_done=to_job(&scope)>
                    <Select name="micro_cache_seconds" label="Keep responses for" options help/>
                    <div><Submit>"Save cache setting"</Submit></div>
                </Form>
                {seconds.map(|_| view! { <div><ActionButton call=purge label="Purge cache" toast=purged/></div> })}
            </div>
        </Panel>
    }
}
