use super::{Bench, Folder, Host, within};
use crate::node::{NodeClient, NodeError};
use wire::{
    DomainName, PodName, PodUid, SiteName, Title,
    certificate::{CertificateChain, PrivateKey, SiteCertificate},
    spec::{Limits, NetworkPolicy, PodSpec, PodState, SiteSpec, Stack},
    verb::{PodApply, PodList, PodObserve, Verb},
};

const AGENT: &[u8] = b"the program, version 2";

fn bench(verbs: Option<Vec<&'static str>>) -> Bench {
    let folder = Folder::new();
    let binary = folder.file("mpanel-node", AGENT);
    Bench::with(Host::knowing(AGENT, verbs), folder, &binary)
}

#[tokio::test]
async fn a_verb_that_the_agent_does_not_list_is_not_sent_and_the_server_is_named() {
    let without = Verb::NAMES.iter().copied().filter(|name| *name != "PodObserve").collect();
    let bench = bench(Some(without));
    let verb = PodObserve { pod: PodName::new("p1").unwrap() };

    let error = bench.links.call(&bench.target, verb.into(), within(5)).await.unwrap_err();

    let text = error.to_string();
    assert!(matches!(error, NodeError::AgentOutdated { .. }) && error.is_retryable(), "{text}");
    assert!(text.contains(&bench.target.address) && text.contains("does not know PodObserve") && text.contains("rollout"), "{text}");
    assert_eq!(bench.host.heard(), [], "nothing was sent");
    bench.links.call(&bench.target, PodList {}.into(), within(5)).await.unwrap();
}

#[tokio::test]
async fn an_agent_of_before_is_sent_what_it_knew_and_nothing_newer() {
    let bench = bench(None);
    bench.links.call(&bench.target, PodList {}.into(), within(5)).await.unwrap();
    let known = wire::verb::unlisted();
    assert!(known.iter().all(|name| Verb::NAMES.contains(&name.as_str())), "{known:?}");
}

#[tokio::test]
async fn a_certificate_is_not_sent_to_an_agent_of_before_certificates() {
    let without = Verb::NAMES.iter().copied().filter(|name| !name.starts_with("Challenge")).collect();
    let bench = bench(Some(without));
    let certificate = SiteCertificate {
        chain: CertificateChain::new("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap(),
        key: PrivateKey::new("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n").unwrap(),
        redirect: false,
        hsts: None,
        also: None,
    };
    let site = SiteSpec {
        name: SiteName::new("main").unwrap(),
        stack: Stack::Static { title: Title::new("x").unwrap() },
        runtime: None,
        domains: vec![DomainName::new("a.test").unwrap()],
        source: None,
        certificate: Some(certificate),
        stopped: false,
        settings: Default::default(),
        release: None,
        environment: Vec::new(),
        cron_jobs: Vec::new(),
        sleep_after_minutes: None,
    };
    let spec = PodSpec {
        pod: PodName::new("p1").unwrap(),
        uid: PodUid::new(PodUid::FIRST).unwrap(),
        limits: Limits { cpu_millis: 500, memory_mb: 256, disk_mb: 1024, tasks: 100 },
        network: NetworkPolicy::Internet,
        state: PodState::Running,
        hand_edits: Default::default(),
        sites: vec![site],
        databases: Vec::new(),
    };

    let error = bench.links.call(&bench.target, PodApply { spec }.into(), within(5)).await.unwrap_err();

    assert!(matches!(error, NodeError::AgentOutdated { .. }) && error.to_string().contains("does not know ChallengePut"), "{error}");
    assert_eq!(bench.host.heard(), [], "nothing was sent");
}
