use super::{Bench, within};
use crate::node::{NodeClient, NodeError, TailnetAddr};
use wire::verb::PodList;

#[test]
fn only_addresses_of_the_tailnet_are_addresses() {
    for good in ["100.64.0.1", "100.127.255.255", " 100.100.1.2 ", "fd7a:115c:a1e0::1", "fd7a:115c:a1e0:ab12::9"] {
        assert!(good.parse::<TailnetAddr>().is_ok(), "{good}");
    }
    let bad =
        ["100.63.255.255", "100.128.0.0", "127.0.0.1", "10.0.0.1", "::1", "fd7a:115c:a1e1::1", "::ffff:100.64.0.1", "web1", "", "100.64.0.1:22"];
    for bad in bad {
        assert!(bad.parse::<TailnetAddr>().is_err(), "{bad}");
    }
}

#[tokio::test]
async fn an_address_outside_the_tailnet_is_not_dialled() {
    let bench = Bench::new();
    let mut target = bench.target.clone();
    target.address = "192.0.2.1".to_owned();
    let error = bench.links.call(&target, PodList {}.into(), within(5)).await.unwrap_err();
    assert!(matches!(error, NodeError::Failed(_)), "{error}");
    assert!(bench.links.host_key("192.0.2.1").await.is_err());
    assert_eq!(bench.host.connections(), 0);
}
