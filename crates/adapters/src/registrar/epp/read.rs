//! Answers. What is not understood is passed over; what is needed and missing is an error of the registry.

use super::requests::{GRACE_NAMESPACE, PRICES_NAMESPACE};
use crate::registrar::{Availability, DomainInfo, RegistrarError, RegistryMessage, Transfer, TransferStatus};
use chrono::DateTime;
use model::Time;
use roxmltree::{Document, Node};

const EPP: &str = "urn:ietf:params:xml:ns:epp-1.0";
const DOMAIN: &str = "urn:ietf:params:xml:ns:domain-1.0";
/// Longest text of a registry that is passed on.
const MAX_REASON: usize = 300;

/// What became of a command.
pub(super) struct CommandResult {
    /// Of RFC 5730 §3.
    pub(super) code: u16,
    /// In the registry's words.
    pub(super) reason: String,
    /// The number of the command.
    pub(super) request: Option<String>,
}

impl CommandResult {
    pub(super) fn is_success(&self) -> bool {
        self.code < 2000
    }
}

pub(super) fn result(answer: &str) -> Result<CommandResult, RegistrarError> {
    let document = parse(answer)?;
    let result = first(document.root(), EPP, "result").ok_or_else(unreadable)?;
    let code = result.attribute("code").and_then(|code| code.parse().ok()).ok_or_else(unreadable)?;
    let messages = result.children().filter(|node| node.has_tag_name((EPP, "msg"))).filter_map(|node| text(&node));
    let reasons = result.descendants().filter(|node| node.has_tag_name((EPP, "reason"))).filter_map(|node| text(&node));
    let reason = messages.chain(reasons).collect::<Vec<_>>().join(": ").chars().filter(|one| !one.is_control()).take(MAX_REASON).collect();
    Ok(CommandResult { code, reason, request: first(document.root(), EPP, "clTRID").and_then(|node| text(&node)) })
}

/// The extensions that a greeting offers.
pub(super) fn extensions(greeting: &str) -> Result<Vec<String>, RegistrarError> {
    let document = parse(greeting)?;
    let greeting = first(document.root(), EPP, "greeting").ok_or_else(unreadable)?;
    Ok(greeting.descendants().filter(|node| node.has_tag_name((EPP, "extURI"))).filter_map(|node| text(&node)).collect())
}

pub(super) fn availability(answer: &str) -> Result<Vec<Availability>, RegistrarError> {
    let document = parse(answer)?;
    let root = document.root();
    let prices: Vec<Node<'_, '_>> = root.descendants().filter(|node| node.has_tag_name((PRICES_NAMESPACE, "cd"))).collect();
    let checked = root.descendants().filter(|node| node.has_tag_name((DOMAIN, "cd")));
    checked
        .map(|checked| {
            let node = first(checked, DOMAIN, "name").ok_or_else(unreadable)?;
            let name = text(&node).ok_or_else(unreadable)?.to_lowercase();
            let is_available = matches!(node.attribute("avail"), Some("1" | "true"));
            let reason = first(checked, DOMAIN, "reason").and_then(|node| text(&node));
            let is_premium = prices.iter().any(|price| is_of(*price, &name) && is_premium(*price));
            Ok(Availability { name, is_available, reason, is_premium })
        })
        .collect()
}

fn is_of(price: Node<'_, '_>, name: &str) -> bool {
    first(price, PRICES_NAMESPACE, "objID").and_then(|node| text(&node)).is_some_and(|id| id.eq_ignore_ascii_case(name))
}

/// Whether the registry puts the name into a class of its own: without one, or with "standard", the price is everybody's.
fn is_premium(price: Node<'_, '_>) -> bool {
    price
        .descendants()
        .filter(|node| node.has_tag_name((PRICES_NAMESPACE, "class")))
        .filter_map(|node| text(&node))
        .any(|class| !class.eq_ignore_ascii_case("standard"))
}

pub(super) fn info(answer: &str, registrar_id: &str) -> Result<DomainInfo, RegistrarError> {
    let document = parse(answer)?;
    let data = first(document.root(), DOMAIN, "infData").ok_or_else(unreadable)?;
    let hosts = data.descendants().filter(|node| node.has_tag_name((DOMAIN, "hostObj")) || node.has_tag_name((DOMAIN, "hostName")));
    let statuses = |namespace, tag| {
        let found = document.descendants().filter(move |node| node.has_tag_name((namespace, tag)));
        found.filter_map(|node| node.attribute("s")).map(str::to_owned).collect()
    };
    let contacts = data.descendants().filter(|node| node.has_tag_name((DOMAIN, "contact")));
    Ok(DomainInfo {
        name: value(data, "name").ok_or_else(unreadable)?.to_lowercase(),
        is_ours: value(data, "clID").is_some_and(|id| id.eq_ignore_ascii_case(registrar_id)),
        statuses: statuses(DOMAIN, "status"),
        grace_statuses: statuses(GRACE_NAMESPACE, "rgpStatus"),
        registrant: value(data, "registrant"),
        contacts: contacts.filter_map(|node| Some((node.attribute("type")?.to_owned(), text(&node)?))).collect(),
        name_servers: hosts.filter_map(|node| text(&node)).map(|name| name.trim_end_matches('.').to_lowercase()).collect(),
        expires_at: time(data, "exDate")?,
    })
}

pub(super) fn transfer(answer: &str, registrar_id: &str) -> Result<Transfer, RegistrarError> {
    let document = parse(answer)?;
    let data = first(document.root(), DOMAIN, "trnData").ok_or_else(unreadable)?;
    let status = match value(data, "trStatus").as_deref() {
        Some("pending") => TransferStatus::Pending,
        Some("clientApproved" | "serverApproved") => TransferStatus::Approved,
        Some("clientRejected") => TransferStatus::Rejected,
        Some("clientCancelled" | "serverCancelled") => TransferStatus::Cancelled,
        _ => return Err(unreadable()),
    };
    Ok(Transfer {
        status,
        is_ours: value(data, "reID").ok_or_else(unreadable)?.eq_ignore_ascii_case(registrar_id),
        requested_at: time(data, "reDate")?.ok_or_else(unreadable)?,
        decides_at: time(data, "acDate")?.ok_or_else(unreadable)?,
    })
}

pub(super) fn message(answer: &str) -> Result<Option<RegistryMessage>, RegistrarError> {
    let document = parse(answer)?;
    let Some(queue) = first(document.root(), EPP, "msgQ") else { return Ok(None) };
    let id = queue.attribute("id").ok_or_else(unreadable)?.to_owned();
    let message = first(queue, EPP, "msg").and_then(|node| text(&node)).unwrap_or_default();
    let data = document.descendants().find(|node| node.has_tag_name((EPP, "resData")));
    let domain = data.and_then(|data| value(data, "name")).map(|name| name.to_lowercase());
    Ok(Some(RegistryMessage { id, text: message.chars().take(MAX_REASON).collect(), domain }))
}

fn parse(answer: &str) -> Result<Document<'_>, RegistrarError> {
    Document::parse(answer).map_err(|_| unreadable())
}

/// A session whose answer cannot be read may have done what it was asked.
fn unreadable() -> RegistrarError {
    RegistrarError::SessionLost { reason: "its answer cannot be read".to_owned() }
}

fn first<'a, 'input>(node: Node<'a, 'input>, namespace: &'static str, tag: &'static str) -> Option<Node<'a, 'input>> {
    node.descendants().find(|node| node.has_tag_name((namespace, tag)))
}

fn value(node: Node<'_, '_>, tag: &'static str) -> Option<String> {
    first(node, DOMAIN, tag).and_then(|node| text(&node))
}

fn text(node: &Node<'_, '_>) -> Option<String> {
    node.text().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn time(node: Node<'_, '_>, tag: &'static str) -> Result<Option<Time>, RegistrarError> {
    let Some(text) = value(node, tag) else { return Ok(None) };
    DateTime::parse_from_rfc3339(&text).map(|time| Some(time.to_utc())).map_err(|_| unreadable())
}
