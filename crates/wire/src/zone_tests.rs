use super::*;

fn name(text: &str) -> RecordName {
    RecordName::new(text).unwrap()
}

fn zone(records: Vec<ZoneRecord>) -> ZoneSpec {
    let of = |text: &str| DomainName::new(text).unwrap();
    ZoneSpec { name: of("bakery.example"), serial: 1, name_servers: vec![of("ns1.panel.example")], records, signing: None, next: None, drops: vec![] }
}

fn address(at: &str, ttl: u32) -> ZoneRecord {
    ZoneRecord { name: name(at), ttl, data: RecordData::A { address: [192, 0, 2, 1].into() } }
}

#[test]
fn a_text_is_cut_into_strings_and_what_is_not_plain_is_written_as_its_number() {
    let shown = |text: &str| RecordData::Txt { text: TxtText::new(text).unwrap() }.to_string();
    assert_eq!(shown(r#"a "b" \ ä"#), r#""a \"b\" \\ \195\164""#);
    assert_eq!(shown(&"x".repeat(300)), format!("\"{}\" \"{}\"", "x".repeat(255), "x".repeat(45)));
}

#[test]
fn a_record_is_shown_as_zone_files_have_it() {
    let shown = RecordData::Mx { preference: 10, target: name("mail.bakery.example") }.to_string();
    assert_eq!(shown, "10 mail.bakery.example.");
    assert_eq!(RecordData::Mx { preference: 0, target: name(".") }.to_string(), "0 .");
    let caa = RecordData::Caa { flags: 0, tag: CaaTag::new("issue").unwrap(), value: CaaValue::new("letsencrypt.org").unwrap() };
    assert_eq!(caa.to_string(), "0 issue \"letsencrypt.org\"");
}

#[test]
fn a_zone_has_names_and_times_of_its_own_only() {
    assert!(zone(vec![address("bakery.example", 60), address("*.shop.bakery.example", 604_800)]).check().is_ok());
    for wrong in [address("notbakery.example", 60), address(".", 60), address("bakery.example", 59), address("bakery.example", 604_801)] {
        assert!(zone(vec![wrong.clone()]).check().is_err(), "{wrong:?}");
    }
    for data in [RecordData::Cname { target: name("a.example") }, RecordData::Ns { target: name("a.example") }] {
        assert!(zone(vec![ZoneRecord { name: name("bakery.example"), ttl: 60, data }]).check().is_err());
    }
    assert!(ZoneSpec { serial: 0, ..zone(vec![]) }.check().is_err());
    assert!(ZoneSpec { name_servers: vec![], ..zone(vec![]) }.check().is_err());
    assert!(zone(vec![address("bakery.example", 60); MAX_RECORDS + 1]).check().is_err());
}

#[test]
fn a_name_is_one_of_dns_and_nothing_else() {
    for right in [".", "a.b", "_dmarc.bakery.example", "*.bakery.example", "xn--bckerei-5wa.example"] {
        assert!(RecordName::new(right).is_ok(), "{right}");
    }
    for wrong in [
        "",
        "a",
        "192.0.2.1",
        "..",
        "a..b",
        "A.example",
        "a.*.example",
        "*a.example",
        "-a.example",
        "a b",
        "a.example.",
        "ä.example",
        "a;b",
        "$include",
    ] {
        assert!(RecordName::new(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn the_private_key_of_a_zone_is_in_no_message_and_a_zone_without_one_says_nothing_of_it() {
    let (public, private) = (format!("{}==", "A".repeat(86)), format!("{}=", "B".repeat(43)));
    let key = ZoneKey { public: ZoneKeyText::new(public.clone()).unwrap(), private: Secret::new(private.clone()).unwrap() };
    let signed = ZoneSpec { signing: Some(key.clone()), ..zone(vec![]) };
    let next = ZoneKey { public: ZoneKeyText::new(format!("B{}==", "A".repeat(85))).unwrap(), ..key.clone() };
    assert!(ZoneSpec { next: Some(next.clone()), ..signed.clone() }.check().is_ok(), "two keys sign it");
    assert!(ZoneSpec { next: Some(next), ..zone(vec![]) }.check().is_err(), "the next key takes the place of one");
    assert!(ZoneSpec { next: Some(key), ..signed.clone() }.check().is_err(), "the same key twice");
    assert!(signed.check().is_ok() && signed.signing.as_ref().unwrap().dnskey() == format!("257 3 13 {public}"));
    assert!(!format!("{signed:?}").contains(&private));
    // An agent that knows no signing takes a zone that is not signed.
    let plain = serde_json::to_string(&zone(vec![])).unwrap();
    assert!(!plain.contains("signing") && !plain.contains("drops"), "{plain}");
    let short = ZoneKey { public: ZoneKeyText::new(public).unwrap(), private: Secret::new("B".repeat(44)).unwrap() };
    assert!(ZoneSpec { signing: Some(short), ..zone(vec![]) }.check().is_err());
    assert!(ZoneKeyText::new("A".repeat(88)).is_err());
}

#[test]
fn a_zone_with_a_key_or_a_record_of_a_service_needs_an_agent_that_knows_them() {
    use crate::verb::{Verb, ZoneApply};
    let needs = |zone: ZoneSpec| Verb::from(ZoneApply { zone }).needs();
    let key = ZoneKeyText::new(format!("{}==", "A".repeat(86))).unwrap();
    assert_eq!(needs(zone(vec![address("bakery.example", 60)])), None);
    assert_eq!(needs(ZoneSpec { drops: vec![key.clone()], ..zone(vec![]) }), Some("JobRun"));
    let private = Secret::new(format!("{}=", "B".repeat(43))).unwrap();
    let key = ZoneKey { public: key, private };
    assert_eq!(needs(ZoneSpec { signing: Some(key.clone()), ..zone(vec![]) }), Some("JobRun"));
    assert_eq!(needs(ZoneSpec { signing: Some(key.clone()), next: Some(key), ..zone(vec![]) }), Some("ZoneCounts"));
    for kind in ["HTTPS", "SVCB"] {
        let data = serde_json::json!({ "type": kind, "priority": 0, "target": "shop.example", "params": SvcParams::default() });
        let data: RecordData = serde_json::from_value(data).unwrap();
        assert_eq!(needs(zone(vec![ZoneRecord { name: name("bakery.example"), ttl: 60, data }])), Some("JobRun"));
    }
}
