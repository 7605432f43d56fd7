//! What commands do.

use super::{
    Fault,
    answers::{self, Reply},
    objects::{Domain, Objects, Restore},
};
use chrono::Months;
use roxmltree::{Document, Node};

pub(super) const EPP: &str = "urn:ietf:params:xml:ns:epp-1.0";
pub(super) const DOMAIN: &str = "urn:ietf:params:xml:ns:domain-1.0";
const CONTACT: &str = "urn:ietf:params:xml:ns:contact-1.0";
pub(super) const GRACE: &str = "urn:ietf:params:xml:ns:rgp-1.0";
const HOST: &str = "urn:ietf:params:xml:ns:host-1.0";
pub(super) const PRICES: &str = "urn:ietf:params:xml:ns:epp:fee-1.0";

/// A result code that is no success.
type Refusal = u16;

/// Carries a document out. `user` is who has signed in.
pub(super) fn carry_out(objects: &mut Objects, user: &mut Option<String>, request: &[u8]) -> Reply {
    objects.settle();
    let Ok(text) = std::str::from_utf8(request) else { return answers::refusal(2001, "") };
    objects.received.push(text.to_owned());
    let Ok(document) = Document::parse(text) else { return answers::refusal(2001, "") };
    let root = document.root_element();
    if !root.has_tag_name((EPP, "epp")) {
        return answers::refusal(2001, "");
    }
    if child(root, EPP, "hello").is_some() {
        return Reply::of(answers::greeting(objects));
    }
    let Some(command) = child(root, EPP, "command") else { return answers::refusal(2001, "") };
    let number = child(command, EPP, "clTRID").and_then(|node| node.text()).unwrap_or_default();
    let Some(verb) = command.children().find(Node::is_element) else { return answers::refusal(2001, number) };
    if objects.fault == Some(Fault::CommandFailed) {
        objects.fault = None;
        return answers::refusal(2400, number);
    }
    match one(objects, user, command, verb) {
        Ok(done) => answers::success(&done, number),
        Err(code) => answers::refusal(code, number),
    }
}

/// A code of success with its data.
pub(super) struct Done {
    pub(super) code: u16,
    pub(super) queue: String,
    pub(super) data: String,
    pub(super) extension: String,
}

impl Done {
    fn with(data: String) -> Self {
        Self { code: 1000, queue: String::new(), data, extension: String::new() }
    }
}

fn one(objects: &mut Objects, user: &mut Option<String>, command: Node<'_, '_>, verb: Node<'_, '_>) -> Result<Done, Refusal> {
    let name = verb.tag_name().name();
    if name == "login" {
        return login(objects, user, verb);
    }
    let Some(user) = user.as_deref() else { return Err(2002) };
    let object = verb.children().find(Node::is_element);
    let namespace = object.and_then(|object| object.tag_name().namespace()).unwrap_or_default();
    match (name, namespace, object) {
        ("logout", ..) => Ok(Done { code: 1500, ..Done::with(String::new()) }),
        ("poll", ..) => poll(objects, user, verb),
        ("check", DOMAIN, Some(object)) => Ok(check(objects, command, object)),
        ("info", DOMAIN, Some(object)) => info(objects, object),
        ("create", DOMAIN, Some(object)) => create(objects, user, object),
        ("create", CONTACT, Some(object)) => create_contact(objects, user, object),
        ("create", HOST, Some(object)) => create_host(objects, object),
        ("update", DOMAIN, Some(object)) => match command.descendants().find(|node| node.has_tag_name((GRACE, "restore"))) {
            Some(restore) => bring_back(objects, user, object, restore),
            None => update(objects, user, object),
        },
        ("update", CONTACT, Some(object)) => update_contact(objects, user, object),
        ("delete", DOMAIN, Some(object)) => delete(objects, user, object),
        ("renew", DOMAIN, Some(object)) => renew(objects, user, object),
        ("transfer", DOMAIN, Some(object)) => transfer(objects, user, verb.attribute("op").unwrap_or_default(), object),
        _ => Err(2000),
    }
}

fn login(objects: &Objects, user: &mut Option<String>, verb: Node<'_, '_>) -> Result<Done, Refusal> {
    let (name, password) = (value(verb, EPP, "clID")?, value(verb, EPP, "pw")?);
    if objects.accounts.get(name).map(String::as_str) != Some(password) {
        return Err(2200);
    }
    let offered = answers::extensions(objects);
    let asks = verb.descendants().filter(|node| node.has_tag_name((EPP, "extURI"))).filter_map(|node| node.text());
    if asks.into_iter().any(|uri| !offered.contains(&uri)) {
        return Err(2103);
    }
    *user = Some(name.to_owned());
    Ok(Done::with(String::new()))
}

fn poll(objects: &mut Objects, user: &str, verb: Node<'_, '_>) -> Result<Done, Refusal> {
    let queue = objects.messages.entry(user.to_owned()).or_default();
    if verb.attribute("op") == Some("ack") {
        let first = queue.front().ok_or(2303_u16)?;
        if verb.attribute("msgID") != Some(&*first.id.to_string()) {
            return Err(2303);
        }
        queue.pop_front();
        return Ok(Done::with(String::new()));
    }
    let Some(first) = queue.front() else { return Ok(Done { code: 1300, ..Done::with(String::new()) }) };
    let (domain, count) = (first.domain.clone(), queue.len());
    let text = answers::queue(first, count);
    let transfer = objects.domains.get(&domain).and_then(|one| one.transfer.as_ref().map(|transfer| answers::transfer(&domain, transfer, one)));
    Ok(Done { code: 1301, queue: text, ..Done::with(transfer.unwrap_or_default()) })
}

fn check(objects: &Objects, command: Node<'_, '_>, object: Node<'_, '_>) -> Done {
    let names: Vec<&str> = object.children().filter(|node| node.has_tag_name((DOMAIN, "name"))).filter_map(|node| node.text()).collect();
    let wants_prices = command.descendants().any(|node| node.has_tag_name((PRICES, "check")));
    let extension = if wants_prices && objects.has_prices { answers::prices(objects, &names) } else { String::new() };
    Done { extension, ..Done::with(answers::checked(objects, &names)) }
}

fn info(objects: &Objects, object: Node<'_, '_>) -> Result<Done, Refusal> {
    let name = value(object, DOMAIN, "name")?;
    let domain = objects.domains.get(name).ok_or(2303_u16)?;
    let (data, extension) = answers::info(name, domain, objects.now);
    Ok(Done { extension, ..Done::with(data) })
}

fn create(objects: &mut Objects, user: &str, object: Node<'_, '_>) -> Result<Done, Refusal> {
    let name = value(object, DOMAIN, "name")?.to_owned();
    let (registrant, code) = (value(object, DOMAIN, "registrant")?.to_owned(), value(object, DOMAIN, "pw")?.to_owned());
    let months = months(object)?;
    let (contacts, hosts) = (contacts(object), texts(object, "hostObj"));
    if objects.domains.contains_key(&name) {
        return Err(2302);
    }
    let are_known = contacts.iter().map(|(_, id)| id).chain([&registrant]).all(|id| objects.contacts.contains_key(id));
    if !are_known || !hosts.iter().all(|host| objects.hosts.contains(host)) {
        return Err(2303);
    }
    if code.len() < 6 || code.len() > 16 || !code.chars().any(|one| one.is_ascii_digit()) {
        return Err(2306);
    }
    let created_at = objects.now;
    let expires_at = created_at.checked_add_months(months).ok_or(2004_u16)?;
    let sponsor = user.to_owned();
    let domain =
        Domain { sponsor, registrant, contacts, hosts, statuses: Default::default(), code, created_at, expires_at, transfer: None, restore: None };
    let data = answers::created(&name, &domain);
    objects.changes.push(format!("create domain {name}"));
    objects.domains.insert(name, domain);
    Ok(Done::with(data))
}

fn create_contact(objects: &mut Objects, user: &str, object: Node<'_, '_>) -> Result<Done, Refusal> {
    let id = value(object, CONTACT, "id")?.to_owned();
    let email = value(object, CONTACT, "email")?.to_owned();
    for needed in ["name", "city", "cc", "voice", "pw"] {
        value(object, CONTACT, needed)?;
    }
    if !(3..=16).contains(&id.len()) {
        return Err(2005);
    }
    if objects.contacts.contains_key(&id) {
        return Err(2302);
    }
    objects.changes.push(format!("create contact {id}"));
    let data = answers::created_contact(&id, objects.now);
    objects.contacts.insert(id, (user.to_owned(), email));
    Ok(Done::with(data))
}

fn update_contact(objects: &mut Objects, user: &str, object: Node<'_, '_>) -> Result<Done, Refusal> {
    let id = value(object, CONTACT, "id")?.to_owned();
    let (owner, email) = objects.contacts.get_mut(&id).ok_or(2303_u16)?;
    if owner.as_str() != user {
        return Err(2201);
    }
    value(object, CONTACT, "email")?.clone_into(email);
    objects.changes.push(format!("update contact {id}"));
    Ok(Done::with(String::new()))
}

fn create_host(objects: &mut Objects, object: Node<'_, '_>) -> Result<Done, Refusal> {
    let name = value(object, HOST, "name")?.to_owned();
    // A host below a domain of this registry needs addresses, which tests have none of.
    if objects.domains.keys().any(|domain| name.ends_with(&format!(".{domain}"))) {
        return Err(2003);
    }
    if !objects.hosts.insert(name.clone()) {
        return Err(2302);
    }
    objects.changes.push(format!("create host {name}"));
    Ok(Done::with(String::new()))
}

fn update(objects: &mut Objects, user: &str, object: Node<'_, '_>) -> Result<Done, Refusal> {
    let name = value(object, DOMAIN, "name")?.to_owned();
    let (added, removed, changed) = (child(object, DOMAIN, "add"), child(object, DOMAIN, "rem"), child(object, DOMAIN, "chg"));
    let hosts = added.map(|node| texts(node, "hostObj")).unwrap_or_default();
    let registrant = changed.and_then(|node| value(node, DOMAIN, "registrant").ok()).map(str::to_owned);
    let is_known = hosts.iter().all(|host| objects.hosts.contains(host)) && registrant.iter().all(|id| objects.contacts.contains_key(id));
    let domain = own(objects, user, &name)?;
    if !is_known {
        return Err(2303);
    }
    if domain.is_being_transferred() {
        return Err(2304);
    }
    if let Some(removed) = removed {
        let (hosts, contacts, statuses) = (texts(removed, "hostObj"), contacts(removed), statuses(removed));
        domain.hosts.retain(|host| !hosts.contains(host));
        domain.contacts.retain(|contact| !contacts.contains(contact));
        domain.statuses.retain(|status| !statuses.contains(status));
    }
    domain.hosts.extend(hosts);
    domain.contacts.extend(added.map(contacts).unwrap_or_default());
    domain.statuses.extend(added.map(statuses).unwrap_or_default());
    if let Some(registrant) = registrant {
        domain.registrant = registrant;
    }
    if let Some(code) = changed.and_then(|node| value(node, DOMAIN, "pw").ok()) {
        code.clone_into(&mut domain.code);
    }
    objects.changes.push(format!("update domain {name}"));
    Ok(Done::with(String::new()))
}

/// A domain in its redemption period is asked for, then reported on. The update itself changes nothing.
fn bring_back(objects: &mut Objects, user: &str, object: Node<'_, '_>, restore: Node<'_, '_>) -> Result<Done, Refusal> {
    let (name, now) = (value(object, DOMAIN, "name")?.to_owned(), objects.now);
    child(object, DOMAIN, "chg").ok_or(2003_u16)?;
    let domain = own(objects, user, &name)?;
    match (restore.attribute("op"), domain.restore) {
        (Some("request"), _) if domain.is_in_redemption(now) => domain.restore = Some(Restore::Pending),
        (Some("report"), Some(Restore::Pending)) => {
            for needed in ["preData", "postData", "delTime", "resTime", "resReason", "statement"] {
                value(restore, GRACE, needed)?;
            }
            domain.restore = Some(Restore::Done);
        }
        (Some("request" | "report"), _) => return Err(2304),
        _ => return Err(2003),
    }
    let operation = restore.attribute("op").unwrap_or_default();
    objects.changes.push(format!("{operation} restore {name}"));
    Ok(Done::with(String::new()))
}

/// In its first days a domain is gone at once; later it can be brought back for a time.
fn delete(objects: &mut Objects, user: &str, object: Node<'_, '_>) -> Result<Done, Refusal> {
    let (name, now) = (value(object, DOMAIN, "name")?.to_owned(), objects.now);
    let domain = own(objects, user, &name)?;
    if domain.is_new(now) {
        objects.domains.remove(&name);
    } else {
        domain.expires_at = domain.expires_at.min(now);
        domain.restore = None;
    }
    objects.changes.push(format!("delete domain {name}"));
    Ok(Done::with(String::new()))
}

fn renew(objects: &mut Objects, user: &str, object: Node<'_, '_>) -> Result<Done, Refusal> {
    let name = value(object, DOMAIN, "name")?.to_owned();
    let (expires_on, months) = (value(object, DOMAIN, "curExpDate")?, months(object)?);
    let domain = own(objects, user, &name)?;
    if domain.restore == Some(Restore::Pending) {
        return Err(2304);
    }
    if domain.expires_at.date_naive().to_string() != expires_on {
        return Err(2306);
    }
    domain.restore = None;
    domain.expires_at = domain.expires_at.checked_add_months(months).ok_or(2105_u16)?;
    let data = answers::renewed(&name, domain);
    objects.changes.push(format!("renew domain {name}"));
    Ok(Done::with(data))
}

fn transfer(objects: &mut Objects, user: &str, operation: &str, object: Node<'_, '_>) -> Result<Done, Refusal> {
    let name = value(object, DOMAIN, "name")?.to_owned();
    let domain = objects.domains.get(&name).ok_or(2303_u16)?;
    match operation {
        "query" => {}
        "request" => {
            let code = value(object, DOMAIN, "pw")?;
            if domain.is_being_transferred() {
                return Err(2300);
            }
            if domain.code != code {
                return Err(2202);
            }
            if domain.sponsor == user || domain.statuses.contains("clientTransferProhibited") {
                return Err(2304);
            }
            objects.begin_transfer(&name, user);
            objects.changes.push(format!("transfer domain {name}"));
        }
        "cancel" => {
            let is_own = domain.transfer.as_ref().is_some_and(|transfer| transfer.requested_by == user);
            if !domain.is_being_transferred() || !is_own {
                return Err(2301);
            }
            objects.end_transfer(&name, "clientCancelled", objects.now);
            objects.changes.push(format!("cancel domain {name}"));
        }
        _ => return Err(2101),
    }
    let domain = objects.domains.get(&name).ok_or(2303_u16)?;
    let transfer = domain.transfer.as_ref().ok_or(2301_u16)?;
    let code = if operation == "request" { 1001 } else { 1000 };
    Ok(Done { code, ..Done::with(answers::transfer(&name, transfer, domain)) })
}

fn own<'a>(objects: &'a mut Objects, user: &str, name: &str) -> Result<&'a mut Domain, Refusal> {
    let domain = objects.domains.get_mut(name).ok_or(2303_u16)?;
    if domain.sponsor == user { Ok(domain) } else { Err(2201) }
}

fn months(object: Node<'_, '_>) -> Result<Months, Refusal> {
    let period = child(object, DOMAIN, "period").ok_or(2003_u16)?;
    let years: u32 = period.text().and_then(|text| text.parse().ok()).ok_or(2005_u16)?;
    if period.attribute("unit") == Some("y") && (1..=10).contains(&years) { Ok(Months::new(12 * years)) } else { Err(2004) }
}

fn child<'a, 'input>(node: Node<'a, 'input>, namespace: &'static str, tag: &'static str) -> Option<Node<'a, 'input>> {
    node.children().find(|node| node.has_tag_name((namespace, tag)))
}

fn value<'a>(node: Node<'a, '_>, namespace: &'static str, tag: &'static str) -> Result<&'a str, Refusal> {
    node.descendants().find(|node| node.has_tag_name((namespace, tag))).and_then(|node| node.text()).ok_or(2003)
}

fn texts(node: Node<'_, '_>, tag: &'static str) -> Vec<String> {
    node.descendants().filter(|node| node.has_tag_name((DOMAIN, tag))).filter_map(|node| node.text()).map(str::to_owned).collect()
}

fn contacts(node: Node<'_, '_>) -> Vec<(String, String)> {
    let found = node.children().filter(|node| node.has_tag_name((DOMAIN, "contact")));
    found.filter_map(|node| Some((node.attribute("type")?.to_owned(), node.text()?.to_owned()))).collect()
}

fn statuses(node: Node<'_, '_>) -> Vec<String> {
    let found = node.children().filter(|node| node.has_tag_name((DOMAIN, "status")));
    found.filter_map(|node| node.attribute("s")).map(str::to_owned).collect()
}
