//! What of a zone leads nowhere. It is said and not refused: a record may be added before what it points to.

use super::{names, zone};
use model::hosting::dns::{DnsRecord, RecordType};
use std::collections::BTreeSet;
use wire::{DomainName, zone::RecordData};

/// What leads nowhere, for people; at most ten lines.
pub(crate) fn warnings(of: &DomainName, records: &[DnsRecord]) -> Vec<String> {
    let names: BTreeSet<&str> = records.iter().map(|record| record.name.as_str()).collect();
    let cuts: BTreeSet<&str> = records.iter().filter(|record| record.kind == RecordType::Ns).map(|record| record.name.as_str()).collect();
    let glue: BTreeSet<String> = records.iter().filter(|record| record.kind == RecordType::Ns).filter_map(|record| target(of, record)).collect();
    let mut found = Vec::new();
    for record in records {
        if let Some(target) = target(of, record)
            && !is_there(&target, &names)
            && cut_above(&target, &cuts, true).is_none()
        {
            found.push(format!("The {} record of {} points to {target}, which has no records.", record.kind, record.name));
        }
        let is_glue = matches!(record.kind, RecordType::A | RecordType::Aaaa) && glue.contains(&record.name);
        let is_delegation = matches!(record.kind, RecordType::Ns | RecordType::Ds);
        if let Some(cut) = cut_above(&record.name, &cuts, !is_delegation).filter(|_| !is_glue) {
            found.push(format!("The {} record of {} isn't answered: {cut} is delegated to other name servers.", record.kind, record.name));
        }
    }
    found.truncate(10);
    found
}

/// The name in the zone that a record points to, relative to the zone.
fn target(of: &DomainName, record: &DnsRecord) -> Option<String> {
    let own = |absolute: &str| absolute.strip_suffix('.').and_then(|name| names::owner(of.as_str(), &format!("{name}.")).ok());
    if record.kind == RecordType::Alias {
        return own(&record.value);
    }
    match zone::wire(of.as_str(), record)?.data {
        RecordData::Cname { target } | RecordData::Mx { target, .. } | RecordData::Srv { target, .. } | RecordData::Ns { target } => {
            own(&target.absolute())
        }
        RecordData::Https { priority: 0, target, .. } | RecordData::Svcb { priority: 0, target, .. } => own(&target.absolute()),
        _ => None,
    }
}

/// Whether a name has records, of its own or by a wildcard.
fn is_there(name: &str, names: &BTreeSet<&str>) -> bool {
    let mut parents = std::iter::successors(name.split_once('.').map(|(_, parent)| parent), |name| name.split_once('.').map(|(_, parent)| parent));
    name == "@" || names.contains(name) || names.contains("*") || parents.any(|parent| names.contains(format!("*.{parent}").as_str()))
}

/// The name at or above this one that is given to other name servers; the name itself only where it counts.
fn cut_above<'a>(name: &'a str, cuts: &BTreeSet<&str>, counts_itself: bool) -> Option<&'a str> {
    let mut above = std::iter::successors(Some(name), |name| name.split_once('.').map(|(_, parent)| parent)).skip(usize::from(!counts_itself));
    above.find(|name| cuts.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(name: &str, kind: RecordType, value: &str) -> DnsRecord {
        DnsRecord { name: name.to_owned(), kind, ttl: 3600, value: value.to_owned() }
    }

    fn said(records: &[DnsRecord]) -> Vec<String> {
        warnings(&DomainName::new("bakery.example").unwrap(), records)
    }

    #[test]
    fn a_record_that_points_to_a_name_without_records_is_said() {
        let www = record("www", RecordType::Cname, "shop.bakery.example.");
        assert_eq!(said(std::slice::from_ref(&www)), ["The CNAME record of www points to shop, which has no records."]);
        assert!(said(&[www.clone(), record("shop", RecordType::A, "192.0.2.1")]).is_empty());
        assert!(said(&[www, record("*", RecordType::A, "192.0.2.1")]).is_empty(), "a wildcard answers for it");
        let elsewhere = [record("@", RecordType::Mx, "10 mail.other.example."), record("a", RecordType::Cname, "bakery.example.")];
        assert!(said(&elsewhere).is_empty(), "other domains, and the domain itself");
        assert!(said(&[record("@", RecordType::Mx, "0 .")]).is_empty());
        let more = [
            record("@", RecordType::Mx, "10 mail.bakery.example."),
            record("_sip._tcp", RecordType::Srv, "1 2 5060 sip.bakery.example."),
            record("x", RecordType::Alias, "y.bakery.example."),
        ];
        assert_eq!(said(&more).len(), 3);
    }

    #[test]
    fn what_stands_below_a_delegation_is_said_unless_it_is_glue() {
        let records = [
            record("sub", RecordType::Ns, "ns.sub.bakery.example."),
            record("sub", RecordType::Ds, "60485 13 2 abababababababababababababababababababababababababababababababab"),
            record("ns.sub", RecordType::A, "192.0.2.1"),
            record("www.sub", RecordType::A, "192.0.2.2"),
            record("sub", RecordType::Txt, "\"x\""),
            record("b", RecordType::Cname, "any.sub.bakery.example."),
        ];
        assert_eq!(
            said(&records),
            [
                "The A record of www.sub isn't answered: sub is delegated to other name servers.",
                "The TXT record of sub isn't answered: sub is delegated to other name servers.",
            ]
        );
    }
}
