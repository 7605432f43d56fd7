//! Invariants of shared types for arbitrary text. The fuzz targets call the same functions; a violation panics.

use model::UnknownValue;
use model::actor::{Actor, Origin};
use model::administration::{accounts, outbox, provisioning, servers, tenants};
use model::billing::{checkout, invoices, products, subscriptions};
use model::hosting::cloudpods;
use model::money::{Currency, Money};
use model::{audit_action::AuditAction, error, ids, page::PageRequest};
use serde::{Serialize, de::DeserializeOwned};
use std::fmt::Debug;

macro_rules! words {
    ($text:ident, $json:ident: $($set:ty),+ $(,)?) => {$({
        let found = $text.parse::<$set>();
        match &found {
            Ok(word) => assert_eq!(word.as_str(), $text),
            Err(UnknownValue { word, .. }) => assert_eq!(word, $text),
        }
        assert_eq!(serde_json::from_str::<$set>(&$json).ok(), found.ok(), "serde and FromStr agree");
    })+};
}

/// Parses text as each enum: only the stored values are accepted.
pub fn words(text: &str) {
    let json = serde_json::to_string(text).expect("text is JSON");
    words! { text, json:
        Currency, error::ErrorCode, AuditAction,
        servers::ServerStatus, servers::Capability, servers::ServerDriver,
        provisioning::JobStatus, provisioning::StepStatus, provisioning::EventLevel,
        outbox::MailStatus, accounts::UserStatus, accounts::LinkPurpose, tenants::TenantStatus,
        products::ProductType, products::BillingCycle, checkout::CheckoutStatus, invoices::InvoiceStatus, subscriptions::SubscriptionStatus,
        cloudpods::Stack, cloudpods::PodStatus,
    }
    if model::country::is_known(text) {
        assert!(text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase()));
    }
}

macro_rules! ids {
    ($text:ident: $($id:ty),+ $(,)?) => {$(
        if let Ok(id) = $text.parse::<$id>() {
            let plain = id.to_string();
            assert!(plain.len() == 36 && plain.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b) || b == b'-'));
            assert_eq!(plain.parse::<$id>().ok(), Some(id));
        }
    )+};
}

/// Parses text as each id type: rejected, or canonical from then on.
pub fn ids(text: &str) {
    ids! { text: ids::UserId, ids::TenantId, ids::SessionId, ids::ProductId, ids::SubscriptionId, ids::InvoiceId, ids::CheckoutId,
    ids::CloudPodId, ids::ServerId, ids::JobId, ids::PaymentEventId, ids::MailId }
}

/// A parsed value serializes to text that parses to the same value.
fn comes_back<T: Serialize + DeserializeOwned + PartialEq + Debug>(bytes: &[u8]) {
    if let Ok(value) = serde_json::from_slice::<T>(bytes) {
        let text = serde_json::to_string(&value).expect("what was read can be written");
        assert_eq!(serde_json::from_str::<T>(&text).ok(), Some(value));
    }
}

/// Parses bytes as each input from the browser: rejected, or carried exactly.
pub fn inputs(bytes: &[u8]) {
    comes_back::<checkout::CheckoutInput>(bytes);
    comes_back::<checkout::SandboxChoice>(bytes);
    comes_back::<products::ProductInput>(bytes);
    comes_back::<servers::ServerInput>(bytes);
    comes_back::<model::live::LiveRequest>(bytes);
    comes_back::<PageRequest>(bytes);
    comes_back::<error::ApiError>(bytes);
    comes_back::<Actor>(bytes);
    comes_back::<Origin>(bytes);
    comes_back::<Money>(bytes);
}

/// Displayed amounts, sums and shares are exact, or `None` on overflow.
pub fn money(minor: i64, other: i64, rate_bp: i32, currency: Currency) {
    let money = Money::new(minor, currency);
    let shown = money.to_string();
    let unsigned = shown.strip_prefix('-').unwrap_or(&shown);
    let figures = unsigned.strip_prefix(currency.symbol()).expect("the currency stands before the figures");
    let decimals = figures.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    assert_eq!(decimals, currency.exponent() as usize, "{shown}");
    let digits: String = figures.chars().filter(char::is_ascii_digit).collect();
    let sign = if shown.starts_with('-') { -1 } else { 1 };
    assert_eq!(digits.parse::<i128>().ok().map(|units| units * sign), Some(i128::from(minor)), "{shown}");
    let sum = money.plus(Money::new(other, currency));
    assert_eq!(sum.map(|sum| sum.minor), minor.checked_add(other));
    let exact = i128::from(minor) * i128::from(rate_bp);
    match money.share(rate_bp) {
        Some(share) => assert!((i128::from(share.minor) * 10_000 - exact).abs() <= 5_000),
        None => assert!(i64::try_from(exact / 10_000).is_err() || (exact / 10_000).abs() >= i128::from(i64::MAX)),
    }
}
