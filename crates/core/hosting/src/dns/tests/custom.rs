//! Templates that staff define.

use super::world::{World, fault, record};
use crate::dns;
use model::{
    hosting::dns::{CustomTemplateInput, CustomTemplateView, RecordType},
    ids::DomainId,
    permission::{DnsManage, DnsRead},
};
use std::collections::BTreeMap;

fn input(records: &str) -> CustomTemplateInput {
    CustomTemplateInput {
        code: "our-mail".to_owned(),
        name: "Our mail".to_owned(),
        description: "Mail servers of ours.".to_owned(),
        variables: "host | Mail server | mx1".to_owned(),
        records: records.to_owned(),
    }
}

impl World {
    async fn staff(&self) -> db::PlatformTx<DnsManage> {
        self.services().db.platform(&self.bench.admin).await.unwrap()
    }

    async fn custom(&self, domain: DomainId) -> Vec<CustomTemplateView> {
        dns::list_own_custom_templates(&mut self.read().await, domain).await.unwrap()
    }

    async fn compare(&self, domain: DomainId, host: &str) -> engine::Result<CustomTemplateView> {
        let values = BTreeMap::from([("host".to_owned(), host.to_owned())]);
        dns::compare_custom_template(&mut self.read().await, domain, "our-mail", &values).await
    }
}

#[tokio::test]
async fn a_template_of_staff_is_applied_shows_what_differs_once_it_changes_and_goes_without_its_records() {
    let (world, domain) = World::with_zone().await;
    let services = world.services();
    dns::create_custom_template(services, world.staff().await, &input("@ MX 10 {host}.mail.example.")).await.unwrap();
    let listed = world.custom(domain).await;
    assert_eq!((listed[0].name.as_str(), listed[0].variables[0].value.as_str(), listed[0].missing), ("Our mail", "mx1", 1));
    assert_eq!(fault(world.compare(domain, "not a name").await).split(':').next(), Some("host"));
    let view = world.compare(domain, "mx7").await.unwrap();
    let version = world.zone(domain).await.version;
    world.apply(domain, version, &view.changes).await.unwrap();
    let mx = record("@", RecordType::Mx, "10 mx7.mail.example.");
    assert!(world.zone(domain).await.records.contains(&mx));
    let listed = world.custom(domain).await;
    assert_eq!((listed[0].present, listed[0].missing, listed[0].variables[0].value.as_str()), (1, 0, "mx7"), "read off the zone");

    let more = input("@ MX 10 {host}.mail.example.\n_dmarc TXT \"v=DMARC1; p=none; rua=mailto:post@{domain}\"");
    dns::update_custom_template(services, world.staff().await, &more).await.unwrap();
    let listed = world.custom(domain).await;
    assert_eq!((listed[0].present, listed[0].missing), (1, 1), "it shows what differs");
    dns::delete_custom_template(services, world.staff().await, "our-mail").await.unwrap();
    assert!(world.custom(domain).await.is_empty());
    assert!(world.zone(domain).await.records.contains(&mx), "the records stay");
    assert_eq!(fault(world.compare(domain, "mx7").await), "template: Select a template.");
    let told: i64 = sqlx::query_scalar("select count(*) from audit_events where action = 'DNS_TEMPLATE_CHANGED'")
        .fetch_one(&mut world.bench.services.db.owner().await)
        .await
        .unwrap();
    assert_eq!(told, 3);
    // The ID is free again.
    dns::create_custom_template(services, world.staff().await, &more).await.unwrap();
}

#[tokio::test]
async fn what_staff_type_is_checked_on_its_fields() {
    let world = World::new().await;
    let services = world.services();
    let create = async |input: CustomTemplateInput| fault(dns::create_custom_template(services, world.staff().await, &input).await);
    let good = input("@ MX 10 {host}.mail.example.");
    assert!(create(CustomTemplateInput { code: "Our Mail".to_owned(), ..good.clone() }).await.starts_with("code: "));
    assert!(create(CustomTemplateInput { name: " ".to_owned(), ..good.clone() }).await.starts_with("name: "));
    assert!(create(CustomTemplateInput { variables: "host".to_owned(), ..good.clone() }).await.starts_with("variables: Line 1: "));
    assert_eq!(create(input("@ MX 10 {other}.")).await, "records: Line 1: {other} is no variable of this template.");
    dns::create_custom_template(services, world.staff().await, &good).await.unwrap();
    assert_eq!(create(good).await, "code: There is a template with this ID.");
    assert_eq!(fault(dns::delete_custom_template(services, world.staff().await, "other").await), "Template not found.");
    let mut tx = services.db.platform::<DnsRead>(&world.bench.admin).await.unwrap();
    assert_eq!(dns::list_custom_templates(&mut tx).await.unwrap().len(), 1);
}
