use super::{country, visitor};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use std::net::IpAddr;

const PROXIES: [&str; 2] = ["127.0.0.1", "10.0.0.2"];

fn seen(connected: &str, forwarded: &[&'static str]) -> String {
    let mut headers = HeaderMap::new();
    for line in forwarded {
        headers.append("x-forwarded-for", HeaderValue::from_static(line));
    }
    let proxies = PROXIES.map(|proxy| proxy.parse::<IpAddr>().unwrap());
    visitor(connected.parse().unwrap(), &headers, &proxies).to_string()
}

#[test]
fn a_stranger_cannot_name_another_address() {
    assert_eq!(seen("203.0.113.9", &["192.0.2.1"]), "203.0.113.9");
    assert_eq!(seen("127.0.0.1", &["192.0.2.1, 203.0.113.9"]), "203.0.113.9");
    assert_eq!(seen("127.0.0.1", &["192.0.2.1", "203.0.113.9"]), "203.0.113.9");
    assert_eq!(seen("127.0.0.1", &["192.0.2.1, nonsense"]), "127.0.0.1");
}

#[test]
fn only_a_trusted_proxy_says_a_visitors_country() {
    let seen = |connected: &str, code: &'static str| {
        let header = HeaderName::from_static("cf-ipcountry");
        let headers = HeaderMap::from_iter([(header.clone(), HeaderValue::from_static(code))]);
        let proxies = PROXIES.map(|proxy| proxy.parse::<IpAddr>().unwrap());
        country(connected.parse().unwrap(), &headers, &proxies, &header)
    };
    assert_eq!(seen("127.0.0.1", "at").as_deref(), Some("AT"));
    assert_eq!(seen("203.0.113.9", "AT"), None);
    // Tor and "unknown", as one of them calls it, are no country.
    assert_eq!((seen("127.0.0.1", "T1"), seen("127.0.0.1", "XX"), seen("127.0.0.1", "")), (None, None, None));
}

#[test]
fn visitors_behind_the_proxy_are_told_apart() {
    assert_eq!(seen("127.0.0.1", &["203.0.113.9"]), "203.0.113.9");
    assert_eq!(seen("::ffff:127.0.0.1", &["2001:db8::7"]), "2001:db8::7");
    assert_eq!(seen("127.0.0.1", &["203.0.113.9, 10.0.0.2"]), "203.0.113.9");
}

#[test]
fn a_proxy_that_names_nobody_is_the_peer() {
    assert_eq!(seen("127.0.0.1", &[]), "127.0.0.1");
    assert_eq!(seen("127.0.0.1", &["10.0.0.2"]), "127.0.0.1");
}
