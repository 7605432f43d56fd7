//! What must not compile: no permission, no connection; no event, no commit. Each case differs in one place from lines that do.

mod compiler;

use compiler::refuses;

/// A service, a use of it in each authorized transaction, and nothing wrong.
const RIGHT: &str = r#"
use model::ids::TenantId;
use model::permission::{CloudpodsDelete, CloudpodsRead, JobsRead, Permission, ServersManage, ServersRead};
use mpanel_db::{AuditEvent, Caller, Db, AccessError, OwnTx, PlatformRead, PlatformTx, PublicTx, SystemTx, TenantRead, TenantTx};

pub async fn list(tx: &mut impl TenantRead<CloudpodsRead>) {
    tx.conn();
}
pub async fn delete(mut tx: TenantTx<CloudpodsDelete>, event: AuditEvent) {
    list(&mut tx).await;
    tx.commit(event).await.unwrap();
}
pub async fn servers(tx: &mut impl PlatformRead<ServersRead>) {
    tx.conn();
}
pub async fn drain(mut tx: PlatformTx<ServersManage>, event: AuditEvent) {
    servers(&mut tx).await;
    tx.commit(event).await.unwrap();
}
pub async fn sign_up(tx: PublicTx, event: AuditEvent) {
    tx.commit(event).await.unwrap();
}
pub async fn mine(tx: OwnTx<CloudpodsDelete>, event: AuditEvent) {
    tx.commit(event).await.unwrap();
}
pub async fn tidy(tx: SystemTx, event: AuditEvent) {
    tx.commit(event).await.unwrap();
}
pub async fn open(db: &Db, caller: &Caller, tenant: TenantId) -> Result<TenantTx<CloudpodsDelete>, AccessError> {
    let proof = db.tenant(caller, tenant).await?;
    Ok(proof)
}
pub async fn weaker(tx: TenantTx<CloudpodsDelete>) -> TenantTx<CloudpodsRead> {
    tx.narrow()
}
pub struct Mine;
pub fn named<P: Permission>() -> &'static str {
    P::NAME
}
"#;

#[test]
fn a_service_called_with_the_wrong_permission_does_not_compile() {
    refuses("permission", RIGHT, "delete(mut tx: TenantTx<CloudpodsDelete>", "delete(mut tx: TenantTx<ServersManage>", "E0277");
    refuses("platform", RIGHT, "drain(mut tx: PlatformTx<ServersManage>", "drain(mut tx: PlatformTx<CloudpodsDelete>", "E0277");
    refuses("scope", RIGHT, "servers(&mut tx).await;", "list(&mut tx).await;", "E0277");
}

#[test]
fn a_commit_with_a_permission_to_read_does_not_compile() {
    refuses("read", RIGHT, "delete(mut tx: TenantTx<CloudpodsDelete>", "delete(mut tx: TenantTx<CloudpodsRead>", "E0599");
    refuses("read-own", RIGHT, "mine(tx: OwnTx<CloudpodsDelete>", "mine(tx: OwnTx<CloudpodsRead>", "E0599");
    refuses("read-platform", RIGHT, "drain(mut tx: PlatformTx<ServersManage>", "drain(mut tx: PlatformTx<ServersRead>", "E0599");
}

#[test]
fn a_commit_without_an_event_does_not_compile_in_any_transaction() {
    refuses("tenant", RIGHT, "list(&mut tx).await;\n    tx.commit(event)", "list(&mut tx).await;\n    tx.commit()", "E0061");
    refuses("platform", RIGHT, "servers(&mut tx).await;\n    tx.commit(event)", "servers(&mut tx).await;\n    tx.commit()", "E0061");
    refuses(
        "public",
        RIGHT,
        "(tx: PublicTx, event: AuditEvent) {\n    tx.commit(event)",
        "(tx: PublicTx, event: AuditEvent) {\n    tx.commit()",
        "E0061",
    );
    refuses(
        "own",
        RIGHT,
        "mine(tx: OwnTx<CloudpodsDelete>, event: AuditEvent) {\n    tx.commit(event)",
        "mine(tx: OwnTx<CloudpodsDelete>, event: AuditEvent) {\n    tx.commit()",
        "E0061",
    );
    refuses(
        "system",
        RIGHT,
        "(tx: SystemTx, event: AuditEvent) {\n    tx.commit(event)",
        "(tx: SystemTx, event: AuditEvent) {\n    tx.commit()",
        "E0061",
    );
}

#[test]
fn a_proof_made_by_hand_does_not_compile() {
    let open = "let proof = db.tenant(caller, tenant).await?;";
    refuses("fields", RIGHT, open, "let proof = TenantTx { tenant, ..db.tenant(caller, tenant).await? };", "E0451");
    refuses("new", RIGHT, open, "let proof = TenantTx::new(panic!(), tenant);", "E0624");
    refuses("inside", RIGHT, open, "let proof: mpanel_db::tenant_tx::TenantTx<CloudpodsDelete> = db.tenant(caller, tenant).await?;", "E0603");
    refuses("copy", RIGHT, "    tx.narrow()", "    tx.clone().narrow()", "E0599");
}

#[test]
fn a_proof_does_not_become_a_stronger_one() {
    refuses("narrow", RIGHT, "weaker(tx: TenantTx<CloudpodsDelete>)", "weaker(tx: TenantTx<JobsRead>)", "E0308");
    refuses("cast", RIGHT, "Ok(proof)", "Ok::<TenantTx<CloudpodsRead>, _>(proof)", "E0308");
}

#[test]
fn a_permission_outside_the_list_does_not_compile() {
    let mine = "pub struct Mine;\nimpl Permission for Mine {\n    const NAME: &'static str = \"jobs:read\";\n    const WRITE: bool = true;\n    const STEP_UP: bool = false;\n}";
    refuses("own", RIGHT, "pub struct Mine;", mine, "E0277");
    refuses("covers", RIGHT, "pub struct Mine;", "pub struct Mine;\nimpl model::permission::Covers<CloudpodsDelete> for CloudpodsRead {}", "E0117");
    refuses("listed", RIGHT, "pub struct Mine;", "pub struct Mine;\nimpl model::permission::list::Sealed for Mine {}", "E0603");
}

#[test]
fn the_pool_and_the_bare_transaction_are_out_of_reach() {
    refuses("pool", RIGHT, "Ok(proof)", "db.inner.web.begin().await; Ok(proof)", "E0616");
    refuses("method", RIGHT, "Ok(proof)", "db.ops(); Ok(proof)", "E0624");
    refuses("transaction", RIGHT, "    tx.narrow()", "    let _ = &tx.open; tx.narrow()", "E0616");
}

#[test]
fn a_proof_is_spent_by_its_commit() {
    let twice = "list(&mut tx).await;\n    tx.commit(event.clone()).await.unwrap();\n    tx.commit(event)";
    refuses("spent", RIGHT, "list(&mut tx).await;\n    tx.commit(event)", twice, "E0382");
}
