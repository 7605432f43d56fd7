//! Area hosting: CloudPods and what runs in them.

pub mod artifacts;
pub mod certificates;
pub mod cloudpods;
pub mod domains;
pub mod suspensions;
#[cfg(feature = "testing")]
pub mod testing;

/// Registers the modules of this area.
pub fn register(modules: &mut engine::Modules) {
    certificates::register(modules);
    cloudpods::register(modules);
    domains::register(modules);
    suspensions::register(modules);
}
