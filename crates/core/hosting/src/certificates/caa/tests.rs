use super::rules::{Applying, climb, obstacle};
use adapters::dns::CaaRecord;

fn applying(name: &str, records: &[(bool, &str, &str)]) -> Applying {
    let record =
        |(is_critical, tag, value): &(bool, &str, &str)| CaaRecord { is_critical: *is_critical, tag: (*tag).to_owned(), value: (*value).to_owned() };
    Applying { name: name.to_owned(), at: "example.test".to_owned(), records: records.iter().map(record).collect() }
}

fn is_permitted(name: &str, records: &[(bool, &str, &str)]) -> bool {
    obstacle(&applying(name, records), &["ca.test".to_owned(), "alias.test".to_owned()], "http-01").is_none()
}

#[test]
fn records_are_looked_up_at_the_name_and_at_each_one_above() {
    assert_eq!(climb("www.blog.example.test").collect::<Vec<_>>(), ["www.blog.example.test", "blog.example.test", "example.test", "test"]);
    assert_eq!(climb("*.example.test").collect::<Vec<_>>(), ["example.test", "test"]);
}

#[test]
fn a_ca_may_issue_where_a_record_names_it_or_none_is_about_it() {
    for (records, permitted) in [
        (&[(false, "issue", "ca.test")][..], true),
        (&[(false, "issue", " CA.test. ; account=7")], true),
        (&[(false, "issue", "other.test"), (false, "issue", "alias.test")], true),
        (&[(false, "issue", "other.test")], false),
        (&[(false, "issue", ";")], false),
        (&[(false, "issue", "")], false),
        (&[(false, "issue", "notca.test")], false),
        (&[(false, "iodef", "mailto:ops@example.test")], true),
        (&[(true, "issue", "ca.test")], true),
        (&[(true, "future", "x"), (false, "issue", "ca.test")], false),
        (&[(false, "future", "x")], true),
        (&[(false, "issue", "ca.test; validationmethods=dns-01,http-01")], true),
        (&[(false, "issue", "ca.test; validationmethods=dns-01")], false),
    ] {
        assert_eq!(is_permitted("blog.example.test", records), permitted, "{records:?}");
    }
}

#[test]
fn a_wildcard_follows_issuewild_where_there_is_one_and_other_names_never_do() {
    let wild = [(false, "issue", "ca.test"), (false, "issuewild", "other.test")];
    assert!(is_permitted("blog.example.test", &wild) && !is_permitted("*.example.test", &wild));
    let only_wild = [(false, "issue", "other.test"), (false, "issuewild", "ca.test")];
    assert!(!is_permitted("blog.example.test", &only_wild) && is_permitted("*.example.test", &only_wild));
    assert!(!is_permitted("*.example.test", &[(false, "issue", ";")]) && is_permitted("blog.example.test", &[(false, "issuewild", ";")]));
}

#[test]
fn it_is_said_which_record_forbids_it_and_what_to_set() {
    let identities = ["ca.test".to_owned()];
    let found = obstacle(&applying("blog.example.test", &[(false, "issue", "other.test")]), &identities, "http-01").unwrap();
    assert_eq!(found.failure, "The CAA record at example.test forbids ca.test to issue a certificate for blog.example.test: 0 issue \"other.test\".");
    assert_eq!((found.remedy.as_str(), found.owner_can_fix), ("Add this CAA record at example.test: 0 issue \"ca.test\". Then retry.", true));
    let found = obstacle(&applying("blog.example.test", &[(true, "future", "x")]), &identities, "http-01").unwrap();
    assert_eq!(found.failure, "The CAA record at example.test forbids every certificate for blog.example.test: 128 future \"x\".");
}
