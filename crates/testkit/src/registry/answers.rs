//! Documents that the registry sends.

use super::{
    commands::{DOMAIN, Done, EPP, PRICES},
    objects::{Domain, Message, Objects, Transfer},
};
use chrono::{DateTime, SecondsFormat, Utc};

/// What is sent, and whether the session ends with it.
pub(super) struct Reply {
    pub(super) text: String,
    pub(super) ends: bool,
}

impl Reply {
    pub(super) fn of(text: String) -> Self {
        Self { text, ends: false }
    }
}

pub(super) fn extensions(objects: &Objects) -> Vec<&'static str> {
    let prices = objects.has_prices.then_some(PRICES);
    ["urn:ietf:params:xml:ns:rgp-1.0", "urn:example:params:xml:ns:of-its-own-1.0"].into_iter().chain(prices).collect()
}

pub(super) fn greeting(objects: &Objects) -> String {
    let uris: String = extensions(objects).into_iter().map(|uri| format!("<extURI>{uri}</extURI>")).collect();
    let now = time(objects.now);
    document(&format!(
        "<greeting><svID>Registry of a test</svID><svDate>{now}</svDate><svcMenu><version>1.0</version><lang>en</lang>\
         <objURI>urn:ietf:params:xml:ns:domain-1.0</objURI><objURI>urn:ietf:params:xml:ns:contact-1.0</objURI>\
         <objURI>urn:ietf:params:xml:ns:host-1.0</objURI><svcExtension>{uris}</svcExtension></svcMenu>\
         <dcp><access><all/></access><statement><purpose><prov/></purpose><recipient><ours/></recipient>\
         <retention><stated/></retention></statement></dcp></greeting>"
    ))
}

pub(super) fn success(done: &Done, number: &str) -> Reply {
    let data = if done.data.is_empty() { String::new() } else { format!("<resData>{}</resData>", done.data) };
    let extension = if done.extension.is_empty() { String::new() } else { format!("<extension>{}</extension>", done.extension) };
    let content = format!("{}{data}{extension}", done.queue);
    Reply { text: response(done.code, "Command completed", &content, number), ends: done.code == 1500 }
}

pub(super) fn refusal(code: u16, number: &str) -> Reply {
    let words = match code {
        2001 => "Command syntax error",
        2002 => "Command use error",
        2200 => "Authentication error",
        2201 => "Authorization error",
        2202 => "Invalid authorization information",
        2300 => "Object pending transfer",
        2301 => "Object not pending transfer",
        2302 => "Object exists",
        2303 => "Object does not exist",
        2304 => "Object status prohibits operation",
        2400 => "Command failed",
        _ => "The request is not one that this registry takes",
    };
    Reply::of(response(code, words, "", number))
}

fn response(code: u16, words: &str, content: &str, number: &str) -> String {
    let number = if number.is_empty() { String::new() } else { format!("<clTRID>{}</clTRID>", escape(number)) };
    document(&format!(
        "<response><result code=\"{code}\"><msg>{words}</msg></result>{content}<trID>{number}<svTRID>TEST-1</svTRID></trID></response>"
    ))
}

fn document(content: &str) -> String {
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n<epp xmlns=\"{EPP}\">{content}</epp>")
}

pub(super) fn queue(message: &Message, count: usize) -> String {
    let (id, at, text) = (message.id, time(message.at), escape(&message.text));
    format!("<msgQ count=\"{count}\" id=\"{id}\"><qDate>{at}</qDate><msg>{text}</msg></msgQ>")
}

pub(super) fn checked(objects: &Objects, names: &[&str]) -> String {
    let one = |name: &&str| {
        let is_free = !objects.domains.contains_key(*name);
        let reason = if is_free { "" } else { "<domain:reason>In use</domain:reason>" };
        format!("<domain:cd><domain:name avail=\"{}\">{}</domain:name>{reason}</domain:cd>", u8::from(is_free), escape(name))
    };
    domain("chkData", &names.iter().map(one).collect::<String>())
}

pub(super) fn prices(objects: &Objects, names: &[&str]) -> String {
    let one = |name: &&str| {
        let (class, fee) = if objects.premium.contains(*name) { ("<fee:class>premium</fee:class>", 900) } else { ("", 9) };
        let name = escape(name);
        format!(
            "<fee:cd avail=\"1\"><fee:objID>{name}</fee:objID>{class}<fee:command name=\"create\"><fee:period unit=\"y\">1</fee:period>\
             <fee:fee>{fee}.00</fee:fee></fee:command></fee:cd>"
        )
    };
    let all: String = names.iter().map(one).collect();
    format!("<fee:chkData xmlns:fee=\"{PRICES}\"><fee:currency>EUR</fee:currency>{all}</fee:chkData>")
}

pub(super) fn info(name: &str, object: &Domain, now: DateTime<Utc>) -> (String, String) {
    let (statuses, grace) = object.all_statuses(now);
    let statuses: String = statuses.iter().map(|status| format!("<domain:status s=\"{status}\"/>")).collect();
    let contacts = object.contacts.iter().map(|(role, id)| format!("<domain:contact type=\"{}\">{}</domain:contact>", escape(role), escape(id)));
    let contacts: String = contacts.collect();
    let hosts: String = object.hosts.iter().map(|host| format!("<domain:hostObj>{}</domain:hostObj>", escape(host))).collect();
    let hosts = if hosts.is_empty() { hosts } else { format!("<domain:ns>{hosts}</domain:ns>") };
    let (name, registrant, sponsor) = (escape(name), escape(&object.registrant), escape(&object.sponsor));
    let (created, expires) = (time(object.created_at), time(object.expires_at));
    let data = format!(
        "<domain:name>{name}</domain:name><domain:roid>1-TEST</domain:roid>{statuses}<domain:registrant>{registrant}</domain:registrant>\
         {contacts}{hosts}<domain:clID>{sponsor}</domain:clID><domain:crDate>{created}</domain:crDate><domain:exDate>{expires}</domain:exDate>"
    );
    let grace: String = grace.iter().map(|status| format!("<rgp:rgpStatus s=\"{status}\"/>")).collect();
    let of_its_own = "<own:data xmlns:own=\"urn:example:params:xml:ns:of-its-own-1.0\"><own:note>x</own:note></own:data>";
    let extension = format!("{of_its_own}<rgp:infData xmlns:rgp=\"urn:ietf:params:xml:ns:rgp-1.0\">{grace}</rgp:infData>");
    (domain("infData", &data), extension)
}

pub(super) fn created(name: &str, object: &Domain) -> String {
    let (created, expires) = (time(object.created_at), time(object.expires_at));
    let name = escape(name);
    domain("creData", &format!("<domain:name>{name}</domain:name><domain:crDate>{created}</domain:crDate><domain:exDate>{expires}</domain:exDate>"))
}

pub(super) fn created_contact(id: &str, now: DateTime<Utc>) -> String {
    let (id, now) = (escape(id), time(now));
    let namespace = "urn:ietf:params:xml:ns:contact-1.0";
    format!("<contact:creData xmlns:contact=\"{namespace}\"><contact:id>{id}</contact:id><contact:crDate>{now}</contact:crDate></contact:creData>")
}

pub(super) fn renewed(name: &str, object: &Domain) -> String {
    let (name, expires) = (escape(name), time(object.expires_at));
    domain("renData", &format!("<domain:name>{name}</domain:name><domain:exDate>{expires}</domain:exDate>"))
}

pub(super) fn transfer(name: &str, transfer: &Transfer, object: &Domain) -> String {
    let (name, status) = (escape(name), transfer.status);
    let (requested_by, decided_by) = (escape(&transfer.requested_by), escape(&transfer.decided_by));
    let (requested, decides, expires) = (time(transfer.requested_at), time(transfer.decides_at), time(object.expires_at));
    domain(
        "trnData",
        &format!(
            "<domain:name>{name}</domain:name><domain:trStatus>{status}</domain:trStatus><domain:reID>{requested_by}</domain:reID>\
             <domain:reDate>{requested}</domain:reDate><domain:acID>{decided_by}</domain:acID><domain:acDate>{decides}</domain:acDate>\
             <domain:exDate>{expires}</domain:exDate>"
        ),
    )
}

fn domain(tag: &str, content: &str) -> String {
    format!("<domain:{tag} xmlns:domain=\"{DOMAIN}\">{content}</domain:{tag}>")
}

fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
