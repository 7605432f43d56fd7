use super::*;
use wire::spec::Stack;

/// As the first version wrote it.
const WORDPRESS: &str = r#"{"spec":{"pod":"a-b","domains":["a.example.test"],"stack":{"kind":"wordpress","title":"A","admin_email":"a@example.test",
"admin_user":"ana","admin_password":"********","url":"http://a.example.test"},"runtime":{"name":"php8.2",
"sha256":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},"app":{"name":"wordpress",
"sha256":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"},"limits":{"cpu_millis":500,"memory_mb":256,"disk_mb":100,"tasks":60},
"database":{"name":"pod_a_b","user":"pod_a_b","password":"0123456789abcdef"},"state":"running"},"unfinished":false,"held":true,"starter":true,
"unpacked":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","installed":true}"#;

#[test]
fn a_pod_of_the_first_version_is_one_with_one_site_that_waits_to_be_moved() {
    let state = upgrade(WORDPRESS.as_bytes()).unwrap();
    let [site] = state.spec.sites.as_slice() else { panic!("{state:?}") };
    assert_eq!((site.name.as_str(), site.domains[0].as_str(), state.held, state.unfinished), ("main", "a.example.test", true, false));
    assert!(matches!(&site.stack, Stack::Wordpress { database, .. } if database.as_str() == "pod_a_b"));
    assert_eq!(site.source.as_ref().unwrap().name.as_str(), "wordpress");
    assert!(state.site(&site.name).installed && state.site(&site.name).unpacked.is_some());
    assert_eq!(state.legacy.unwrap().database.unwrap().0.as_str(), "pod_a_b");
    assert!(state.spec.check().is_ok());
}

#[test]
fn a_pod_of_the_first_version_without_database_has_none_afterwards() {
    let mut old: Value = serde_json::from_str(WORDPRESS).unwrap();
    old["spec"]["stack"] = json!({"kind": "static", "title": "A"});
    for nothing in ["database", "runtime", "app"] {
        old["spec"][nothing] = Value::Null;
    }
    let state = upgrade(old.to_string().as_bytes()).unwrap();
    assert!(state.spec.databases.is_empty() && state.legacy.unwrap().database.is_none());
    assert!(state.spec.sites[0].runtime.is_none());
}
