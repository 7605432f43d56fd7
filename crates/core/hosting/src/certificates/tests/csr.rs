//! Certificates that customers buy for a key that was made here.

use super::world::{DOMAIN, World};
use crate::certificates;
use adapters::{acme::SigningRequest, visitor::Visitor};
use model::{
    administration::provisioning::JobStatus,
    error::ErrorCode,
    hosting::certificates::CertificateRow,
    ids::CloudPodId,
    permission::{SslManage, SslRead},
};

/// The certificate as its owner's page shows it.
async fn own_row(world: &World, pod: CloudPodId) -> CertificateRow {
    let services = &world.bench.services.services;
    let id = world.row(pod).await.id;
    let mut tx = services.db.tenant::<SslRead>(&world.owner, world.bench.tenant).await.unwrap();
    certificates::get_own(services, &mut tx, id).await.unwrap()
}

/// Makes a signing request, and reads it.
async fn csr(world: &World, pod: CloudPodId) -> String {
    let id = world.row(pod).await.id;
    certificates::create_csr(&world.bench.services.services, world.own().await, id).await.unwrap();
    own_row(world, pod).await.csr.expect("it is shown")
}

/// What is wrong with installing this: field and words.
async fn refused(world: &World, pod: CloudPodId, chain: &str, key: &str) -> (String, String) {
    let mut fields = world.install(pod, &(chain.to_owned(), key.to_owned())).await.unwrap_err().into_api().fields;
    let first = fields.swap_remove(0);
    (first.field, first.message)
}

#[tokio::test]
async fn a_certificate_for_a_csr_from_here_is_installed_without_its_key() {
    let (world, pod) = World::with_certificate().await;
    let text = csr(&world, pod).await;
    assert!(text.starts_with("-----BEGIN CERTIFICATE REQUEST-----\n"), "{text}");
    assert!(own_row(&world, pod).await.csr_at.is_some());
    assert_eq!(world.row(pod).await.csr, None, "not in lists");

    let job = world.install(pod, &(world.second.sell_for(&text).unwrap(), String::new())).await.unwrap();
    assert_eq!(world.bench.finish(job).await, JobStatus::Done);
    let row = world.row(pod).await;
    assert!(row.is_own && row.state.covers == [DOMAIN]);
    assert_eq!(world.visitor.https(DOMAIN).await.unwrap().fingerprint, row.state.fingerprint.unwrap());
    assert_eq!(world.told().await[2..], ["SSL_CSR_CREATED", "SSL_ISSUE_REQUESTED", "SSL_INSTALLED"]);
}

#[tokio::test]
async fn a_key_is_needed_where_the_certificate_is_not_for_the_current_csr() {
    let (world, pod) = World::with_certificate().await;
    let (chain, key) = world.bought(&[DOMAIN]);
    let (field, words) = refused(&world, pod, &chain, " ").await;
    assert!(field == "key" && words.starts_with("Enter the private key."), "{words}");

    let first = csr(&world, pod).await;
    let (field, words) = refused(&world, pod, &chain, "").await;
    assert!(field == "key" && words.starts_with("The certificate is not for the key of the current CSR."), "{words}");

    let for_first = world.second.sell_for(&first).unwrap();
    assert_ne!(csr(&world, pod).await, first, "a new one has a new key");
    assert_eq!(refused(&world, pod, &for_first, "").await.1, words, "and the former key is forgotten");

    let job = world.install(pod, &(chain, key)).await.unwrap();
    assert_eq!(world.bench.finish(job).await, JobStatus::Done, "a key that is typed counts");
}

#[tokio::test]
async fn nobody_makes_a_csr_for_somebody_elses_site() {
    let (world, pod) = World::with_certificate().await;
    let db = &world.bench.services.db;
    let rival = db.user("eve@example.test", None).await;
    let other = db.tenant("globex").await;
    db.member(other, &rival, "TENANT_OWNER").await;
    let services = &world.bench.services.services;
    let tx = services.db.tenant::<SslManage>(&rival, other).await.unwrap();
    let error = certificates::create_csr(services, tx, world.row(pod).await.id).await.unwrap_err();
    assert_eq!(error.into_api().code, ErrorCode::NotFound);
    assert_eq!(own_row(&world, pod).await.csr, None);
}

#[test]
fn a_csr_has_all_names_and_the_first_one_as_its_subject_unless_that_is_too_long() {
    let key = SigningRequest::new().unwrap();
    let long = format!("{}.{}.example.test", "a".repeat(40), "b".repeat(40));
    for (names, common) in [(vec![DOMAIN, "www.blog.example.test"], Some(DOMAIN)), (vec![long.as_str()], None)] {
        let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
        let read = rcgen::CertificateSigningRequestParams::from_pem(&key.request_text(&names).unwrap()).unwrap();
        let found = read.params.distinguished_name.get(&rcgen::DnType::CommonName).map(|value| format!("{value:?}"));
        assert_eq!(found.is_some(), common.is_some());
        assert!(found.is_none_or(|found| found.contains(DOMAIN)));
        assert_eq!(read.params.subject_alt_names.len(), names.len());
    }
}
