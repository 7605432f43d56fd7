//! Domains that another account here has, when this one registers them or brings them from another registrar.

use super::{NAME, World};
use adapters::dns::{Dns, SimulatedDns};
use engine::reconcile::run_due;
use model::{
    administration::provisioning::JobStatus,
    hosting::domains::DomainStatus,
    ids::{DomainId, TenantId},
};
use std::sync::Arc;

const TOKEN: &str = "mpanel-verify=00000000000000000000000000000000";

impl World {
    /// Another account has proved the domain; DNS answers for its record with these texts.
    async fn with_rival(mut self, texts: &[&str]) -> (Self, TenantId) {
        let dns = Arc::new(SimulatedDns::default());
        dns.set_texts(&format!("_mpanel.{NAME}"), texts);
        self.bench.services.services = self.services().clone().with::<dyn Dns>(dns as Arc<dyn Dns>);
        let rival = self.bench.services.db.tenant("globex").await;
        sqlx::query(
            "insert into domains (id, tenant_id, name, token, status, created_at, verified_at)
             values ($1, $2, $3, repeat('0', 32), 'VERIFIED', now(), now())",
        )
        .bind(DomainId(uuid::Uuid::now_v7()))
        .bind(rival)
        .bind(NAME)
        .execute(&mut self.bench.services.db.owner().await)
        .await
        .unwrap();
        (self, rival)
    }

    /// The registration is paid for and done. Whether this account has the domain verified then.
    async fn verified(&self) -> bool {
        let job = self.pay_for(365).await.unwrap();
        assert_eq!(self.finish(job).await, JobStatus::Done);
        run_due(self.services()).await.unwrap();
        self.status(self.bench.tenant).await == Some(DomainStatus::Verified)
    }

    async fn status(&self, tenant: TenantId) -> Option<DomainStatus> {
        sqlx::query_scalar("select status from domains where tenant_id = $1 and name = $2 and released_at is null")
            .bind(tenant)
            .bind(NAME)
            .fetch_optional(&mut self.bench.services.db.owner().await)
            .await
            .unwrap()
    }
}

#[tokio::test]
async fn a_domain_that_comes_from_another_registrar_stays_with_the_account_whose_proof_stands() {
    let (world, rival) = World::ordered(true).await.with_rival(&[TOKEN]).await;
    assert!(!world.verified().await);
    assert_eq!((world.status(rival).await, world.status(world.bench.tenant).await), (Some(DomainStatus::Verified), Some(DomainStatus::Pending)));
}

#[tokio::test]
async fn a_domain_that_comes_from_another_registrar_is_taken_over_once_the_other_accounts_record_is_gone() {
    let (world, rival) = World::ordered(true).await.with_rival(&[]).await;
    assert!(world.verified().await);
    assert_eq!(world.status(rival).await, None);
}

#[tokio::test]
async fn a_domain_that_its_holder_had_before_stays_with_the_account_whose_proof_stands() {
    let world = World::deleted().await;
    sqlx::query("update domains set released_at = now() where tenant_id = $1 and name = $2")
        .bind(world.bench.tenant)
        .bind(NAME)
        .execute(&mut world.bench.services.db.owner().await)
        .await
        .unwrap();
    let (mut world, rival) = world.with_rival(&[TOKEN]).await;
    world.order_restore(world.id).await;
    assert!(!world.verified().await);
    assert_eq!((world.status(rival).await, world.status(world.bench.tenant).await), (Some(DomainStatus::Verified), Some(DomainStatus::Pending)));
}

#[tokio::test]
async fn a_domain_that_was_free_to_be_registered_is_nobody_elses_whatever_our_own_name_servers_still_answer() {
    let (world, rival) = World::ordered(false).await.with_rival(&[TOKEN]).await;
    assert!(world.verified().await);
    assert_eq!(world.status(rival).await, None);
}
