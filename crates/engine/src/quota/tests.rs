use super::Quota;

#[test]
fn each_holder_has_its_own_count_and_what_is_dropped_comes_back() {
    let quota = Quota::default();
    let (first, second) = (quota.take("a", 2), quota.take("a", 2));
    assert!(first.is_some() && second.is_some() && quota.take("a", 2).is_none());
    assert!(quota.take("b", 2).is_some(), "another holder");
    drop(first);
    assert!(quota.take("a", 2).is_some());
    drop(second);
    assert!(quota.0.lock().expect("a count").is_empty(), "nothing is left of holders who have nothing");
}
