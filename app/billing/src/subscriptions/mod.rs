//! Subscriptions, for staff and customers.

mod change;
mod end;
mod history;
mod if_cancelled;
mod overdue;
pub mod pages;
mod parts;
mod reactivate;
pub mod server_fns;

/// Its item in the admin's navigation.
pub const NAV: app_kit::shell::NavEntry =
    app_kit::shell::NavEntry::new::<model::permission::SubscriptionsRead>("Subscriptions", "/admin/subscriptions");
