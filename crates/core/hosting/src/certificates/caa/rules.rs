//! What CAA records say (RFC 8659). No I/O.

use crate::certificates::rules::Trouble;
use adapters::dns::CaaRecord;

/// Properties that do not concern who issues for sites, or that are read here.
const KNOWN: [&str; 7] = ["issue", "issuewild", "iodef", "issuemail", "issuevmc", "contactemail", "contactphone"];
/// Most records that are named in a sentence.
const MAX_SHOWN: usize = 5;

/// The CAA records that apply to a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::certificates) struct Applying {
    /// The name that a certificate is wanted for.
    pub(in crate::certificates) name: String,
    /// The name that has them: this one, or one above it.
    pub(in crate::certificates) at: String,
    /// At least one.
    pub(in crate::certificates) records: Vec<CaaRecord>,
}

/// The names at which records are looked up for a name, the nearest first: those of the first one that has any apply.
pub(in crate::certificates) fn climb(name: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(name.strip_prefix("*.").unwrap_or(name)), |here| here.split_once('.').map(|(_, above)| above))
}

/// Why these records forbid a CA with these identities to issue for their name, and what to do; nothing where they permit it. `method` is how the
/// name is proved: `http-01` or `dns-01`.
pub(in crate::certificates) fn obstacle(applying: &Applying, identities: &[String], method: &str) -> Option<Trouble> {
    let Applying { name, at, records } = applying;
    let ca = identities.first()?;
    if let Some(unknown) = records.iter().find(|record| record.is_critical && !KNOWN.contains(&record.tag.as_str())) {
        return Some(Trouble::of_owner(
            format!("The CAA record at {at} forbids every certificate for {name}: {unknown}."),
            format!("Remove this CAA record at {at}. Then retry."),
        ));
    }
    let is_wild = name.starts_with("*.") && records.iter().any(|record| record.tag == "issuewild");
    let tag = if is_wild { "issuewild" } else { "issue" };
    let relevant: Vec<&CaaRecord> = records.iter().filter(|record| record.tag == tag).collect();
    if relevant.is_empty() || relevant.iter().any(|record| permits(&record.value, identities, method)) {
        return None;
    }
    let shown: Vec<String> = relevant.iter().take(MAX_SHOWN).map(ToString::to_string).collect();
    let (records, forbid) = if relevant.len() == 1 { ("record", "forbids") } else { ("records", "forbid") };
    Some(Trouble::of_owner(
        format!("The CAA {records} at {at} {forbid} {ca} to issue a certificate for {name}: {}.", shown.join(", ")),
        format!("Add this CAA record at {at}: 0 {tag} \"{ca}\". Then retry."),
    ))
}

/// Whether the value of a record names the CA, and does not keep it from proving the name in this way (RFC 8657).
fn permits(value: &str, identities: &[String], method: &str) -> bool {
    let mut parts = value.split(';').map(str::trim);
    let issuer = parts.next().unwrap_or_default().trim_end_matches('.');
    let is_named = identities.iter().any(|identity| identity.eq_ignore_ascii_case(issuer));
    let takes = |part: &str| match part.split_once('=') {
        Some((key, methods)) if key.trim().eq_ignore_ascii_case("validationmethods") => methods.split(',').any(|one| one.trim() == method),
        _ => true,
    };
    is_named && parts.all(takes)
}
