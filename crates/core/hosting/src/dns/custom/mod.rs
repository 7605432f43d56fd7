//! Templates that staff define, beside the built-in ones.
//!
//! - A template is a text: its variables and its records, a line each. It is validated as it is saved; what customers enter is validated with the
//!   records that it makes.
//! - Zones keep nothing of a template: it is compared with their records, and what was entered for its variables is read off them. So one that is
//!   changed shows what differs, and one that is deleted takes no record with it.

mod queries;

use super::{
    change::person,
    read,
    rules::custom::{self, Pattern, Variable},
};
use db::{AuditEvent, PlatformRead, PlatformTx, TenantRead};
use engine::{Error, Result, Services, error::Errors};
use model::{
    audit_action::AuditAction,
    hosting::dns::{CustomTemplateInput, CustomTemplateRow, CustomTemplateView, DnsRecord, TemplateVariable},
    ids::DomainId,
    permission::{DnsManage, DnsRead},
};
use queries::{Changed, Stored};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Most templates of an installation: each is compared with a zone whenever somebody opens its page.
const MAX_TEMPLATES: i64 = 50;

/// The templates that staff have defined, by name.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn list_custom_templates(tx: &mut impl PlatformRead<DnsRead>) -> Result<Vec<CustomTemplateRow>> {
    Ok(queries::list(tx.conn()).await?)
}

/// Adds a template.
///
/// # Errors
/// On the fields that are wrong; a conflict when there are too many.
pub async fn create_custom_template(services: &Services, mut tx: PlatformTx<DnsManage>, input: &CustomTemplateInput) -> Result<()> {
    let stored = checked(input)?;
    if queries::count(tx.conn()).await? >= MAX_TEMPLATES {
        return Err(Error::conflict(format!("There can be {MAX_TEMPLATES} templates. Delete one first.")));
    }
    let (id, by) = (Uuid::now_v7(), person(&tx.caller().actor));
    if !queries::insert(tx.conn(), id, &stored, &Changed { by: &by, at: services.now() }).await? {
        return Err(Error::field("code", "There is a template with this ID."));
    }
    let event = AuditEvent::new(AuditAction::DnsTemplateChanged, "dns_template", id, &stored.name);
    Ok(tx.commit(event.after(serde_json::json!({ "code": stored.code, "created": true }))).await?)
}

/// Changes a template, named by its code. Zones that use it stay as they are, and show what differs.
///
/// # Errors
/// Not found; on the fields that are wrong.
pub async fn update_custom_template(services: &Services, mut tx: PlatformTx<DnsManage>, input: &CustomTemplateInput) -> Result<()> {
    let stored = checked(input)?;
    let id = queries::lock(tx.conn(), &stored.code).await?.ok_or_else(|| Error::not_found("Template"))?;
    let by = person(&tx.caller().actor);
    queries::update(tx.conn(), id, &stored, &Changed { by: &by, at: services.now() }).await?;
    let event = AuditEvent::new(AuditAction::DnsTemplateChanged, "dns_template", id, &stored.name);
    Ok(tx.commit(event.after(serde_json::json!({ "code": stored.code }))).await?)
}

/// Deletes a template. Records that zones have of it stay.
///
/// # Errors
/// Not found.
pub async fn delete_custom_template(services: &Services, mut tx: PlatformTx<DnsManage>, code: &str) -> Result<()> {
    let id = queries::lock(tx.conn(), code).await?.ok_or_else(|| Error::not_found("Template"))?;
    queries::delete(tx.conn(), id, services.now()).await?;
    let event = AuditEvent::new(AuditAction::DnsTemplateChanged, "dns_template", id, code);
    Ok(tx.commit(event.after(serde_json::json!({ "code": code, "deleted": true }))).await?)
}

/// A template as typed, if it is valid.
fn checked(input: &CustomTemplateInput) -> Result<Stored> {
    let mut errors = Errors::default();
    let (code, name, description) = (input.code.trim(), input.name.trim(), input.description.trim());
    let is_plain = code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if !is_plain || !(1..=40).contains(&code.len()) || code.starts_with('-') || code.ends_with('-') {
        errors.add("code", "Use up to 40 lowercase letters, digits and hyphens.");
    }
    if !(1..=60).contains(&name.chars().count()) {
        errors.add("name", "Enter a name of up to 60 characters.");
    }
    if description.chars().count() > 300 {
        errors.add("description", "Enter up to 300 characters.");
    }
    match custom::variables(&input.variables) {
        Err(message) => errors.add("variables", message),
        Ok(variables) => {
            if let Err(message) = custom::records(&input.records, &variables) {
                errors.add("records", message);
            }
        }
    }
    if !errors.is_empty() {
        return Err(errors.into_error());
    }
    let text = |text: &str| text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim().to_owned();
    Ok(Stored {
        code: code.to_owned(),
        name: name.to_owned(),
        description: description.to_owned(),
        variables: text(&input.variables),
        records: text(&input.records),
    })
}

/// Compares all of these templates with the records of a zone.
///
/// # Errors
/// Not found when the domain has no zone.
pub async fn list_own_custom_templates(tx: &mut impl TenantRead<DnsRead>, id: DomainId) -> Result<Vec<CustomTemplateView>> {
    let tenant = tx.tenant();
    let zone = read::own(tx.conn(), tenant, id).await?;
    let records = super::queries::records(tx.conn(), zone.id).await?;
    let stored = queries::in_use(tx.conn()).await?;
    // One that an older version has saved in another form is left out.
    let view = |one: &Stored| {
        let (variables, patterns) = parsed(one)?;
        let values = custom::infer(&zone.name, &variables, &patterns, &records);
        Ok::<_, Error>(compared(one, &variables, &patterns, &values, &zone.name, &records))
    };
    Ok(stored.iter().filter_map(|one| view(one).ok()).collect())
}

/// Compares one of these templates with the records of a zone, with these values of its variables.
///
/// # Errors
/// Not found when the domain has no zone; on field `template`, and on the field of each variable whose value makes no record.
pub async fn compare_custom_template(
    tx: &mut impl TenantRead<DnsRead>,
    id: DomainId,
    code: &str,
    typed: &BTreeMap<String, String>,
) -> Result<CustomTemplateView> {
    let tenant = tx.tenant();
    let zone = read::own(tx.conn(), tenant, id).await?;
    let records = super::queries::records(tx.conn(), zone.id).await?;
    let stored = queries::in_use(tx.conn()).await?.into_iter().find(|one| one.code == code);
    let stored = stored.ok_or_else(|| Error::field("template", "Select a template."))?;
    let (variables, patterns) = parsed(&stored)?;
    let value = |variable: &Variable| (variable.key.clone(), typed.get(&variable.key).map(|value| value.trim().to_owned()).unwrap_or_default());
    let values: BTreeMap<String, String> = variables.iter().map(value).collect();
    let mut errors = Errors::default();
    for (key, message) in custom::faults(&zone.name, &variables, &patterns, &values) {
        errors.add(&key, message);
    }
    if !errors.is_empty() {
        return Err(errors.into_error());
    }
    Ok(compared(&stored, &variables, &patterns, &values, &zone.name, &records))
}

fn parsed(stored: &Stored) -> Result<(Vec<Variable>, Vec<Pattern>)> {
    let variables = custom::variables(&stored.variables).map_err(|message| anyhow::anyhow!(message))?;
    let patterns = custom::records(&stored.records, &variables).map_err(|message| anyhow::anyhow!(message))?;
    Ok((variables, patterns))
}

fn compared(
    stored: &Stored,
    variables: &[Variable],
    patterns: &[Pattern],
    values: &BTreeMap<String, String>,
    zone: &str,
    records: &[DnsRecord],
) -> CustomTemplateView {
    let found = custom::compare(zone, patterns, values, records);
    let variable = |one: &Variable| TemplateVariable {
        key: one.key.clone(),
        label: one.label.clone(),
        value: values.get(&one.key).cloned().unwrap_or_default(),
    };
    CustomTemplateView {
        code: stored.code.clone(),
        name: stored.name.clone(),
        description: stored.description.clone(),
        variables: variables.iter().map(variable).collect(),
        present: found.present,
        missing: found.missing,
        replaces: found.replaces,
        changes: found.changes,
        faults: found.faults,
    }
}
