use super::*;

const SECRET: &[u8] = b"whsec_test";
const BODY: &[u8] = br#"{"id":"evt_1"}"#;
const NOW: i64 = 1_790_000_000;

#[test]
fn fresh_signature_is_accepted() {
    assert_eq!(check(SECRET, BODY, Some(&sign(SECRET, BODY, NOW)), NOW), Ok(()));
}

#[test]
fn signature_matches_stripes_documented_scheme() {
    // hmac-sha256("whsec_test", "1790000000.{\"id\":\"evt_1\"}"), computed with openssl.
    let expected = "t=1790000000,v1=e32657f3e678d33b41ec084c16ac0e125d25480a06cb3902286dc5942c6fd259";
    assert_eq!(sign(SECRET, BODY, NOW), expected);
}

#[test]
fn one_valid_signature_among_several_is_enough() {
    let good = sign(SECRET, BODY, NOW);
    let header = format!("t={NOW},v1={},v0=abc,{}", "00".repeat(32), good.split_once(',').unwrap().1);
    assert_eq!(check(SECRET, BODY, Some(&header), NOW), Ok(()));
}

#[test]
fn changed_body_secret_or_time_is_rejected() {
    let header = sign(SECRET, BODY, NOW);
    assert_eq!(check(SECRET, br#"{"id":"evt_2"}"#, Some(&header), NOW), Err(WebhookRefused::Forged));
    assert_eq!(check(b"other", BODY, Some(&header), NOW), Err(WebhookRefused::Forged));
    let moved = header.replace(&format!("t={NOW}"), &format!("t={}", NOW + 1));
    assert_eq!(check(SECRET, BODY, Some(&moved), NOW), Err(WebhookRefused::Forged));
}

#[test]
fn malformed_headers_are_rejected() {
    for header in ["", "t=1", "v1=00", "t=x,v1=00", "t=1,t=1,v1=00", "t=1790000000,v1=zz", "t=1790000000,v1=", "nonsense"] {
        assert_eq!(check(SECRET, BODY, Some(header), NOW), Err(WebhookRefused::Forged), "{header:?}");
    }
    assert_eq!(check(SECRET, BODY, None, NOW), Err(WebhookRefused::Forged));
    let many = format!("t={NOW}{}", format!(",{}", sign(SECRET, BODY, NOW).split_once(',').unwrap().1).repeat(9));
    assert_eq!(check(SECRET, BODY, Some(&many), NOW), Err(WebhookRefused::Forged));
}

#[test]
fn clock_skew_of_five_minutes_is_tolerated() {
    let header = sign(SECRET, BODY, NOW);
    assert_eq!(check(SECRET, BODY, Some(&header), NOW + 300), Ok(()));
    assert_eq!(check(SECRET, BODY, Some(&header), NOW - 300), Ok(()));
    assert_eq!(check(SECRET, BODY, Some(&header), NOW + 301), Err(WebhookRefused::Stale(301)));
    assert_eq!(check(SECRET, BODY, Some(&header), NOW - 301), Err(WebhookRefused::Stale(-301)));
    let ancient = sign(SECRET, BODY, i64::MIN);
    assert_eq!(check(SECRET, BODY, Some(&ancient), NOW), Err(WebhookRefused::Stale(i64::MAX)));
}
