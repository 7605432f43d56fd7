//! Templates as staff write them.

use super::*;
use model::hosting::dns::ChangeOp;

const ZONE: &str = "bakery.example";
const RECORDS: &str = "@ MX 10 {host}.mail.example.\n@ TXT \"v=spf1 include:{host}.mail.example -all\"\n_dmarc TXT \"v=DMARC1; p=none; rua=mailto:post@{domain}\"\n@ TXT \"mail-verify={code}\"\n";

fn template() -> (Vec<Variable>, Vec<Pattern>) {
    let variables = variables("host | Mail server | mx1\ncode | Verification code\n").unwrap();
    let patterns = records(RECORDS, &variables).unwrap();
    (variables, patterns)
}

fn values(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn record(name: &str, kind: RecordType, value: &str) -> DnsRecord {
    DnsRecord { name: name.to_owned(), kind, ttl: DEFAULT_TTL, value: value.to_owned() }
}

#[test]
fn a_template_becomes_records_and_shows_what_differs_when_it_is_applied_again() {
    let (variables, patterns) = template();
    let before =
        [record("@", RecordType::Mx, "5 old.example."), record("@", RecordType::Txt, "\"v=spf1 a -all\""), record("www", RecordType::A, "192.0.2.1")];
    let chosen = values(&[("host", "mx7"), ("code", "abc")]);
    assert!(faults(ZONE, &variables, &patterns, &chosen).is_empty());
    let found = compare(ZONE, &patterns, &chosen, &before);
    let come: Vec<String> = found
        .changes
        .iter()
        .filter(|change| change.op == ChangeOp::Add)
        .map(|change| format!("{} {} {}", change.record.name, change.record.kind, change.record.value))
        .collect();
    assert_eq!(
        come,
        [
            "@ MX 10 mx7.mail.example.",
            "@ TXT \"v=spf1 include:mx7.mail.example -all\"",
            "_dmarc TXT \"v=DMARC1; p=none; rua=mailto:post@bakery.example\"",
            "@ TXT \"mail-verify=abc\"",
        ]
    );
    assert_eq!((found.missing, found.present, found.replaces.len()), (4, 0, 2), "other mail servers and another SPF record go: {:?}", found.replaces);
    let mut after: Vec<DnsRecord> = before.iter().filter(|record| record.kind == RecordType::A).cloned().collect();
    after.extend(found.changes.into_iter().filter(|change| change.op == ChangeOp::Add).map(|change| change.record));
    // What was entered is read off the zone.
    let inferred = infer(ZONE, &variables, &patterns, &after);
    assert_eq!(inferred, chosen);
    let again = compare(ZONE, &patterns, &inferred, &after);
    assert_eq!((again.present, again.missing, again.changes.len()), (4, 0, 0));
    after.retain(|record| record.name != "_dmarc");
    assert_eq!(compare(ZONE, &patterns, &inferred, &after).missing, 1);
    // A second verification code stands beside the first.
    let other = compare(ZONE, &patterns, &values(&[("host", "mx7"), ("code", "def")]), &after);
    assert!(other.replaces.is_empty(), "{:?}", other.replaces);
}

#[test]
fn before_anything_is_entered_defaults_stand_and_what_lacks_a_value_makes_no_record() {
    let (variables, patterns) = template();
    let inferred = infer(ZONE, &variables, &patterns, &[]);
    assert_eq!(inferred, values(&[("host", "mx1"), ("code", "")]));
    let found = compare(ZONE, &patterns, &inferred, &[]);
    assert_eq!((found.missing, found.faults.len()), (4, 0));
    assert_eq!(faults(ZONE, &variables, &patterns, &inferred), [("code".to_owned(), "Enter a value.".to_owned())]);
}

#[test]
fn a_template_that_makes_no_records_names_its_line() {
    let none: &[Variable] = &[];
    for (text, why) in [
        ("", "Enter at least one record."),
        ("@ MX", "Line 1: enter a name, a type and a value."),
        ("\n@ SPF x", "Line 2: this record type is not supported."),
        ("@ A {address}", "Line 1: {address} is no variable of this template."),
        ("@ A nonsense", "Line 1: Enter an IPv4 address, such as 192.0.2.10."),
        ("@ CNAME other.example.", "Line 1: The domain itself cannot have a CNAME record. Use A and AAAA records."),
        ("www ALIAS other.example.", "Line 1: a template can have no ALIAS records."),
    ] {
        assert_eq!(records(text, none).unwrap_err(), why, "{text}");
    }
    for wrong in ["Key | Label", "key", "domain | Label", "a | b | c | d", "key | ", "key | One\nkey | Two"] {
        assert!(variables(wrong).is_err(), "{wrong}");
    }
    assert_eq!(variables(" \n").unwrap(), []);
}

#[test]
fn what_customers_enter_makes_valid_records_or_is_refused_at_its_field() {
    let (variables, patterns) = template();
    let wrong = |host: &str| faults(ZONE, &variables, &patterns, &values(&[("host", host), ("code", "abc")]));
    for host in ["a b", "-x", "a_b", "x. 10 y"] {
        assert_eq!(wrong(host).first().map(|(key, _)| key.as_str()), Some("host"), "{host}");
    }
    assert!(wrong("{code}").first().is_some_and(|(key, _)| key == "host"), "a value is no pattern");
    let quote = values(&[("host", "mx1"), ("code", "a\" \"b")]);
    let made = compare(ZONE, &patterns, &quote, &[]);
    let texts = made.changes.iter().filter(|change| change.record.value.contains("mail-verify")).count();
    assert_eq!(texts, 1, "one record, whatever is in it: {:?}", made.changes);
}
