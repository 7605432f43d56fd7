//! CloudPods: ordered, placed, made, seen from outside, taken away.

mod delete;
mod jobs;
mod list;
mod log;
mod outside;
mod place;
mod queries;
mod remote;
mod request;
mod rules;
mod secrets;
mod spec;
mod watch;

#[cfg(test)]
mod tests;

pub use delete::delete;
pub use list::{get, get_own, list, list_own, of_tenant, on_server};
pub use log::send_log;
pub use request::{NewPod, RequestedPod, give_own_name, request};
pub use watch::watch;

/// Registers this module.
pub fn register(modules: &mut engine::Modules) {
    modules.sagas.add::<jobs::CreateCloudpod>();
    modules.sagas.add::<jobs::DeleteCloudpod>();
    modules.sealed.push(("CloudPods", |services| Box::pin(secrets::reseal(services))));
}
