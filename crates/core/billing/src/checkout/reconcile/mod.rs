//! What holds without anybody asking: no message stays unread in the inbox, no checkout stays open for ever.

mod expiry;
mod inbox;

pub(super) use expiry::CheckoutExpiry;
pub(super) use inbox::PaymentEventInbox;
