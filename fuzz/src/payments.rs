//! Messages of a payment provider, as `crates/adapters` reads them.

#[path = "../../crates/adapters/src/payments/card.rs"]
mod card;
#[path = "../../crates/adapters/src/payments/charge.rs"]
mod charge;
#[path = "../../crates/adapters/src/payments/dispute.rs"]
mod dispute;
#[path = "../../crates/adapters/src/payments/event.rs"]
mod event;
/// What must hold of them.
#[path = "../../crates/adapters/src/payments/hostile.rs"]
pub mod hostile;
#[path = "../../crates/adapters/src/payments/reference.rs"]
mod reference;
#[path = "../../crates/adapters/src/payments/refund.rs"]
mod refund;
#[path = "../../crates/adapters/src/payments/signature.rs"]
mod signature;
#[path = "../../crates/adapters/src/payments/webhook.rs"]
mod webhook;

pub use card::{SavedMethod, SetupReference, SetupRequest};
pub use charge::Charge;
pub use dispute::Dispute;
pub use reference::PaymentReference;
pub use refund::{Refund, RefundRequest};
pub use webhook::{ProviderEvent, ProviderEventKind, WebhookRefused};
