//! Arbitrary text in shared types is rejected or carried exactly.

// The checks use the crate by the name that its users see.
extern crate mpanel_model as model;

mod checks;
#[path = "../../../wire/tests/hostile/words.rs"]
mod words;

use model::money::Currency;
use proptest::prelude::*;
use serde_json::{Value, json};

/// One of each input from the browser, with every field set.
fn samples() -> Vec<Value> {
    let id = "0199aaaa-bbbb-7ccc-8ddd-eeeeffff0000";
    vec![
        json!({"planCode": "wp-s", "billingCycle": "MONTHLY", "email": "a@b.example", "country": "DE", "domain": "a.example",
            "siteTitle": "A", "isWordPressPlan": true, "addOns": ["disk"]}),
        json!({"code": "wp-s", "name": "S", "description": "d", "kind": "CLOUDPOD", "monthly": "9.00", "yearly": "", "currency": "EUR",
            "features": "", "stack": "PHP", "cpu_millis": 1, "memory_mb": 1, "disk_mb": 1, "tasks": 1, "active": "on"}),
        json!({"name": "web1", "address": "100.64.0.1", "region": "eu", "site_address": "a.example", "tags": ["x"]}),
        json!({"subscribe": {"job": id, "after": 3, "follow": "token"}}),
        json!({"cursor": "older.1", "state": "RUNNING", "search": "x"}),
        json!({"kind": "user", "id": id, "email": "a@b.example", "session": id}),
        json!({"minor": 900, "currency": "EUR"}),
    ]
}

#[test]
fn hostile_strings_are_not_enum_values_or_ids() {
    for text in words::HOSTILE {
        checks::words(text);
        checks::ids(text);
        assert!(text.parse::<Currency>().is_err() && text.parse::<model::ids::TenantId>().is_err(), "{text:?}");
    }
}

proptest! {
    #[test]
    fn text_is_an_enum_value_or_rejected(text in words::text(), near in "[A-Z_]{2,12}") {
        checks::words(&text);
        checks::words(&near);
    }

    #[test]
    fn text_is_a_canonical_id_or_rejected(text in words::text(), near in "(urn:uuid:|\\{)?[0-9a-fA-F]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}\\}?") {
        checks::ids(&text);
        checks::ids(&near);
    }

    #[test]
    fn amounts_are_exact_and_never_overflow(minor in any::<i64>(), other in any::<i64>(), rate in any::<i32>(), currency in prop::sample::select(Currency::ALL)) {
        checks::money(minor, other, rate, currency);
    }

    #[test]
    fn input_fields_are_rejected_or_carried_exactly(which in any::<prop::sample::Index>(), field in any::<prop::sample::Index>(), text in words::text()) {
        let mut sample = which.get(&samples()).clone();
        let names: Vec<String> = sample.as_object().unwrap().keys().cloned().collect();
        sample[field.get(&names).as_str()] = Value::String(text);
        checks::inputs(sample.to_string().as_bytes());
    }

    #[test]
    fn corrupted_inputs_are_rejected_or_carried_exactly(which in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), with in any::<u8>()) {
        let mut bytes = which.get(&samples()).to_string().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = with;
        checks::inputs(&bytes);
    }
}
