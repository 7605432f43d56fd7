use super::*;

fn spec() -> PodSpec {
    serde_json::from_value(serde_json::json!({
        "pod": "a", "uid": 1_900_000_001, "limits": {"cpu_millis": 500, "memory_mb": 256, "disk_mb": 100, "tasks": 60},
        "network": "internet", "state": "running", "databases": [],
        "sites": [{"name": "main", "stack": {"kind": "static", "title": "A"}, "runtime": null, "domains": ["a.example.test"], "source": null}],
    }))
    .unwrap()
}

#[test]
fn a_state_comes_back_as_it_was_written() {
    let state = State::new(&spec());
    assert_eq!(parse(&serde_json::to_vec(&state).unwrap()), Ok(state));
}

#[test]
fn what_cannot_be_understood_is_an_error_and_never_no_pod() {
    let newer = serde_json::to_string(&State::new(&spec())).unwrap().replace("\"version\":3", "\"version\":4");
    for text in ["", "{}", "null", "{\"version\":3}", "{\"version\":\"2\"}", newer.as_str(), "\u{0}"] {
        assert!(parse(text.as_bytes()).is_err(), "{text}");
    }
    assert!(parse(newer.as_bytes()).unwrap_err().contains("version is 4"));
}

#[test]
fn a_state_of_the_agent_before_is_read_and_says_of_no_file_what_was_written() {
    let state = State { written: [("/etc/x".to_owned(), ["aa".to_owned()].into())].into(), ..State::new(&spec()) };
    let mut before = serde_json::to_value(&state).unwrap();
    before["version"] = 2.into();
    before.as_object_mut().unwrap().remove("written");
    before["spec"].as_object_mut().unwrap().remove("hand_edits");
    assert_eq!(parse(before.to_string().as_bytes()), Ok(State { written: Written::new(), ..state }));
}

#[test]
fn another_pods_domain_and_number_are_taken_and_those_of_a_held_pod_are_only_its_number() {
    let mut other = State::new(&spec());
    let mut new = spec();
    new.pod = PodName::new("b").unwrap();
    assert!(taken(&other, &new).unwrap().contains("user number"));
    new.uid = wire::PodUid::new(1_900_000_002).unwrap();
    assert!(taken(&other, &new).unwrap().contains("a.example.test"));
    other.held = true;
    assert_eq!(taken(&other, &new), None);
}
