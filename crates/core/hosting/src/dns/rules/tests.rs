//! What is a record, a name, a zone and a file.

use super::{
    file::{self, LineFault},
    hostile, is_near,
    names::{self, Names},
    next_serial, plan, templates, values, zone,
};
use chrono::{TimeZone, Utc};
use model::hosting::dns::{ChangeOp, DnsRecord, DnsTemplate, RecordChange, RecordType};
use proptest::prelude::*;
use wire::DomainName;

const ZONE: &str = "bakery.example";

fn record(name: &str, kind: RecordType, value: &str) -> DnsRecord {
    DnsRecord { name: name.to_owned(), kind, ttl: 3600, value: value.to_owned() }
}

fn typed(kind: RecordType, text: &str) -> Result<String, String> {
    values::read(kind, text, Names { zone: ZONE, origin: None }).map(|data| data.to_string())
}

fn faults(records: &[DnsRecord]) -> Vec<String> {
    zone::faults(&DomainName::new(ZONE).unwrap(), records)
}

#[test]
fn a_name_is_read_whole_or_below_the_zone_and_in_any_script() {
    for (text, read) in [
        ("", "@"),
        ("@", "@"),
        ("bakery.example", "@"),
        (" WWW ", "www"),
        ("www.bakery.example", "www"),
        ("www.bakery.example.", "www"),
        ("_dmarc", "_dmarc"),
        ("*.shop", "*.shop"),
        ("brötchen", "xn--brtchen-b1a"),
        ("brötchen.bakery.example.", "xn--brtchen-b1a"),
    ] {
        assert_eq!(names::owner(ZONE, text).as_deref(), Ok(read), "{text}");
    }
    assert_eq!(names::owner(ZONE, "www.other.example.").unwrap_err(), "This name is not in bakery.example.");
    for wrong in ["a b", "a..b", "-a", "a.*.b", "a;b", "a\"b"] {
        assert!(names::owner(ZONE, wrong).is_err(), "{wrong}");
    }
    assert_eq!(crate::domains::display("xn--brtchen-b1a.bakery.example"), "brötchen.bakery.example");
}

#[test]
fn each_type_takes_what_it_is_made_of_in_one_form() {
    let ff = |bytes: usize| "AB".repeat(bytes);
    for (kind, text, read) in [
        (RecordType::A, " 192.0.2.1 ", "192.0.2.1".to_owned()),
        (RecordType::Aaaa, "2001:DB8:0:0::1", "2001:db8::1".to_owned()),
        (RecordType::Cname, "shop", "shop.bakery.example.".to_owned()),
        (RecordType::Cname, "shops.other.example", "shops.other.example.".to_owned()),
        (RecordType::Mx, "10 mail", "10 mail.bakery.example.".to_owned()),
        (RecordType::Mx, "0 .", "0 .".to_owned()),
        (RecordType::Txt, "v=spf1 -all", "\"v=spf1 -all\"".to_owned()),
        (RecordType::Txt, "\"a\" \"b\"", "\"ab\"".to_owned()),
        (RecordType::Txt, "say \"hi\"", "\"say \\\"hi\\\"\"".to_owned()),
        (RecordType::Srv, "10 5 5060 sip", "10 5 5060 sip.bakery.example.".to_owned()),
        (RecordType::Caa, "0 ISSUE letsencrypt.org", "0 issue \"letsencrypt.org\"".to_owned()),
        (RecordType::Caa, "128 iodef \"mailto:a@b.example\"", "128 iodef \"mailto:a@b.example\"".to_owned()),
        (RecordType::Ns, "ns.other.example.", "ns.other.example.".to_owned()),
        (RecordType::Ptr, "@", "bakery.example.".to_owned()),
        (RecordType::Sshfp, &format!("4 2 {}", ff(32)), format!("4 2 {}", ff(32).to_lowercase())),
        (RecordType::Tlsa, &format!("3 1 1 {} {}", ff(16), ff(16)), format!("3 1 1 {}", ff(32).to_lowercase())),
        (RecordType::Ds, &format!("60485 13 2 {}", ff(32)), format!("60485 13 2 {}", ff(32).to_lowercase())),
        (RecordType::Https, "0 shops.other.example", "0 shops.other.example.".to_owned()),
        (RecordType::Https, "1 . ALPN=\"h3,h2\" ipv4hint=192.0.2.1,192.0.2.2", "1 . alpn=h3,h2 ipv4hint=192.0.2.1,192.0.2.2".to_owned()),
        (
            RecordType::Svcb,
            "16 srv port=853 ipv6hint=2001:DB8::1 no-default-alpn ech=AEX+DQ== alpn=dot mandatory=port,alpn",
            "16 srv.bakery.example. mandatory=alpn,port alpn=dot no-default-alpn port=853 ech=\"AEX+DQ==\" ipv6hint=2001:db8::1".to_owned(),
        ),
    ] {
        assert_eq!(typed(kind, text), Ok(read), "{kind} {text}");
    }
}

#[test]
fn what_is_not_of_a_type_is_refused_with_a_reason() {
    for (kind, text) in [
        (RecordType::A, "192.0.2.256"),
        (RecordType::A, "2001:db8::1"),
        (RecordType::A, "192.0.2.1 192.0.2.2"),
        (RecordType::Aaaa, "192.0.2.1"),
        (RecordType::Cname, "."),
        (RecordType::Cname, "a b"),
        (RecordType::Cname, "*.a"),
        (RecordType::Mx, "mail.example"),
        (RecordType::Mx, "65536 mail"),
        (RecordType::Mx, "+1 mail"),
        (RecordType::Mx, "10 _mail"),
        (RecordType::Txt, ""),
        (RecordType::Txt, "\"open"),
        (RecordType::Txt, "a\nb"),
        (RecordType::Txt, "\"\\999\""),
        (RecordType::Srv, "1 2 3"),
        (RecordType::Srv, "1 2 70000 a"),
        (RecordType::Caa, "1 issue ca.example"),
        (RecordType::Caa, "0 issue"),
        (RecordType::Caa, "0 iodef ca.example"),
        (RecordType::Caa, "0 iss-ue ca.example"),
        (RecordType::Caa, "0 issue \"open"),
        (RecordType::Ns, "a_b.example"),
        (RecordType::Ptr, "."),
        (RecordType::Sshfp, "4 2 abcd"),
        (RecordType::Sshfp, "9 2 abcd"),
        (RecordType::Tlsa, "3 1 1 abcd"),
        (RecordType::Tlsa, "4 1 0 abcd"),
        (RecordType::Tlsa, "3 1 0 abc"),
        (RecordType::Ds, "1 13 2 abcd"),
        (RecordType::Ds, "1 13 3 abcd"),
        (RecordType::Https, "."),
        (RecordType::Https, "0 . alpn=h2"),
        (RecordType::Https, "1 . alpn"),
        (RecordType::Https, "1 . alpn=h2 alpn=h3"),
        (RecordType::Https, "1 . no-default-alpn"),
        (RecordType::Https, "1 . port=70000"),
        (RecordType::Https, "1 . ipv4hint=2001:db8::1"),
        (RecordType::Https, "1 . mandatory=port"),
        (RecordType::Https, "1 . alpn=h2 mandatory=alpn,alpn"),
        (RecordType::Https, "1 . ech=a_b="),
        (RecordType::Svcb, "1 . key667=x"),
        (RecordType::Svcb, "1 . alpn=\"h2"),
    ] {
        assert!(typed(kind, text).is_err(), "{kind} {text}");
    }
    assert!(typed(RecordType::Txt, &"x".repeat(2049)).is_err());
}

#[test]
fn each_wrong_field_of_a_record_is_named() {
    let wrong = DnsRecord { name: "a b".to_owned(), kind: RecordType::A, ttl: 59, value: "x".to_owned() };
    let fields: Vec<String> = zone::read(ZONE, &wrong).unwrap_err().into_iter().map(|fault| fault.field).collect();
    assert_eq!(fields, ["name", "value", "ttl"]);
    for (name, kind, value) in [("@", RecordType::Cname, "a"), ("@", RecordType::Ns, "a"), ("*", RecordType::Ns, "a")] {
        assert_eq!(zone::read(ZONE, &record(name, kind, value)).unwrap_err()[0].field, "name", "{name} {kind}");
    }
    let ds = format!("1 13 2 {}", "ab".repeat(32));
    assert!(zone::read(ZONE, &record("@", RecordType::Ds, &ds)).is_err() && zone::read(ZONE, &record("shop", RecordType::Ds, &ds)).is_ok());
    assert!(zone::read(ZONE, &DnsRecord { ttl: 604_801, ..record("a", RecordType::A, "192.0.2.1") }).is_err());
}

#[test]
fn a_zone_is_refused_as_a_whole_when_its_records_contradict_each_other() {
    let one = |records: &[DnsRecord]| {
        let found = faults(records);
        assert_eq!(found.len(), 1, "{found:?}");
        found[0].clone()
    };
    let address = |name: &str| record(name, RecordType::A, "192.0.2.1");
    let alias = record("shop", RecordType::Cname, "bakery.example.");
    assert!(faults(&[address("@"), alias.clone(), record("@", RecordType::Mx, "10 mail.bakery.example."), address("mail")]).is_empty());
    assert_eq!(one(&[alias.clone(), address("shop")]), "shop is an alias (CNAME), so it can have no other record.");
    assert_eq!(
        one(&[alias.clone(), record("@", RecordType::Mx, "10 shop.bakery.example.")]),
        "MX records cannot point to shop, which is an alias (CNAME)."
    );
    assert_eq!(
        one(&[alias.clone(), record("_sip._tcp", RecordType::Srv, "1 1 5060 shop.bakery.example.")]),
        "SRV records cannot point to shop, which is an alias (CNAME)."
    );
    assert_eq!(one(&[alias, record("sub", RecordType::Ns, "shop.bakery.example.")]), "NS records cannot point to shop, which is an alias (CNAME).");
    assert_eq!(one(&[record("sub", RecordType::Ns, "ns.sub.bakery.example.")]), "The name server ns.sub needs an A or AAAA record.");
    assert_eq!(one(&[address("@"), address("@")]), "@ has the A record 192.0.2.1 twice.");
    let other = DnsRecord { ttl: 300, ..record("@", RecordType::A, "192.0.2.2") };
    assert_eq!(one(&[address("@"), other]), "All A records of @ need the same TTL.");
    let ds = record("sub", RecordType::Ds, &format!("1 13 2 {}", "ab".repeat(32)));
    assert_eq!(one(&[ds]), "sub has a DS record without NS records.");
    let many: Vec<DnsRecord> = (0..5001).map(|at| record(&format!("h{at}"), RecordType::A, "192.0.2.1")).collect();
    assert_eq!(one(&many), "A zone can have up to 5000 records; this one has 5001.");
    assert!(faults(&many[..5000]).is_empty());
    let long: Vec<DnsRecord> = (0..1000).map(|at| record(&format!("h{at}"), RecordType::Txt, &format!("\"{}\"", "x".repeat(1500)))).collect();
    assert_eq!(one(&long), "The zone is too large.");
}

#[test]
fn a_serial_is_of_its_day_and_never_goes_back() {
    let day = |day| Utc.with_ymd_and_hms(2026, 11, day, 12, 0, 0).unwrap();
    assert_eq!(next_serial(0, day(17)), 2_026_111_701);
    assert_eq!(next_serial(2_026_111_701, day(17)), 2_026_111_702);
    assert_eq!(next_serial(2_026_111_702, day(18)), 2_026_111_801);
    assert_eq!(next_serial(2_026_111_899, day(18)), 2_026_111_900, "more than a day has room for");
    assert_eq!(next_serial(2_026_111_900, day(17)), 2_026_111_901, "a clock that was set back");
    assert!(is_near(2_026_112_499, day(17)) && !is_near(2_026_112_500, day(17)), "a week ahead");
}

#[test]
fn a_plan_says_what_comes_goes_and_changes() {
    let before = [record("@", RecordType::A, "192.0.2.1"), record("ftp", RecordType::A, "192.0.2.80"), record("www", RecordType::A, "192.0.2.1")];
    let change = |op, record: &DnsRecord| RecordChange { op, record: record.clone() };
    let new = DnsRecord { ttl: 300, ..record("@", RecordType::A, "192.0.2.2") };
    let changes = [
        change(ChangeOp::Remove, &before[0]),
        change(ChangeOp::Add, &new),
        change(ChangeOp::Remove, &before[1]),
        change(ChangeOp::Add, &record("shop", RecordType::Cname, "a.example.")),
    ];
    let after = plan::after(&before, &changes).unwrap();
    let (lines, kept) = plan::lines(&before, &after);
    let said: Vec<_> = lines.iter().map(|line| (line.name.as_str(), line.before.as_deref(), line.after.as_deref())).collect();
    assert_eq!(
        said,
        [
            ("@", Some("192.0.2.1, TTL 3600"), Some("192.0.2.2, TTL 300")),
            ("ftp", Some("192.0.2.80, TTL 3600"), None),
            ("shop", None, Some("a.example., TTL 3600")),
        ]
    );
    assert_eq!((kept, plan::summary(&lines).as_str()), (1, "1 added, 1 changed, 1 removed"));
    let gone = plan::after(&after, &[change(ChangeOp::Remove, &before[0])]).unwrap_err();
    assert_eq!(gone, "The A record of @ is no longer in the zone.");
}

#[test]
fn a_zone_file_is_read_with_origins_times_comments_and_parentheses() {
    let text = "
$ORIGIN bakery.example.
$TTL 1h
@ IN SOA ns1.old.example. hostmaster.bakery.example. ( 2024010101 ; serial
      7200 3600 1209600 3600 )
  IN NS ns1.old.example.
@ 300 IN A 192.0.2.1
  IN AAAA 2001:db8::1
www IN CNAME @ ; alias
mail.bakery.example. 1d IN A 192.0.2.2
@ MX 10 mail
@ TXT ( \"v=spf1 \"
        \"-all; not a comment\" )
$ORIGIN shop
* A 192.0.2.3
";
    let read = file::read(ZONE, text).unwrap();
    let said: Vec<String> = read.iter().map(|one| format!("{} {} {} {}", one.name, one.ttl, one.kind, one.value)).collect();
    assert_eq!(
        said,
        [
            "*.shop 3600 A 192.0.2.3",
            "@ 300 A 192.0.2.1",
            "@ 3600 AAAA 2001:db8::1",
            "@ 3600 MX 10 mail.bakery.example.",
            "@ 3600 TXT \"v=spf1 -all; not a comment\"",
            "mail 86400 A 192.0.2.2",
            "www 3600 CNAME bakery.example.",
        ]
    );
}

#[test]
fn a_zone_file_that_cannot_be_read_names_its_lines() {
    let text =
        "@ A 192.0.2.1\n$INCLUDE other.zone\nwww A nonsense\n@ SPF \"x\"\nx.other.example. A 192.0.2.1\n@ CH A 192.0.2.1\nshort 5 A 192.0.2.1\n";
    let lines: Vec<usize> = file::read(ZONE, text).unwrap_err().iter().map(|fault| fault.line).collect();
    assert_eq!(lines, [2, 3, 4, 5, 6, 7]);
    let one = |text: &str| file::read(ZONE, text).unwrap_err().remove(0);
    assert_eq!(one("\n@ TXT \"open\n"), LineFault { line: 2, message: "Missing closing quote.".to_owned() });
    assert_eq!(one("@ TXT ( \"a\"\n"), LineFault { line: 1, message: "Missing closing parenthesis.".to_owned() });
    assert_eq!(one("$INCLUDE /etc/passwd").message, "$INCLUDE is not supported. Paste the lines of the other file instead.");
    assert_eq!(one("$GENERATE 1-9 a A 192.0.2.$").message, "$GENERATE is not supported.");
    assert_eq!(one("  A 192.0.2.1").message, "Missing name.");
}

prop_compose! {
    fn any_record()(name in "(@|[a-z0-9_]{1,12}|\\*\\.[a-z]{1,9}|[a-z]{1,9}\\.[a-z]{1,9})", ttl in 60_u32..604_800, kind in prop::sample::select(vec![
        RecordType::A, RecordType::Aaaa, RecordType::Txt, RecordType::Mx, RecordType::Srv, RecordType::Caa, RecordType::Ptr,
    ]), numbers in any::<[u8; 16]>(), text in "\\PC{1,300}", host in "[a-z]{1,9}(\\.[a-z]{1,9}){0,3}\\.?") -> Option<DnsRecord> {
        let value = match kind {
            RecordType::A => format!("{}.{}.{}.{}", numbers[0], numbers[1], numbers[2], numbers[3]),
            RecordType::Aaaa => std::net::Ipv6Addr::from(numbers).to_string(),
            RecordType::Mx => format!("{} {host}", numbers[0]),
            RecordType::Srv => format!("{} {} {} {host}", numbers[0], numbers[1], numbers[2]),
            RecordType::Caa => format!("0 issue \"{host}\""),
            RecordType::Ptr => host,
            _ => text,
        };
        zone::read(ZONE, &DnsRecord { name, kind, ttl, value }).ok()
    }
}

proptest! {
    #[test]
    fn what_is_exported_is_imported_as_it_was(found in prop::collection::vec(any_record(), 0..20)) {
        let mut records: Vec<DnsRecord> = found.into_iter().flatten().collect();
        records.sort();
        let text = file::write(ZONE, 7, &["ns1.panel.example".to_owned()], &records);
        prop_assert_eq!(file::read(ZONE, &text), Ok(records));
    }

    #[test]
    fn a_stored_record_reaches_servers_as_it_is(found in any_record()) {
        if let Some(record) = found {
            let wired = zone::wire(ZONE, &record).expect("what was taken can be sent");
            prop_assert_eq!(wired.data.to_string(), record.value);
        }
    }

    #[test]
    fn any_text_is_refused_or_read(text in "\\PC{0,200}", kind in prop::sample::select(RecordType::ALL.to_vec())) {
        hostile::zone_file(&text);
        hostile::record(kind, "www", 3600, &text);
        hostile::record(kind, &text, 60, "192.0.2.1");
    }

    #[test]
    fn a_later_serial_is_greater(before in 0_u32..u32::MAX - 1, seconds in 0_i64..4_000_000_000) {
        prop_assert!(next_serial(before, Utc.timestamp_opt(seconds, 0).unwrap()) > before);
    }
}

#[test]
fn an_alias_record_stands_for_addresses_also_of_the_domain_itself() {
    assert_eq!(typed(RecordType::Alias, "Shops.Other.example").as_deref(), Ok("shops.other.example."));
    assert!(
        typed(RecordType::Alias, "192.0.2.1").is_err() && typed(RecordType::Alias, "a_b.example").is_err() && typed(RecordType::Alias, ".").is_err()
    );
    let alias = |name: &str, target: &str| record(name, RecordType::Alias, target);
    assert!(faults(&[alias("@", "shops.other.example."), record("@", RecordType::Mx, "10 mail.other.example.")]).is_empty());
    let said = "@ has an ALIAS record, so it can have no A, AAAA or CNAME record.";
    assert_eq!(faults(&[alias("@", "shops.other.example."), record("@", RecordType::A, "192.0.2.1")]), [said]);
    let both = [alias("www", "a.other.example."), alias("www", "b.other.example.")];
    assert_eq!(faults(&both), ["www can have one ALIAS record only."]);
    let round = [alias("a", "b.bakery.example."), alias("b", "shops.other.example.")];
    assert_eq!(faults(&round), ["The ALIAS record of a points to b, which is an ALIAS itself."]);
    assert!(faults(&[alias("a", "a.bakery.example.")])[0].ends_with("which is an ALIAS itself."));
    let many: Vec<DnsRecord> = (0..21).map(|which| alias(&format!("n{which}"), "shops.other.example.")).collect();
    assert_eq!(faults(&many), ["A zone can have up to 20 ALIAS records; this one has 21."]);
    let file = file::write(ZONE, 7, &["ns1.panel.example".to_owned()], &many[..1]);
    assert!(file.contains("n0\t3600\tIN\tALIAS\tshops.other.example.\n"), "{file}");
    assert_eq!(file::read(ZONE, &file).unwrap(), many[..1]);
    assert_eq!(zone::wire(ZONE, &many[0]), None, "no name server is given one");
}

#[test]
fn a_zone_has_room_for_all_addresses_that_somebody_else_may_give_the_target_of_an_alias_record() {
    let mut records: Vec<DnsRecord> = (0..4984).map(|at| record(&format!("h{at}"), RecordType::A, "192.0.2.1")).collect();
    records.push(record("@", RecordType::Alias, "shops.other.example."));
    assert!(faults(&records).is_empty());
    records.push(record("one-more", RecordType::A, "192.0.2.1"));
    assert_eq!(faults(&records), ["A zone can have up to 5000 records; this one has 5001. Each ALIAS record counts as 16."]);
    let text = |at: usize| record(&format!("h{at}"), RecordType::Txt, &format!("\"{}\"", "x".repeat(760)));
    let mut long: Vec<DnsRecord> = (0..1000).map(text).collect();
    assert!(faults(&long).is_empty());
    let label = "n".repeat(60);
    long.extend((0..20).map(|at| record(&format!("{at}.{label}.{label}.{label}"), RecordType::Alias, "shops.other.example.")));
    assert_eq!(faults(&long), ["The zone is too large."]);
}

#[test]
fn an_alias_of_a_service_stands_alone_among_its_like() {
    let https = |value: &str| record("@", RecordType::Https, value);
    assert!(faults(&[https("1 . alpn=h2"), https("2 cdn.other.example. alpn=h2"), record("@", RecordType::A, "192.0.2.1")]).is_empty());
    let said = "@ has an alias among its HTTPS records (priority 0), so it can have no other HTTPS record.";
    assert_eq!(faults(&[https("0 shops.other.example."), https("1 . alpn=h2")]), [said]);
}

#[test]
fn a_template_replaces_what_contradicts_it_and_leaves_the_rest() {
    let changes = |template, before: &[DnsRecord]| {
        let view = templates::compare(template, ZONE, before, &[], None);
        (plan::after(before, &view.changes).unwrap(), view)
    };
    let text = |value: &str| record("@", RecordType::Txt, value);
    let mx = |value: &str| record("@", RecordType::Mx, value);
    let before = [mx("10 mail.other.example."), text("\"v=spf1 a -all\""), text("\"other=1\""), record("_dmarc", RecordType::Cname, "a.example.")];
    let (after, view) = changes(DnsTemplate::NoMail, &before);
    let reject = record("_dmarc", RecordType::Txt, "\"v=DMARC1; p=reject; sp=reject; adkim=s; aspf=s\"");
    assert_eq!(after, [mx("0 ."), text("\"other=1\""), text("\"v=spf1 -all\""), reject]);
    assert_eq!((view.present, view.missing, view.replaces.len()), (0, 3, 3), "{view:?}");
    // The SPF record of one who sent no email permits more now; another TTL is no difference.
    let (after, _) = changes(DnsTemplate::GoogleWorkspace, &[text("\"v=spf1 -all\""), DnsRecord { ttl: 300, ..mx("1 smtp.google.com.") }]);
    assert_eq!(after, [DnsRecord { ttl: 300, ..mx("1 smtp.google.com.") }, text("\"v=spf1 include:_spf.google.com ~all\"")]);
    // Senders of an SPF record in several strings stay; what is too long is left and said.
    let long = format!("v=spf1 {} -all", (0..30).map(|which| format!("ip4:192.0.2.{which}")).collect::<Vec<_>>().join(" "));
    let stored = typed(RecordType::Txt, &long).unwrap();
    assert!(stored.contains("\" \""), "{stored}");
    let (after, view) = changes(DnsTemplate::GoogleWorkspace, &[mx("1 smtp.google.com."), text(&stored)]);
    let merged = typed(RecordType::Txt, &long.replace("v=spf1", "v=spf1 include:_spf.google.com")).unwrap();
    assert!(after == [mx("1 smtp.google.com."), text(&merged)] && view.faults.is_empty(), "{after:?}");
    let full = text(&typed(RecordType::Txt, &format!("v=spf1{} -all", " a:x.example".repeat(169))).unwrap());
    let (after, view) = changes(DnsTemplate::GoogleWorkspace, &[mx("1 smtp.google.com."), full.clone()]);
    assert_eq!(after, [mx("1 smtp.google.com."), full]);
    assert_eq!(view.faults, ["The SPF record can't be changed here. Add include:_spf.google.com to it yourself."]);
    let (after, _) = changes(DnsTemplate::Fastmail, &[]);
    assert_eq!((after.len(), changes(DnsTemplate::Fastmail, &after).1.changes.len()), (6, 0));
    assert!(after.contains(&record("fm1._domainkey", RecordType::Cname, "fm1.bakery.example.dkim.fmhosted.com.")));
    let usual = templates::compare(DnsTemplate::Microsoft365, ZONE, &[], &[], None);
    assert_eq!(usual.word.as_deref(), Some("bakery-example"));
}
