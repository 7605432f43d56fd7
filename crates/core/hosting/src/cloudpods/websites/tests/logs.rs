//! Logs of sites.

use super::world::{Yard, fault};
use crate::cloudpods::websites::{self, LogPlace, LogQuery};
use model::{
    administration::provisioning::JobStatus,
    hosting::site_logs::{SiteLogKind, SiteLogPart},
    ids::WebsiteId,
    permission::WebsitesRead,
};
use tokio::sync::mpsc;
use wire::{PodName, SiteName, verb::WebLog};

fn query(log: SiteLogKind, search: &str, place: LogPlace) -> LogQuery {
    LogQuery { log, search: Some(search.to_owned()).filter(|text| !text.is_empty()), place }
}

impl Yard {
    async fn log(&self, site: WebsiteId, query: &LogQuery) -> engine::Result<SiteLogPart> {
        let services = &self.bench.services.services;
        let tx = services.db.tenant::<WebsitesRead>(&self.owner, self.bench.tenant).await.unwrap();
        websites::own_log(services, tx, site, query).await
    }

    /// Lines with these numbers in the access log of the first site.
    fn wrote(&self, numbers: std::ops::Range<u32>) {
        let (pod, site) = (PodName::new(self.pod.name.as_str()).unwrap(), SiteName::new("main").unwrap());
        for number in numbers {
            let line = format!("203.0.113.{} \"GET /page-{number}\"", number % 250);
            self.bench.services.servers.write_log(self.bench.server, (&pod, &site), WebLog::Access, &line);
        }
    }
}

fn page(line: &str) -> &str {
    line.split("page-").nth(1).unwrap_or("none").trim_end_matches('"')
}

#[tokio::test]
async fn a_log_is_paged_backwards_searched_and_followed() {
    let yard = Yard::open().await;
    let site = yard.sites().await[0].id;
    yard.wrote(0..450);
    let last = yard.log(site, &query(SiteLogKind::Access, "", LogPlace::End)).await.unwrap();
    assert_eq!((last.lines.len(), page(&last.lines[0]), page(&last.lines[199])), (200, "250", "449"));
    let second = yard.log(site, &query(SiteLogKind::Access, "", LogPlace::before(last.older))).await.unwrap();
    assert_eq!((second.lines.len(), page(&second.lines[0]), page(&second.lines[199])), (200, "50", "249"));
    let first = yard.log(site, &query(SiteLogKind::Access, "", LogPlace::before(second.older))).await.unwrap();
    assert_eq!((first.lines.len(), page(&first.lines[50]), first.older), (51, "49", None));

    let found = yard.log(site, &query(SiteLogKind::Access, " PAGE-44", LogPlace::End)).await.unwrap();
    assert_eq!(
        found.lines.iter().map(|line| page(line)).collect::<Vec<_>>(),
        ["44", "440", "441", "442", "443", "444", "445", "446", "447", "448", "449"]
    );

    let none = yard.log(site, &query(SiteLogKind::Access, "", LogPlace::After(last.newer.clone()))).await.unwrap();
    assert_eq!((none.lines.len(), none.skipped), (0, false));
    yard.wrote(450..453);
    let new = yard.log(site, &query(SiteLogKind::Access, "", LogPlace::After(none.newer))).await.unwrap();
    assert_eq!(new.lines.iter().map(|line| page(line)).collect::<Vec<_>>(), ["450", "451", "452"]);
    let flood = yard.log(site, &query(SiteLogKind::Access, "", LogPlace::After("0.0.0".to_owned()))).await.unwrap();
    assert_eq!((flood.lines.len(), flood.skipped), (200, true));
    assert!(yard.log(site, &query(SiteLogKind::Error, "", LogPlace::End)).await.unwrap().lines[0].contains("This error log"));
}

#[tokio::test]
async fn a_log_is_its_accounts_and_staffs_and_a_stopped_site_keeps_it() {
    let yard = Yard::open().await;
    let (services, site) = (&yard.bench.services.services, yard.sites().await[0].id);
    yard.wrote(0..1);
    let ask = query(SiteLogKind::Access, "", LogPlace::End);
    let theirs = services.db.tenant::<WebsitesRead>(&yard.rival, yard.other).await.unwrap();
    assert_eq!(fault(websites::own_log(services, theirs, site, &ask).await), "Site not found.");
    let theirs = services.db.tenant::<WebsitesRead>(&yard.rival, yard.other).await.unwrap();
    let (to, mut from) = mpsc::channel(4);
    assert_eq!(fault(websites::send_own_log(services, theirs, site, SiteLogKind::Access, to).await), "Site not found.");
    assert!(from.recv().await.is_none());

    let job = yard.set_stopped(site, true).await.unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    assert_eq!(page(&yard.log(site, &ask).await.unwrap().lines[1]), "0");
    let staff = services.db.platform::<WebsitesRead>(&yard.bench.admin).await.unwrap();
    assert_eq!(page(&websites::log(services, staff, site, &ask).await.unwrap().lines[1]), "0");
    let staff = services.db.platform::<WebsitesRead>(&yard.bench.admin).await.unwrap();
    let (to, mut from) = mpsc::channel(4);
    websites::send_log(services, staff, site, SiteLogKind::Access, to).await.unwrap();
    let mut text = Vec::new();
    while let Some(piece) = from.recv().await {
        text.extend(piece);
    }
    assert!(String::from_utf8(text).unwrap().ends_with("GET /page-0\"\n"));
}

#[tokio::test]
async fn what_is_no_log_is_refused_on_its_field_and_a_server_that_is_down_is_named() {
    let (yard, shop) = Yard::with_shop().await;
    let site = yard.sites().await[0].id;
    for wrong in ["", "x", "1.2", "1.2.x", "1.2.3.4", "-1.2.3"] {
        let ask = query(SiteLogKind::Access, "", LogPlace::Before(wrong.to_owned()));
        assert!(fault(yard.log(site, &ask).await).starts_with("cursor: "), "{wrong}");
    }
    let long = fault(yard.log(site, &query(SiteLogKind::Access, &"x".repeat(201), LogPlace::End)).await);
    assert_eq!(long, "search: Enter at most 200 characters.");
    let ask = query(SiteLogKind::Application, "", LogPlace::End);
    assert!(fault(yard.log(shop, &ask).await).starts_with("log: A static site has no programs"));
    assert!(yard.log(site, &ask).await.unwrap().lines[0].contains("application log"));
    yard.bench.services.servers.set_down(yard.bench.server, true);
    let down = fault(yard.log(site, &ask).await);
    assert!(down.starts_with("Server unreachable: "), "{down}");
}

#[tokio::test]
async fn of_the_site_of_a_deleted_pod_it_is_said_that_its_logs_went_with_it_and_no_server_is_asked() {
    let yard = Yard::open().await;
    let (services, site) = (&yard.bench.services.services, yard.sites().await[0].id);
    assert!(!yard.view(site).await.unwrap().is_pod_deleted);
    let job = yard.bench.delete(yard.pod.id, &yard.pod.name).await.unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    assert!(yard.view(site).await.unwrap().is_pod_deleted);
    yard.bench.services.servers.set_down(yard.bench.server, true);
    let gone = "The logs were deleted with the CloudPod.";
    assert_eq!(fault(yard.log(site, &query(SiteLogKind::Access, "", LogPlace::End)).await), gone);
    let staff = services.db.platform::<WebsitesRead>(&yard.bench.admin).await.unwrap();
    let (to, mut from) = mpsc::channel(4);
    assert_eq!(fault(websites::send_log(services, staff, site, SiteLogKind::Error, to).await), gone);
    assert!(from.recv().await.is_none());
}

#[tokio::test]
async fn a_server_that_shows_another_host_key_when_a_log_is_read_is_quarantined() {
    let yard = Yard::open().await;
    let (bench, site) = (&yard.bench, yard.sites().await[0].id);
    let pinned = "update servers set driver = 'SSH', address = '100.64.0.9', host_key = 'ssh-ed25519 AAAA' where id = $1";
    let mut owner = bench.services.db.owner().await;
    sqlx::query(pinned).bind(bench.server).execute(&mut owner).await.unwrap();
    let refused = fault(yard.log(site, &query(SiteLogKind::Access, "", LogPlace::End)).await);
    assert!(refused.starts_with("Host key mismatch"), "{refused}");
    let status = sqlx::query_scalar::<_, String>("select status from servers where id = $1").bind(bench.server);
    assert_eq!(status.fetch_one(&mut owner).await.unwrap(), "QUARANTINED");
}
