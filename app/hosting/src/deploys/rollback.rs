//! The way back to an earlier release: what it changes beside the code, and the form that does it.

use super::server_fns::{RollBackDeploy, read_rollback};
use crate::websites::pages::to_job;
use app_kit::prelude::*;
use model::{
    hosting::deploys::{RestoredChange, RollbackPreview},
    ids::DeployId,
};

/// The deploy that was chosen, with its number, and whether it is asked about.
#[derive(Clone, Copy)]
pub(super) struct Chosen {
    open: RwSignal<bool>,
    deploy: RwSignal<Option<(DeployId, i32)>>,
}

impl Chosen {
    pub(super) fn new() -> Self {
        Self { open: RwSignal::new(false), deploy: RwSignal::new(None) }
    }

    pub(super) fn ask(self, deploy: DeployId, number: i32) {
        self.deploy.set(Some((deploy, number)));
        self.open.set(true);
    }
}

/// The dialog for the deploy that was chosen.
#[component]
pub(super) fn Rollback(chosen: Chosen, scope: Scope) -> impl IntoView {
    let Scope::Tenant(slug) = scope.clone() else { return ().into_any() };
    let Chosen { open, deploy } = chosen;
    let title = Signal::derive(move || deploy.get().map(|(_, number)| format!("Roll back to #{number}?")).unwrap_or_default());
    let content = move || {
        let (slug, of) = (slug.clone(), scope.clone());
        let Some((id, _)) = deploy.get_untracked() else { return ().into_any() };
        let data = fetch(
            || (),
            move |()| {
                let slug = slug.clone();
                async move { read_rollback(slug, id).await }
            },
        );
        view! { <Load data view={move |preview: RollbackPreview| view! { <Confirmation preview open scope=of.clone()/> }}/> }.into_any()
    };
    view! { <Dialog open title>{content()}</Dialog> }.into_any()
}

/// What changes, a line each.
fn lines(preview: &RollbackPreview) -> Vec<String> {
    let variable = |name: &str, change| match change {
        RestoredChange::Added => format!("{name}: restored"),
        RestoredChange::Removed => format!("{name}: removed"),
        RestoredChange::Replaced => format!("{name}: previous value"),
    };
    let variables = preview.variables.iter().map(|one| variable(&one.name, one.change));
    preview.settings.iter().cloned().chain(variables).collect()
}

#[component]
fn Confirmation(preview: RollbackPreview, open: RwSignal<bool>, scope: Scope) -> impl IntoView {
    let Scope::Tenant(slug) = scope.clone() else { return ().into_any() };
    let lines = lines(&preview);
    let is_more = !lines.is_empty();
    let words = match (preview.is_known, is_more) {
        (false, _) => "Only the code is rolled back: this release is from before its settings were kept.",
        (true, false) => "Only the code changes. Settings and environment variables are the same as when this release was live.",
        (true, true) => "The code is rolled back together with the settings and environment variables that this release was live with:",
    };
    let call = RollBackDeploy { slug, id: preview.deploy, keep_settings: false };
    let submit = || view! { <Submit kind=Kind::Danger>"Roll back"</Submit> };
    view! {
        <Form action=call class=tw!("contents") on_done=to_job(&scope)>
            <DialogBody open submit>
                <p>{words}</p>
                {is_more.then(|| view! {
                    <ul class="grid gap-1 text-1">{lines.into_iter().map(|line| view! { <li>{line}</li> }).collect_view()}</ul>
                    <Checkbox name="keep_settings" label="Keep the current settings and variables" help="Only the code is rolled back."/>
                })}
                <p>"Nothing is built. Scheduled jobs, domains, password protection, shared directories and the database stay as they are."</p>
            </DialogBody>
        </Form>
    }
    .into_any()
}
