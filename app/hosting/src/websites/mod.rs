//! Websites, for staff and customers.

pub mod all;
mod cron_jobs;
mod http_rules;
mod logs;
pub mod pages;
pub mod parts;
mod release;
pub mod server_fns;
mod serving;
mod settings;
pub(crate) mod sleep;
mod variables;

/// Its item in the admin's navigation.
pub const NAV: app_kit::shell::NavEntry = app_kit::shell::NavEntry::new::<model::permission::WebsitesRead>("Sites", "/admin/websites");
