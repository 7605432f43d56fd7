//! The difference between two versions of a zone's records.

use model::hosting::dns::{ChangeOp, DnsRecord, PlanLine, RecordChange, RecordType};
use std::collections::{BTreeMap, BTreeSet};

/// The records after these changes; or which of them cannot be made, for people.
pub(crate) fn after(records: &[DnsRecord], changes: &[RecordChange]) -> Result<Vec<DnsRecord>, String> {
    let mut found = records.to_vec();
    for RecordChange { op, record } in changes {
        match op {
            ChangeOp::Add => found.push(record.clone()),
            ChangeOp::Remove => {
                let at = found.iter().position(|one| one == record);
                let at = at.ok_or_else(|| format!("The {} record of {} is no longer in the zone.", record.kind.as_str(), record.name))?;
                found.remove(at);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// What is removed, added or changed; and how many records are unchanged.
pub(crate) fn lines(before: &[DnsRecord], after: &[DnsRecord]) -> (Vec<PlanLine>, u64) {
    let (old, new): (BTreeSet<&DnsRecord>, BTreeSet<&DnsRecord>) = (before.iter().collect(), after.iter().collect());
    let mut sets: BTreeMap<(&str, RecordType), (Vec<String>, Vec<String>)> = BTreeMap::new();
    let words = |record: &DnsRecord| format!("{}, TTL {}", record.value, record.ttl);
    for gone in old.difference(&new) {
        sets.entry((&gone.name, gone.kind)).or_default().0.push(words(gone));
    }
    for come in new.difference(&old) {
        sets.entry((&come.name, come.kind)).or_default().1.push(words(come));
    }
    let mut lines = Vec::new();
    for ((name, kind), (gone, come)) in sets {
        for at in 0..gone.len().max(come.len()) {
            lines.push(PlanLine { name: name.to_owned(), kind, before: gone.get(at).cloned(), after: come.get(at).cloned() });
        }
    }
    (lines, old.intersection(&new).count() as u64)
}

/// "2 added, 1 changed, 1 removed"
pub(crate) fn summary(lines: &[PlanLine]) -> String {
    let count = |test: fn(&PlanLine) -> bool| lines.iter().filter(|line| test(line)).count();
    let kinds = [
        (count(|line| line.before.is_none()), "added"),
        (count(|line| line.before.is_some() && line.after.is_some()), "changed"),
        (count(|line| line.after.is_none()), "removed"),
    ];
    let words: Vec<String> = kinds.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    if words.is_empty() { "No changes".to_owned() } else { words.join(", ") }
}
