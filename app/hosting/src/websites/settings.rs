//! Where the files of a site stand, and what PHP allows it.

use super::{
    pages::{can_change, to_job},
    parts::may_write,
    server_fns::{SetWebsiteFiles, SetWebsitePhp},
};
use app_kit::prelude::*;
use model::hosting::{
    cloudpods::Stack as SiteStack,
    websites::{FileSettings, PhpSettings, WebsiteView},
};

/// The forms of what its stack can be set to.
#[component]
pub(super) fn Settings(site: Live<WebsiteView>, scope: Scope) -> impl IntoView {
    let may = may_write(&scope);
    site.show(
        move |view| (may && can_change(view)).then(|| (view.site.id, view.site.stack, view.config.clone())),
        move |found| {
            let (Scope::Tenant(slug), Some((id, stack, config))) = (scope.clone(), found) else { return ().into_any() };
            if config.stopped {
                return ().into_any();
            }
            let (done, again) = (to_job(&scope), to_job(&scope));
            let files = matches!(stack, SiteStack::Static | SiteStack::Php).then(|| {
                let FileSettings { document_root, index_files, spa_fallback } = config.files;
                view! { <Form action=SetWebsiteFiles { slug: slug.clone(), id, document_root, index_files, spa_fallback } on_done=done><Files is_static={stack == SiteStack::Static}/></Form> }
            });
            let php = matches!(stack, SiteStack::Php | SiteStack::Wordpress).then(|| {
                let PhpSettings { memory_limit_mb, max_upload_mb, max_execution_seconds, display_errors } = config.php;
                let [memory_limit_mb, max_upload_mb, max_execution_seconds] = [memory_limit_mb, max_upload_mb, max_execution_seconds].map(|set| set.map(|figure| figure.to_string()).unwrap_or_default());
                view! { <Form action=SetWebsitePhp { slug, id, memory_limit_mb, max_upload_mb, max_execution_seconds, display_errors } on_done=again><Php/></Form> }
            });
            view! {
                {files.map(|form| view! { <Panel title="Files">{form}</Panel> })}
                {php.map(|form| view! { <Panel title="PHP" note="Leave a field empty to use the default for this CloudPod.">{form}</Panel> })}
            }
            .into_any()
        },
    )
}

fn yes_or_no(no: &str, yes: &str) -> Vec<(String, String)> {
    vec![("false".to_owned(), no.to_owned()), ("true".to_owned(), yes.to_owned())]
}

#[component]
fn Files(is_static: bool) -> impl IntoView {
    view! {
        <Input name="document_root" label="Document root" optional=true autocomplete="off" placeholder="dist" help="A folder inside public. Leave empty for public itself."/>
        {is_static.then(|| view! {
            <Input name="index_files" label="Index files" optional=true autocomplete="off" placeholder="index.html index.htm" help="The first one that exists is served."/>
            <Select
                name="spa_fallback" label="Missing files"
                options=yes_or_no("Return 404", "Serve the index file (single-page app)")
            />
        })}
        <div><Submit>"Save settings"</Submit></div>
    }
}

#[component]
fn Php() -> impl IntoView {
    view! {
        <Grid columns=Columns::Pairs>
            <Input name="memory_limit_mb" label="Memory limit" kind="number" optional=true autocomplete="off" suffix="MiB" help="32 to 2048."/>
            <Input name="max_upload_mb" label="Maximum upload size" kind="number" optional=true autocomplete="off" suffix="MiB" help="1 to 1024."/>
            <Input name="max_execution_seconds" label="Maximum execution time" kind="number" optional=true autocomplete="off" suffix="seconds" help="5 to 600. Requests end after 120 seconds or this value, whichever is longer."/>
            <Select name="display_errors" label="Error display" options=yes_or_no("Log only", "Log and show to visitors")/>
        </Grid>
        <div><Submit>"Save settings"</Submit></div>
    }
}
