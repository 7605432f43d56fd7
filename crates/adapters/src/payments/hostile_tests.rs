use super::hostile;
use proptest::prelude::*;
use serde_json::{Value, json};

#[path = "../../../wire/tests/hostile/words.rs"]
mod words;

fn completed() -> Value {
    json!({"id": "evt_1", "type": "checkout.session.completed", "data": {"object": {
        "id": "cs_1", "client_reference_id": "0199aaaa-bbbb-7ccc-8ddd-eeeeffff0000", "amount_total": 1071, "currency": "eur",
        "payment_status": "paid"}}})
}

proptest! {
    #[test]
    fn headers_made_without_the_secret_are_rejected(
        body in prop::collection::vec(any::<u8>(), 0..60), text in words::text(), near in "(t=[-+0-9]{0,22}|v1=[0-9a-f]{0,66}|v0=[a-z]{0,4}|[ ,]){0,9}", now in any::<i64>()
    ) {
        hostile::forged(&body, &text, now);
        hostile::forged(&body, &near, now);
    }

    #[test]
    fn a_signature_is_valid_only_for_its_body_and_time(
        body in prop::collection::vec(any::<u8>(), 0..60), other in prop::collection::vec(any::<u8>(), 0..60), at in any::<i64>(), away in -400_i64..400, far in any::<i64>(), beside in words::text()
    ) {
        hostile::signed(&body, &other, at, at.saturating_add(away), &beside);
        hostile::signed(&body, &other, at, far, &beside);
    }

    #[test]
    fn arbitrary_field_values_are_rejected_or_plain(place in prop::sample::select(vec!["/id", "/type", "/data/object/id",
        "/data/object/client_reference_id", "/data/object/amount_total", "/data/object/currency", "/data/object/payment_status"]), text in words::text()) {
        let mut event = completed();
        *event.pointer_mut(place).unwrap() = Value::String(text);
        hostile::message(event.to_string().as_bytes());
    }

    #[test]
    fn corrupted_events_are_rejected_or_plain(at in any::<prop::sample::Index>(), with in any::<u8>(), amount in any::<i64>()) {
        let mut event = completed();
        event["data"]["object"]["amount_total"] = json!(amount);
        let mut bytes = event.to_string().into_bytes();
        hostile::message(&bytes);
        let at = at.index(bytes.len());
        bytes[at] = with;
        hostile::message(&bytes);
    }
}
