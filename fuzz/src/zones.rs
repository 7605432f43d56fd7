//! Zone files and records, as `crates/core/hosting` reads them.
#![allow(dead_code, reason = "not all of it reads")]

#[path = "../../crates/core/hosting/src/dns/rules/file.rs"]
mod file;
/// What must hold of them.
#[path = "../../crates/core/hosting/src/dns/rules/hostile.rs"]
pub mod hostile;
#[path = "../../crates/core/hosting/src/dns/rules/names.rs"]
mod names;
#[path = "../../crates/core/hosting/src/dns/rules/svc.rs"]
mod svc;
#[path = "../../crates/core/hosting/src/dns/rules/values.rs"]
mod values;
#[path = "../../crates/core/hosting/src/dns/rules/zone.rs"]
mod zone;

/// Any text as a record: its type by a number, and what stands in its fields.
pub fn record(kind: u8, name: &str, ttl: u32, value: &str) {
    let kinds = model::hosting::dns::RecordType::ALL;
    if let Some(kind) = kinds.get(usize::from(kind) % kinds.len()) {
        hostile::record(*kind, name, ttl, value);
    }
}
