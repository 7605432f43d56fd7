//! Area hosting: CloudPods and what runs in them.

pub mod artifacts;
pub mod certificates;
pub mod cloudpods;
pub mod dns;
pub mod domains;
pub mod registrations;
pub mod suspensions;
pub use cloudpods::{deploys, previews, websites};
#[cfg(feature = "testing")]
pub mod testing;

/// What somebody looks for in a list; nothing for a field that was left empty.
pub(crate) fn filled(text: &Option<String>) -> Option<String> {
    text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Registers the modules of this area.
pub fn register(modules: &mut engine::Modules) {
    certificates::register(modules);
    cloudpods::register(modules);
    dns::register(modules);
    domains::register(modules);
    registrations::register(modules);
    suspensions::register(modules);
}
