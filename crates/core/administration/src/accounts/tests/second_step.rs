use super::{PASSWORD, active, behind, code, fields, from, number, recorded, sign_in};
use crate::accounts::{
    self, Entry, SignedIn, account, begin_second_step, change_password, confirm_second_step, new_recovery_codes, remove_lost_second_step,
    remove_second_step,
    second_step::{self, accepted, base32, read_code, step_of, typed_key, uri},
    sign_in_code,
};
use chrono::{DateTime, Duration};
use engine::{Error, Modules, secrets::MasterKey, testing::TestServices};
use model::{
    audit_action::AuditAction,
    error::ErrorCode,
    permission::{AccountManage, AccountRead, AccountWrite},
};
use std::sync::Arc;

const HOME: &str = "192.0.2.1";
const KIM: &str = "kim@acme.example";
const KEY: &[u8] = b"12345678901234567890";

/// The key behind what was shown.
fn key_of(shown: &str) -> Vec<u8> {
    let letters: Vec<u32> =
        shown.bytes().filter(|byte| *byte != b' ').map(|byte| u32::from(if byte >= b'A' { byte - b'A' } else { byte - b'2' + 26 })).collect();
    let (mut held, mut bits, mut out) = (0_u32, 0, Vec::new());
    for letter in letters {
        (held, bits) = (held << 5 | letter, bits + 5);
        if bits >= 8 {
            bits -= 8;
            out.push((held >> bits) as u8);
            held &= (1 << bits) - 1;
        }
    }
    out
}

/// What the app shows now.
fn app(t: &TestServices, key: &[u8]) -> String {
    second_step::code(key, step_of(t.services.now()))
}

/// A login with an authenticator app: its session, its key, its recovery codes.
async fn coded(t: &TestServices) -> (SignedIn, Vec<u8>, Vec<String>) {
    let signed = active(t, KIM).await;
    let caller = behind(t, &signed.token).await.with_recent_password();
    let shown = begin_second_step(&t.services, t.services.db.own::<AccountManage>(&caller).await.unwrap()).await.unwrap();
    let key = key_of(&shown.secret);
    let tx = t.services.db.own::<AccountWrite>(&caller).await.unwrap();
    let codes = confirm_second_step(&t.services, tx, &app(t, &key)).await.unwrap().codes;
    t.clock.advance(Duration::seconds(60));
    (signed, key, codes)
}

/// The password is right; the token that goes on.
async fn half(t: &TestServices) -> String {
    match accounts::sign_in(&t.services, &from(HOME), None, KIM, PASSWORD).await.unwrap() {
        Entry::Code(token) => token,
        Entry::In(_) => panic!("a code is asked for"),
    }
}

async fn with_code(t: &TestServices, token: &str, code: &str) -> Result<SignedIn, Error> {
    sign_in_code(&t.services, &from(HOME), Some("browser"), token, code).await
}

#[test]
fn codes_are_those_of_the_standard() {
    // RFC 6238, appendix B, the last six digits.
    for (seconds, code) in
        [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (2_000_000_000, "279037"), (20_000_000_000, "353130")]
    {
        assert_eq!(second_step::code(KEY, step_of(DateTime::UNIX_EPOCH + Duration::seconds(seconds))), code);
    }
    assert_eq!(base32(b"foobar"), "MZXW6YTBOI");
    assert_eq!(key_of(&typed_key(KEY)), KEY);
    assert_eq!(
        uri(b"0123456789", "Host & Co", "kim@acme.example"),
        "otpauth://totp/Host%20%26%20Co:kim%40acme%2Eexample?secret=GAYTEMZUGU3DOOBZ&issuer=Host%20%26%20Co&algorithm=SHA1&digits=6&period=30"
    );
}

#[test]
fn a_code_is_taken_near_its_time_and_later_than_the_last_one() {
    let now = DateTime::UNIX_EPOCH + Duration::seconds(59);
    let step = step_of(now);
    for (offset, taken) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
        let typed = second_step::code(KEY, step + offset);
        assert_eq!(accepted(KEY, &typed, now, 0).is_some() && step + offset > 0, taken && step + offset > 0, "{offset}");
        assert_eq!(accepted(KEY, &typed, now, step + offset), None, "used up");
    }
    for wrong in ["", "28708", "2870820", "abcdef", "287082 ", "２８７０８２"] {
        assert_eq!(accepted(KEY, wrong, now, 0), None, "{wrong}");
    }
}

#[tokio::test]
async fn a_code_app_is_set_up_by_its_first_code_and_then_asked_for() {
    let t = TestServices::new().await;
    let signed = active(&t, KIM).await;
    let caller = behind(&t, &signed.token).await.with_recent_password();
    let shown = begin_second_step(&t.services, t.services.db.own::<AccountManage>(&caller).await.unwrap()).await.unwrap();
    assert!(shown.qr_size > 29 && shown.qr_path.starts_with("M4,4h1v1h-1z"), "a picture with a border of four");
    assert!(shown.uri.contains(&shown.secret.replace(' ', "")));
    sign_in(&t.services, &from(HOME), None, KIM, PASSWORD).await.expect("not confirmed: not asked for");
    let confirm = async |code: &str| confirm_second_step(&t.services, t.services.db.own::<AccountWrite>(&caller).await.unwrap(), code).await;
    assert_eq!(fields(confirm("000000").await), ["code"]);
    let code_now = app(&t, &key_of(&shown.secret));
    let codes = confirm(&code_now).await.unwrap().codes;
    assert_eq!((codes.len(), codes.iter().collect::<std::collections::BTreeSet<_>>().len()), (10, 10));
    assert_eq!(code(confirm(&code_now).await), ErrorCode::Conflict);
    let token = half(&t).await;
    assert_eq!(fields(with_code(&t, &token, &code_now).await), ["code"], "the code that confirmed it is used up");
    t.clock.advance(Duration::seconds(30));
    let signed = with_code(&t, &token, &app(&t, &key_of(&shown.secret))).await.unwrap();
    assert_eq!(signed.viewer.email, KIM);
    let view = account(t.services.db.own::<AccountRead>(&caller).await.unwrap()).await.unwrap();
    assert!(view.second_step_since.is_some() && view.recovery_codes == 10);
    assert_eq!((recorded(&t, AuditAction::SecretShown).await, recorded(&t, AuditAction::SecondStepAdded).await), (2, 1));
    assert_eq!(recorded(&t, AuditAction::SignInCodeAsked).await, 1);
}

#[tokio::test]
async fn a_code_works_once_also_when_two_type_it_at_the_same_moment() {
    let t = TestServices::new().await;
    let (_, key, _) = coded(&t).await;
    let (one, two, code) = (half(&t).await, half(&t).await, app(&t, &key));
    let (first, second) = tokio::join!(with_code(&t, &one, &code), with_code(&t, &two, &code));
    assert!(first.is_ok() != second.is_ok());
    let again = half(&t).await;
    assert_eq!(fields(with_code(&t, &again, &code).await), ["code"]);
}

#[tokio::test]
async fn a_password_waits_for_its_code_ten_minutes_and_once() {
    let t = TestServices::new().await;
    let (_, key, _) = coded(&t).await;
    let token = half(&t).await;
    with_code(&t, &token, &app(&t, &key)).await.unwrap();
    t.clock.advance(Duration::seconds(60));
    assert_eq!(code(with_code(&t, &token, &app(&t, &key)).await), ErrorCode::NotFound);
    let token = half(&t).await;
    t.clock.advance(Duration::minutes(10));
    assert_eq!(code(with_code(&t, &token, &app(&t, &key)).await), ErrorCode::NotFound);
    assert_eq!(code(with_code(&t, "made up", &app(&t, &key)).await), ErrorCode::NotFound);
}

#[tokio::test]
async fn a_recovery_code_works_once_and_new_ones_end_the_old() {
    let t = TestServices::new().await;
    let (signed, _, codes) = coded(&t).await;
    let typed = format!(" {} ", codes[0].to_uppercase().replace('-', " "));
    with_code(&t, &half(&t).await, &typed).await.unwrap();
    assert_eq!(fields(with_code(&t, &half(&t).await, &codes[0]).await), ["code"]);
    assert_eq!(recorded(&t, AuditAction::RecoveryCodeUsed).await, 1);
    let caller = behind(&t, &signed.token).await.with_recent_password();
    let fresh = new_recovery_codes(&t.services, t.services.db.own::<AccountManage>(&caller).await.unwrap()).await.unwrap().codes;
    assert_eq!(fields(with_code(&t, &half(&t).await, &codes[1]).await), ["code"]);
    with_code(&t, &half(&t).await, &fresh[1]).await.unwrap();
    assert_eq!(read_code("kkkk-kkkk-kkkk-kkk1"), None);
}

#[tokio::test]
async fn who_guesses_codes_waits_from_wherever_and_a_new_password_ends_that() {
    let t = TestServices::new().await;
    let (signed, key, codes) = coded(&t).await;
    let token = half(&t).await;
    for n in 0..6 {
        let peer = from(&format!("203.0.113.{n}"));
        assert_eq!(fields(sign_in_code(&t.services, &peer, None, &token, "000000").await), ["code"]);
    }
    assert_eq!(code(with_code(&t, &token, &app(&t, &key)).await), ErrorCode::TooMany);
    assert_eq!(code(with_code(&t, &token, &codes[0]).await), ErrorCode::TooMany);
    // The owner, who is signed in elsewhere, sets a new password: the thief's half sign-in and tries are worth nothing.
    let caller = behind(&t, &signed.token).await;
    t.clock.advance(Duration::seconds(1));
    let tx = t.services.db.own::<AccountWrite>(&caller).await.unwrap();
    change_password(&t.services, tx, None, PASSWORD, "another horse battery").await.unwrap();
    assert_eq!(code(with_code(&t, &token, &app(&t, &key)).await), ErrorCode::NotFound);
    let Entry::Code(token) = accounts::sign_in(&t.services, &from(HOME), None, KIM, "another horse battery").await.unwrap() else { panic!("asks") };
    with_code(&t, &token, &app(&t, &key)).await.unwrap();
}

#[tokio::test]
async fn it_is_turned_off_with_the_password_only_and_not_by_staff_who_need_it() {
    let t = TestServices::new().await;
    let (signed, ..) = coded(&t).await;
    let caller = behind(&t, &signed.token).await;
    assert!(t.services.db.own::<AccountManage>(&caller).await.is_err(), "asks for the password");
    let proved = caller.with_recent_password();
    let remove = async || remove_second_step(t.services.db.own::<AccountManage>(&proved).await.unwrap()).await;
    let mut owner = t.db.owner().await;
    sqlx::query("update users set platform_role = 'PLATFORM_SUPPORT'").execute(&mut owner).await.unwrap();
    sqlx::query("insert into security_policies values ('STAFF_SECOND_STEP', true, now())").execute(&mut owner).await.unwrap();
    assert_eq!(code(remove().await), ErrorCode::Conflict);
    sqlx::query("update users set platform_role = null").execute(&mut owner).await.unwrap();
    remove().await.unwrap();
    sign_in(&t.services, &from(HOME), None, KIM, PASSWORD).await.unwrap();
    assert_eq!(number(&t, "select (select count(*) from totp_secrets) + (select count(*) from recovery_codes)").await, 0);
    assert_eq!(recorded(&t, AuditAction::SecondStepRemoved).await, 1);
}

#[tokio::test]
async fn at_the_machine_a_lost_code_app_is_taken_away() {
    let t = TestServices::new().await;
    coded(&t).await;
    assert_eq!(fields(remove_lost_second_step(&t.services, "nobody@acme.example").await), ["email"]);
    remove_lost_second_step(&t.services, " KIM@acme.example").await.unwrap();
    sign_in(&t.services, &from(HOME), None, KIM, PASSWORD).await.unwrap();
    assert_eq!(code(remove_lost_second_step(&t.services, KIM).await), ErrorCode::Conflict);
    assert_eq!(recorded(&t, AuditAction::SecondStepRemoved).await, 1);
}

#[tokio::test]
async fn neither_key_nor_codes_stand_in_the_database_or_in_debug_output() {
    let t = TestServices::new().await;
    let signed = active(&t, KIM).await;
    let caller = behind(&t, &signed.token).await.with_recent_password();
    let shown = begin_second_step(&t.services, t.services.db.own::<AccountManage>(&caller).await.unwrap()).await.unwrap();
    let key = key_of(&shown.secret);
    let codes = confirm_second_step(&t.services, t.services.db.own::<AccountWrite>(&caller).await.unwrap(), &app(&t, &key)).await.unwrap();
    let dump: String = sqlx::query_scalar(
        "select concat((select string_agg(s::text, '') from totp_secrets s), (select string_agg(c::text, '') from recovery_codes c),
                       (select string_agg(e::text, '') from audit_events e))",
    )
    .fetch_one(&mut t.db.owner().await)
    .await
    .unwrap();
    let said = format!("{dump}{shown:?}{codes:?}");
    for secret in [&shown.secret, &shown.secret.replace(' ', ""), &hex::encode(&key), &codes.codes[0], &codes.codes[0].replace('-', "")] {
        assert!(!said.contains(secret.as_str()));
    }
}

#[tokio::test]
async fn a_code_app_and_its_recovery_codes_outlive_the_installations_key() {
    let mut t = TestServices::new().await;
    let (_, key, codes) = coded(&t).await;
    let old = std::mem::replace(&mut t.services.key, MasterKey::new([10; 32]).with_older(vec![engine::testing::MASTER_KEY]));
    t.services = t.services.with(Arc::new(Modules::default().with(crate::register)));
    let report = core_security::key::rotate_key(&t.services).await.unwrap();
    assert_eq!(report.sealed, [("authenticator apps", 1)]);
    with_code(&t, &half(&t).await, &app(&t, &key)).await.unwrap();
    with_code(&t, &half(&t).await, &codes[0]).await.unwrap();
    assert_eq!(code(with_code(&t, &half(&t).await, &codes[0]).await), ErrorCode::Invalid, "each works once");

    // The new key alone opens it, the old one alone does not.
    t.clock.advance(Duration::seconds(60));
    let waiting = half(&t).await;
    t.services.key = old;
    assert!(matches!(with_code(&t, &waiting, &app(&t, &key)).await, Err(Error::Internal(_))));
    t.services.key = MasterKey::new([10; 32]);
    with_code(&t, &waiting, &app(&t, &key)).await.unwrap();
}
