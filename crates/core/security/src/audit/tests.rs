use super::{anchor, export, filter::Filter, list, verify};
use db::{AuditEvent, Caller};
use engine::testing::TestServices;
use model::{
    actor::{Actor, Origin},
    audit_action::AuditAction,
    ids::{SessionId, TenantId, UserId},
    page::PageRequest,
};
use serde_json::json;
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// A folder that goes away with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("mpanel-audit-{}", Uuid::now_v7()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("audit-heads.jsonl")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Writes events, one a transaction.
async fn write(t: &TestServices, caller: impl Into<Caller>, tenant: Option<TenantId>, action: AuditAction, names: &[&str]) {
    let caller = caller.into();
    for name in names {
        let event = AuditEvent::new(action, "cloud_pod", "p1", *name).after(json!({ "name": name }));
        let event = tenant.map_or(event.clone(), |tenant| event.in_tenant(tenant));
        t.services.db.system(&caller).await.unwrap().commit(event).await.unwrap();
    }
}

fn kim() -> Caller {
    let actor =
        Actor::User { id: UserId(Uuid::now_v7()), email: "kim@acme.example".to_owned(), session: SessionId(Uuid::now_v7()), acting_for: None };
    Caller::new(actor, Origin { ip: Some("192.0.2.1".to_owned()), country: None, request_id: None })
}

/// Names of the things in the events that are found, newest first.
async fn found(t: &TestServices, state: &str, search: &str) -> Vec<String> {
    let mut tx = t.services.db.system("test").await.unwrap();
    let request = PageRequest { cursor: None, state: Some(state.to_owned()), search: Some(search.to_owned()) };
    list(&mut tx, &request).await.unwrap().rows.into_iter().map(|row| row.target_name).collect()
}

#[tokio::test]
async fn the_record_is_filtered_by_action_actor_customer_thing_and_time() {
    let t = TestServices::new().await;
    let acme = t.db.tenant("acme").await;
    write(&t, kim(), Some(acme), AuditAction::CloudpodRequested, &["lumen-shop"]).await;
    write(&t, "checkout", None, AuditAction::CheckoutPaid, &["order-7"]).await;
    write(&t, Actor::Visitor, None, AuditAction::CheckoutStarted, &["order-8"]).await;
    for (state, search, names) in [
        ("", "", vec!["order-8", "order-7", "lumen-shop"]),
        ("CHECKOUT_PAID", "", vec!["order-7"]),
        ("", "actor:kim@", vec!["lumen-shop"]),
        ("", "actor:visitor", vec!["order-8"]),
        ("", "tenant:acme", vec!["lumen-shop"]),
        ("", &format!("tenant:{acme}"), vec!["lumen-shop"]),
        ("", "tenant:other", vec![]),
        ("", "target:cloud_pod/p1 actor:checkout", vec!["order-7"]),
        ("", "target:server", vec![]),
        ("", "ORDER checkout_paid", vec!["order-7"]),
        ("", "order % _", vec![]),
        ("", "since:2020-01-01 until:2021-01-01T00:00:00Z", vec![]),
        ("", "since:2020-01-01 order", vec!["order-8", "order-7"]),
    ] {
        assert_eq!(found(&t, state, search).await, names, "{state} {search}");
    }
    let mut tx = t.services.db.system("test").await.unwrap();
    let row = list(&mut tx, &PageRequest::default()).await.unwrap().rows.pop().unwrap();
    assert_eq!((row.actor.as_str(), row.tenant_name.as_deref(), row.ip.as_deref()), ("kim@acme.example", Some("acme"), Some("192.0.2.1")));
    assert_eq!(row.after.as_deref(), Some(r#"{"name":"lumen-shop"}"#));
}

#[test]
fn a_filter_that_makes_no_sense_is_refused() {
    for (state, search) in [("NOT_AN_ACTION", ""), ("", "since:yesterday"), ("", "a b c d e f g h i")] {
        let request = PageRequest { cursor: None, state: Some(state.to_owned()), search: Some(search.to_owned()) };
        assert!(Filter::from_request(&request).is_err(), "{state} {search}");
    }
    assert_eq!(Filter::from_request(&PageRequest::default()).unwrap(), Filter::default());
}

#[tokio::test]
async fn the_export_is_one_object_a_line_and_complete() {
    let t = TestServices::new().await;
    let names: Vec<String> = (0..1_003).map(|n| format!("pod-{n}")).collect();
    let mut tx = t.services.db.system("test").await.unwrap();
    for name in &names {
        tx.record(AuditEvent::new(AuditAction::CloudpodRequested, "cloud_pod", "p1", name));
    }
    tx.commit_progress().await.unwrap();
    let mut tx = t.services.db.system("test").await.unwrap();
    let (mut lines, mut after) = (String::new(), Some(0));
    while let Some(last) = after {
        let part = export(&mut tx, &PageRequest::default(), last).await.unwrap();
        (lines, after) = (lines + &part.lines, part.next);
    }
    let events: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(events.iter().map(|event| event["target_name"].as_str().unwrap()).collect::<Vec<_>>(), names);
    assert_eq!(events[1]["prev_hash"], events[0]["hash"]);
}

async fn checked(t: &TestServices, dir: &Path) -> (bool, String) {
    let verification = verify(&t.services, dir).await.unwrap();
    (verification.sound, verification.text)
}

#[tokio::test]
async fn heads_are_anchored_when_they_have_moved() {
    let (t, dir) = (TestServices::new().await, Folder::new());
    let acme = t.db.tenant("acme").await;
    assert!(checked(&t, &dir.0).await.1.contains("No anchors yet"));
    write(&t, "test", Some(acme), AuditAction::CloudpodRequested, &["a", "b"]).await;
    write(&t, "test", None, AuditAction::SettingsChanged, &["c"]).await;
    assert_eq!(anchor(&t.services, &dir.0).await.unwrap(), 2);
    assert_eq!(anchor(&t.services, &dir.0).await.unwrap(), 0);
    write(&t, "test", None, AuditAction::SettingsChanged, &["d"]).await;
    assert_eq!(anchor(&t.services, &dir.0).await.unwrap(), 1);
    let (sound, text) = checked(&t, &dir.0).await;
    assert!(sound, "{text}");
    assert_eq!(text, "Audit log intact: 4 events in 2 chains, 3 anchors.\n");
}

/// The database is set back to where it was four events ago.
const SET_BACK: &[&str] =
    &["delete from audit_events where seq > 2", "update audit_heads set seq = 2, hash = (select hash from audit_events where seq = 2)"];

async fn set_back(t: &TestServices) {
    for statement in SET_BACK {
        sqlx::query(*statement).execute(&mut t.db.owner().await).await.unwrap();
    }
}

#[tokio::test]
async fn an_older_dump_is_named_also_after_it_has_grown_and_was_anchored_again() {
    let (t, dir) = (TestServices::new().await, Folder::new());
    write(&t, "test", None, AuditAction::SettingsChanged, &["a", "b", "c", "d", "e", "f"]).await;
    anchor(&t.services, &dir.0).await.unwrap();
    set_back(&t).await;
    let (sound, text) = checked(&t, &dir.0).await;
    assert!(!sound && text.contains("chain of the platform, event 3: truncated; the chain once had event 6"), "{text}");
    assert_eq!(anchor(&t.services, &dir.0).await.unwrap(), 0, "an anchor that says more is not followed by one that says less");

    write(&t, "test", None, AuditAction::SettingsChanged, &["g", "h", "i", "j", "k", "l"]).await;
    assert_eq!(anchor(&t.services, &dir.0).await.unwrap(), 1);
    let (sound, text) = checked(&t, &dir.0).await;
    assert!(!sound && text.contains("event 6") && text.contains("differs from the anchored event"), "{text}");
}

#[tokio::test]
async fn a_changed_row_is_named() {
    let (t, dir) = (TestServices::new().await, Folder::new());
    write(&t, "test", None, AuditAction::SettingsChanged, &["a", "b", "c"]).await;
    sqlx::query("update audit_events set target_name = 'x' where seq = 2").execute(&mut t.db.owner().await).await.unwrap();
    let (sound, text) = checked(&t, &dir.0).await;
    assert!(!sound && text.contains("event 2") && text.contains("changed after it was written"), "{text}");
}

#[tokio::test]
async fn a_line_that_a_power_loss_cut_off_does_not_hide_the_others() {
    let (t, dir) = (TestServices::new().await, Folder::new());
    write(&t, "test", None, AuditAction::SettingsChanged, &["a"]).await;
    anchor(&t.services, &dir.0).await.unwrap();
    let whole = std::fs::read_to_string(dir.file()).unwrap();
    std::fs::write(dir.file(), format!("{whole}{}", &whole[..20])).unwrap();
    let (sound, text) = checked(&t, &dir.0).await;
    assert!(sound && text.contains("truncated while it was written") && text.contains("1 anchors"), "{text}");
    write(&t, "test", None, AuditAction::SettingsChanged, &["b"]).await;
    anchor(&t.services, &dir.0).await.unwrap();
    let (sound, text) = checked(&t, &dir.0).await;
    assert!(sound && text.contains("Anchor line 2") && text.contains("2 anchors"), "{text}");
}

#[tokio::test]
async fn heads_are_anchored_by_themselves_and_once_more_at_the_end() {
    let (t, dir) = (TestServices::new().await, Folder::new());
    write(&t, "test", None, AuditAction::SettingsChanged, &["a"]).await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let shutdown = async move { drop(stopped.await) };
    let keeper = tokio::spawn(super::run_anchoring(t.services.clone(), dir.0.clone(), shutdown));
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
    while !dir.file().exists() {
        assert!(tokio::time::Instant::now() < deadline, "nothing was anchored");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    write(&t, "test", None, AuditAction::SettingsChanged, &["b"]).await;
    drop(stop);
    keeper.await.unwrap();
    assert_eq!(std::fs::read_to_string(dir.file()).unwrap().lines().count(), 2);
}

/// Takes what is posted to it, one body after the other; refuses the first one.
async fn address() -> (String, tokio::sync::mpsc::UnboundedReceiver<String>) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/anchors", listener.local_addr().unwrap());
    let (bodies, taken) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        for status in ["503 Service Unavailable", "200 OK", "200 OK"] {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut read = Vec::new();
            let body = loop {
                assert!(stream.read_buf(&mut read).await.unwrap() > 0, "the request breaks off");
                let text = String::from_utf8(read.clone()).unwrap();
                let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ").map(|n| n.parse::<usize>().unwrap()));
                if body.len() >= length.unwrap() {
                    break body.to_owned();
                }
            };
            stream.write_all(format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").as_bytes()).await.unwrap();
            bodies.send(body).unwrap();
        }
    });
    (url, taken)
}

#[tokio::test]
async fn heads_are_sent_to_an_address_until_it_takes_them() {
    let t = TestServices::new().await;
    let (url, mut taken) = address().await;
    let settings = engine::settings::Settings { audit_anchor_url: Some(url), ..(*t.services.settings).clone() };
    let services = engine::Services { settings: std::sync::Arc::new(settings), ..t.services.clone() };
    let dir = Folder::new();
    let mut sent = super::anchor::HeadsByChain::new();
    write(&t, "test", None, AuditAction::JobDone, &["a"]).await;
    super::anchor::round(&services, &dir.0, &mut sent).await.unwrap_err();
    super::anchor::round(&services, &dir.0, &mut sent).await.unwrap();
    let (refused, again) = (taken.recv().await.unwrap(), taken.recv().await.unwrap());
    let hash = |body: &str| serde_json::from_str::<serde_json::Value>(body).unwrap()["hash"].clone();
    assert_eq!(hash(&refused), hash(&again));
    // Nothing has moved: nothing is sent. Then something has.
    super::anchor::round(&services, &dir.0, &mut sent).await.unwrap();
    write(&t, "test", None, AuditAction::JobDone, &["b"]).await;
    super::anchor::round(&services, &dir.0, &mut sent).await.unwrap();
    let moved = taken.recv().await.unwrap();
    assert_eq!(serde_json::from_str::<serde_json::Value>(&moved).unwrap()["seq"], json!(2));
    assert_eq!(std::fs::read_to_string(dir.file()).unwrap().lines().count(), 2);
}
