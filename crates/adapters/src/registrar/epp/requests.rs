//! The commands, as `instant-epp` writes them.

use crate::registrar::{AuthCode, ContactData, DomainChange, DomainInfo, NewDomain, RegistrarError, RestoreReport};
use chrono::{NaiveDate, SecondsFormat};
use instant_epp::{
    contact::{self, Address, ContactCreate, ContactUpdate, InfoType, PostalInfo, Voice},
    domain::{
        self, DomainAuthInfo, DomainCheck, DomainContact, DomainCreate, DomainDelete, DomainRenew, DomainTransfer, DomainUpdate, HostInfo, HostObj,
        NameServers, Period, PeriodLength, Status,
        update::{DomainAdd, DomainChangeInfo, DomainRemove},
    },
    host::HostCreate,
    login::Login,
};
use instant_xml::ToXml;
use std::{borrow::Cow, str::FromStr};

/// Prices of commands (RFC 8748).
pub(super) const PRICES_NAMESPACE: &str = "urn:ietf:params:xml:ns:epp:fee-1.0";
/// Statuses of the redemption grace period (RFC 3915).
pub(super) const GRACE_NAMESPACE: &str = "urn:ietf:params:xml:ns:rgp-1.0";
/// Asks with a check what registering would cost.
pub(super) const PRICES: &str =
    r#"<extension><fee:check xmlns:fee="urn:ietf:params:xml:ns:epp:fee-1.0"><fee:command name="create"/></fee:check></extension>"#;
/// What the holder's contact is for besides.
const ROLES: [&str; 2] = ["admin", "tech"];

/// A command with its number.
pub(super) fn document(command: &str, extension: &str, id: &str) -> String {
    if command.is_empty() { in_epp("<hello/>") } else { in_epp(&format!("<command>{command}{extension}<clTRID>{id}</clTRID></command>")) }
}

/// Asks for the greeting, which needs no number.
pub(super) fn hello() -> String {
    document("", "", "")
}

fn in_epp(content: &str) -> String {
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\r\n<epp xmlns=\"urn:ietf:params:xml:ns:epp-1.0\">{content}</epp>")
}

fn write(command: &impl ToXml) -> Result<String, RegistrarError> {
    instant_xml::to_string(command).map_err(|_| refused("the request cannot be written"))
}

fn refused(reason: &str) -> RegistrarError {
    RegistrarError::Refused { code: 2005, reason: reason.to_owned() }
}

/// Signs in, for those of our extensions that the registry has.
pub(super) fn login(user: &str, password: &str, offered: &[String]) -> Result<String, RegistrarError> {
    let extensions: Vec<&str> = offered.iter().map(String::as_str).filter(|uri| [PRICES_NAMESPACE, GRACE_NAMESPACE].contains(uri)).collect();
    write(&Login::new(user, password, None, Some(&extensions)))
}

pub(super) fn check(names: &[String]) -> Result<String, RegistrarError> {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    write(&DomainCheck { domains: &names })
}

pub(super) fn info(name: &str, code: Option<&AuthCode>) -> Result<String, RegistrarError> {
    write(&domain::DomainInfo::new(name, code.map(AuthCode::expose)))
}

pub(super) fn create(new: &NewDomain) -> Result<String, RegistrarError> {
    let hosts = hosts(&new.name_servers);
    let hosts = (!hosts.is_empty()).then_some(hosts.as_slice());
    let contacts = contacts(&new.contact);
    write(&DomainCreate::new(&new.name, years(new.years)?, hosts, Some(&new.contact), new.code.expose(), Some(&contacts)))
}

pub(super) fn delete(name: &str) -> Result<String, RegistrarError> {
    write(&DomainDelete::new(name))
}

pub(super) fn renew(name: &str, expires_on: NaiveDate, for_years: u8) -> Result<String, RegistrarError> {
    write(&DomainRenew::new(name, expires_on, years(for_years)?))
}

pub(super) fn transfer(name: &str, code: &AuthCode, for_years: u8) -> Result<String, RegistrarError> {
    write(&DomainTransfer::new(name, Some(years(for_years)?), code.expose()))
}

pub(super) fn query_transfer(name: &str, code: &AuthCode) -> Result<String, RegistrarError> {
    write(&DomainTransfer::query(name, code.expose()))
}

pub(super) fn cancel_transfer(name: &str) -> Result<String, RegistrarError> {
    write(&DomainTransfer::cancel(name))
}

pub(super) fn create_host(name: &str) -> Result<String, RegistrarError> {
    write(&HostCreate::new(name, None))
}

pub(super) fn create_contact(id: &str, contact: &ContactData, code: &AuthCode) -> Result<String, RegistrarError> {
    write(&ContactCreate::new(id, &contact.email, postal(contact)?, Some(Voice::new(&contact.phone)), code.expose()))
}

pub(super) fn update_contact(id: &str, contact: &ContactData, code: &AuthCode) -> Result<String, RegistrarError> {
    let mut update = ContactUpdate::new(id);
    update.set_info(&contact.email, postal(contact)?, Voice::new(&contact.phone), code.expose());
    write(&update)
}

/// Written here: those of `instant-epp` need a prefix for their attributes, which only its own documents declare.
pub(super) fn poll() -> String {
    "<poll op=\"req\"/>".to_owned()
}

/// See [`poll`].
pub(super) fn acknowledge(message: &str) -> String {
    format!("<poll op=\"ack\" msgID=\"{}\"/>", escape(message))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

/// An update that changes nothing, for the extension that goes with it. `instant-epp` sends one without the element of the change, which RFC 3915
/// asks for.
pub(super) fn no_update(name: &str) -> String {
    let name = escape(name);
    format!(
        "<update><domain:update xmlns:domain=\"urn:ietf:params:xml:ns:domain-1.0\"><domain:name>{name}</domain:name><domain:chg/></domain:update></update>"
    )
}

/// Asks for a domain in its redemption period, with [`no_update`].
pub(super) fn restore() -> String {
    in_restore("<rgp:restore op=\"request\"/>")
}

/// What RFC 3915 wants to know of it. The domain is as it was: nothing of it is changed on the way.
pub(super) fn report_restore(name: &str, report: &RestoreReport) -> String {
    let time = |at: model::Time| at.to_rfc3339_opts(SecondsFormat::Millis, true);
    let (name, deleted_at, restored_at) = (escape(name), time(report.deleted_at), time(report.restored_at));
    in_restore(&format!(
        "<rgp:restore op=\"report\"><rgp:report><rgp:preData>{name}, as registered before its deletion</rgp:preData>\
         <rgp:postData>{name}, unchanged</rgp:postData><rgp:delTime>{deleted_at}</rgp:delTime><rgp:resTime>{restored_at}</rgp:resTime>\
         <rgp:resReason>Registrant request</rgp:resReason>\
         <rgp:statement>This registrar has not restored the domain in order to assume the rights to use or sell it for itself or for any third \
         party.</rgp:statement><rgp:statement>The information in this report is true to the best of this registrar's knowledge.</rgp:statement>\
         </rgp:report></rgp:restore>"
    ))
}

fn in_restore(content: &str) -> String {
    format!("<extension><rgp:update xmlns:rgp=\"{GRACE_NAMESPACE}\">{content}</rgp:update></extension>")
}

/// What brings a domain from what it is to what is wanted, in the order in which it is sent: the lock goes first, for it may forbid the rest.
pub(super) fn updates(name: &str, found: &DomainInfo, change: &DomainChange) -> Result<Vec<String>, RegistrarError> {
    let lock = change.is_locked.filter(|wanted| *wanted != found.is_locked());
    let rest = rest(name, found, change)?;
    let lock = lock.map(|wanted| lock_update(name, wanted)).transpose()?;
    Ok(if change.is_locked == Some(true) { rest.into_iter().chain(lock).collect() } else { lock.into_iter().chain(rest).collect() })
}

fn lock_update(name: &str, is_locked: bool) -> Result<String, RegistrarError> {
    let statuses = [Status::ClientTransferProhibited];
    let mut update = DomainUpdate::new(name);
    if is_locked {
        update.add(DomainAdd { ns: None, contacts: None, statuses: Some(&statuses) });
    } else {
        update.remove(DomainRemove { ns: None, contacts: None, statuses: Some(&statuses) });
    }
    write(&update)
}

fn rest(name: &str, found: &DomainInfo, change: &DomainChange) -> Result<Option<String>, RegistrarError> {
    let wanted = change.name_servers.as_ref();
    let lacking: Vec<String> = wanted.into_iter().flatten().filter(|one| !found.name_servers.contains(*one)).cloned().collect();
    let leaving: Vec<String> = found.name_servers.iter().filter(|one| wanted.is_some_and(|wanted| !wanted.contains(*one))).cloned().collect();
    let holder = change.contact.as_deref().filter(|wanted| found.registrant.as_deref() != Some(*wanted));
    let (new_contacts, old_contacts) = holder.map(|id| roles(found, id)).unwrap_or_default();
    let (adds_hosts, removes_hosts) = (hosts(&lacking), hosts(&leaving));
    if adds_hosts.is_empty() && removes_hosts.is_empty() && holder.is_none() && change.code.is_none() {
        return Ok(None);
    }
    let mut update = DomainUpdate::new(name);
    if !adds_hosts.is_empty() || !new_contacts.is_empty() {
        update.add(DomainAdd { ns: servers(&adds_hosts), contacts: some(&new_contacts), statuses: None });
    }
    if !removes_hosts.is_empty() || !old_contacts.is_empty() {
        update.remove(DomainRemove { ns: servers(&removes_hosts), contacts: some(&old_contacts), statuses: None });
    }
    if holder.is_some() || change.code.is_some() {
        let auth_info = change.code.as_ref().map(|code| DomainAuthInfo::new(code.expose()));
        update.info(DomainChangeInfo { registrant: holder, auth_info });
    }
    write(&update).map(Some)
}

/// The contacts that are added and those that are removed when this one is the holder's.
fn roles<'a>(found: &'a DomainInfo, holder: &'a str) -> (Vec<DomainContact<'a>>, Vec<DomainContact<'a>>) {
    let is_there = |role: &str| found.contacts.iter().any(|(other, id)| other == role && id == holder);
    let added = ROLES.iter().filter(|role| !is_there(role)).map(|role| role_of(role, holder)).collect();
    let removed = found.contacts.iter().filter(|(_, id)| id != holder).map(|(role, id)| role_of(role, id)).collect();
    (added, removed)
}

fn some<T>(all: &[T]) -> Option<&[T]> {
    (!all.is_empty()).then_some(all)
}

fn servers<'a>(hosts: &'a [HostInfo<'a>]) -> Option<NameServers<'a>> {
    some(hosts).map(|hosts| NameServers { ns: Cow::Borrowed(hosts) })
}

fn hosts(names: &[String]) -> Vec<HostInfo<'_>> {
    names.iter().map(|name| HostInfo::Obj(HostObj { name: name.as_str().into() })).collect()
}

fn contacts(id: &str) -> Vec<DomainContact<'_>> {
    ROLES.iter().map(|role| role_of(role, id)).collect()
}

fn role_of<'a>(role: &'a str, id: &'a str) -> DomainContact<'a> {
    DomainContact { contact_type: role.into(), id: id.into() }
}

fn years(years: u8) -> Result<Period, RegistrarError> {
    PeriodLength::new(years).map(Period::Years).map_err(|_| refused("a domain is registered for 1 to 10 years"))
}

fn postal(contact: &ContactData) -> Result<PostalInfo<'_>, RegistrarError> {
    let country = contact::Country::from_str(&contact.country.to_lowercase()).map_err(|_| refused("the country is unknown"))?;
    let address = Address::new(&[contact.street.as_str()], &contact.city, contact.province.as_deref(), contact.postal_code.as_deref(), country);
    let texts = [Some(&contact.name), contact.organization.as_ref(), Some(&contact.street), Some(&contact.city), contact.province.as_ref()];
    // "int" is in letters that every registry can read; "loc" in those of the country.
    let kind = if texts.into_iter().flatten().all(|text| text.is_ascii()) { InfoType::International } else { InfoType::Local };
    Ok(PostalInfo::new(kind, &contact.name, contact.organization.as_deref(), address))
}
