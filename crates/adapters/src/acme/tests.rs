use super::{
    AcmeError, Authorities, CertificateAuthority, FakeAuthority, InvalidCertificate, Mood, SigningRequest, hostile, read_chain,
    self_signed as self_signed_pair,
};
use crate::visitor::{HttpAnswer, HttpsAnswer, VisitError, Visitor};
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta};
use proptest::prelude::*;
use rcgen::{CertificateParams, KeyPair};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

#[path = "../../../wire/tests/hostile/words.rs"]
mod words;

/// Serves the answers that it was given, at every name.
#[derive(Default)]
struct Answers(Mutex<HashMap<String, String>>);

#[async_trait]
impl Visitor for Answers {
    async fn http(&self, _: &str, path: &str) -> Result<HttpAnswer, VisitError> {
        let body = self.0.lock().unwrap().get(path).cloned();
        Ok(HttpAnswer { status: if body.is_some() { 200 } else { 404 }, location: None, body: body.unwrap_or_default() })
    }

    async fn https(&self, name: &str) -> Result<HttpsAnswer, VisitError> {
        Err(VisitError::NoConnection(name.to_owned()))
    }

    async fn https_at(&self, name: &str, _: &str) -> Result<HttpsAnswer, VisitError> {
        self.https(name).await
    }

    fn trusts(&self, _: &str, _: &str) -> bool {
        false
    }
}

fn ca() -> (Arc<Answers>, FakeAuthority) {
    let answers = Arc::new(Answers::default());
    let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
    let ca = FakeAuthority::new("https://ca.test/dir", Arc::clone(&answers) as Arc<dyn Visitor>, Arc::new(move || now)).unwrap();
    (answers, ca)
}

fn names() -> Vec<String> {
    vec!["blog.example.test".to_owned(), "www.blog.example.test".to_owned()]
}

async fn issue(answers: &Answers, ca: &FakeAuthority, request: &SigningRequest) -> Result<String, AcmeError> {
    let account = ca.open_account().await?;
    let order = ca.order(&account, &names(), &[], None).await?;
    for challenge in &order.challenges {
        answers.0.lock().unwrap().insert(format!("/.well-known/acme-challenge/{}", challenge.token), challenge.answer.clone());
    }
    ca.validate(&account, &order.url, &[]).await?;
    ca.finalize(&account, &order.url, &request.request(&names()).unwrap()).await
}

#[tokio::test]
async fn what_a_ca_has_signed_is_read_with_its_names_its_validity_and_its_key() {
    let (answers, ca) = ca();
    let request = SigningRequest::new().unwrap();

    let issued = read_chain(&issue(&answers, &ca, &request).await.unwrap()).unwrap();

    assert_eq!(issued.names, names());
    assert!(issued.covers(["blog.example.test"]) && !issued.covers(["blog.example.test", "other.test"]));
    assert_eq!(issued.issuer, "Root of https://ca.test/dir");
    assert_eq!(issued.not_after - issued.not_before, TimeDelta::days(90) + TimeDelta::hours(1));
    assert!(issued.has_key(&request) && issued.has_key(&SigningRequest::with_key(&request.key()).unwrap()));
    assert!(!issued.has_key(&SigningRequest::new().unwrap()), "another key is another's");
    assert!(wire::certificate::CertificateChain::new(&*issued.chain).is_ok() && wire::certificate::PrivateKey::new(request.key()).is_ok());
}

#[tokio::test]
async fn a_ca_signs_nothing_for_a_name_at_which_it_does_not_find_its_answer() {
    let (_, ca) = ca();
    let account = ca.open_account().await.unwrap();
    let order = ca.order(&account, &names(), &[], None).await.unwrap();
    let refused = ca.validate(&account, &order.url, &[]).await.unwrap_err();
    assert!(matches!(&refused, AcmeError::NotVerified { name, .. } if name == "blog.example.test"), "{refused}");
    assert!(!refused.is_of_the_authority(), "another one would say the same");
    let request = SigningRequest::new().unwrap().request(&names()).unwrap();
    assert!(ca.finalize(&account, &order.url, &request).await.is_err());
    assert_eq!(ca.issued(), 0);
}

#[tokio::test]
async fn a_slow_ca_signs_once_and_gives_it_to_whoever_asks_again() {
    let (answers, ca) = ca();
    ca.set_mood(Mood::Slow(1));
    let request = SigningRequest::new().unwrap();
    let late = issue(&answers, &ca, &request).await.unwrap_err();
    assert!(late.is_of_the_authority(), "{late}");
    let account = ca.open_account().await.unwrap();
    let chain = ca.finalize(&account, "https://ca.test/dir/order/1", &request.request(&names()).unwrap()).await.unwrap();
    assert!(read_chain(&chain).unwrap().has_key(&request));
    assert_eq!(ca.issued(), 1);
}

#[tokio::test]
async fn moods_of_a_ca_are_told_apart() {
    let (answers, ca) = ca();
    let request = SigningRequest::new().unwrap();
    ca.set_mood(Mood::Down);
    assert!(matches!(issue(&answers, &ca, &request).await, Err(AcmeError::Unavailable { .. })));
    ca.set_mood(Mood::Refuses("www.blog.example.test".to_owned()));
    assert!(matches!(issue(&answers, &ca, &request).await, Err(AcmeError::Refused { .. })));
    let hour = Some(std::time::Duration::from_secs(3600));
    ca.set_mood(Mood::RateLimited(hour));
    assert!(matches!(issue(&answers, &ca, &request).await, Err(AcmeError::RateLimited { retry_after, .. }) if retry_after == hour));
    let all = Authorities::new(Arc::new(ca), []);
    assert!(all.find("https://ca.test/dir").is_some() && all.find("https://other.test/dir").is_none());
}

fn self_signed(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    CertificateParams::new(names).unwrap().self_signed(&KeyPair::generate().unwrap()).unwrap().pem()
}

#[test]
fn a_chain_that_cannot_be_used_is_refused_and_nothing_of_it_is_told() {
    let one = self_signed(&["a.test"]);
    assert!(read_chain(&format!("issued for you\r\n{}", one.replace('\n', "\r\n"))).is_ok(), "comments and line ends of others are taken");
    let cases = [
        (String::new(), "there is no certificate in it"),
        ("-----BEGIN CERTIFICATE-----\nAAAA".to_owned(), "a certificate in it has no end"),
        ("-----BEGIN CERTIFICATE-----\n<b>\n-----END CERTIFICATE-----".to_owned(), "a certificate in it is not base64"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----".to_owned(), "it is not a certificate"),
        (one.repeat(11), "it has more than 10 certificates"),
        (format!("{one}{}", ca().1.root()), "its certificates do not follow from each other"),
        (CertificateParams::default().self_signed(&KeyPair::generate().unwrap()).unwrap().pem(), "it is for no host name"),
        ("x".repeat(70_000), "it is longer than 64 KiB"),
    ];
    for (text, why) in cases {
        assert_eq!(read_chain(&text), Err(InvalidCertificate(why)), "{text:.60}");
    }
    for text in ["", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", one.as_str()] {
        assert!(SigningRequest::with_key(text).is_err(), "{text:.60}");
    }
}

#[test]
fn a_certificate_that_nobody_has_signed_is_for_its_name_and_has_its_key() {
    let (chain, key) = self_signed_pair("panel.example.test").unwrap();
    let read = read_chain(&chain).unwrap();
    assert_eq!(read.names, ["panel.example.test"]);
    assert!(read.has_key(&SigningRequest::with_key(&key).unwrap()));
}

#[test]
fn a_wildcard_is_for_one_level_below() {
    let found = read_chain(&self_signed(&["*.example.test"])).unwrap();
    assert!(found.covers(["a.example.test"]));
    assert!(!found.covers(["a.b.example.test"]) && !found.covers(["example.test"]));
}

proptest! {
    #[test]
    fn any_text_is_refused_or_read_so_that_an_agent_takes_it(text in words::text(), at in 0usize..900, byte in any::<u8>()) {
        let mut near = self_signed(&["a.test"]).into_bytes();
        let at = at % near.len();
        near[at] = byte;
        for text in [text, String::from_utf8_lossy(&near).into_owned()] {
            hostile::text(&text);
            hostile::bytes(text.as_bytes());
        }
    }
}
