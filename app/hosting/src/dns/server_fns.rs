//! DNS operations of the pages and the API.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use app_operation::operation;
use model::{
    hosting::dns::{
        CustomTemplateInput, CustomTemplateRow, CustomTemplateView, DnsRecord, DnsTemplate, ImportPlan, NameServersView, Propagation, RecordChange,
        RecordType, TemplateView, ZonePlan, ZoneRow, ZoneVersionRow, ZoneView,
    },
    ids::{DomainId, ServerId},
    page::{Page, PageRequest},
};
use std::collections::BTreeMap;

/// Lists the DNS zones of all customers, newest first.
#[operation("/api/admin/domains/dns", "list", platform(DnsRead))]
pub async fn list_zones(request: PageRequest) -> Result<Page<ZoneRow>, AppError> {
    Ok(core_hosting::dns::list(&mut tx, &request).await?)
}

/// Returns the DNS zone of a domain: its records, and what each name server serves.
#[operation("/api/admin/domains/dns", "get", platform(DnsRead))]
pub async fn read_zone(id: DomainId) -> Result<ZoneView, AppError> {
    Ok(core_hosting::dns::get(&mut tx, id).await?)
}

/// Lists the name servers, and the servers that can become one.
#[operation("/api/admin/domains/dns", "name_servers", platform(DnsRead))]
pub async fn list_name_servers() -> Result<NameServersView, AppError> {
    Ok(core_hosting::dns::list_name_servers(&mut tx).await?)
}

/// Makes a server with the DNS capability a name server of all zones.
#[operation("/api/admin/domains/dns", "add_name_server", platform(DnsManage))]
pub async fn add_name_server(server: ServerId, name: String) -> Result<(), AppError> {
    Ok(core_hosting::dns::add_name_server(&app_auth::services()?, tx, server, &name).await?)
}

/// Removes a server from the name servers, and all zones from the server.
#[operation("/api/admin/domains/dns", "remove_name_server", platform(DnsManage))]
pub async fn remove_name_server(server: ServerId) -> Result<(), AppError> {
    Ok(core_hosting::dns::remove_name_server(&app_auth::services()?, tx, server).await?)
}

/// Lists the DNS templates that staff have defined.
#[operation("/api/admin/domains/dns", "templates", platform(DnsRead))]
pub async fn list_custom_templates() -> Result<Vec<CustomTemplateRow>, AppError> {
    Ok(core_hosting::dns::list_custom_templates(&mut tx).await?)
}

/// Adds a DNS template for zones of all customers.
#[operation("/api/admin/domains/dns", "create_template", platform(DnsManage))]
pub async fn create_custom_template(input: CustomTemplateInput) -> Result<(), AppError> {
    Ok(core_hosting::dns::create_custom_template(&app_auth::services()?, tx, &input).await?)
}

/// Changes a DNS template, named by its code. Zones that use it stay as they are.
#[operation("/api/admin/domains/dns", "update_template", platform(DnsManage))]
pub async fn update_custom_template(input: CustomTemplateInput) -> Result<(), AppError> {
    Ok(core_hosting::dns::update_custom_template(&app_auth::services()?, tx, &input).await?)
}

/// Deletes a DNS template. Records that zones have of it stay.
#[operation("/api/admin/domains/dns", "delete_template", platform(DnsManage))]
pub async fn delete_custom_template(code: String) -> Result<(), AppError> {
    Ok(core_hosting::dns::delete_custom_template(&app_auth::services()?, tx, &code).await?)
}

/// Returns the DNS zone of a tenant's domain, or why it cannot have one.
#[operation("/api/tenant/domains/dns", "get", tenant(DnsRead))]
pub async fn read_own_zone(slug: String, id: DomainId) -> Result<ZoneView, AppError> {
    Ok(core_hosting::dns::get_own(&mut tx, id).await?)
}

/// Creates the DNS zone of a verified domain, with the addresses of its CloudPods.
#[operation("/api/tenant/domains/dns", "create", tenant(DnsWrite))]
pub async fn create_zone(slug: String, id: DomainId) -> Result<(), AppError> {
    Ok(core_hosting::dns::create(&app_auth::services()?, tx, id).await?)
}

/// Validates a record and returns it in the form in which the zone stores it. Changes nothing.
#[operation("/api/tenant/domains/dns", "check_record", tenant(DnsWrite))]
pub async fn check_record(slug: String, id: DomainId, name: String, kind: RecordType, ttl: u32, value: String) -> Result<DnsRecord, AppError> {
    Ok(core_hosting::dns::check_record(&mut tx, id, &DnsRecord { name, kind, ttl, value }).await?)
}

/// Previews changes to a zone.
#[operation("/api/tenant/domains/dns", "preview", tenant(DnsWrite))]
pub async fn preview_zone(slug: String, id: DomainId, #[server(default)] changes: Vec<RecordChange>) -> Result<ZonePlan, AppError> {
    Ok(core_hosting::dns::preview(&mut tx, id, &changes).await?)
}

/// Applies changes to a zone. `version` is the one that was previewed.
#[operation("/api/tenant/domains/dns", "apply", tenant(DnsWrite))]
pub async fn apply_zone(slug: String, id: DomainId, version: i32, #[server(default)] changes: Vec<RecordChange>) -> Result<(), AppError> {
    Ok(core_hosting::dns::apply(&app_auth::services()?, tx, id, version, &changes).await?)
}

/// Previews the import of a zone file; returns the text with the plan.
#[operation("/api/tenant/domains/dns", "preview_import", tenant(DnsWrite))]
pub async fn preview_import(slug: String, id: DomainId, text: String) -> Result<ImportPlan, AppError> {
    let plan = core_hosting::dns::preview_file(&mut tx, id, &text).await?;
    Ok(ImportPlan { plan, text })
}

/// Replaces a zone's records with those of a zone file. `version` is the one that was previewed.
#[operation("/api/tenant/domains/dns", "import", tenant(DnsWrite))]
pub async fn import_zone(slug: String, id: DomainId, version: i32, text: String) -> Result<(), AppError> {
    Ok(core_hosting::dns::apply_file(&app_auth::services()?, tx, id, version, &text).await?)
}

/// Returns a zone as a zone file.
#[operation("/api/tenant/domains/dns", "export", tenant(DnsRead))]
pub async fn export_zone(slug: String, id: DomainId) -> Result<String, AppError> {
    Ok(core_hosting::dns::export(&mut tx, id).await?)
}

/// Lists the versions of a zone, newest first.
#[operation("/api/tenant/domains/dns", "history", tenant(DnsRead))]
pub async fn list_zone_versions(slug: String, id: DomainId, request: PageRequest) -> Result<Page<ZoneVersionRow>, AppError> {
    Ok(core_hosting::dns::history(&mut tx, id, &request).await?)
}

/// Previews restoring an earlier version of a zone.
#[operation("/api/tenant/domains/dns", "preview_restore", tenant(DnsWrite))]
pub async fn preview_restore(slug: String, id: DomainId, to: i32) -> Result<ZonePlan, AppError> {
    Ok(core_hosting::dns::preview_restore(&mut tx, id, to).await?)
}

/// Restores an earlier version of a zone, under a new serial. `version` is the one that was previewed.
#[operation("/api/tenant/domains/dns", "restore", tenant(DnsWrite))]
pub async fn restore_zone(slug: String, id: DomainId, version: i32, to: i32) -> Result<(), AppError> {
    Ok(core_hosting::dns::restore(&app_auth::services()?, tx, id, version, to).await?)
}

/// Deletes a zone from every name server. `confirm_name` is the domain.
#[operation("/api/tenant/domains/dns", "delete", tenant(DnsDelete))]
pub async fn delete_zone(slug: String, id: DomainId, confirm_name: String) -> Result<(), AppError> {
    Ok(core_hosting::dns::delete(&app_auth::services()?, tx, id, &confirm_name).await?)
}

/// Signs a zone with a new key (DNSSEC).
#[operation("/api/tenant/domains/dns", "turn_on_dnssec", tenant(DnsWrite))]
pub async fn turn_on_dnssec(slug: String, id: DomainId) -> Result<(), AppError> {
    Ok(core_hosting::dns::turn_on(&app_auth::services()?, tx, id).await?)
}

/// Turns a zone's DNSSEC off once no resolver can have its DS record any more. Refused while the parent zone has one.
#[operation("/api/tenant/domains/dns", "turn_off_dnssec", tenant(DnsWrite))]
pub async fn turn_off_dnssec(slug: String, id: DomainId) -> Result<(), AppError> {
    Ok(core_hosting::dns::turn_off(&app_auth::services()?, tx, id).await?)
}

/// Keeps DNSSEC on that is being turned off.
#[operation("/api/tenant/domains/dns", "keep_dnssec", tenant(DnsWrite))]
pub async fn keep_dnssec(slug: String, id: DomainId) -> Result<(), AppError> {
    Ok(core_hosting::dns::keep_on(&app_auth::services()?, tx, id).await?)
}

/// Starts to replace the key of a signed zone: all name servers sign with both until the parent zone has the new one's DS record.
#[operation("/api/tenant/domains/dns", "start_rollover", tenant(DnsWrite))]
pub async fn start_dnssec_rollover(slug: String, id: DomainId) -> Result<(), AppError> {
    Ok(core_hosting::dns::start_rollover(&app_auth::services()?, tx, id).await?)
}

/// Keeps the key of a zone that is being replaced. Refused once the DS record of the new one was shown.
#[operation("/api/tenant/domains/dns", "cancel_rollover", tenant(DnsWrite))]
pub async fn cancel_dnssec_rollover(slug: String, id: DomainId) -> Result<(), AppError> {
    Ok(core_hosting::dns::cancel_rollover(&app_auth::services()?, tx, id).await?)
}

/// Lists the DS records that the parent of an unsigned zone has, of another provider's key. Empty while DNS does not answer.
#[operation("/api/tenant/domains/dns", "parent_ds", tenant(DnsRead))]
pub async fn list_parent_ds(slug: String, id: DomainId) -> Result<Vec<String>, AppError> {
    Ok(core_hosting::dns::parent_ds(&app_auth::services()?, tx, id).await?)
}

/// Lists the templates that a zone can use, with what it lacks of each.
#[operation("/api/tenant/domains/dns", "templates", tenant(DnsRead))]
pub async fn list_dns_templates(slug: String, id: DomainId) -> Result<Vec<TemplateView>, AppError> {
    Ok(core_hosting::dns::list_templates(&mut tx, id).await?)
}

/// Compares a zone with a template; `word` is what the template needs to know, such as the name of a mail server. Changes nothing.
#[operation("/api/tenant/domains/dns", "compare_template", tenant(DnsRead))]
pub async fn compare_dns_template(
    slug: String,
    id: DomainId,
    template: DnsTemplate,
    #[server(default)] word: String,
) -> Result<TemplateView, AppError> {
    Ok(core_hosting::dns::compare_template(&mut tx, id, template, &word).await?)
}

/// Lists the templates of the hosting company that a zone can use, with what it lacks of each.
#[operation("/api/tenant/domains/dns", "custom_templates", tenant(DnsRead))]
pub async fn list_own_custom_templates(slug: String, id: DomainId) -> Result<Vec<CustomTemplateView>, AppError> {
    Ok(core_hosting::dns::list_own_custom_templates(&mut tx, id).await?)
}

/// Compares a zone with a template of the hosting company, with these values of its variables. Changes nothing.
#[operation("/api/tenant/domains/dns", "compare_custom_template", tenant(DnsRead))]
pub async fn compare_custom_template(
    slug: String,
    id: DomainId,
    template: String,
    #[server(default)] values: BTreeMap<String, String>,
) -> Result<CustomTemplateView, AppError> {
    Ok(core_hosting::dns::compare_custom_template(&mut tx, id, &template, &values).await?)
}

/// Asks every name server of a zone and every resolver for the records of a name.
#[operation("/api/tenant/domains/dns", "check_propagation", tenant(DnsRead))]
pub async fn check_propagation(slug: String, id: DomainId, host: String, record_type: RecordType) -> Result<Propagation, AppError> {
    Ok(core_hosting::dns::check_propagation(&app_auth::services()?, tx, id, &host, record_type).await?)
}
