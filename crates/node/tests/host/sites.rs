//! Sites that come into a pod, are stopped by themselves, and leave it.

use wire::certificate::{ChallengeAnswer, ChallengeToken};
use wire::message::FailureKind;
use wire::observation::PodCondition;
use wire::spec::{Database, PodSpec, SiteSpec};
use wire::verb::{ChallengePut, ChallengeRemove, PodApply, PodObserve, PodPlan, PodRemove, RemoveMode, SiteRemove};
use wire::{DbName, DomainName, SiteName};

use crate::bed::Host;
use crate::specs::{database, domain, node_pod, php_pod, static_pod};

/// The site of another pod's description, under a name of its own.
fn beside(spec: PodSpec, name: &str) -> SiteSpec {
    let site = spec.sites.into_iter().next().unwrap();
    SiteSpec { name: SiteName::new(name).unwrap(), domains: vec![DomainName::new(format!("{name}.example.test")).unwrap()], ..site }
}

fn pid(host: &Host, unit: &str) -> String {
    host.script(&format!("systemctl show --property=MainPID --value {unit}")).trim().to_owned()
}

#[test]
#[ignore = "boots a real host"]
fn sites_come_and_go_in_a_pod_whose_other_sites_are_not_touched() {
    let host = Host::boot();
    let session = host.session();
    let mut spec = php_pod("s-many");
    session.call(PodApply { spec: spec.clone() }).unwrap();
    let main = pid(&host, "pod-s-many_main.service");

    spec.sites.push(beside(static_pod("s-many"), "sfiles"));
    spec.sites.push(beside(node_pod("s-many"), "sapp"));
    session.call(PodApply { spec: spec.clone() }).unwrap();
    for name in [domain("s-many"), "sfiles.example.test".to_owned(), "sapp.example.test".to_owned()] {
        assert_eq!(host.fetch(&name, "/").0, 200, "{name}");
    }
    assert_eq!(pid(&host, "pod-s-many_main.service"), main, "what was there was not started anew");
    assert!(session.call(PodPlan { spec: spec.clone() }).unwrap().is_noop());

    // Stopped by itself.
    let app = pid(&host, "pod-s-many_sapp.service");
    assert_ne!(app, "0");
    spec.sites[2].stopped = true;
    session.call(PodApply { spec: spec.clone() }).unwrap();
    let answer = host.fetch_raw("sapp.example.test", "/");
    assert!(
        answer.starts_with("HTTP/1.1 503 ") && answer.contains("Retry-After: 600") && answer.contains("Temporarily unavailable"),
        "{answer:.400}"
    );
    assert_eq!(host.script(&format!("ls -d /proc/{app} /run/pods/s-many/sapp.sock 2>/dev/null || true")), "", "nothing of it runs or can be started");
    assert_eq!((host.fetch(&domain("s-many"), "/").0, host.fetch("sfiles.example.test", "/").0), (200, 200));
    assert_eq!(pid(&host, "pod-s-many_main.service"), main);
    assert!(session.call(PodPlan { spec: spec.clone() }).unwrap().is_noop());
    assert_eq!(session.call(PodObserve { pod: spec.pod.clone() }).unwrap().standing, PodCondition::Running);
    let token = ChallengeToken::new("LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX0").unwrap();
    session.call(ChallengePut { token: token.clone(), answer: ChallengeAnswer::new("LoqXcYV8.thumb-print_1").unwrap() }).unwrap();
    let (status, words) = host.fetch("sapp.example.test", &format!("/.well-known/acme-challenge/{}", token.as_str()));
    assert_eq!((status, words.as_str()), (200, "LoqXcYV8.thumb-print_1"));
    session.call(ChallengeRemove { token }).unwrap();
    host.lose_power();
    let session = host.session();
    assert_eq!((host.fetch("sapp.example.test", "/").0, host.fetch(&domain("s-many"), "/").0), (503, 200), "after a power loss");
    spec.sites[2].stopped = false;
    session.call(PodApply { spec: spec.clone() }).unwrap();
    assert_eq!(host.fetch("sapp.example.test", "/").0, 200);

    // Gone with everything; what the pod still has is refused.
    let remove = |site: &str, database: Option<&str>| SiteRemove {
        pod: spec.pod.clone(),
        site: SiteName::new(site).unwrap(),
        database: database.map(|name| DbName::new(name).unwrap()),
    };
    assert_eq!(session.call(remove("sapp", None)).unwrap_err().kind, FailureKind::Refused);
    let mut without = spec.clone();
    without.sites.truncate(2);
    session.call(PodApply { spec: without.clone() }).unwrap();
    assert_eq!(host.fetch("sapp.example.test", "/").0, 404);
    assert_ne!(
        host.script("find / -xdev -name '*sapp*' -not -path '/proc/*' 2>/dev/null; find /srv/pods/s-many -name '*sapp*'"),
        "",
        "its files stay until they are to go"
    );
    assert!(session.call(remove("sapp", None)).unwrap());
    assert_eq!(
        host.script("find /etc /run /srv /var/lib -name '*sapp*' 2>/dev/null; systemctl list-units --all --plain --no-legend | grep sapp; true"),
        ""
    );
    assert!(!session.call(remove("sapp", None)).unwrap(), "a second time there is nothing to do");
    assert_eq!((host.fetch(&domain("s-many"), "/").0, host.fetch("sfiles.example.test", "/").0), (200, 200));
    session.call(PodRemove { pod: spec.pod.clone(), mode: RemoveMode::Purge }).unwrap();
    assert_eq!(host.traces("s-many"), "");
}

#[test]
#[ignore = "boots a real host"]
fn the_database_of_a_site_goes_with_it_and_the_instance_with_the_last_one() {
    let host = Host::shared();
    let session = host.session();
    let mut spec = php_pod("s-data");
    let own = Database { name: DbName::new("site_extra").unwrap(), user: DbName::new("site_extra").unwrap(), ..database("s-data") };
    spec.databases.push(own);
    let mut extra = beside(php_pod("s-data"), "sextra");
    extra.runtime = spec.sites[0].runtime.clone();
    spec.sites.push(extra);
    session.call(PodApply { spec: spec.clone() }).unwrap();
    let shown = || host.script("mariadb --no-defaults --socket=/run/pods/s-data/db/mysqld.sock -N -e 'show databases; select user from mysql.user'");
    assert!(shown().contains("site_extra"));
    let remove = |site: &str, database: &str| SiteRemove {
        pod: spec.pod.clone(),
        site: SiteName::new(site).unwrap(),
        database: Some(DbName::new(database).unwrap()),
    };
    let mut without = spec.clone();
    without.sites.pop();
    assert_eq!(session.call(remove("other", "site_extra")).unwrap_err().kind, FailureKind::Refused, "it belongs to the pod");
    without.databases.pop();
    session.call(PodApply { spec: without.clone() }).unwrap();
    assert!(session.call(remove("sextra", "site_extra")).unwrap());
    assert!(!shown().contains("site_extra") && shown().contains("s_data"));

    // Another site takes the place of the first, and no database is left.
    let last = PodSpec { sites: vec![beside(static_pod("s-data"), "slast")], databases: vec![], ..without };
    session.call(PodApply { spec: last.clone() }).unwrap();
    assert!(session.call(remove("main", "s_data")).unwrap());
    assert_eq!(host.script("ls -d /srv/pods/s-data/db /etc/systemd/system/pod-s-data-db.service /run/pods/s-data/db 2>/dev/null || true"), "");
    assert!(session.call(PodPlan { spec: last.clone() }).unwrap().is_noop());
    assert_eq!(host.fetch("slast.example.test", "/").0, 200);
    session.call(PodRemove { pod: last.pod, mode: RemoveMode::Purge }).unwrap();
    assert_eq!(host.traces("s-data"), "");
}

#[test]
#[ignore = "boots a real host"]
fn visitors_of_other_names_are_sent_to_the_main_one_and_an_authority_is_not() {
    let host = Host::shared();
    let session = host.session();
    let mut spec = php_pod("s-main");
    let (main, other) = (domain("s-main"), "www.s-main.example.test");
    spec.sites[0].domains.push(DomainName::new(other).unwrap());
    session.call(PodApply { spec: spec.clone() }).unwrap();
    assert_eq!((host.fetch(&main, "/").0, host.fetch(other, "/").0), (200, 200), "until that is wanted each name shows the site");

    spec.sites[0].settings.redirect_to_main = true;
    session.call(PodApply { spec: spec.clone() }).unwrap();
    for path in ["/", "/index.php?a=b", "/no/such/page"] {
        let answer = host.fetch_raw(other, path);
        assert!(answer.starts_with("HTTP/1.1 302 ") && answer.contains(&format!("Location: http://{main}{path}\r\n")), "{path}: {answer:.400}");
    }
    assert_eq!(host.fetch(&main, "/").0, 200);
    let token = ChallengeToken::new("LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX1").unwrap();
    session.call(ChallengePut { token: token.clone(), answer: ChallengeAnswer::new("LoqXcYV8.thumb-print_1").unwrap() }).unwrap();
    assert_eq!(host.fetch(other, &format!("/.well-known/acme-challenge/{}", token.as_str())).0, 200, "each name can be proved");
    session.call(ChallengeRemove { token }).unwrap();
    assert_eq!(session.call(PodObserve { pod: spec.pod.clone() }).unwrap().standing, PodCondition::Running);
    assert!(session.call(PodPlan { spec: spec.clone() }).unwrap().is_noop());
    session.call(PodRemove { pod: spec.pod, mode: RemoveMode::Purge }).unwrap();
}
