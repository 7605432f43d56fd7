//! Records that services need, and what a zone lacks of them.

use super::{names::Names, values};
use model::hosting::dns::{ChangeOp, DEFAULT_TTL, DnsRecord, DnsTemplate, RecordChange, RecordType, TemplateView};
use std::{collections::BTreeSet, net::IpAddr};
use wire::zone::{RecordData, TxtText};

/// End of the name of Microsoft's mail servers.
const MICROSOFT_MX: &str = ".mail.protection.outlook.com.";

/// One thing that a template wants.
pub(crate) enum Part {
    /// These are all records of this type at this name.
    Set(String, RecordType, Vec<String>),
    /// There are no records of this type at this name.
    Nothing(String, RecordType),
    /// The one text at this name that begins like this is this one.
    Text(String, String, String),
    /// There is this record too.
    Add(String, RecordType, String),
    /// The domain's SPF record permits these servers.
    Spf(&'static str),
}

/// A template against these records of a zone. `sites` are the names, relative to the zone, that lead to CloudPods, with their addresses; `word`
/// is what the template needs to know, if it was given.
pub(crate) fn compare(template: DnsTemplate, zone: &str, records: &[DnsRecord], sites: &[(String, IpAddr)], word: Option<&str>) -> TemplateView {
    let word = (template == DnsTemplate::Microsoft365).then(|| word.map_or_else(|| microsoft_word(zone, records), str::to_owned));
    let Compared { present, missing, replaces, changes, faults } = compare_parts(parts(template, zone, sites, word.as_deref()), records);
    TemplateView { template, word, present, missing, replaces, changes, faults }
}

/// What a zone's records are against what a template wants.
pub(crate) struct Compared {
    /// How many of its records are there.
    pub(crate) present: u64,
    /// How many are not.
    pub(crate) missing: u64,
    /// Records that it would replace, for people.
    pub(crate) replaces: Vec<String>,
    /// Changes that put the zone in step with it.
    pub(crate) changes: Vec<RecordChange>,
    /// What is left to do by hand, for people.
    pub(crate) faults: Vec<String>,
}

/// Compares what a template wants with these records of a zone.
pub(crate) fn compare_parts(parts: impl IntoIterator<Item = Part>, records: &[DnsRecord]) -> Compared {
    let mut work = Work { before: records, gone: BTreeSet::new(), come: Vec::new(), present: 0, faults: Vec::new() };
    for part in parts {
        work.add(part);
    }
    let change = |op, record: &DnsRecord| RecordChange { op, record: record.clone() };
    let gone = work.gone.iter().map(|record| change(ChangeOp::Remove, record));
    let replaces = work.gone.iter().map(|record| format!("{} {} at {}", record.kind, record.value, record.name)).collect();
    let changes = gone.chain(work.come.iter().map(|record| change(ChangeOp::Add, record))).collect();
    Compared { present: work.present, missing: work.come.len() as u64, replaces, changes, faults: work.faults }
}

/// The name of Microsoft's mail server: what the zone has, or the usual one.
fn microsoft_word(zone: &str, records: &[DnsRecord]) -> String {
    let mut own = records.iter().filter(|record| record.name == "@" && record.kind == RecordType::Mx);
    let found = own.find_map(|record| record.value.split_whitespace().nth(1)?.strip_suffix(MICROSOFT_MX));
    found.map_or_else(|| zone.replace('.', "-"), str::to_owned)
}

fn parts(template: DnsTemplate, zone: &str, sites: &[(String, IpAddr)], word: Option<&str>) -> Vec<Part> {
    let top = |kind, values: &[&str]| Part::Set("@".to_owned(), kind, values.iter().map(|value| (*value).to_owned()).collect());
    let text = |name: &str, begin: &str, value: &str| Part::Text(name.to_owned(), begin.to_owned(), value.to_owned());
    let alias = |name: &str, target: String| Part::Set(name.to_owned(), RecordType::Cname, vec![target]);
    match template {
        DnsTemplate::CloudPods => {
            let names: BTreeSet<&String> = sites.iter().map(|(name, _)| name).collect();
            let of = |name: &String, kind, is_v4| {
                let here = sites.iter().filter(|(other, address)| other == name && address.is_ipv4() == is_v4);
                let values: BTreeSet<String> = here.map(|(_, address)| address.to_string()).collect();
                match values.is_empty() {
                    true => Part::Nothing(name.clone(), kind),
                    false => Part::Set(name.clone(), kind, values.into_iter().collect()),
                }
            };
            names.into_iter().flat_map(|name| [of(name, RecordType::A, true), of(name, RecordType::Aaaa, false)]).collect()
        }
        DnsTemplate::GoogleWorkspace => vec![top(RecordType::Mx, &["1 smtp.google.com."]), Part::Spf("include:_spf.google.com")],
        DnsTemplate::Microsoft365 => vec![
            top(RecordType::Mx, &[&format!("0 {}{MICROSOFT_MX}", word.unwrap_or_default())]),
            Part::Spf("include:spf.protection.outlook.com"),
            alias("autodiscover", "autodiscover.outlook.com.".to_owned()),
        ],
        DnsTemplate::Fastmail => {
            let mut parts = vec![
                top(RecordType::Mx, &["10 in1-smtp.messagingengine.com.", "20 in2-smtp.messagingengine.com."]),
                Part::Spf("include:spf.messagingengine.com"),
            ];
            parts.extend(["fm1", "fm2", "fm3"].map(|key| alias(&format!("{key}._domainkey"), format!("{key}.{zone}.dkim.fmhosted.com."))));
            parts
        }
        DnsTemplate::NoMail => vec![
            top(RecordType::Mx, &["0 ."]),
            text("@", "v=spf1", "\"v=spf1 -all\""),
            text("_dmarc", "v=DMARC1", "\"v=DMARC1; p=reject; sp=reject; adkim=s; aspf=s\""),
        ],
    }
}

struct Work<'a> {
    before: &'a [DnsRecord],
    gone: BTreeSet<&'a DnsRecord>,
    come: Vec<DnsRecord>,
    present: u64,
    faults: Vec<String>,
}

impl<'a> Work<'a> {
    fn add(&mut self, part: Part) {
        match part {
            Part::Set(name, kind, values) => {
                self.make_room(&name, kind);
                let here = self.before.iter().filter(|record| record.name == name && record.kind == kind);
                self.replace(&name, kind, here.collect(), &values);
            }
            Part::Nothing(name, kind) => {
                let here = self.before.iter().filter(|record| record.name == name && record.kind == kind);
                self.replace(&name, kind, here.collect(), &[]);
            }
            Part::Text(name, begin, value) => {
                self.make_room(&name, RecordType::Txt);
                let here = self.texts(&name, &begin);
                self.replace(&name, RecordType::Txt, here, &[value]);
            }
            Part::Add(name, kind, value) => {
                self.make_room(&name, kind);
                let here = self.before.iter().filter(|record| record.name == name && record.kind == kind && record.value == value);
                self.replace(&name, kind, here.collect(), &[value]);
            }
            Part::Spf(mechanism) => {
                self.make_room("@", RecordType::Txt);
                let here = self.texts("@", "v=spf1");
                let merged = here.first().map_or_else(|| Some(format!("\"v=spf1 {mechanism} ~all\"")), |record| merged(&record.value, mechanism));
                match merged {
                    Some(merged) => self.replace("@", RecordType::Txt, here, &[merged]),
                    None => self.faults.push(format!("The SPF record can't be changed here. Add {mechanism} to it yourself.")),
                }
            }
        }
    }

    /// Texts at a name that begin with this word. Two of them, such as two SPF records, are none to a reader.
    fn texts(&self, name: &str, begin: &str) -> Vec<&'a DnsRecord> {
        let is = |record: &&DnsRecord| record.name == name && record.kind == RecordType::Txt && begins(&record.value, begin);
        self.before.iter().filter(is).collect()
    }

    /// An alias has no other record beside it.
    fn make_room(&mut self, name: &str, kind: RecordType) {
        let is_address = matches!(kind, RecordType::A | RecordType::Aaaa | RecordType::Cname);
        let is_in_the_way = |record: &&DnsRecord| {
            let is_alias = record.kind == RecordType::Alias && is_address;
            record.name == name && (is_alias || (record.kind == RecordType::Cname) != (kind == RecordType::Cname))
        };
        self.gone.extend(self.before.iter().filter(is_in_the_way));
    }

    /// Leaves of these records those with these values, and adds the others; a TTL stays.
    fn replace(&mut self, name: &str, kind: RecordType, here: Vec<&'a DnsRecord>, values: &[String]) {
        let (right, wrong): (Vec<&DnsRecord>, Vec<&DnsRecord>) = here.into_iter().partition(|record| values.contains(&record.value));
        let same_set = self.before.iter().find(|record| record.name == name && record.kind == kind);
        let ttl = same_set.map_or(DEFAULT_TTL, |record| record.ttl);
        self.present += right.len() as u64;
        self.gone.extend(wrong);
        for value in values.iter().filter(|value| right.iter().all(|record| record.value != **value)) {
            self.come.push(DnsRecord { name: name.to_owned(), kind, ttl, value: value.clone() });
        }
    }
}

/// Whether a text's first word is this one.
fn begins(value: &str, word: &str) -> bool {
    let text = value.trim_start_matches('"');
    let rest = text.get(..word.len()).filter(|start| start.eq_ignore_ascii_case(word)).and_then(|_| text.get(word.len()..));
    rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
}

/// An SPF record that permits these servers too, whatever strings it is written in; nothing where it cannot. One that permits nobody is replaced.
fn merged(value: &str, mechanism: &str) -> Option<String> {
    let Ok(RecordData::Txt { text }) = values::read(RecordType::Txt, value, Names { zone: "", origin: None }) else { return None };
    let words: Vec<&str> = text.as_str().split_whitespace().collect();
    let text = match words.as_slice() {
        words if words.contains(&mechanism) => return Some(value.to_owned()),
        [version, "-all"] => format!("{version} {mechanism} ~all"),
        [version, rest @ ..] => format!("{version} {mechanism} {}", rest.join(" ")),
        [] => return None,
    };
    TxtText::new(text.trim_end()).ok().map(|text| RecordData::Txt { text }.to_string())
}
