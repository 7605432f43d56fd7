//! What becomes of a site's visitors on real hosts while its domain or its server changes, a name server stops, or its CA is gone. They know nothing but
//! what a name server answers and the CA's root, and ask without a pause.

use super::{
    flows::told_of_names,
    real_zone::{DOMAIN, ROUNDS, Stranger, Town, ZONE},
};
use crate::{
    cloudpods::{self, websites},
    dns,
};
use adapters::{
    dns::{AuthoritativeDns, NameServer},
    visitor::Visitor,
};
use chrono::TimeDelta;
use engine::reconcile::run_due;
use model::{
    administration::provisioning::JobStatus,
    hosting::{certificates::CertificateStatus, cloudpods::Stack, dns::DEFAULT_TTL},
    ids::{CloudPodId, JobId, WebsiteId},
    permission::{DnsRead, ServersManage, ServersRead},
};
use std::{collections::BTreeSet, net::Ipv4Addr};
use tokio::{sync::watch, task::JoinHandle};
use wire::zone::MIN_TTL;

const NEW: &str = "journal.example.test";
/// Longer than between two looks at a certificate.
const LATER: TimeDelta = TimeDelta::minutes(7);

/// What visitors saw who came one after the other.
#[derive(Debug, Default)]
struct Visits {
    count: usize,
    /// Where they ended.
    ends: BTreeSet<String>,
    /// Why they did not see the site.
    wrong: Vec<String>,
}

/// Visitors of an address until they are told to stop.
struct Asking {
    stop: watch::Sender<bool>,
    visits: JoinHandle<Visits>,
}

impl Asking {
    fn begin(stranger: Stranger, url: String) -> Self {
        let (stop, stopped) = watch::channel(false);
        let visits = tokio::spawn(async move {
            let mut visits = Visits::default();
            while !*stopped.borrow() {
                match stranger.visit(&url).await {
                    Ok((end, page)) if page.contains("<title>Ana") => {
                        visits.ends.insert(end);
                    }
                    Ok((end, page)) => visits.wrong.push(format!("{end}: {}", page.chars().take(300).collect::<String>())),
                    Err(why) => visits.wrong.push(why),
                }
                visits.count += 1;
            }
            visits
        });
        Self { stop, visits }
    }

    async fn end(self) -> Visits {
        self.stop.send(true).unwrap();
        self.visits.await.unwrap()
    }
}

impl Town {
    /// A site that answers over HTTPS.
    async fn served(&self) -> CloudPodId {
        let pod = self.yard.bench.order(Stack::Static, DOMAIN).await.unwrap();
        assert_eq!(self.finish(pod.job).await, JobStatus::Done);
        self.settle(pod.id, &[DOMAIN]).await;
        pod.id
    }

    async fn site(&self, pod: CloudPodId) -> WebsiteId {
        let site = "select id from websites where cloud_pod_id = $1";
        sqlx::query_scalar(site).bind(pod).fetch_one(&mut self.yard.bench.services.db.owner().await).await.unwrap()
    }

    async fn is_in_sync(&self) -> bool {
        let mut tx = self.services().db.tenant::<DnsRead>(&self.owner, self.yard.bench.tenant).await.unwrap();
        dns::get_own(&mut tx, self.domain).await.unwrap().zone.unwrap().is_in_sync()
    }

    /// TTL of the site's address and serial of the zone, as each name server has them.
    async fn told(&self) -> [(Option<u32>, Option<u32>); 2] {
        let authority = self.services().part::<dyn AuthoritativeDns>();
        let one = async |id, address: Ipv4Addr| {
            let server = NameServer { id, address: address.to_string(), simulated: false };
            let found = authority.lookup(&server, ZONE, DOMAIN, "A").await.unwrap();
            (found.ttl, authority.serial(&server, ZONE).await.unwrap())
        };
        [one(self.yard.bench.server, self.yard.host.address).await, one(self.second_id, self.second.address).await]
    }

    /// Reconciles until both name servers give the site's address this TTL.
    async fn until_ttl(&self, ttl: u32) {
        for _ in 0..ROUNDS {
            run_due(self.services()).await.unwrap();
            if self.told().await.iter().all(|(told, _)| *told == Some(ttl)) {
                return;
            }
            self.yard.bench.services.clock.advance(TimeDelta::seconds(61));
        }
        panic!("not {ttl}: {:?}", self.told().await);
    }

    /// Reconciles until there is a job of the pod.
    async fn next_job(&self, pod: CloudPodId) -> JobId {
        for _ in 0..ROUNDS {
            run_due(self.services()).await.unwrap();
            if let Some(job) = self.job(pod).await {
                return job;
            }
            self.yard.bench.services.clock.advance(LATER);
        }
        panic!("nothing is begun: {:?}", self.row(pod).await.map(|row| row.state));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "boots a real host"]
async fn no_visitor_is_lost_while_a_site_gets_another_domain_although_a_name_server_is_down_when_it_is_proved() {
    let Some(town) = Town::fresh().await else { return };
    let pod = town.served().await;
    let first = town.row(pod).await.unwrap().state.fingerprint.unwrap();
    let (old, new) = (format!("https://{DOMAIN}/"), format!("https://{NEW}/"));
    let asking = Asking::begin(town.stranger(), old.clone());

    // The CA asks this one.
    town.second.must(&["systemctl", "stop", "pdns@mpanel.service"]).await.unwrap();
    let (services, site) = (town.services(), town.site(pod).await);
    let own = async || services.db.tenant(&town.owner, town.yard.bench.tenant).await.unwrap();
    let job = websites::add_name(services, own().await, site, NEW).await.unwrap().expect("the pod is free");
    assert_eq!(town.finish(job).await, JobStatus::Done);
    let job = websites::set_main(services, own().await, site, NEW).await.unwrap().expect("the pod is free");
    assert_eq!(town.finish(job).await, JobStatus::Done);
    let job = websites::set_redirect_to_main(services, own().await, site, true).await.unwrap();
    assert_eq!(town.finish(job).await, JobStatus::Done);
    let job = town.next_job(pod).await;
    assert_eq!(town.yard.bench.finish(job).await, JobStatus::Undone, "the authority does not find the new name");
    let kept = town.row(pod).await.unwrap();
    assert_eq!((kept.state.status, &*kept.state.covers), (CertificateStatus::Failing, &[DOMAIN.to_owned()][..]));
    assert_eq!(kept.state.fingerprint.as_ref(), Some(&first));
    assert!(kept.state.failure.is_some() && kept.state.remedy.is_some(), "{:?}", kept.state);
    assert!(!town.is_in_sync().await, "one name server does not know the new name");
    assert_eq!(town.stranger().visit(&old).await.unwrap().0, old, "nobody is sent to a name that has no HTTPS");

    town.second.must(&["systemctl", "start", "pdns@mpanel.service"]).await.unwrap();
    let row = town.settle(pod, &[DOMAIN, NEW]).await;
    assert_ne!(row.state.fingerprint, Some(first));
    assert_eq!(town.answers(NEW).await, Town::leading_to(&town.yard.host));
    assert_eq!(town.answers(DOMAIN).await, Town::leading_to(&town.yard.host));
    assert_eq!(town.stranger().visit(&old).await.unwrap().0, new, "the old name leads to the new one, which has HTTPS");
    let visits = asking.end().await;
    println!("another domain: {} visits", visits.count);
    assert!(visits.count > 10 && visits.wrong.is_empty(), "{visits:?}");
    assert!(visits.ends.contains(&old) && visits.ends.is_subset(&[old, new].into()), "{:?}", visits.ends);
    let told = told_of_names(&town.yard.bench.services).await;
    assert_eq!(told[told.len() - 3..], ["DOMAIN_UPDATED", "SSL_ISSUE_REQUESTED", "SSL_ISSUED"], "{told:?}");
    town.down().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "boots a real host"]
async fn no_visitor_is_lost_while_a_planned_move_takes_records_and_https_to_another_server_nor_when_the_authority_is_gone() {
    let Some(mut town) = Town::fresh().await else { return };
    let pod = town.served().await;
    let url = format!("https://{DOMAIN}/");
    let asking = Asking::begin(town.stranger(), url.clone());
    let before = town.told().await;
    assert!(before.iter().all(|(ttl, serial)| *ttl == Some(DEFAULT_TTL) && serial.is_some()), "{before:?}");

    let tx = town.services().db.platform::<ServersManage>(&town.yard.bench.admin).await.unwrap();
    cloudpods::plan_migration(town.services(), tx, pod, town.second_id).await.unwrap();
    town.until_ttl(MIN_TTL).await;
    assert_eq!(town.answers(DOMAIN).await, Town::leading_to(&town.yard.host), "it waits until nobody has the old TTL any more");
    let job = town.next_job(pod).await;
    let mut tx = town.services().db.platform::<ServersRead>(&town.yard.bench.admin).await.unwrap();
    let planned = cloudpods::planned_migration(&mut tx, pod).await.unwrap().unwrap();
    tx.finish().await.unwrap();
    assert_eq!(planned.job, Some(job));
    assert_eq!(town.yard.bench.finish(job).await, JobStatus::Done);
    town.until_ttl(DEFAULT_TTL).await;
    assert_eq!(town.answers(DOMAIN).await, Town::leading_to(&town.second));
    let after = town.told().await;
    assert!(before.iter().zip(&after).all(|(before, after)| before.1 < after.1), "serials go up: {before:?}, {after:?}");
    assert_eq!(town.stranger().visit(&format!("http://{DOMAIN}/")).await.unwrap().0, url, "HTTPS is there too");

    // What is due now cannot be had.
    let kept = town.row(pod).await.unwrap().state;
    town.pebble.kill().await;
    town.yard.bench.services.clock.advance(LATER);
    // It was looked at a moment ago: the time of its renewal is not reckoned anew.
    sqlx::query("update ssl_certificates set renew_at = $1, checked_at = $1")
        .bind(town.services().now())
        .execute(&mut town.yard.bench.services.db.owner().await)
        .await
        .unwrap();
    let job = town.next_job(pod).await;
    assert_eq!(town.yard.bench.finish(job).await, JobStatus::Undone, "there is nobody to renew it");
    let row = town.row(pod).await.unwrap();
    assert_eq!((row.state.status, &row.state.fingerprint, row.is_redirecting), (CertificateStatus::Failing, &kept.fingerprint, true));
    assert!(row.state.next_try_at.is_some(), "{:?}", row.state);
    assert_eq!(town.outsider().certificate(DOMAIN).await.ok(), kept.fingerprint);
    assert_eq!(town.stranger().visit(&format!("http://{DOMAIN}/")).await.unwrap().0, url);
    let visits = asking.end().await;
    println!("another server: {} visits", visits.count);
    assert!(visits.count > 10 && visits.wrong.is_empty(), "{visits:?}");
    assert_eq!(visits.ends, BTreeSet::from([url]));
    town.down().await;
}
