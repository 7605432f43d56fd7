//! Names in records, as people and zone files write them.

use crate::domains::display;
use wire::zone::RecordName;

/// How names in values are resolved.
#[derive(Clone, Copy)]
pub(crate) struct Names<'a> {
    /// The zone.
    pub(crate) zone: &'a str,
    /// The origin that completes relative names in a zone file. Typed by people, a name with a dot is absolute.
    pub(crate) origin: Option<&'a str>,
}

/// The name as DNS has it: letters of other scripts become punycode.
fn ascii(name: &str) -> Result<String, String> {
    let label = |label: &str| match label.is_ascii() {
        true => Ok(label.to_ascii_lowercase()),
        false => idna::domain_to_ascii(label).map_err(|_| format!("{label} is not a valid name.")),
    };
    let labels: Result<Vec<String>, String> = name.split('.').map(label).collect();
    Ok(labels?.join("."))
}

/// The absolute name of a record.
pub(crate) fn whole(zone: &str, name: &str) -> String {
    if name == "@" { zone.to_owned() } else { format!("{name}.{zone}") }
}

/// A name at or below the zone, relative to it.
pub(crate) fn below<'a>(zone: &str, name: &'a str) -> &'a str {
    name.strip_suffix(zone).map(|rest| rest.trim_end_matches('.')).filter(|rest| !rest.is_empty()).unwrap_or("@")
}

/// The name of a record relative to the zone, from an absolute or relative one; `@` or nothing is the zone itself.
pub(crate) fn owner(zone: &str, typed: &str) -> Result<String, String> {
    let typed = typed.trim();
    if typed.is_empty() || typed == "@" {
        return Ok("@".to_owned());
    }
    let (name, is_whole) = typed.strip_suffix('.').map_or((typed, false), |name| (name, true));
    let name = ascii(name)?;
    let below = match name.strip_suffix(zone) {
        Some("") => return Ok("@".to_owned()),
        Some(rest) if rest.ends_with('.') => rest.trim_end_matches('.').to_owned(),
        _ if is_whole => return Err(format!("This name is not in {}.", display(zone))),
        _ => name,
    };
    match RecordName::new(whole(zone, &below)) {
        Ok(_) => Ok(below),
        Err(_) => Err("Use letters, digits, hyphens and underscores, with dots between. * is allowed as the first label.".to_owned()),
    }
}

impl Names<'_> {
    /// A name in a value.
    pub(crate) fn target(self, typed: &str) -> Result<RecordName, String> {
        let fault = || format!("{typed} is not a valid name.");
        let base = self.origin.unwrap_or(self.zone);
        let name = match typed.strip_suffix('.') {
            Some("") => ".".to_owned(),
            Some(name) => ascii(name)?,
            None if typed == "@" => base.to_owned(),
            None if self.origin.is_some() || !typed.contains('.') => format!("{}.{base}", ascii(typed)?),
            None => ascii(typed)?,
        };
        if name.starts_with('*') {
            return Err(fault());
        }
        RecordName::new(name).map_err(|_| fault())
    }

    /// As [`Names::target`] for a host name, which has no underscores.
    pub(crate) fn host(self, typed: &str) -> Result<RecordName, String> {
        let name = self.target(typed)?;
        if name.as_str().contains('_') { Err(format!("{typed} is not a valid host name.")) } else { Ok(name) }
    }
}
