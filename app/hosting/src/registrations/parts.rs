//! What pages show of registrations.

use app_kit::{prelude::*, time::day};
use model::{
    Time,
    hosting::registrations::{RegistrationKind, RegistrationStatus},
};

/// Status as a badge.
pub(super) const fn status(status: RegistrationStatus) -> (State, &'static str) {
    match status {
        RegistrationStatus::Ordered => (State::Waiting, "Waiting for payment"),
        RegistrationStatus::Registering => (State::Working, "Registering"),
        RegistrationStatus::Transferring => (State::Working, "Transferring"),
        RegistrationStatus::Restoring => (State::Working, "Restoring"),
        RegistrationStatus::Active => (State::Ok, "Registered"),
        RegistrationStatus::Redemption => (State::Failing, "Deleted"),
        RegistrationStatus::Refused => (State::Failing, "Refused"),
        RegistrationStatus::Cancelled => (State::Stopped, "Cancelled"),
        RegistrationStatus::Left => (State::Stopped, "No longer registered here"),
        RegistrationStatus::Replaced => (State::Stopped, "Replaced"),
    }
}

/// What a status means, and what happens next.
pub(super) const fn description(kind: RegistrationKind, status: RegistrationStatus) -> Option<&'static str> {
    match (status, kind) {
        (RegistrationStatus::Ordered, RegistrationKind::Register) => {
            Some("The domain is registered as soon as its invoice is paid. An order that isn't paid within 7 days is cancelled.")
        }
        (RegistrationStatus::Ordered, RegistrationKind::Transfer) => {
            Some("The transfer starts as soon as its invoice is paid. An order that isn't paid within 7 days is cancelled.")
        }
        (RegistrationStatus::Ordered, RegistrationKind::Restore) => Some(
            "The domain is renewed, and restored if it was deleted, as soon as the invoice is paid. An order that isn't paid within 7 days is cancelled.",
        ),
        (RegistrationStatus::Restoring, _) => {
            Some("The registry is being asked to renew the domain. Restoring a deleted one takes a few days at some registries.")
        }
        (RegistrationStatus::Registering, _) => Some("The registry is being asked for the domain. This usually takes less than a minute."),
        (RegistrationStatus::Transferring, _) => {
            Some("Your current registrar can refuse for some days. Its confirmation email speeds the transfer up.")
        }
        (RegistrationStatus::Redemption, _) => {
            Some("The domain was not renewed and doesn't work any more. The registry keeps it for about 30 days; then anybody can register it.")
        }
        (RegistrationStatus::Refused, RegistrationKind::Register) => {
            Some("The domain was not registered. What was paid is refunded to the card, or becomes account credit.")
        }
        (RegistrationStatus::Refused, RegistrationKind::Transfer) => {
            Some("The domain was not transferred; it stays where it is. What was paid is refunded to the card, or becomes account credit.")
        }
        (RegistrationStatus::Refused, RegistrationKind::Restore) => {
            Some("The domain was not restored or renewed. What was paid is refunded to the card, or becomes account credit.")
        }
        (RegistrationStatus::Replaced, _) => Some("A newer order replaced this one. Find it under Registered domains."),
        (RegistrationStatus::Left, _) => Some("The domain was transferred to another registrar, or its registration ended."),
        (RegistrationStatus::Active | RegistrationStatus::Cancelled, _) => None,
    }
}

/// When a registration ends.
pub(super) fn expiry(expires_at: Option<Time>) -> String {
    expires_at.map_or_else(|| "–".to_owned(), day)
}

/// Whether a registration is renewed by itself.
pub(super) const fn renewal(auto_renew: bool) -> &'static str {
    if auto_renew { "Automatic" } else { "Off" }
}
