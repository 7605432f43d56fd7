//! The record in the hands of somebody who owns the database, but not the key.

use crate::record::write;
use model::ids::TenantId;
use mpanel_db::{
    audit::{Fault, Finding, Head},
    testing::TestDb,
};
use uuid::Uuid;

/// Two chains of six events, one of which is then changed by these statements; `$1` is its id.
async fn after(statements: &[&'static str]) -> (Vec<Finding>, TenantId) {
    let (t, tenant) = written().await;
    tamper(&t, tenant, statements).await;
    (findings(&t, &[]).await, tenant)
}

async fn written() -> (TestDb, TenantId) {
    let t = TestDb::new().await;
    let tenant = t.tenant("acme").await;
    write(&t.db, Some(tenant), 6).await;
    write(&t.db, None, 6).await;
    (t, tenant)
}

async fn tamper(t: &TestDb, tenant: TenantId, statements: &[&'static str]) {
    let mut owner = t.owner().await;
    for statement in statements {
        sqlx::query(*statement).bind(tenant).execute(&mut owner).await.expect("the owner can");
    }
}

async fn findings(t: &TestDb, anchors: &[Head]) -> Vec<Finding> {
    t.db.verify_audit(anchors).await.expect("reads").findings
}

fn place(finding: &Finding) -> (Uuid, i64, Fault) {
    (finding.chain, finding.seq, finding.fault.clone())
}

#[tokio::test]
async fn a_changed_row_is_named_whichever_column_it_was() {
    let t = TestDb::new().await;
    // Nothing stops an owner; not even that this column is counted by PostgreSQL alone.
    sqlx::query("alter table audit_events alter column id drop identity").execute(&mut t.owner().await).await.expect("the owner can");
    sqlx::query("create sequence audit_events_id_seq start 100 owned by audit_events.id").execute(&mut t.owner().await).await.expect("the owner can");
    let mut expected = Vec::new();
    for (number, change) in [
        "update audit_events set action = 'SIGNED_IN' where chain = $1 and seq = 3",
        "update audit_events set actor = actor || '{\"part\": \"else\"}' where chain = $1 and seq = 3",
        "update audit_events set at = at + interval '1 microsecond' where chain = $1 and seq = 3",
        "update audit_events set target_type = 'x' where chain = $1 and seq = 3",
        "update audit_events set target_id = 'x' where chain = $1 and seq = 3",
        "update audit_events set target_name = 'x' where chain = $1 and seq = 3",
        "update audit_events set ip = '203.0.113.9' where chain = $1 and seq = 3",
        "update audit_events set request_id = 'x' where chain = $1 and seq = 3",
        "update audit_events set before = null where chain = $1 and seq = 3",
        "update audit_events set after = '{\"new\": [1, 3]}' where chain = $1 and seq = 3",
        "update audit_events set id = -id where chain = $1 and seq = 3",
        "update audit_events set hash = sha256('x') where chain = $1 and seq = 3",
        "update audit_events set prev_hash = sha256('x') where chain = $1 and seq = 3",
    ]
    .into_iter()
    .enumerate()
    {
        let tenant = t.tenant(&format!("tenant-{number}")).await;
        write(&t.db, Some(tenant), 4).await;
        tamper(&t, tenant, &[change]).await;
        expected.push((tenant.0, 3, Fault::Changed));
    }
    expected.sort_by_key(|(chain, ..)| *chain);
    assert_eq!(findings(&t, &[]).await.iter().map(place).collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn a_removed_row_is_named() {
    let (found, tenant) = after(&["delete from audit_events where chain = $1 and seq = 3"]).await;
    assert_eq!(found.iter().map(place).collect::<Vec<_>>(), [(tenant.0, 3, Fault::Removed)]);
}

#[tokio::test]
async fn a_removed_row_is_found_when_the_rest_is_renumbered() {
    let (found, tenant) = after(&[
        "delete from audit_events where chain = $1 and seq = 3",
        "update audit_events set seq = seq + 100 where chain = $1 and seq > 3",
        "update audit_events set seq = seq - 101 where chain = $1 and seq > 100",
        "update audit_heads set seq = 5 where chain = $1",
    ])
    .await;
    assert_eq!(found.iter().map(place).collect::<Vec<_>>(), [(tenant.0, 3, Fault::Reordered { written_at: 4 })]);
}

#[tokio::test]
async fn rows_that_changed_places_are_named() {
    let (found, tenant) = after(&[
        "update audit_events set seq = 99 where chain = $1 and seq = 2",
        "update audit_events set seq = 2 where chain = $1 and seq = 4",
        "update audit_events set seq = 4 where chain = $1 and seq = 99",
    ])
    .await;
    assert_eq!(found.iter().map(place).collect::<Vec<_>>(), [(tenant.0, 2, Fault::Reordered { written_at: 4 })]);
    assert!(found[0].to_string().contains("out of order"), "{}", found[0]);
}

#[tokio::test]
async fn a_cut_off_tail_is_named() {
    let (found, tenant) = after(&["delete from audit_events where chain = $1 and seq > 4"]).await;
    assert_eq!(found.iter().map(place).collect::<Vec<_>>(), [(tenant.0, 5, Fault::Truncated { last: 6 })]);
}

#[tokio::test]
async fn a_whole_chain_that_is_gone_is_named() {
    let (found, tenant) = after(&["delete from audit_events where chain = $1"]).await;
    assert_eq!(found.iter().map(place).collect::<Vec<_>>(), [(tenant.0, 1, Fault::Truncated { last: 6 })]);
}

#[tokio::test]
async fn a_head_that_was_set_elsewhere_is_named() {
    let (found, tenant) = after(&["update audit_heads set hash = sha256('x') where chain = $1"]).await;
    assert_eq!(found.iter().map(place).collect::<Vec<_>>(), [(tenant.0, 6, Fault::HeadChanged)]);
}

/// Restored from an older dump: rows and head fit together. Only what was kept outside the database can tell.
const ROLLED_BACK: &[&str] = &[
    "delete from audit_events where chain = $1 and seq > 4",
    "update audit_heads set seq = 4, hash = (select hash from audit_events where chain = $1 and seq = 4) where chain = $1",
];

#[tokio::test]
async fn an_older_dump_is_found_by_the_anchor_and_by_nothing_else() {
    let (t, tenant) = written().await;
    let anchors = t.db.audit_heads().await.expect("heads");
    tamper(&t, tenant, ROLLED_BACK).await;
    assert_eq!(findings(&t, &[]).await, []);
    let found = findings(&t, &anchors).await;
    assert_eq!(found.iter().map(place).collect::<Vec<_>>(), [(tenant.0, 5, Fault::Truncated { last: 6 })]);
}

#[tokio::test]
async fn an_older_dump_that_has_grown_again_is_found_by_the_anchor() {
    let (t, tenant) = written().await;
    let anchors = t.db.audit_heads().await.expect("heads");
    tamper(&t, tenant, ROLLED_BACK).await;
    write(&t.db, Some(tenant), 5).await;
    assert_eq!(findings(&t, &[]).await, []);
    let found = findings(&t, &anchors).await;
    assert_eq!(found.iter().map(place).collect::<Vec<_>>(), [(tenant.0, 6, Fault::NotAsAnchored)]);
}

#[tokio::test]
async fn anchors_survive_their_file() {
    let (t, _) = written().await;
    let anchors = t.db.audit_heads().await.expect("heads");
    let file = serde_json::to_string(&anchors).expect("writes");
    assert_eq!(serde_json::from_str::<Vec<Head>>(&file).expect("reads"), anchors);
}

#[tokio::test]
async fn another_key_vouches_for_nothing() {
    let (t, _) = written().await;
    let mut config = t.config.clone();
    config.audit_key = mpanel_db::AuditKey::new([8; 32]);
    let other = mpanel_db::Db::connect(config).await.expect("connects");
    let report = other.verify_audit(&[]).await.expect("reads");
    assert_eq!(report.findings.iter().map(|found| (found.seq, &found.fault)).collect::<Vec<_>>(), [(1, &Fault::Changed), (1, &Fault::Changed)]);
}

/// The database under another key, which has replaced the first one `after` or nothing.
async fn under(t: &TestDb, key: [u8; 32], after: &[[u8; 32]]) -> mpanel_db::Db {
    let mut config = t.config.clone();
    config.audit_key = mpanel_db::AuditKey::new(key).after(after.to_vec());
    mpanel_db::Db::connect(config).await.expect("connects")
}

#[tokio::test]
async fn a_key_that_was_replaced_vouches_for_what_was_written_before_and_for_nothing_after() {
    let (t, tenant) = written().await;
    let (old, new) = ([7; 32], [8; 32]);
    let places = async |db: &mpanel_db::Db| db.verify_audit(&[]).await.expect("reads").findings.iter().map(place).collect::<Vec<_>>();
    let replaced = under(&t, new, &[old]).await;
    let nil = Uuid::nil();
    // Between the new file and the new events every chain still ends under the old key.
    assert_eq!(places(&replaced).await, [(nil, 6, Fault::ReplacedKey), (tenant.0, 6, Fault::ReplacedKey)]);
    write(&replaced, Some(tenant), 1).await;
    write(&replaced, None, 1).await;
    assert_eq!(places(&replaced).await, []);
    // Who has found the old key writes a genuine row with it, and another one under the new key follows.
    write(&under(&t, old, &[]).await, Some(tenant), 1).await;
    assert_eq!(places(&replaced).await, [(tenant.0, 8, Fault::ReplacedKey)]);
    write(&replaced, Some(tenant), 1).await;
    assert_eq!(places(&replaced).await, [(tenant.0, 8, Fault::ReplacedKey)]);
}
