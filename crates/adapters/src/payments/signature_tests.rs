use super::*;

const SECRET: &[u8] = b"whsec_test";
const BODY: &[u8] = br#"{"id":"evt_1"}"#;
const NOW: i64 = 1_790_000_000;

#[test]
fn a_message_signed_now_is_taken() {
    assert_eq!(check(SECRET, BODY, Some(&sign(SECRET, BODY, NOW)), NOW), Ok(()));
}

#[test]
fn the_scheme_is_the_one_that_stripe_documents() {
    // hmac-sha256("whsec_test", "1790000000.{\"id\":\"evt_1\"}"), computed with openssl.
    let expected = "t=1790000000,v1=e32657f3e678d33b41ec084c16ac0e125d25480a06cb3902286dc5942c6fd259";
    assert_eq!(sign(SECRET, BODY, NOW), expected);
}

#[test]
fn one_good_signature_among_several_is_enough() {
    let good = sign(SECRET, BODY, NOW);
    let header = format!("t={NOW},v1={},v0=abc,{}", "00".repeat(32), good.split_once(',').unwrap().1);
    assert_eq!(check(SECRET, BODY, Some(&header), NOW), Ok(()));
}

#[test]
fn a_changed_body_another_secret_and_a_moved_time_are_forged() {
    let header = sign(SECRET, BODY, NOW);
    assert_eq!(check(SECRET, br#"{"id":"evt_2"}"#, Some(&header), NOW), Err(WebhookRefused::Forged));
    assert_eq!(check(b"other", BODY, Some(&header), NOW), Err(WebhookRefused::Forged));
    let moved = header.replace(&format!("t={NOW}"), &format!("t={}", NOW + 1));
    assert_eq!(check(SECRET, BODY, Some(&moved), NOW), Err(WebhookRefused::Forged));
}

#[test]
fn headers_that_are_none_are_forged() {
    for header in ["", "t=1", "v1=00", "t=x,v1=00", "t=1,t=1,v1=00", "t=1790000000,v1=zz", "t=1790000000,v1=", "nonsense"] {
        assert_eq!(check(SECRET, BODY, Some(header), NOW), Err(WebhookRefused::Forged), "{header:?}");
    }
    assert_eq!(check(SECRET, BODY, None, NOW), Err(WebhookRefused::Forged));
    let many = format!("t={NOW}{}", format!(",{}", sign(SECRET, BODY, NOW).split_once(',').unwrap().1).repeat(9));
    assert_eq!(check(SECRET, BODY, Some(&many), NOW), Err(WebhookRefused::Forged));
}

#[test]
fn five_minutes_are_tolerated_both_ways_and_not_a_second_more() {
    let header = sign(SECRET, BODY, NOW);
    assert_eq!(check(SECRET, BODY, Some(&header), NOW + 300), Ok(()));
    assert_eq!(check(SECRET, BODY, Some(&header), NOW - 300), Ok(()));
    assert_eq!(check(SECRET, BODY, Some(&header), NOW + 301), Err(WebhookRefused::Stale(301)));
    assert_eq!(check(SECRET, BODY, Some(&header), NOW - 301), Err(WebhookRefused::Stale(-301)));
    let ancient = sign(SECRET, BODY, i64::MIN);
    assert_eq!(check(SECRET, BODY, Some(&ancient), NOW), Err(WebhookRefused::Stale(i64::MAX)));
}
