use super::*;
use crate::message::{FromNode, ToNode};
use crate::plan::{Change, Op, Plan};
use crate::verb::{Call, PodApply, Reply, Verb};

fn artifact(name: &str) -> ArtifactRef {
    ArtifactRef { name: ArtifactName::new(name).unwrap(), sha256: Sha256::new("a".repeat(64)).unwrap() }
}

fn wordpress() -> PodSpec {
    PodSpec {
        pod: PodName::new("p1").unwrap(),
        domains: vec![DomainName::new("blog.example.test").unwrap()],
        stack: Stack::Wordpress {
            title: Title::new("Ana & Sons").unwrap(),
            admin_email: Email::new("ana@example.test").unwrap(),
            admin_user: LoginName::new("ana").unwrap(),
            admin_password: Secret::new("a very good one").unwrap(),
            url: SiteUrl::new("http://blog.example.test").unwrap(),
        },
        runtime: Some(artifact("php8.2")),
        app: Some(artifact("wordpress")),
        limits: Limits { cpu_millis: 500, memory_mb: 256, disk_mb: 1024, tasks: 100 },
        database: Some(Database {
            name: DbName::new("p1").unwrap(),
            user: DbName::new("p1").unwrap(),
            password: Secret::new("0123456789abcdef").unwrap(),
        }),
        state: PodState::Running,
    }
}

#[test]
fn a_whole_description_passes() {
    assert_eq!(wordpress().check(), Ok(()));
}

#[test]
fn a_site_address_may_name_a_port() {
    let mut spec = wordpress();
    if let Stack::Wordpress { url, .. } = &mut spec.stack {
        *url = SiteUrl::new("http://blog.example.test:8080").unwrap();
    }
    assert_eq!(spec.check(), Ok(()));
}

#[test]
fn each_rule_between_fields_is_kept() {
    type Spoil = fn(&mut PodSpec);
    let spoils: &[(&str, Spoil)] = &[
        ("no domain", |s| s.domains.clear()),
        ("a domain twice", |s| s.domains.push(s.domains[0].clone())),
        ("an address elsewhere", |s| s.domains = vec![DomainName::new("other.test").unwrap()]),
        ("no runtime", |s| s.runtime = None),
        ("no archive", |s| s.app = None),
        ("no database", |s| s.database = None),
        ("no memory", |s| s.limits.memory_mb = 0),
        ("no disk", |s| s.limits.disk_mb = 0),
        ("no processor", |s| s.limits.cpu_millis = 0),
        ("no tasks", |s| s.limits.tasks = 0),
        ("a quote in the password", |s| {
            s.database.as_mut().unwrap().password = Secret::new("0123456789abcde'").unwrap();
        }),
        ("a short password", |s| s.database.as_mut().unwrap().password = Secret::new("01234567").unwrap()),
        ("a static site with an archive", |s| s.stack = Stack::Static { title: Title::new("x").unwrap() }),
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

    let plan = Plan { changes: vec![Change { op: Op::Add, what: "user".into(), detail: "p-p1".into() }] };
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
