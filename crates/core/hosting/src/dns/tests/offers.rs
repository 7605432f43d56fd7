//! Domains that go from one account to another.

use super::world::{DOMAIN, World, add, fault};
use crate::{dns, domains};
use adapters::dns::{Dns, SimulatedDns};
use chrono::TimeDelta;
use db::{AccessError, Caller, TenantTx};
use model::{
    error::ErrorCode,
    hosting::{
        cloudpods::Stack,
        dns::{DnssecStatus, RecordType},
        domains::{DomainStatus, OfferedDomain},
    },
    ids::{DomainId, DomainOfferId, TenantId},
    page::PageRequest,
    permission::{DnsRead, DomainsRead, DomainsTransfer, DomainsWrite},
};
use std::sync::Arc;

/// What the other account's ID is.
const OTHER: &str = "globex";

impl World {
    async fn offer(&self, domain: DomainId, account: &str) -> engine::Result<DomainOfferId> {
        let tx: TenantTx<DomainsTransfer> = self.services().db.tenant(&self.owner, self.bench.tenant).await.unwrap();
        domains::offer(self.services(), tx, domain, account, DOMAIN).await
    }

    fn side(&self, is_other: bool) -> (&Caller, TenantId) {
        if is_other { (&self.rival, self.other) } else { (&self.owner, self.bench.tenant) }
    }

    async fn domains(&self, is_other: bool) -> TenantTx<DomainsWrite> {
        let (caller, tenant) = self.side(is_other);
        self.services().db.tenant(caller, tenant).await.unwrap()
    }

    async fn offered(&self, is_other: bool) -> Vec<OfferedDomain> {
        let (caller, tenant) = self.side(is_other);
        let mut tx: TenantTx<DomainsRead> = self.services().db.tenant(caller, tenant).await.unwrap();
        domains::list_offered(self.services(), &mut tx).await.unwrap()
    }

    async fn accept(&self, offer: DomainOfferId) -> engine::Result<DomainId> {
        domains::accept(self.services(), self.domains(true).await, offer).await
    }

    /// The templates of letters about offers, with whom they went to, in order.
    async fn letters(&self) -> Vec<String> {
        sqlx::query_scalar("select template || ' ' || recipient from outgoing_mail where template like 'domain_%' order by id")
            .fetch_all(&mut self.bench.services.db.owner().await)
            .await
            .unwrap()
    }

    /// What the audit log of an account says of domains, in order.
    async fn domain_events(&self, tenant: TenantId) -> Vec<String> {
        sqlx::query_scalar("select action from audit_events where tenant_id = $1 and action like 'DOMAIN_%' order by seq")
            .bind(tenant)
            .fetch_all(&mut self.bench.services.db.owner().await)
            .await
            .unwrap()
    }

    /// From now on the accounts are written to at addresses of their own.
    async fn give_addresses(&self) {
        let sql = "update tenants set billing_email = slug || '@billing.example' where slug = $1 or id = $2";
        let set = sqlx::query(sql).bind(OTHER).bind(self.bench.tenant).execute(&mut self.bench.services.db.owner().await).await.unwrap();
        assert_eq!(set.rows_affected(), 2);
    }

    async fn own_slug(&self) -> String {
        let sql = "select slug from tenants where id = $1";
        sqlx::query_scalar(sql).bind(self.bench.tenant).fetch_one(&mut self.bench.services.db.owner().await).await.unwrap()
    }

    async fn other_view(&self, domain: DomainId) -> model::hosting::dns::ZoneContent {
        let mut tx: TenantTx<DnsRead> = self.services().db.tenant(&self.rival, self.other).await.unwrap();
        dns::get_own(&mut tx, domain).await.unwrap().zone.expect("there is a zone")
    }
}

#[tokio::test]
async fn a_domain_goes_over_with_its_zone_and_key_once_the_other_account_accepts() {
    let (world, domain) = World::with_zone().await;
    world.add_address(domain, "shop").await;
    dns::turn_on(world.services(), world.write().await, domain).await.unwrap();
    world.run().await;
    world.after(TimeDelta::minutes(7)).await;
    world.give_addresses().await;
    let before = world.zone(domain).await;
    let key = before.dnssec.clone().unwrap();
    let offer = world.offer(domain, OTHER).await.unwrap();
    let seen = world.offered(true).await;
    let [one] = seen.as_slice() else { panic!("{seen:?}") };
    assert_eq!((one.id, one.display_name.as_str(), one.has_zone, one.is_signed), (offer, DOMAIN, true, true));
    assert!(world.offered(false).await.is_empty());
    assert_eq!(world.zone(domain).await.serial, before.serial, "nothing changes before it is accepted");

    let new = world.accept(offer).await.unwrap();
    let after = world.other_view(new).await;
    assert_eq!(after.records, before.records);
    assert!(after.serial > before.serial, "serials go on: {} {}", before.serial, after.serial);
    let view = after.dnssec.unwrap();
    assert_eq!((view.public_key, view.status), (key.public_key.clone(), DnssecStatus::WaitingForDs));
    assert_eq!((world.answers(0, DOMAIN), world.answers(1, DOMAIN)), (Some(before.serial), Some(before.serial)), "they serve on");
    world.run().await;
    world.after(TimeDelta::minutes(2)).await;
    assert!(world.other_view(new).await.is_in_sync());
    for server in world.servers {
        let zone = world.bench.services.servers.zone(server, DOMAIN).unwrap();
        assert_eq!(zone.signing.map(|key| key.public.as_str().to_owned()), Some(key.public_key.clone()), "signed by the same key");
        assert!(zone.records.iter().any(|record| record.name.as_str() == "shop.bakery.example"));
    }
    // The old account has nothing of it any more, the new one nothing of its history.
    let gone = dns::get_own(&mut world.read().await, domain).await.unwrap_err().into_api();
    assert_eq!(gone.code, ErrorCode::NotFound);
    let mut tx: TenantTx<DnsRead> = world.services().db.tenant(&world.rival, world.other).await.unwrap();
    let history = dns::history(&mut tx, new, &PageRequest::default()).await.unwrap().rows;
    assert_eq!(history.iter().map(|row| (row.version, row.summary.as_str())).collect::<Vec<_>>(), [(1, "Received with the domain")]);
    assert_eq!(history[0].made_by, "eve@example.test");
    let (from, to) = (format!("{}@billing.example", world.own_slug().await), "globex@billing.example");
    assert_eq!(world.letters().await, [format!("domain_offered {to}"), format!("domain_given {from}"), format!("domain_received {to}")]);
    assert_eq!(world.domain_events(world.bench.tenant).await, ["DOMAIN_OFFERED", "DOMAIN_TRANSFERRED"]);
    assert_eq!(world.domain_events(world.other).await, ["DOMAIN_TRANSFERRED"]);
    assert_eq!(fault(world.accept(offer).await), "This offer has ended.");
    // What the old account has connected anew proves nothing: the record that stands is the new one's.
    assert_eq!(fault(domains::connect(world.services(), world.domains(true).await, DOMAIN).await), "name: You have connected this domain already.");
}

#[tokio::test]
async fn the_proof_that_stands_in_dns_goes_along_so_that_nobody_finds_the_domain_free() {
    let (mut world, domain) = World::with_zone().await;
    let dns = Arc::new(SimulatedDns::default());
    world.bench.services.services = world.services().clone().with::<dyn Dns>(dns.clone());
    let token = format!("mpanel-verify={}", "0".repeat(32));
    dns.set_texts("_mpanel.bakery.example", &[&token]);
    // The other account had begun to prove it itself, and a third one waits for it.
    let own = domains::connect(world.services(), world.domains(true).await, DOMAIN).await.unwrap();
    let offer = world.offer(domain, OTHER).await.unwrap();
    let new = world.accept(offer).await.unwrap();
    let mut tx: TenantTx<DomainsRead> = world.services().db.tenant(&world.rival, world.other).await.unwrap();
    let view = domains::get_own(&mut tx, new).await.unwrap();
    assert_eq!((view.domain.status, view.record_value), (DomainStatus::Verified, token.clone()), "the record need not change");
    assert_eq!(domains::get_own(&mut tx, own).await.unwrap_err().into_api().code, ErrorCode::NotFound, "one domain, not two");
    drop(tx);
    // The old account wants it back by a proof of its own, beside the record that stands.
    let again = domains::connect(world.services(), world.domains(false).await, DOMAIN).await.unwrap();
    let mut tx: TenantTx<DomainsRead> = world.services().db.tenant(&world.owner, world.bench.tenant).await.unwrap();
    let value = domains::get_own(&mut tx, again).await.unwrap().record_value;
    drop(tx);
    dns.set_texts("_mpanel.bakery.example", &[&token, &value]);
    domains::check_now(world.services(), world.domains(false).await, again).await.unwrap();
    let mut tx: TenantTx<DomainsRead> = world.services().db.tenant(&world.owner, world.bench.tenant).await.unwrap();
    assert_eq!(domains::get_own(&mut tx, again).await.unwrap().domain.status, DomainStatus::Pending);
}

#[tokio::test]
async fn a_domain_in_use_is_neither_offered_nor_handed_over_and_only_its_owner_is_told_by_what() {
    let (world, domain) = World::with_zone().await;
    let offer = world.offer(domain, OTHER).await.unwrap();
    let pod = world.bench.running(Stack::Static, "www.bakery.example").await;
    let refused = fault(world.accept(offer).await);
    assert!(refused.starts_with("The other account still uses bakery.example.") && !refused.contains("CloudPod"), "{refused}");
    domains::withdraw(world.services(), world.domains(false).await, domain).await.unwrap();
    let refused = fault(world.offer(domain, OTHER).await);
    assert_eq!(refused, format!("These names are still in use: www.bakery.example (CloudPod {}). Remove or disconnect them first.", pod.name));
    let below = world.proved(world.bench.tenant, "shop.bakery.example").await;
    let tx: TenantTx<DomainsTransfer> = world.services().db.tenant(&world.owner, world.bench.tenant).await.unwrap();
    let refused = fault(domains::offer(world.services(), tx, below, OTHER, "shop.bakery.example").await);
    assert!(refused.starts_with("You have verified bakery.example, and with it all names below."), "{refused}");
}

#[tokio::test]
async fn an_offer_is_confirmed_by_the_domains_name_and_does_not_tell_whether_there_is_such_an_account() {
    let (world, domain) = World::with_zone().await;
    let services = world.services();
    let tx = async || services.db.tenant::<DomainsTransfer>(&world.owner, world.bench.tenant).await.unwrap();
    assert_eq!(fault(domains::offer(services, tx().await, domain, OTHER, "bakery").await), "confirm_name: Type bakery.example to offer this domain.");
    assert!(fault(world.offer(domain, "no such account!").await).starts_with("account: "));
    let own = world.own_slug().await;
    assert_eq!(fault(world.offer(domain, &own).await), "account: This is your own account.");
    let waiting = world.domain(world.bench.tenant, "later.example", false).await;
    let refused = domains::offer(services, tx().await, waiting, OTHER, "later.example").await;
    assert_eq!(fault(refused), "Verify later.example first.");
    // Nobody has this name; the offer stands as any other.
    world.offer(domain, "nobody@elsewhere.example").await.unwrap();
    assert!(world.letters().await.is_empty() && world.offered(true).await.is_empty());
    assert_eq!(fault(world.offer(domain, OTHER).await), "This domain is offered already. Withdraw that offer first.");
    domains::withdraw(services, world.domains(false).await, domain).await.unwrap();
    world.give_addresses().await;
    world.offer(domain, "Globex@Billing.example").await.unwrap();
    assert_eq!(world.offered(true).await.len(), 1, "by its billing email");
    let developer = world.bench.services.db.user("bo@example.test", None).await;
    world.bench.services.db.member(world.bench.tenant, &developer, "TENANT_DEVELOPER").await;
    let refused = world.services().db.tenant::<DomainsTransfer>(&developer, world.bench.tenant).await.map(drop);
    assert!(matches!(refused, Err(AccessError::Forbidden { .. })), "{refused:?}");
}

#[tokio::test]
async fn an_offer_to_an_email_address_of_several_accounts_reaches_none_of_them_and_says_so_there() {
    let (world, domain) = World::with_zone().await;
    world.give_addresses().await;
    let twin = world.bench.services.db.tenant("initech").await;
    let sql = "update tenants set billing_email = 'globex@billing.example', name = 'Your account is locked' where id = $1";
    sqlx::query(sql).bind(twin).execute(&mut world.bench.services.db.owner().await).await.unwrap();
    world.offer(domain, "globex@billing.example").await.unwrap();
    assert!(world.offered(true).await.is_empty());
    assert_eq!(world.letters().await, ["domain_offered globex@billing.example"]);
    domains::withdraw(world.services(), world.domains(false).await, domain).await.unwrap();
    // Who has the address as well is told to name the account.
    let own = "update tenants set billing_email = 'globex@billing.example' where id = $1";
    sqlx::query(own).bind(world.bench.tenant).execute(&mut world.bench.services.db.owner().await).await.unwrap();
    let refused = fault(world.offer(domain, "globex@billing.example").await);
    assert_eq!(refused, "account: Another account has your billing email address too. Enter the ID of the other account.");
    world.offer(domain, OTHER).await.unwrap();
    assert_eq!(world.offered(true).await.len(), 1);
}

#[tokio::test]
async fn addresses_whose_ttl_is_lowered_for_a_move_go_over_with_the_ttl_that_they_had() {
    let (world, domain) = World::with_zone().await;
    world.add_address(domain, "shop").await;
    let pod = world.bench.running(Stack::Static, "").await.id;
    let mut owner = world.bench.services.db.owner().await;
    sqlx::query("update dns_records set ttl = 60 where name = 'shop'").execute(&mut owner).await.unwrap();
    sqlx::query(
        "insert into dns_lowered_ttls (id, tenant_id, zone_id, cloud_pod_id, name, type, ttl, created_at)
         select gen_random_uuid(), tenant_id, id, $1, 'shop', 'A', 3600, now() from dns_zones",
    )
    .bind(pod)
    .execute(&mut owner)
    .await
    .unwrap();
    let offer = world.offer(domain, OTHER).await.unwrap();
    let new = world.accept(offer).await.unwrap();
    let ttls: Vec<u32> = world.other_view(new).await.records.iter().filter(|record| record.name == "shop").map(|record| record.ttl).collect();
    assert_eq!(ttls, [3600]);
}

#[tokio::test]
async fn only_the_account_that_a_domain_is_offered_to_accepts_or_declines_it() {
    let (world, domain) = World::with_zone().await;
    let services = world.services();
    let offer = world.offer(domain, OTHER).await.unwrap();
    let code = |result: engine::Result<()>| result.unwrap_err().into_api().code;
    let third = world.bench.services.db.tenant("initech").await;
    let stranger = world.bench.services.db.user("mal@example.test", None).await;
    world.bench.services.db.member(third, &stranger, "TENANT_OWNER").await;
    let tx = async |caller: &Caller, tenant| services.db.tenant::<DomainsWrite>(caller, tenant).await.unwrap();
    for (caller, tenant) in [(&stranger, third), (&world.owner, world.bench.tenant)] {
        assert_eq!(code(domains::accept(services, tx(caller, tenant).await, offer).await.map(drop)), ErrorCode::NotFound);
        assert_eq!(code(domains::decline(services, tx(caller, tenant).await, offer).await), ErrorCode::NotFound);
    }
    assert_eq!(code(domains::withdraw(services, tx(&stranger, third).await, domain).await), ErrorCode::NotFound);
    assert_eq!(code(domains::withdraw(services, tx(&world.rival, world.other).await, domain).await), ErrorCode::NotFound);
    domains::decline(services, world.domains(true).await, offer).await.unwrap();
    assert!(world.zone(domain).await.is_in_sync(), "it stays where it was");
    assert_eq!(world.domain_events(world.bench.tenant).await, ["DOMAIN_OFFERED", "DOMAIN_OFFER_ENDED"]);
    assert_eq!(world.domain_events(world.other).await, ["DOMAIN_OFFER_ENDED"]);
    assert!(world.letters().await.last().unwrap().starts_with("domain_offer_declined "));
    assert_eq!(fault(world.accept(offer).await), "This offer has ended.");
}

#[tokio::test]
async fn an_offer_that_nobody_accepts_ends_after_two_weeks_and_one_whose_domain_is_gone_at_once() {
    let (world, domain) = World::with_zone().await;
    let offer = world.offer(domain, OTHER).await.unwrap();
    world.bench.services.clock.advance(TimeDelta::days(15));
    assert!(world.offered(true).await.is_empty());
    assert_eq!(fault(world.accept(offer).await), "This offer has ended.");
    world.run().await;
    assert!(world.letters().await.last().unwrap().starts_with("domain_offer_expired "));
    let second = world.offer(domain, OTHER).await.unwrap();
    world.release(domain).await;
    assert_eq!(fault(world.accept(second).await), "This offer has ended.");
    world.after(TimeDelta::minutes(12)).await;
    let ended: Vec<String> =
        sqlx::query_scalar("select status from domain_transfers order by id").fetch_all(&mut world.bench.services.db.owner().await).await.unwrap();
    assert_eq!(ended, ["EXPIRED", "WITHDRAWN"]);
}

#[tokio::test]
async fn the_new_account_changes_the_zone_and_a_late_run_for_the_old_one_does_not_set_it_back() {
    let (world, domain) = World::with_zone().await;
    // A server that was off while the domain went over has the old account's version.
    world.bench.services.servers.set_down(world.servers[1], true);
    let offer = world.offer(domain, OTHER).await.unwrap();
    let new = world.accept(offer).await.unwrap();
    let tx = world.services().db.tenant(&world.rival, world.other).await.unwrap();
    dns::apply(world.services(), tx, new, 1, &[add("new", RecordType::A, "192.0.2.99")]).await.unwrap();
    world.run().await;
    world.bench.services.servers.set_down(world.servers[1], false);
    world.after(TimeDelta::minutes(7)).await;
    world.after(TimeDelta::minutes(7)).await;
    let zone = world.other_view(new).await;
    assert!(zone.is_in_sync(), "{zone:?}");
    for which in [0, 1] {
        assert_eq!(world.answers(which, DOMAIN), Some(zone.serial));
    }
}
