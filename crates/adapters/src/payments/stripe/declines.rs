//! What a decline means for the next attempt.

use super::client::ApiError;

/// Trying the card again is of no use. Stripe's own retries refuse the first nine; the others are our judgement.
const HARD: &[&str] = &[
    "incorrect_number",
    "lost_card",
    "pickup_card",
    "stolen_card",
    "revocation_of_authorization",
    "revocation_of_all_authorizations",
    "highest_risk_level",
    "transaction_not_allowed",
    "expired_card",
    "invalid_account",
    "invalid_number",
    "invalid_expiry_month",
    "invalid_expiry_year",
    "restricted_card",
    "card_not_supported",
    "currency_not_supported",
    "fraudulent",
    "merchant_blacklist",
    "stop_payment_order",
    "do_not_try_again",
    "security_violation",
    "not_permitted",
    "new_account_information_available",
    "pin_try_exceeded",
    // Only its holder can say it right, on a payment page.
    "incorrect_cvc",
    "invalid_cvc",
    "incorrect_zip",
    "incorrect_postal_code",
    // The card is no longer saved at Stripe.
    "resource_missing",
    "payment_method_unexpected_state",
];

/// Worth another attempt on a later day.
const SOFT: &[&str] = &[
    "insufficient_funds",
    "generic_decline",
    "do_not_honor",
    "call_issuer",
    "no_action_taken",
    "try_again_later",
    "processing_error",
    "issuer_not_available",
    "reenter_transaction",
    "approve_with_id",
    "card_velocity_exceeded",
    "withdrawal_count_limit_exceeded",
    "service_not_allowed",
    "duplicate_transaction",
    "card_declined",
    // The customer did not pass the bank's page; the next time may be better.
    "payment_intent_authentication_failure",
];

/// The customer has to confirm the payment with the bank.
pub(super) const AUTHENTICATION: &[&str] = &["authentication_required", "authentication_not_handled"];

/// The word for a decline: the bank's, or else Stripe's.
pub(super) fn code(error: &ApiError) -> String {
    word(error.decline_code.as_deref().or(error.code.as_deref()).unwrap_or("card_declined"))
}

/// A word of Stripe's as it may be stored.
pub(super) fn word(text: &str) -> String {
    let plain: String = text.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '_').take(100).collect();
    if plain.is_empty() { "unknown".to_owned() } else { plain }
}

/// Whether the customer has to confirm the payment.
pub(super) fn needs_customer(error: &ApiError) -> bool {
    let is_one = |word: &Option<String>| word.as_deref().is_some_and(|word| AUTHENTICATION.contains(&word));
    is_one(&error.decline_code) || is_one(&error.code)
}

/// Whether this card is not to be tried again. The bank's advice goes before the table; an unknown word gets one more attempt.
pub(super) fn is_hard(error: &ApiError, attempt: i32) -> bool {
    match error.advice_code.as_deref() {
        Some("do_not_try_again" | "confirm_card_data") => return true,
        Some("try_again_later") => return false,
        _ => {}
    }
    let code = code(error);
    HARD.contains(&code.as_str()) || (!SOFT.contains(&code.as_str()) && attempt > 1)
}
