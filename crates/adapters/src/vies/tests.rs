use super::{rest::read, *};
use proptest::prelude::*;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

/// A server for one request that gives this answer; returns the request.
async fn server(status: &'static str, answer: &'static str) -> (RestVies, tokio::task::JoinHandle<String>) {
    let _ = rustls::crypto::ring::default_provider().install_default(); // another test may have been first
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let talk = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut heard = Vec::new();
        // The body is JSON and ends with the first brace at the end of what was read.
        while !heard.ends_with(b"}") {
            let mut some = [0; 4096];
            let read = stream.read(&mut some).await.unwrap();
            heard.extend_from_slice(&some[..read]);
        }
        let answer =
            format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{answer}", answer.len());
        stream.write_all(answer.as_bytes()).await.unwrap();
        String::from_utf8(heard).unwrap()
    });
    (RestVies::new(reqwest::Client::new(), url), talk)
}

fn query(requester: Option<&str>) -> VatQuery {
    VatQuery { number: "FR40303265045".to_owned(), requester: requester.map(str::to_owned) }
}

#[tokio::test]
async fn vies_is_asked_with_both_numbers_and_its_consultation_number_is_kept() {
    let answer = r#"{"countryCode":"FR","vatNumber":"40303265045","requestDate":"2026-11-30T10:00:00Z","valid":true,"requestIdentifier":"WAPIAAAAYexample","name":"SA EXAMPLE","address":"1 RUE"}"#;
    let (vies, talk) = server("200 OK", answer).await;
    let told = vies.check(&query(Some("DE123456788"))).await.unwrap();
    assert_eq!(told, VatAnswer { is_valid: true, consultation: "WAPIAAAAYexample".to_owned() });
    let heard = talk.await.unwrap();
    assert!(heard.starts_with("POST /check-vat-number "), "{heard}");
    let (_, body) = heard.split_once("\r\n\r\n").unwrap();
    let sent: Value = serde_json::from_str(body).unwrap();
    let both = serde_json::json!({"countryCode": "FR", "vatNumber": "40303265045", "requesterMemberStateCode": "DE", "requesterNumber": "123456788"});
    assert_eq!(sent, both);
}

#[tokio::test]
async fn a_number_that_vies_does_not_know_is_not_valid() {
    let (vies, _talk) = server("200 OK", r#"{"valid":false,"userError":"INVALID","requestIdentifier":""}"#).await;
    assert_eq!(vies.check(&query(None)).await.unwrap(), VatAnswer { is_valid: false, consultation: String::new() });
}

#[tokio::test]
async fn trouble_of_vies_says_nothing_about_the_number() {
    for (status, answer) in [
        ("200 OK", r#"{"actionSucceed":false,"errorWrappers":[{"error":"MS_MAX_CONCURRENT_REQ"}]}"#),
        ("200 OK", r#"{"valid":false,"userError":"MS_UNAVAILABLE"}"#),
        ("200 OK", r#"{"something":"else"}"#),
        ("503 Service Unavailable", "<html>later</html>}"),
    ] {
        let (vies, _talk) = server(status, answer).await;
        assert!(vies.check(&query(None)).await.is_err(), "{answer}");
    }
    let _ = rustls::crypto::ring::default_provider().install_default();
    assert!(RestVies::new(reqwest::Client::new(), "http://127.0.0.1:1").check(&query(None)).await.is_err());
}

proptest! {
    #[test]
    fn any_answer_is_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200), word in "\\PC{0,80}", valid: bool) {
        prop_assert!(read(&bytes).is_err(), "nothing that is not JSON is an answer");
        let answer = serde_json::json!({ "valid": valid, "requestIdentifier": word }).to_string();
        let told = read(answer.as_bytes()).unwrap();
        prop_assert!(told.is_valid == valid && told.consultation.len() <= 60 && told.consultation.is_ascii());
        let trouble = serde_json::json!({ "valid": valid, "errorWrappers": [{ "error": word }] }).to_string();
        prop_assert!(read(trouble.as_bytes()).is_err() || word == "VALID" || word == "INVALID");
    }
}
