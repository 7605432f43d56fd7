//! What holds without anybody asking: no message stays unread in the inbox, no message is missed, no checkout stays open for ever.

mod expiry;
mod inbox;
mod poll;

pub(super) use expiry::CheckoutExpiry;
pub(super) use inbox::PaymentEventInbox;
pub(super) use poll::PaymentEventPoll;
