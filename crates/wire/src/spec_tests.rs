use super::*;
use crate::deploy::ReleaseName;
use crate::message::{FromNode, ToNode};
use crate::plan::{Change, Op, Plan};
use crate::verb::{Call, MovePart, PodAdopt, PodApply, PodPlan, PodReceive, PodSend, Reply, Verb};

fn artifact(name: &str) -> ArtifactRef {
    ArtifactRef { name: ArtifactName::new(name).unwrap(), sha256: Sha256::new("a".repeat(64)).unwrap() }
}

fn database(name: &str) -> Database {
    Database { name: DbName::new(name).unwrap(), user: DbName::new(name).unwrap(), password: Secret::new("0123456789abcdef").unwrap() }
}

fn wordpress() -> PodSpec {
    PodSpec {
        pod: PodName::new("p1").unwrap(),
        uid: PodUid::new(PodUid::FIRST).unwrap(),
        limits: Limits { cpu_millis: 500, memory_mb: 256, disk_mb: 1024, tasks: 100 },
        network: NetworkPolicy::Internet,
        state: PodState::Running,
        sites: vec![SiteSpec {
            name: SiteName::new("main").unwrap(),
            domains: vec![DomainName::new("blog.example.test").unwrap()],
            stack: Stack::Wordpress {
                title: Title::new("Ana & Sons").unwrap(),
                admin_email: Email::new("ana@example.test").unwrap(),
                admin_user: LoginName::new("ana").unwrap(),
                admin_password: Secret::new("a very good one").unwrap(),
                url: SiteUrl::new("http://blog.example.test").unwrap(),
                database: DbName::new("p1").unwrap(),
            },
            runtime: Some(artifact("php8.2")),
            source: Some(artifact("wordpress")),
            certificate: None,
            stopped: false,
            settings: Default::default(),
            release: None,
            environment: Vec::new(),
            cron_jobs: Vec::new(),
            sleep_after_minutes: None,
        }],
        databases: vec![database("p1")],
        hand_edits: HandEdits::Keep,
    }
}

#[test]
fn a_whole_description_passes() {
    assert_eq!(wordpress().check(), Ok(()));
}

#[test]
fn a_site_address_may_name_a_port() {
    let mut spec = wordpress();
    if let Stack::Wordpress { url, .. } = &mut spec.sites[0].stack {
        *url = SiteUrl::new("http://blog.example.test:8080").unwrap();
    }
    assert_eq!(spec.check(), Ok(()));
}

#[test]
fn each_rule_between_fields_is_kept() {
    type Spoil = fn(&mut PodSpec);
    let spoils: &[(&str, Spoil)] = &[
        ("no site", |s| s.sites.clear()),
        ("a site twice", |s| {
            let mut second = s.sites[0].clone();
            second.domains = vec![DomainName::new("other.test").unwrap()];
            s.sites.push(second);
        }),
        ("no domain", |s| s.sites[0].domains.clear()),
        ("a domain twice", |s| {
            let domain = s.sites[0].domains[0].clone();
            s.sites[0].domains.push(domain);
        }),
        ("a domain in two sites", |s| {
            let mut second = s.sites[0].clone();
            second.name = SiteName::new("second").unwrap();
            s.sites.push(second);
        }),
        ("an address elsewhere", |s| s.sites[0].domains = vec![DomainName::new("other.test").unwrap()]),
        ("no runtime", |s| s.sites[0].runtime = None),
        ("no archive", |s| s.sites[0].source = None),
        ("no database", |s| s.databases.clear()),
        ("the database of another pod", |s| s.databases = vec![database("p2")]),
        ("a database twice", |s| s.databases.push(database("p1"))),
        ("a database of the instance's own", |s| s.databases.push(database("mysql"))),
        ("no memory", |s| s.limits.memory_mb = 0),
        ("no disk", |s| s.limits.disk_mb = 0),
        ("no processor", |s| s.limits.cpu_millis = 0),
        ("no tasks", |s| s.limits.tasks = 0),
        ("a quote in the password", |s| s.databases[0].password = Secret::new("0123456789abcde'").unwrap()),
        ("a short password", |s| s.databases[0].password = Secret::new("01234567").unwrap()),
        ("a static site with an archive", |s| s.sites[0].stack = Stack::Static { title: Title::new("x").unwrap() }),
    ];
    for (what, spoil) in spoils {
        let mut spec = wordpress();
        spoil(&mut spec);
        assert!(spec.check().is_err(), "{what}");
    }
}

#[test]
fn no_secret_is_readable_in_debug_output() {
    let text = format!("{:?}", wordpress());
    assert!(!text.contains("a very good one") && !text.contains("0123456789abcdef"), "{text}");
}

#[test]
fn messages_come_back_as_they_went() {
    let sent = ToNode::Request {
        id: 7,
        deadline_ms: 60_000,
        key: crate::Key::new("job:1").unwrap(),
        verb: PodApply { spec: wordpress() }.into(),
        window: None,
    };
    let text = serde_json::to_string(&sent).unwrap();
    assert_eq!(serde_json::from_str::<ToNode>(&text).unwrap(), sent);

    let changes = vec![Change { op: Op::Add, what: "user".into(), detail: "p-p1".into() }];
    let plan = Plan { changes, ..Plan::default() };
    let done = FromNode::Done { id: 7, result: Ok(Reply::PodApply(plan.clone())) };
    let text = serde_json::to_string(&done).unwrap();
    let FromNode::Done { result: Ok(reply), .. } = serde_json::from_str(&text).unwrap() else { panic!("{text}") };
    assert_eq!(PodApply::read(reply), Some(plan));
}

#[test]
fn an_unknown_field_or_verb_is_refused() {
    assert!(serde_json::from_str::<Verb>(r#"{"shell":{"command":"id"}}"#).is_err());
    assert!(serde_json::from_str::<Verb>(r#"{"pod_list":{"all":true}}"#).is_err());
    assert!(serde_json::from_str::<Verb>(r#"{"pod_list":{}}"#).is_ok());
}

#[test]
fn a_user_number_outside_the_range_of_pods_is_refused() {
    for number in [0, 33, 1000, PodUid::FIRST - 1, PodUid::LAST + 1, u32::MAX] {
        assert!(serde_json::from_str::<PodUid>(&number.to_string()).is_err(), "{number}");
    }
    assert_eq!(serde_json::from_str::<PodUid>(&PodUid::LAST.to_string()).unwrap().get(), PodUid::LAST);
}

#[test]
fn a_description_of_before_certificates_is_read_and_one_without_a_certificate_is_written_as_before() {
    let mut old = serde_json::to_value(wordpress()).unwrap();
    assert!(old["sites"][0].get("certificate").is_none(), "an agent of before reads it: {old}");
    assert_eq!(serde_json::from_value::<PodSpec>(old.clone()).unwrap(), wordpress());
    old["sites"][0]["certificate"] = serde_json::json!({"chain": "x", "key": "y", "redirect": false, "hsts": null});
    assert!(serde_json::from_value::<PodSpec>(old).is_err(), "what is no certificate is refused");
}

#[test]
fn a_description_with_a_certificate_needs_an_agent_that_knows_challenges() {
    use crate::certificate::{CertificateChain, PrivateKey, SiteCertificate};
    use crate::environment::{Variable, VariableName, VariableValue};
    let mut spec = wordpress();
    assert_eq!(Verb::from(PodApply { spec: spec.clone() }).needs(), None);
    spec.sites[0].certificate = Some(SiteCertificate {
        chain: CertificateChain::new("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap(),
        key: PrivateKey::new("-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n").unwrap(),
        redirect: true,
        hsts: None,
        also: None,
    });
    assert_eq!(spec.check(), Ok(()));
    assert!(!format!("{spec:?}").contains("c2VjcmV0"));
    assert_eq!(Verb::from(PodApply { spec: spec.clone() }).needs(), Some("ChallengePut"));
    spec.sites[0].stopped = true;
    assert_eq!(Verb::from(PodApply { spec: spec.clone() }).needs(), Some("SiteRemove"));
    spec.sites[0].release = Some(Release { name: ReleaseName::numbered(1).unwrap(), folder: None, start: None });
    assert_eq!(Verb::from(PodApply { spec: spec.clone() }).needs(), Some("SiteBuild"));
    spec.sites[0].release = None;
    let variable = |value: &str| Variable { name: VariableName::new("API_KEY").unwrap(), value: VariableValue::new(value).unwrap() };
    spec.sites[0].environment = vec![variable("opensesame")];
    assert_eq!(spec.check(), Ok(()));
    assert!(!format!("{spec:?}").contains("opensesame"));
    assert_eq!(Verb::from(PodApply { spec: spec.clone() }).needs(), Some("JobRun"));
    spec.sites[0].environment.push(variable("twice"));
    assert!(spec.check().is_err());
}

#[test]
fn what_agents_of_before_cannot_read_needs_one_that_visits_sites() {
    use crate::certificate::{CertificateChain, NamesCertificate, PrivateKey, SiteCertificate};
    let chain = || CertificateChain::new("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
    let key = || PrivateKey::new("-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n").unwrap();
    let mut redirecting = wordpress();
    redirecting.sites[0].settings.redirect_to_main = true;
    let mut apart = wordpress();
    let also = NamesCertificate { domains: apart.sites[0].domains.clone(), chain: chain(), key: key() };
    apart.sites[0].certificate = Some(SiteCertificate { chain: chain(), key: key(), redirect: true, hsts: None, also: Some(also) });
    let mut large = wordpress();
    large.sites = vec![large.sites[0].clone(); 21];
    for spec in [redirecting, apart, large.clone()] {
        let verbs: [Verb; 3] =
            [PodPlan { spec: spec.clone() }.into(), PodApply { spec: spec.clone() }.into(), PodAdopt { spec, part: MovePart::Whole }.into()];
        assert!(verbs.iter().all(|verb| verb.needs() == Some("SiteVisit")), "{verbs:?}");
    }
    large.sites.pop();
    assert_eq!(Verb::from(PodApply { spec: large }).needs(), None);

    let pod = || PodName::new("p1").unwrap();
    for (part, needed) in [(MovePart::Whole, None), (MovePart::More, Some("SiteVisit")), (MovePart::Rest, None)] {
        assert_eq!(Verb::from(PodSend { pod: pod(), part }).needs(), needed, "{part:?}");
        assert_eq!(Verb::from(PodReceive { pod: pod(), part, disk_mb: 1024 }).needs(), needed, "{part:?}");
    }
}

#[test]
fn a_site_sleeps_after_a_time_within_limits_and_only_where_it_has_programs() {
    let mut spec = wordpress();
    for (minutes, is_taken) in [(0, false), (4, false), (5, true), (43_200, true), (43_201, false)] {
        spec.sites[0].sleep_after_minutes = Some(minutes);
        assert_eq!(spec.check().is_ok(), is_taken, "{minutes}");
    }
    spec.sites[0].sleep_after_minutes = None;
    assert!(!serde_json::to_string(&spec).unwrap().contains("sleep"), "agents of before read a description of sites that are always on");
    spec.sites[0].sleep_after_minutes = Some(60);
    assert_eq!(Verb::from(PodApply { spec: spec.clone() }).needs(), Some("SiteLog"));
    spec.sites[0].stack = Stack::Static { title: Title::new("Files").unwrap() };
    (spec.sites[0].runtime, spec.sites[0].source) = (None, None);
    assert!(spec.check().is_err());
    spec.sites[0].sleep_after_minutes = None;
    assert_eq!(spec.check(), Ok(()));
}
