use super::{VisitError, Visitor, WebVisitor};
use std::net::{IpAddr, Ipv4Addr};

#[tokio::test]
async fn a_name_without_an_address_and_one_where_nobody_answers_are_told_apart() {
    let _ = rustls::crypto::ring::default_provider().install_default(); // another test may have been first
    // Nobody has port 80 or 443 of this address, which is this machine's all the same.
    let visitor = WebVisitor::new(None, &[("silent.example.test", IpAddr::V4(Ipv4Addr::new(127, 9, 9, 9)))]).unwrap();
    assert_eq!(visitor.http("silent.example.test", "/").await, Err(VisitError::NoConnection("silent.example.test".to_owned())));
    assert_eq!(visitor.https("silent.example.test").await, Err(VisitError::NoConnection("silent.example.test".to_owned())));
    let unknown = visitor.http("no-such-name.invalid", "/").await;
    assert_eq!(unknown, Err(VisitError::NoAddress("no-such-name.invalid".to_owned())));
}

#[tokio::test]
async fn a_site_is_looked_at_where_its_server_is_wherever_its_name_leads() {
    let _ = rustls::crypto::ring::default_provider().install_default(); // another test may have been first
    let visitor = WebVisitor::new(None, &[]).unwrap();
    // DNS knows no such name, and is not asked for it.
    let there = visitor.https_at("no-such-name.invalid", "127.9.9.9").await;
    assert_eq!(there, Err(VisitError::NoConnection("no-such-name.invalid".to_owned())));
    assert_eq!(visitor.https_at("no-such-name.invalid", "web1").await, Err(VisitError::NoAddress("no-such-name.invalid".to_owned())));
}
