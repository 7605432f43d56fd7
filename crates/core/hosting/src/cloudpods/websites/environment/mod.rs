//! Environment variables of sites.
//!
//! - All values of a site are one set, sealed as one text. A change makes another set, which the job of the change brings to the server; the set of
//!   before stays until the change was seen to work.
//! - Values go to the site's server and to nobody else: pages, the audit log and jobs have names only.

pub(in crate::cloudpods) mod queries;

use super::{
    super::secrets::{open_environment, seal_environment},
    change::{Site, lock_site, require_started, update},
    queries as sites, require_free,
};
use crate::dns::person;
use db::TenantTx;
use engine::{Error, Result, Services};
use model::{
    Time,
    hosting::{
        cloudpods::Stack,
        site_programs::{Environment, Variable, VariableChange, VariableOp},
        websites::SiteConfig,
    },
    ids::{JobId, WebsiteId},
    permission::WebsitesWrite,
};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;
use wire::environment::{self as wire_environment, VariableName, VariableValue};

/// Checks a variable before it is among the changes that are to be applied. Returns it without its value.
///
/// # Errors
/// Not found; on fields `variable` and `value`.
pub async fn check_variable(tx: &mut TenantTx<WebsitesWrite>, id: WebsiteId, name: &str, value: &str) -> Result<String> {
    let tenant = tx.tenant();
    sites::site_row(tx.conn(), tenant, id).await?.ok_or_else(|| Error::not_found("Site"))?;
    let name = VariableName::new(name.trim()).map_err(|invalid| Error::field("variable", format!("Enter {}.", invalid.why)))?;
    VariableValue::new(lines(value)).map_err(|invalid| Error::field("value", format!("Enter {}.", invalid.why)))?;
    Ok(name.as_str().to_owned())
}

/// Sets and deletes variables of a site of the open account, all at once. Returns the job, which puts the old ones back when the site does not
/// respond as it should.
///
/// # Errors
/// Not found; on field `changes`; a conflict when its stack has no programs, the site is stopped or not whole, or its pod does not run or is busy.
pub async fn set_environment(services: &Services, tx: TenantTx<WebsitesWrite>, id: WebsiteId, changes: &[VariableChange]) -> Result<JobId> {
    let (tenant, caller) = (tx.tenant(), tx.caller().clone());
    tx.finish().await?;
    let by = person(&caller.actor);
    let mut tx = services.db.system(caller).await?;
    let (pod, site) = lock_site(&mut tx, tenant, id).await?;
    let changes = read(changes)?;
    require_free(&mut tx, &pod).await?;
    require_started(&site)?;
    if site.facts.stack == Stack::Static {
        return Err(Error::conflict("A static site has no programs that could read variables."));
    }
    let values = match site.config.environment.set {
        None => BTreeMap::new(),
        Some(set) => open_environment(&services.key, set, &queries::get(tx.conn(), id, set).await?)?,
    };
    let (values, variables) = changed(&site, values, changes, (services.now(), &by))?;
    let set = (!values.is_empty()).then(Uuid::now_v7);
    if let Some(set) = set {
        queries::insert(tx.conn(), (tenant, id), set, &seal_environment(&services.key, set, &values)?, services.now()).await?;
    }
    let config = SiteConfig { environment: Environment { set, variables }, ..site.config.clone() };
    let job = update(services, &mut tx, (&pod, &site), &config).await?;
    queries::forget_others(tx.conn(), id).await?;
    tx.commit_progress().await?;
    Ok(job)
}

/// Line breaks as programs know them: a browser sends those of a form as two characters.
fn lines(value: &str) -> String {
    value.replace("\r\n", "\n")
}

fn refused(why: impl Into<String>) -> Error {
    Error::field("changes", why)
}

/// The changes by name, with the value where there is one.
fn read(changes: &[VariableChange]) -> Result<Vec<(String, Option<String>)>> {
    let mut names = BTreeSet::new();
    let mut read = Vec::new();
    for VariableChange { op, name, value } in changes {
        let name = name.trim();
        // What was typed is not repeated: it may be a value in the wrong place.
        let known = VariableName::new(name).map_err(|invalid| refused(format!("Invalid name. Use {}.", invalid.why)))?;
        let value = match op {
            VariableOp::Delete => None,
            VariableOp::Set => {
                Some(VariableValue::new(lines(value)).map_err(|invalid| refused(format!("{known} has an invalid value. Use {}.", invalid.why)))?)
            }
        };
        if !names.insert(name) {
            return Err(refused(format!("{known} is changed twice.")));
        }
        read.push((name.to_owned(), value.map(String::from)));
    }
    if read.is_empty() { Err(refused("No changes to apply.")) } else { Ok(read) }
}

type Values = BTreeMap<String, String>;

/// Values and names after the changes.
fn changed(site: &Site, mut values: Values, changes: Vec<(String, Option<String>)>, (now, by): (Time, &str)) -> Result<(Values, Vec<Variable>)> {
    let mut variables: BTreeMap<String, Variable> =
        site.config.environment.variables.iter().map(|variable| (variable.name.clone(), variable.clone())).collect();
    for (name, value) in changes {
        match value {
            Some(value) => {
                variables.insert(name.clone(), Variable { name: name.clone(), changed_at: now, changed_by: by.to_owned() });
                values.insert(name, value);
            }
            None if values.remove(&name).is_some() => drop(variables.remove(&name)),
            None => return Err(refused(format!("{name} is not set."))),
        }
    }
    let all =
        values.iter().map(|(name, value)| Ok(wire_environment::Variable { name: VariableName::new(&**name)?, value: VariableValue::new(&**value)? }));
    let all: std::result::Result<Vec<_>, wire::InvalidText> = all.collect();
    all.and_then(|all| wire_environment::check(&all)).map_err(|invalid| refused(format!("A site can have {}.", invalid.why)))?;
    Ok((values, variables.into_values().collect()))
}
