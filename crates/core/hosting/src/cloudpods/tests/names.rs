//! Names of pods.

use crate::cloudpods::rules::{database_name, slug, slug_of_text, with_suffix};
use crate::testing::Bench;
use model::hosting::cloudpods::Stack;
use wire::{DbName, PodName};

#[test]
fn a_name_comes_from_the_domain_or_the_title() {
    assert_eq!(slug("www.lumen-oak.example"), "lumen-oak");
    assert_eq!(slug("blog.example.test"), "blog");
    assert_eq!(slug("9lives.example"), "lives");
    assert_eq!(slug("x.example"), "pod");
    assert_eq!(slug("xn--mnchen-3ya.example"), "xn-mnchen-3ya");
    assert_eq!(slug_of_text("Ana & Sons"), "ana-sons");
    assert_eq!(slug_of_text("\u{1f980} 42"), "pod");
    assert_eq!(slug_of_text(""), "pod");
}

#[test]
fn every_name_is_one_that_a_server_takes() {
    for text in [
        "a-very-long-label-that-goes-on-and-on-and-on",
        "--",
        "a--b",
        "A.B.C",
        "root",
        "1234567890123456789012345678901234567890",
        "abcdefghijklmnopqr-stuvw",
    ] {
        let slug = slug_of_text(text);
        for name in [slug.clone(), with_suffix(&slug, [0, 31, 200, 77])] {
            assert!(PodName::new(&*name).is_ok(), "{text:?} became {name:?}");
            assert!(DbName::new(database_name(&name)).is_ok(), "{name:?}");
        }
    }
    assert_ne!(database_name("mysql"), "mysql");
}

#[tokio::test]
async fn two_orders_at_once_get_two_names() {
    let bench = Bench::new().await;
    let orders = ["shop.a.test", "shop.b.test", "shop.c.test", "shop.d.test"].map(|domain| bench.order(Stack::Static, domain));
    let mut names: Vec<String> = futures::future::join_all(orders).await.into_iter().map(|pod| pod.unwrap().name).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 4);
    assert_eq!(names[0], "shop");
}

#[tokio::test]
async fn a_domain_that_is_taken_is_not_available() {
    let bench = Bench::new().await;
    bench.order(Stack::Static, "shop.a.test").await.unwrap();
    let error = bench.order(Stack::Static, "shop.a.test").await.unwrap_err().into_api();
    assert_eq!(error.fields[0].field, "domain");
}

#[tokio::test]
async fn a_pod_without_a_domain_gets_one_below_the_platforms() {
    let bench = Bench::new().await;
    let pod = bench.order(Stack::Static, "").await.unwrap();
    assert_eq!((pod.name.as_str(), pod.domain.as_str()), ("ana-sons", "ana-sons.sites.example"));
}
