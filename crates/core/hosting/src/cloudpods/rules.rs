//! Names of pods, and which moves are allowed.

use model::hosting::cloudpods::{DesiredState, PodStatus, Runtime, Stack};

/// Longest name of a pod on its server.
const NAME_MOST: usize = 24;
/// Characters of the suffix that makes a taken name another one, with its dash.
const SUFFIX: usize = 5;
/// Region of a pod that may stand anywhere; it becomes the server's region when the pod gets its place.
pub(super) const ANYWHERE: &str = "any";

/// Name of the site that a purchase makes.
pub(super) const FIRST_SITE: &str = "main";

/// A name for the pod from its domain: its first label, without `www`, cut so that a suffix still fits.
pub(super) fn slug(domain: &str) -> String {
    let label = domain.strip_prefix("www.").unwrap_or(domain).split('.').next().unwrap_or_default();
    slug_of_text(label)
}

/// A name from free text, such as the title of a site; `pod` when nothing of it can be used.
pub(super) fn slug_of_text(text: &str) -> String {
    // A name begins with a letter.
    let slug = model::slug::slug(text.trim_start_matches(|c: char| !c.is_ascii_alphabetic()), NAME_MOST - SUFFIX);
    if slug.len() < 2 { "pod".to_owned() } else { slug }
}

/// The same name with four random characters behind it.
pub(super) fn with_suffix(slug: &str, random: [u8; 4]) -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let suffix: String = random.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect();
    format!("{slug}-{suffix}")
}

/// Name of a pod's database and of its user. Pod names have no `_`, so two pods never share one.
pub(super) fn database_name(pod: &str) -> String {
    format!("pod_{}", pod.replace('-', "_"))
}

/// Whether a pod of this stack begins with a database.
pub(super) fn has_database(stack: Stack) -> bool {
    matches!(stack, Stack::Wordpress | Stack::Php)
}

/// What a site of this stack runs on.
///
/// # Errors
/// When the runtime that was chosen is another stack's.
pub(super) fn runtime(stack: Stack, chosen: Option<Runtime>) -> anyhow::Result<Option<Runtime>> {
    let Some(runtime) = chosen else { return Ok(stack.default_runtime()) };
    anyhow::ensure!(stack.runtimes().contains(&runtime), "{stack} sites cannot use {runtime}");
    Ok(Some(runtime))
}

/// Why a pod in this state cannot be deleted now; nothing when it can.
pub(super) fn why_not_delete(status: PodStatus) -> Option<&'static str> {
    match status {
        PodStatus::Running | PodStatus::Suspending | PodStatus::Suspended | PodStatus::Unsuspending | PodStatus::Failed => None,
        PodStatus::Requested | PodStatus::Provisioning => Some("This CloudPod is being provisioned. Cancel its job or wait until it finishes."),
        PodStatus::Deleting | PodStatus::Held => Some("Deletion is already in progress."),
        PodStatus::Deleted => Some("This CloudPod was already deleted."),
    }
}

/// Why a pod in this state has no processes that could be restarted; nothing when it has.
pub(super) fn why_not_restart(status: PodStatus, desired: DesiredState, has_programs: bool) -> Option<&'static str> {
    match (status, desired, has_programs) {
        (PodStatus::Running, DesiredState::Running, false) => Some("Static files have no processes to restart."),
        (PodStatus::Running, DesiredState::Running, true) => None,
        _ => Some("This CloudPod is not running."),
    }
}

/// Why a pod in this state cannot be moved to another server now; nothing when it can.
pub(super) fn why_not_migrate(status: PodStatus, desired: DesiredState) -> Option<&'static str> {
    match (status, desired) {
        (PodStatus::Running, DesiredState::Running) | (PodStatus::Suspended, DesiredState::Suspended) => None,
        (status, _) if status.is_placed() => Some("This CloudPod is being suspended or brought back. Wait until its job has ended."),
        _ => Some("This CloudPod is not on a server, or is being created or deleted."),
    }
}

/// Why a pod in this state cannot be suspended or unsuspended now; nothing when it can.
pub(super) fn why_not_suspend(status: PodStatus) -> Option<&'static str> {
    match status {
        PodStatus::Running | PodStatus::Suspending | PodStatus::Suspended | PodStatus::Unsuspending => None,
        PodStatus::Requested | PodStatus::Provisioning => Some("This CloudPod is being provisioned. Wait until its job has ended."),
        PodStatus::Failed => Some("This CloudPod is not online: provisioning failed."),
        PodStatus::Deleting | PodStatus::Held => Some("This CloudPod is offline and pending deletion. Cancel the deletion first."),
        PodStatus::Deleted => Some("This CloudPod was deleted."),
    }
}
