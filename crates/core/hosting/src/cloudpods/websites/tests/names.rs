//! Names between the sites of a pod.

use super::world::{FIRST, SHOP, Yard, fault};
use crate::{
    cloudpods::{self, websites},
    suspensions,
};
use model::{
    administration::provisioning::JobStatus,
    hosting::{cloudpods::Stack, suspensions::SuspensionReason},
    ids::{JobId, WebsiteId},
};

async fn add(yard: &Yard, site: WebsiteId, name: &str) -> engine::Result<Option<JobId>> {
    websites::add_name(&yard.bench.services.services, yard.write().await, site, name).await
}

async fn main(yard: &Yard, site: WebsiteId, name: &str) -> engine::Result<Option<JobId>> {
    websites::set_main(&yard.bench.services.services, yard.write().await, site, name).await
}

async fn remove(yard: &Yard, name: &str) -> engine::Result<Option<JobId>> {
    let services = &yard.bench.services.services;
    let mut tx = services.db.system("test").await.unwrap();
    let job = cloudpods::names::remove(services, &mut tx, yard.bench.tenant, name).await?;
    tx.commit_progress().await.unwrap();
    Ok(job)
}

/// Somebody else proves a domain. What the sites are known by instead.
async fn taken(yard: &Yard, domain: &str) -> Vec<Option<String>> {
    let services = &yard.bench.services.services;
    let mut tx = services.db.system("test").await.unwrap();
    let taken = cloudpods::names::take_from_others(services, &mut tx, yard.other, domain).await.unwrap();
    tx.commit_progress().await.unwrap();
    yard.finish_jobs().await;
    taken.into_iter().map(|taken| taken.instead).collect()
}

async fn names(yard: &Yard, site: WebsiteId) -> Vec<String> {
    yard.view(site).await.unwrap().names.into_iter().map(|one| one.name).collect()
}

async fn title(yard: &Yard, name: &str) -> String {
    let page = yard.bench.visit(name).await.1;
    page.split("<title>").nth(1).and_then(|rest| rest.split("</title>").next()).unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_site_is_made_on_a_name_at_or_below_a_proved_domain_and_on_no_other() {
    let yard = Yard::open().await;
    assert_eq!(fault(yard.create("Shop", Stack::Static, "shop.bakery.example").await), "domain: Connect and verify bakery.example first.");
    assert!(fault(yard.create("Shop", Stack::Static, "not a name").await).starts_with("domain: "));
    yard.proved("bakery.example").await;
    let job = yard.create("Shop", Stack::Static, " Shop.Bakery.Example. ").await.unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    assert_eq!((yard.site("Shop").await.domain.as_str(), yard.page("shop.bakery.example").await), ("shop.bakery.example", 200));
    assert_eq!(fault(yard.create("Other", Stack::Static, "shop.bakery.example").await), "domain: This name is in use already.");
}

#[tokio::test]
async fn a_name_moves_from_one_site_of_a_pod_to_another() {
    let (yard, shop) = Yard::with_shop().await;
    yard.proved("bakery.example").await;
    let first = yard.sites().await[0].id;
    let job = add(&yard, first, "www.bakery.example").await.unwrap().unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    assert_eq!(title(&yard, "www.bakery.example").await, "Ana &amp; Sons");

    let job = add(&yard, shop, "www.bakery.example").await.unwrap().unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    assert_eq!(title(&yard, "www.bakery.example").await, "Shop");
    assert_eq!(
        (names(&yard, first).await, names(&yard, shop).await),
        (vec![FIRST.to_owned()], vec![SHOP.to_owned(), "www.bakery.example".to_owned()])
    );

    assert_eq!(fault(add(&yard, shop, FIRST).await), format!("domain: {FIRST} is the main domain of blog. It stays with its site."));
    let job = yard.create("App", Stack::Node, "").await.unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    let app = yard.site("App").await;
    assert_eq!(fault(add(&yard, shop, &app.domain).await), format!("domain: {} is the only domain of its site.", app.domain));
}

#[tokio::test]
async fn another_name_becomes_the_main_one_but_not_that_of_wordpress() {
    let (yard, shop) = Yard::with_shop().await;
    yard.proved("bakery.example").await;
    let job = add(&yard, shop, "shop.bakery.example").await.unwrap().unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    let job = main(&yard, shop, "shop.bakery.example").await.unwrap().unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    assert_eq!(names(&yard, shop).await, ["shop.bakery.example", SHOP]);
    assert_eq!((yard.page(SHOP).await, yard.page("shop.bakery.example").await), (200, 200));
    assert!(yard.compared().await.drift.unwrap().differences.is_empty());

    let job = yard.create("Journal", Stack::Wordpress, "").await.unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    let journal = yard.site("Journal").await;
    assert_eq!(fault(main(&yard, journal.id, &journal.domain).await), "WordPress keeps the address that it was installed with.");
}

#[tokio::test]
async fn a_site_keeps_its_only_name_and_gets_one_of_ours_when_somebody_else_proves_it() {
    let yard = Yard::open().await;
    yard.proved("bakery.example").await;
    let job = yard.create("Shop", Stack::Static, "shop.bakery.example").await.unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    let shop = yard.site("Shop").await.id;
    let kept = remove(&yard, "shop.bakery.example").await;
    assert_eq!(fault(kept), "shop.bakery.example is the only domain of its site. Add another one first, or delete the site.");
    assert_eq!(taken(&yard, "bakery.example").await, [Some(SHOP.to_owned())]);
    assert_eq!((names(&yard, shop).await, yard.page(SHOP).await, yard.page("shop.bakery.example").await), (vec![SHOP.to_owned()], 200, 404));
}

#[tokio::test]
async fn a_site_whose_names_are_all_taken_at_once_goes_on_under_one_of_ours_and_its_pod_can_be_suspended() {
    let yard = Yard::open().await;
    yard.proved("bakery.example").await;
    let job = yard.create("Shop", Stack::Static, "bakery.example").await.unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    let shop = yard.site("Shop").await.id;
    let job = add(&yard, shop, "www.bakery.example").await.unwrap().unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);

    assert_eq!(taken(&yard, "bakery.example").await, [None, Some(SHOP.to_owned())]);
    assert_eq!((names(&yard, shop).await, yard.page(SHOP).await), (vec![SHOP.to_owned()], 200));

    let services = &yard.bench.services.services;
    suspensions::suspend(services, services.db.platform(&yard.bench.admin).await.unwrap(), yard.pod.id, SuspensionReason::Staff, "").await.unwrap();
    yard.finish_jobs().await;
    assert_eq!((yard.page(SHOP).await, yard.page(FIRST).await), (503, 503));
}

#[tokio::test]
async fn a_name_from_us_stays_with_its_site_so_that_it_is_free_when_the_others_are_taken() {
    let (yard, shop) = Yard::with_shop().await;
    yard.proved("bakery.example").await;
    let first = yard.sites().await[0].id;
    let job = add(&yard, shop, "shop.bakery.example").await.unwrap().unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    assert_eq!(fault(add(&yard, first, SHOP).await), format!("domain: {SHOP} is a platform domain. It stays with its site."));

    let job = remove(&yard, SHOP).await.unwrap().unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    assert_eq!(taken(&yard, "bakery.example").await, [Some(SHOP.to_owned())]);
    assert_eq!((names(&yard, shop).await, yard.page(SHOP).await), (vec![SHOP.to_owned()], 200));
}

#[tokio::test]
async fn the_next_name_becomes_the_main_one_when_the_first_is_removed_or_moved_and_the_pod_is_known_by_it() {
    let (yard, shop) = Yard::with_shop().await;
    yard.proved("bakery.example").await;
    let first = yard.sites().await[0].id;
    for name in ["shop.bakery.example", "www.bakery.example"] {
        let job = add(&yard, shop, name).await.unwrap().unwrap();
        assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    }
    let job = remove(&yard, SHOP).await.unwrap().unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    let shown = yard.view(shop).await.unwrap();
    assert_eq!((shown.site.domain.as_str(), shown.names[0].is_main), ("shop.bakery.example", true));
    let job = add(&yard, shop, "new.bakery.example").await.unwrap().unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    assert_eq!(yard.view(shop).await.unwrap().site.domain, "shop.bakery.example", "one that is added later is not the main one");
    let job = add(&yard, first, "shop.bakery.example").await.unwrap().unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    let shown = yard.view(shop).await.unwrap();
    assert_eq!((shown.site.domain.as_str(), shown.names[0].is_main), ("new.bakery.example", true));

    let job = yard.delete(first, FIRST).await.unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    assert_eq!(yard.compared().await.pod.domain, "new.bakery.example");
}

#[tokio::test]
async fn the_address_of_wordpress_is_not_removed() {
    let yard = Yard::open().await;
    yard.proved("bakery.example").await;
    let job = yard.create("Journal", Stack::Wordpress, "").await.unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    let journal = yard.site("Journal").await;
    let job = add(&yard, journal.id, "journal.bakery.example").await.unwrap().unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    let kept = fault(remove(&yard, &journal.domain).await);
    assert_eq!(kept, format!("{} is the address that WordPress was installed with. It stays with its site.", journal.domain));
    assert!(remove(&yard, "journal.bakery.example").await.is_ok());
    let kept = fault(remove(&yard, FIRST).await);
    assert_eq!(kept, format!("{FIRST} is the main domain of blog. It stays with its site."));
}

#[tokio::test]
async fn visitors_of_other_names_are_sent_to_the_main_one_where_its_owner_wants_it() {
    let (yard, shop) = Yard::with_shop().await;
    yard.proved("bakery.example").await;
    let job = add(&yard, shop, "shop.bakery.example").await.unwrap().unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    let services = &yard.bench.services.services;
    let set = async |site, to_main| websites::set_redirect_to_main(services, yard.write().await, site, to_main).await;
    assert_eq!(fault(set(shop, false).await), "Nothing has changed.");
    let job = set(shop, true).await.unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    assert!(yard.bench.services.servers.settings(SHOP).unwrap().redirect_to_main);
    assert!(yard.view(shop).await.unwrap().config.redirect_to_main);
    assert!(yard.compared().await.drift.unwrap().differences.is_empty());
    let job = main(&yard, shop, "shop.bakery.example").await.unwrap().unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done, "the name that redirects now is seen to respond");

    let job = yard.create("Journal", Stack::Wordpress, "").await.unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    let journal = yard.site("Journal").await.id;
    assert_eq!(fault(set(journal, true).await), "WordPress sends visitors to its main domain by itself.");
}
