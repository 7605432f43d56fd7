//! What belongs to a release beside its code: the settings, the version of the language and the environment variables that it was live with.

use engine::Result;
use model::hosting::{
    cloudpods::Runtime,
    deploys::{RestoredChange, RestoredVariable},
    site_programs::Environment,
    websites::SiteConfig,
};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What stays as it is when a release comes back: whether the site runs and sleeps, who may see it, where its names lead, what is run at times; and
/// the release, which comes by itself.
const UNRESTORED: [&str; 6] = ["stopped", "always_on", "protection", "redirect_to_main", "jobs", "release"];
/// What is compared by itself.
const APART: [&str; 2] = ["runtime", "environment"];

/// What a site is set to, as it is kept with a release. Who may see it is not the release's.
pub(in crate::cloudpods) fn of(config: SiteConfig, runtime: Option<Runtime>) -> SiteConfig {
    SiteConfig { runtime, protection: None, ..config }
}

/// What a site is to be set to so that it is as it was `then`. `runtime` is the version that it runs on now.
///
/// # Errors
/// When what is stored is not what a site can be set to.
pub(in crate::cloudpods) fn restored(now: &SiteConfig, runtime: Option<Runtime>, then: &SiteConfig) -> Result<SiteConfig> {
    let (mut to, mut now) = (fields(then)?, fields(now)?);
    for name in UNRESTORED {
        to.remove(name);
        to.extend(now.remove_entry(name));
    }
    let to: SiteConfig = serde_json::from_value(Value::Object(to)).map_err(anyhow::Error::from)?;
    Ok(SiteConfig { runtime: then.runtime.filter(|then| Some(*then) != runtime), ..to })
}

fn fields(config: &SiteConfig) -> Result<Map<String, Value>> {
    match serde_json::to_value(config).map_err(anyhow::Error::from)? {
        Value::Object(fields) => Ok(fields),
        _ => Ok(Map::new()),
    }
}

/// The settings that are not the same, a line each.
///
/// # Errors
/// As [`restored`].
pub(super) fn changed(now: &SiteConfig, runtime: Option<Runtime>, then: &SiteConfig) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    if let (Some(now), Some(then)) = (runtime, then.runtime)
        && now != then
    {
        lines.push(format!("Runtime: {} instead of {}", then.title(), now.title()));
    }
    let (now, then) = (fields(now)?, fields(then)?);
    let names: std::collections::BTreeSet<&String> = now.keys().chain(then.keys()).collect();
    let is_other = |name: &&String| !UNRESTORED.contains(&name.as_str()) && !APART.contains(&name.as_str()) && now.get(*name) != then.get(*name);
    lines.extend(names.into_iter().filter(is_other).map(|name| label(name)));
    Ok(lines)
}

/// A section of the settings, as its page calls it.
fn label(name: &str) -> String {
    match name {
        "files" => "Files".to_owned(),
        "php" => "PHP".to_owned(),
        "answers" => "Redirects and headers".to_owned(),
        "micro_cache_seconds" => "Micro-cache".to_owned(),
        other => {
            let words = other.replace('_', " ");
            let mut letters = words.chars();
            letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
        }
    }
}

/// The variables that are not the same, by name. A variable that was set at another time may have another value.
pub(super) fn changed_variables(now: &Environment, then: &Environment) -> Vec<RestoredVariable> {
    let by_name = |environment: &Environment| -> BTreeMap<String, _> {
        environment.variables.iter().map(|one| (one.name.clone(), (one.changed_at, one.changed_by.clone()))).collect()
    };
    let (now, then) = (by_name(now), by_name(then));
    let names: std::collections::BTreeSet<&String> = now.keys().chain(then.keys()).collect();
    let change = |name: &String| match (now.get(name), then.get(name)) {
        (Some(_), None) => Some(RestoredChange::Removed),
        (None, Some(_)) => Some(RestoredChange::Added),
        (now, then) if now != then => Some(RestoredChange::Replaced),
        _ => None,
    };
    names.into_iter().filter_map(|name| change(name).map(|change| RestoredVariable { name: name.clone(), change })).collect()
}
