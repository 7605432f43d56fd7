//! Templates as staff write them: variables and records, a line each.

use super::{
    templates::{Compared, Part, compare_parts},
    zone,
};
use model::hosting::dns::{DEFAULT_TTL, DnsRecord, RecordType};
use std::collections::{BTreeMap, BTreeSet};

/// Most variables and records of a template.
const MAX_VARIABLES: usize = 10;
const MAX_PATTERNS: usize = 50;
/// What stands for the zone's own name in a record.
const DOMAIN: &str = "domain";
/// A zone to try records with.
const SAMPLE_ZONE: &str = "example.com";

/// What a template needs to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Variable {
    /// What stands in braces for it.
    pub(crate) key: String,
    /// Its name for people.
    pub(crate) label: String,
    /// What it is unless somebody enters something else.
    pub(crate) default: String,
}

/// A record with variables in its name and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    name: String,
    kind: RecordType,
    value: String,
}

/// Reads variables, a line each: `key | Label | default`; or what is wrong, for people.
pub(crate) fn variables(text: &str) -> Result<Vec<Variable>, String> {
    let mut found: Vec<Variable> = Vec::new();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let fault = |message: &str| format!("Line {}: {message}", at + 1);
        let words: Vec<&str> = line.split('|').map(str::trim).collect();
        let (key, label, default) = match words.as_slice() {
            [key, label] => (*key, *label, ""),
            [key, label, default] => (*key, *label, *default),
            _ => return Err(fault("enter a key, a label and, if you like, a default, with | between.")),
        };
        let is_key = (1..=30).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if !is_key || key == DOMAIN {
            return Err(fault("the key can have lowercase letters, digits and underscores. {domain} is the domain itself."));
        }
        if !(1..=60).contains(&label.chars().count()) || default.len() > 255 {
            return Err(fault("the label can have 60 characters, the default 255."));
        }
        if found.iter().any(|one| one.key == key) {
            return Err(fault("this key is there already."));
        }
        found.push(Variable { key: key.to_owned(), label: label.to_owned(), default: default.to_owned() });
    }
    if found.len() > MAX_VARIABLES { Err(format!("A template can have {MAX_VARIABLES} variables.")) } else { Ok(found) }
}

/// Reads records, a line each: name, type and value, with `{key}` for a variable; or what is wrong, for people.
pub(crate) fn records(text: &str, variables: &[Variable]) -> Result<Vec<Pattern>, String> {
    let sample: BTreeMap<String, String> =
        variables.iter().map(|one| (one.key.clone(), if one.default.is_empty() { "sample".to_owned() } else { one.default.clone() })).collect();
    let mut found = Vec::new();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let fault = |message: &str| format!("Line {}: {message}", at + 1);
        let mut words = line.trim().splitn(3, char::is_whitespace);
        let (Some(name), Some(kind), Some(value)) = (words.next(), words.next(), words.next()) else {
            return Err(fault("enter a name, a type and a value."));
        };
        let kind: RecordType = kind.to_ascii_uppercase().parse().map_err(|_| fault("this record type is not supported."))?;
        if kind == RecordType::Alias {
            return Err(fault("a template can have no ALIAS records."));
        }
        let pattern = Pattern { name: name.to_owned(), kind, value: value.trim().to_owned() };
        let is_known = |key: &str| key == DOMAIN || sample.contains_key(key);
        if let Some(unknown) = keys(&pattern.name).into_iter().chain(keys(&pattern.value)).find(|key| !is_known(key)) {
            return Err(fault(&format!("{{{unknown}}} is no variable of this template.")));
        }
        if let Err(message) = pattern.fill(SAMPLE_ZONE, &sample) {
            return Err(fault(&message));
        }
        found.push(pattern);
    }
    match found.len() {
        0 => Err("Enter at least one record.".to_owned()),
        count if count > MAX_PATTERNS => Err(format!("A template can have {MAX_PATTERNS} records.")),
        _ => Ok(found),
    }
}

/// What stands in braces.
fn keys(text: &str) -> Vec<String> {
    let parts = text.split('{').skip(1);
    parts.filter_map(|part| part.split_once('}').map(|(key, _)| key.to_owned())).collect()
}

fn filled(text: &str, zone: &str, values: &BTreeMap<String, String>) -> String {
    let text = text.replace(&format!("{{{DOMAIN}}}"), zone);
    values.iter().fold(text, |text, (key, value)| text.replace(&format!("{{{key}}}"), value))
}

impl Pattern {
    /// The record that it makes in a zone, as the zone stores it; or what is wrong with it, for people.
    fn fill(&self, zone: &str, values: &BTreeMap<String, String>) -> Result<DnsRecord, String> {
        // A value is no pattern: braces that it has stay.
        let (name, value) = (filled(&self.name, zone, values), filled(&self.value, zone, values));
        let typed = DnsRecord { name, kind: self.kind, ttl: DEFAULT_TTL, value };
        zone::read(zone, &typed)
            .map_err(|faults| faults.into_iter().next().map_or_else(|| "This record is not valid.".to_owned(), |fault| fault.message))
    }

    fn keys(&self) -> BTreeSet<String> {
        keys(&self.name).into_iter().chain(keys(&self.value)).filter(|key| key != DOMAIN).collect()
    }
}

/// What is wrong with values, each by the key of a variable of the record that they make invalid.
pub(crate) fn faults(zone: &str, variables: &[Variable], patterns: &[Pattern], values: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for variable in variables {
        let value = values.get(&variable.key).map(String::as_str).unwrap_or_default();
        if value.is_empty() {
            found.push((variable.key.clone(), "Enter a value.".to_owned()));
        } else if value.len() > 1000 || value.contains(['{', '}']) || value.chars().any(char::is_control) {
            found.push((variable.key.clone(), "Enter up to 1,000 characters, without braces.".to_owned()));
        }
    }
    if !found.is_empty() {
        return found;
    }
    for pattern in patterns {
        if let (Some(key), Err(message)) = (pattern.keys().pop_first(), pattern.fill(zone, values)) {
            found.push((key, message));
        }
    }
    found.dedup_by(|one, other| one.0 == other.0);
    found
}

/// The values of variables that a zone's records were made with, as far as they can be read off; defaults for the others.
pub(crate) fn infer(zone: &str, variables: &[Variable], patterns: &[Pattern], records: &[DnsRecord]) -> BTreeMap<String, String> {
    let value = |variable: &Variable| {
        let found = patterns.iter().find_map(|pattern| read_off(zone, variable, pattern, records));
        (variable.key.clone(), found.unwrap_or_else(|| variable.default.clone()))
    };
    variables.iter().map(value).collect()
}

/// What stands in a record of the zone where the only variable of a pattern's value is.
fn read_off(zone: &str, variable: &Variable, pattern: &Pattern, records: &[DnsRecord]) -> Option<String> {
    let name = filled(&pattern.name, zone, &BTreeMap::new());
    let value = filled(&pattern.value, zone, &BTreeMap::new());
    if !keys(&name).is_empty() || keys(&value) != [variable.key.clone()] {
        return None;
    }
    let plain = |text: &str| text.trim_matches('"').trim_end_matches('.').to_owned();
    let (before, after) = value.split_once(&format!("{{{}}}", variable.key))?;
    let (before, after) = (before.trim_start_matches('"').to_owned(), plain(after));
    let here = records.iter().filter(|record| record.name == name && record.kind == pattern.kind);
    let found = |record: &DnsRecord| {
        let text = plain(&record.value);
        let rest = text.strip_prefix(&before)?;
        rest.strip_suffix(&after).map(str::to_owned).filter(|found| !found.is_empty())
    };
    here.filter_map(found).next()
}

/// A template against these records of a zone. Records that make no sense with these values are said.
pub(crate) fn compare(zone: &str, patterns: &[Pattern], values: &BTreeMap<String, String>, records: &[DnsRecord]) -> Compared {
    let (mut sets, mut texts, mut faults) = (BTreeMap::<(String, RecordType), Vec<String>>::new(), Vec::new(), Vec::new());
    for pattern in patterns {
        match pattern.fill(zone, values) {
            Ok(record) if record.kind == RecordType::Txt => texts.push(record),
            Ok(record) => sets.entry((record.name, record.kind)).or_default().push(record.value),
            // Without its values it makes none yet.
            Err(_) if pattern.keys().iter().any(|key| values.get(key).is_none_or(String::is_empty)) => {}
            Err(message) => faults.push(format!("{} {}: {message}", pattern.name, pattern.kind)),
        }
    }
    let sets = sets.into_iter().map(|((name, kind), values)| Part::Set(name, kind, values));
    let texts = texts.into_iter().map(|record| match version(&record.value) {
        Some(version) => Part::Text(record.name, version, record.value),
        None => Part::Add(record.name, record.kind, record.value),
    });
    let mut found = compare_parts(sets.chain(texts), records);
    found.faults.extend(faults);
    found
}

/// The word by which a text of which a name has one begins, such as `v=spf1`.
fn version(value: &str) -> Option<String> {
    let word = value.trim_start_matches('"').split(|c: char| !c.is_ascii_alphanumeric() && c != '=').next()?;
    word.starts_with("v=").then(|| word.to_owned())
}

#[cfg(test)]
#[path = "custom_tests.rs"]
mod tests;
