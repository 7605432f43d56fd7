use super::*;
use serde_json::{Value, json};

const CHECKOUT: &str = "0199aaaa-bbbb-7ccc-8ddd-eeeeffff0000";

fn completed(change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut event = json!({"id": "evt_1", "type": "checkout.session.completed", "data": {"object": {
        "id": "cs_1", "client_reference_id": CHECKOUT, "amount_total": 1071, "currency": "eur", "payment_status": "paid",
        "customer_details": {"email": "a@b.example"}}}});
    change(&mut event);
    event.to_string().into_bytes()
}

fn refused(body: &[u8]) -> String {
    match read(body) {
        Err(WebhookRefused::Malformed(why)) => why,
        other => panic!("should be rejected: {other:?}"),
    }
}

#[test]
fn completed_session_carries_total_and_checkout() {
    let event = read(&completed(|_| {})).unwrap();
    assert_eq!(event.id, "evt_1");
    let total = Money::new(1071, Currency::Eur);
    assert_eq!(
        event.kind,
        ProviderEventKind::Paid { reference: CHECKOUT.parse().unwrap(), total, provider_ref: "cs_1".to_owned(), payment_ref: None }
    );
}

#[test]
fn completed_but_unpaid_session_is_not_a_payment() {
    let event = read(&completed(|event| event["data"]["object"]["payment_status"] = json!("unpaid"))).unwrap();
    assert_eq!(event.kind, ProviderEventKind::Other("checkout.session.completed".to_owned()));
}

#[test]
fn failed_payment_differs_from_unknown_type() {
    let failed = read(&completed(|event| event["type"] = json!("checkout.session.async_payment_failed"))).unwrap();
    assert_eq!(failed.kind, ProviderEventKind::Declined { reference: CHECKOUT.parse().unwrap() });
    let other = read(&completed(|event| event["type"] = json!("customer.updated"))).unwrap();
    assert_eq!(other.kind, ProviderEventKind::Other("customer.updated".to_owned()));
}

#[test]
fn malformed_events_are_rejected_with_the_reason() {
    assert!(refused(b"not json").contains("not an event in JSON"));
    assert!(refused(b"[]").contains("not an event"));
    assert!(refused(&completed(|event| event["data"]["object"]["currency"] = json!("xyz"))).contains("currency"));
    assert!(refused(&completed(|event| event["data"]["object"]["currency"] = Value::Null)).contains("currency"));
    assert!(refused(&completed(|event| event["data"]["object"]["amount_total"] = json!(-1))).contains("amount"));
    assert!(refused(&completed(|event| event["data"]["object"]["amount_total"] = json!(10.71))).contains("checkout session"));
    assert!(refused(&completed(|event| event["data"]["object"]["client_reference_id"] = json!("1; drop table"))).contains("client_reference_id"));
    assert!(refused(&completed(|event| event["id"] = json!("a\u{0}b"))).contains("plain word"));
    assert!(refused(&completed(|event| event["id"] = json!("e".repeat(256)))).contains("plain word"));
}
