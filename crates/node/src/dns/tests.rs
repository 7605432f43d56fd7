//! What PowerDNS is told, without one.

use serde_json::json;
use wire::DomainName;
use wire::zone::{MAX_RECORDS, MAX_TXT_BYTES, RecordData, RecordName, TxtText, ZoneRecord, ZoneSpec};

use super::{api, counts, setup, signing, zone};

fn spec(serial: u32, addresses: &[[u8; 4]]) -> ZoneSpec {
    let record = |address: &[u8; 4]| ZoneRecord {
        name: RecordName::new("www.bakery.example").unwrap(),
        ttl: 300,
        data: RecordData::A { address: (*address).into() },
    };
    ZoneSpec {
        name: DomainName::new("bakery.example").unwrap(),
        serial,
        name_servers: vec![DomainName::new("ns1.panel.example").unwrap(), DomainName::new("ns2.panel.example").unwrap()],
        records: addresses.iter().map(record).collect(),
        signing: None,
        next: None,
        drops: vec![],
    }
}

#[test]
fn a_zone_that_is_as_wanted_needs_nothing_and_a_changed_one_only_what_differs() {
    let before = zone::wanted(&spec(7, &[[192, 0, 2, 1], [192, 0, 2, 2]]));
    assert_eq!(zone::serial(&before), Some(7));
    assert!(zone::changes(&before, &before).is_empty());
    let after = zone::wanted(&spec(8, &[[192, 0, 2, 2]]));
    let changes = zone::changes(&before, &after);
    let about: Vec<_> = changes.iter().map(|change| (change["type"].as_str().unwrap(), change["changetype"].as_str().unwrap())).collect();
    assert_eq!(about, [("SOA", "REPLACE"), ("A", "REPLACE")], "the name servers stay");
    let gone = zone::changes(&after, &zone::wanted(&spec(9, &[])));
    assert_eq!(gone[0], json!({ "name": "www.bakery.example.", "type": "A", "changetype": "DELETE" }), "what goes is first");
}

#[test]
fn what_powerdns_says_of_a_zone_is_read_as_it_was_told() {
    let wanted = zone::wanted(&spec(7, &[[192, 0, 2, 1]]));
    let told = json!({ "rrsets": zone::changes(&zone::Sets::new(), &wanted) });
    assert_eq!(zone::read(&told), Some(wanted));
    assert_eq!(zone::read(&json!({ "rrsets": [{ "name": "x." }] })), None);
}

#[test]
fn a_zone_that_is_to_be_signed_has_no_record_and_no_serial_before_its_key() {
    let spec = spec(7, &[[192, 0, 2, 1]]);
    let (draft, wanted) = (zone::draft(&spec), zone::wanted(&spec));
    assert_eq!(zone::serial(&draft), Some(0));
    assert_eq!(draft.keys().map(|(_, kind)| kind.as_str()).collect::<Vec<_>>(), ["NS", "SOA"]);
    let changes = zone::changes(&draft, &wanted);
    let about: Vec<_> = changes.iter().map(|change| (change["type"].as_str().unwrap(), change["changetype"].as_str().unwrap())).collect();
    assert_eq!(about, [("SOA", "REPLACE"), ("A", "REPLACE")]);
}

#[test]
fn its_api_is_on_the_loopback_and_its_key_is_read_back() {
    let config = setup::render(&["192.0.2.1".to_owned(), "2001:db8::1".to_owned()], "abc");
    assert_eq!(setup::key_in(&config), Some("abc"));
    assert!(
        api::ADDRESS.1 < 1024 && config.contains(&format!("\nwebserver-port={}\n", api::ADDRESS.1)),
        "a pod's program cannot listen there: {config}"
    );
    assert!(config.contains("\nwebserver-address=127.0.0.1\n") && config.contains("\nlocal-address=192.0.2.1,2001:db8::1\n"), "{config}");
}

/// The largest zone that the panel accepts, in bytes as it sends them: `MAX_BYTES` of its rules.
const LARGEST: usize = 900_000;

#[test]
fn the_largest_zone_that_the_panel_accepts_is_taken_in_one_request() {
    let name = |which: usize| {
        let label = format!("{which:05}{}", "n".repeat(58));
        RecordName::new(format!("{label}.{label}.{label}.bakery.example")).unwrap()
    };
    // Before, as many sets as can be, and each goes; then whatever grows most on its way to PowerDNS.
    let address = |which| ZoneRecord { name: name(which), ttl: 300, data: RecordData::A { address: [192, 0, 2, 1].into() } };
    let before = ZoneSpec { records: (0..MAX_RECORDS).map(address).collect(), ..spec(7, &[]) };
    let text = TxtText::new("ä".repeat(MAX_TXT_BYTES / 2)).unwrap();
    let short = |which: usize| RecordName::new(format!("t{which}.bakery.example")).unwrap();
    let texts = |which| ZoneRecord { name: short(which), ttl: 300, data: RecordData::Txt { text: text.clone() } };
    let size = |spec: &ZoneSpec| serde_json::to_vec(spec).unwrap().len();
    let one = size(&ZoneSpec { records: vec![texts(100)], ..spec(8, &[]) }) - size(&spec(8, &[]));
    let after = ZoneSpec { records: (100..100 + LARGEST / one).map(texts).collect(), ..spec(8, &[]) };
    assert!((LARGEST - 2 * one..=LARGEST + one).contains(&size(&after)), "{}", size(&after));

    let body = json!({ "rrsets": zone::changes(&zone::wanted(&before), &zone::wanted(&after)) }).to_string().len();
    let config = setup::render(&["192.0.2.1".to_owned()], "abc");
    let most: usize = config.lines().find_map(|line| line.strip_prefix("webserver-max-bodysize=")).map_or(2, |mb| mb.parse().unwrap());
    assert!(body > 4 << 20, "the text grows: {body}");
    assert!(2 * body < most << 20, "{body} bytes, with as much room again");
}

#[test]
fn a_powerdns_that_somebody_else_runs_is_not_stopped() {
    assert!(setup::may_stop(Some("\n")).is_ok(), "as the package starts it");
    for said in [Some("bakery.example\n"), None] {
        let refused = setup::may_stop(said).unwrap_err();
        assert_eq!(refused.message, "PowerDNS already runs on this server, and not for mPanel");
        assert!(refused.remedy.as_deref().is_some_and(|remedy| remedy.contains("stop and disable pdns.service")), "{refused:?}");
    }
}

#[test]
fn it_answers_on_the_addresses_of_the_machine() {
    let said = "2: eth0    inet 192.0.2.1/24 brd 192.0.2.255 scope global eth0\\  valid_lft forever\n3: eth0    inet6 2001:db8::1/64 scope global\n";
    assert_eq!(setup::addresses(said), ["192.0.2.1", "2001:db8::1"]);
}

#[test]
fn what_it_has_counted_is_read() {
    let one = |name: &str, value: &str| json!({ "name": name, "type": "StatisticItem", "value": value });
    let ring = json!({ "name": "queries", "type": "RingStatisticItem", "size": "10000", "value": [] });
    let said =
        json!([ring, one("udp-queries", "70"), one("tcp-queries", "5"), one("servfail-packets", "1"), one("uptime", "60"), one("latency", "9")]);
    assert_eq!(counts::read(&said), Some(wire::zone::QueryCounts { uptime_s: 60, queries: 75, failures: 1, latency_us: 9 }));
    assert_eq!(counts::read(&json!([one("udp-queries", "70")])), None);
    assert_eq!(counts::read(&json!({ "error": "Not found" })), None);
}

#[test]
fn half_an_answer_is_none() {
    assert!(api::parse(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{}").is_none());
    assert!(api::parse(b"nonsense").is_none());
    let answer = api::parse(b"HTTP/1.1 422 Unprocessable\r\nContent-Length: 15\r\n\r\n{\"error\":\"bad\"}").unwrap();
    assert_eq!((answer.status, answer.failure().message.as_str()), (422, "PowerDNS refused it (422): bad"));
}

#[test]
fn a_zone_keeps_the_key_that_it_is_given_and_no_other() {
    let key = |id: u64, dnskey: &str, is_active: bool| json!({ "id": id, "dnskey": dnskey, "active": is_active, "published": true });
    let ours = || vec!["257 3 13 ours".to_owned()];
    let sorted = |keys: &[serde_json::Value]| signing::sort(&json!(keys), &ours());
    assert_eq!(sorted(&[]), Some((vec![], vec![])));
    assert_eq!(sorted(&[key(1, "257 3 13 other", true), key(2, "257 3 13 ours", true)]), Some((ours(), vec![1])));
    assert_eq!(sorted(&[key(3, "257 3 13 ours", false)]), Some((vec![], vec![3])), "one that is not in use is none");
    assert_eq!(sorted(&[key(4, "257 3 13 ours", true), key(5, "257 3 13 ours", true)]), Some((ours(), vec![5])), "one of two that are the same");
    assert_eq!(signing::sort(&json!({}), &ours()), None);
    let both = ["257 3 13 ours".to_owned(), "257 3 13 next".to_owned()];
    let rolling = json!([key(1, "257 3 13 next", true), key(2, "257 3 13 ours", true)]);
    assert_eq!(signing::sort(&rolling, &both), Some((vec![both[1].clone(), both[0].clone()], vec![])), "while its key is replaced, it has two");
    let known = ["257 3 13 ours".to_owned(), "257 3 13 ended".to_owned()];
    assert!(!signing::has_foreign(&json!([key(1, "257 3 13 ended", true), key(2, "257 3 13 ours", false)]), &known));
    assert!(signing::has_foreign(&json!([key(1, "257 3 13 other", true)]), &known), "one that the panel does not know is not dropped");
    assert!(!signing::has_foreign(&json!([]), &known));
    let config = setup::render(&["192.0.2.1".to_owned()], "abc");
    assert_eq!(setup::with_dnssec(&config), None, "a new installation keeps keys");
    assert!(!setup::must_restart(Some(&config), &config, false));
    assert!(setup::must_restart(Some(&config), &config, true), "whoever was stopped before the restart is not taken for done");
    let old = config.replace("gsqlite3-dnssec=yes\n", "");
    let anew = setup::with_dnssec(&old).unwrap();
    assert!(setup::key_in(&anew) == Some("abc") && setup::with_dnssec(&anew).is_none(), "{anew}");
}
