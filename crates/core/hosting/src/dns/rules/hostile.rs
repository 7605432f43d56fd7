//! What holds of any zone file and any value, whoever has written it: they are refused with words for a person, or carried exactly.

use super::{file, names::Names, values, zone};
use model::hosting::dns::{DnsRecord, RecordType};
use wire::zone::{MAX_RECORDS, MAX_TTL, MIN_TTL, ZoneRecord};

/// The zone that they are read for.
pub const ZONE: &str = "bakery.example";

/// Any text as a zone file: refused with the numbers of its lines, or records that are read again as they are written.
pub fn zone_file(text: &str) {
    match file::read(ZONE, text) {
        Err(faults) => {
            let lines = text.lines().count();
            assert!((1..=10).contains(&faults.len()) && faults.iter().all(|fault| (1..=lines).contains(&fault.line) && !fault.message.is_empty()));
        }
        Ok(records) => {
            records.iter().for_each(carried);
            if records.len() <= MAX_RECORDS {
                let written = file::write(ZONE, 1, &["ns1.panel.example".to_owned()], &records);
                assert_eq!(file::read(ZONE, &written), Ok(records));
            }
        }
    }
}

/// Any texts as what somebody types into the fields of a record.
pub fn record(kind: RecordType, name: &str, ttl: u32, value: &str) {
    match zone::read(ZONE, &DnsRecord { name: name.to_owned(), kind, ttl, value: value.to_owned() }) {
        Err(faults) => {
            let is_field = |field: &str| ["name", "ttl", "value"].contains(&field);
            assert!(!faults.is_empty() && faults.iter().all(|fault| is_field(&fault.field) && !fault.message.is_empty()));
        }
        Ok(record) => {
            carried(&record);
            // What is stored is what is stored when it is typed again.
            let again = values::read(kind, &record.value, Names { zone: ZONE, origin: None });
            assert_eq!(again.map(|data| data.to_string()).as_ref(), Ok(&record.value));
        }
    }
}

/// A stored record is one line, and reaches servers as it is.
fn carried(record: &DnsRecord) {
    assert!(!record.value.chars().any(char::is_control) && !record.name.chars().any(|c| c.is_control() || c.is_whitespace()), "{record:?}");
    assert!((MIN_TTL..=MAX_TTL).contains(&record.ttl));
    let read = values::read(record.kind, &record.value, Names { zone: ZONE, origin: Some(ZONE) });
    assert_eq!(read.map(|data| data.to_string()).as_ref(), Ok(&record.value));
    let Some(wired) = zone::wire(ZONE, record) else { return assert_eq!(record.kind, RecordType::Alias) };
    let sent = serde_json::to_string(&wired).expect("a record is JSON");
    assert_eq!(serde_json::from_str::<ZoneRecord>(&sent).ok(), Some(wired));
}
