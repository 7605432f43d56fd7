use super::{
    AuthCode, ContactData, DomainChange, EppConfig, EppRegistrar, FakeRegistrar, Fault as FakeFault, NewDomain, Registrar, RegistrarError,
    RestoreReport, TransferStatus,
};
use chrono::{DateTime, TimeDelta, Utc};
use std::{
    io::Write,
    sync::{Arc, Mutex},
    time::Duration,
};
use testkit::registry::{self, Fault, Registry};
use tracing::instrument::WithSubscriber;

const NAME: &str = "blog-example.test";

fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

fn config(registry: &Registry) -> EppConfig {
    EppConfig {
        host: Registry::HOST.to_owned(),
        port: registry.port(),
        user: registry::USER.to_owned(),
        registrar_id: registry::USER.to_owned(),
        password: registry::PASSWORD.to_owned(),
        root: Some(registry.root().to_owned()),
        identity: None,
        timeout: Duration::from_secs(20),
    }
}

async fn both() -> (Registry, EppRegistrar) {
    let registry = Registry::start(start()).await.unwrap();
    let registrar = EppRegistrar::new(config(&registry)).unwrap();
    (registry, registrar)
}

/// Gives up at once on a registry that never answers.
fn impatient(registry: &Registry) -> EppRegistrar {
    EppRegistrar::new(EppConfig { timeout: Duration::from_millis(300), ..config(registry) }).unwrap()
}

fn holder() -> ContactData {
    ContactData {
        name: "Ida Ångström".to_owned(),
        organization: Some("A & B <Ltd>".to_owned()),
        street: "Long Street 1".to_owned(),
        city: "Uppsala".to_owned(),
        province: None,
        postal_code: Some("75310".to_owned()),
        country: "SE".to_owned(),
        phone: "+46.18123456".to_owned(),
        email: "ida@example.test".to_owned(),
    }
}

fn order() -> NewDomain {
    NewDomain {
        name: NAME.to_owned(),
        years: 2,
        contact: "MP-CONTACT-1".to_owned(),
        name_servers: vec!["ns1.hoster.test".to_owned(), "ns2.hoster.test".to_owned()],
        code: AuthCode::new("Aa-34567890123"),
    }
}

async fn registered(registrar: &EppRegistrar) {
    registrar.save_contact("MP-CONTACT-1", &holder()).await.unwrap();
    registrar.register(&order()).await.unwrap();
}

fn changes(registry: &Registry, what: &str) -> usize {
    registry.objects().changes.iter().filter(|line| line.as_str() == what).count()
}

#[tokio::test]
async fn names_are_checked_with_whether_they_have_a_price_of_their_own() {
    let (registry, registrar) = both().await;
    registry.objects().add_foreign("taken.test", "code-1", start() + TimeDelta::days(100));
    registry.objects().premium.insert("gold.test".to_owned());
    let names: Vec<String> = ["free.test", "taken.test", "gold.test", "a.test", "b.test", "c.test"].map(str::to_owned).to_vec();

    let found = registrar.check(&names).await.unwrap();

    assert_eq!(found.iter().map(|one| &one.name).collect::<Vec<_>>(), names.iter().collect::<Vec<_>>(), "also those of a second request");
    let of = |name: &str| found.iter().find(|one| one.name == name).unwrap();
    assert!(of("free.test").is_available && !of("free.test").is_premium);
    assert!(!of("taken.test").is_available);
    assert_eq!(of("taken.test").reason.as_deref(), Some("In use"));
    assert!(of("gold.test").is_available && of("gold.test").is_premium);
}

#[tokio::test]
async fn a_registry_that_tells_no_prices_is_not_asked_for_them() {
    let (registry, registrar) = both().await;
    registry.objects().has_prices = false;
    registry.objects().premium.insert("gold.test".to_owned());
    let found = registrar.check(&["gold.test".to_owned()]).await.unwrap();
    assert!(found[0].is_available && !found[0].is_premium);
    assert!(registry.objects().received.iter().all(|document| !document.contains("fee-1.0")));
}

#[tokio::test]
async fn a_domain_is_registered_with_its_contact_its_name_servers_and_its_code() {
    let (registry, registrar) = both().await;
    registrar.save_contact("MP-CONTACT-1", &holder()).await.unwrap();

    let found = registrar.register(&order()).await.unwrap();

    assert!(found.is_ours && !found.is_locked());
    assert_eq!(found.registrant.as_deref(), Some("MP-CONTACT-1"));
    assert_eq!(found.name_servers, order().name_servers);
    assert_eq!(found.expires_at, start().checked_add_months(chrono::Months::new(24)));
    assert_eq!(found.grace_statuses, ["addPeriod"]);
    let objects = registry.objects();
    assert_eq!(objects.domains[NAME].code, "Aa-34567890123");
    assert_eq!(objects.domains[NAME].contacts.len(), 2, "for administration and technology");
    assert!(objects.hosts.contains("ns2.hoster.test"));
}

#[tokio::test]
async fn a_registration_whose_answer_was_lost_is_found_and_not_made_twice() {
    let (registry, registrar) = both().await;
    registrar.save_contact("MP-CONTACT-1", &holder()).await.unwrap();
    let unhosted = NewDomain { name_servers: Vec::new(), ..order() };
    registry.set_fault(Some(Fault::AnswerLost));

    let found = registrar.register(&unhosted).await.unwrap();
    assert!(found.is_ours);
    registrar.register(&unhosted).await.unwrap();
    assert_eq!(changes(&registry, &format!("create domain {NAME}")), 1);

    let of_another = NewDomain { contact: "MP-CONTACT-2".to_owned(), ..unhosted };
    let refused = registrar.register(&of_another).await.unwrap_err();
    assert!(matches!(refused, RegistrarError::NotAvailable { .. }), "a domain of another account of ours is taken: {refused}");
}

#[tokio::test]
async fn a_registration_is_taken_back_in_its_first_days() {
    let (registry, registrar) = both().await;
    registered(&registrar).await;
    registrar.delete(NAME).await.unwrap();
    assert_eq!(registrar.info(NAME, None).await.unwrap(), None);
    registrar.register(&order()).await.unwrap();
    registry.objects().now += TimeDelta::days(6);
    registrar.delete(NAME).await.unwrap();
    assert!(registrar.info(NAME, None).await.unwrap().unwrap().is_in_redemption());
}

#[tokio::test]
async fn a_renewal_whose_answer_was_lost_adds_its_years_once() {
    let (registry, registrar) = both().await;
    registered(&registrar).await;
    let before = registry.objects().domains[NAME].expires_at;
    registry.set_fault(Some(Fault::AnswerLost));

    let expires_at = registrar.extend(NAME, before, 1).await.unwrap();

    assert_eq!(Some(expires_at), before.checked_add_months(chrono::Months::new(12)));
    assert_eq!(registrar.extend(NAME, before, 1).await.unwrap(), expires_at, "asked again it adds none");
    assert_eq!(changes(&registry, &format!("renew domain {NAME}")), 1);
    let refused = registrar.renew(NAME, before.date_naive(), 1).await.unwrap_err();
    assert!(matches!(refused, RegistrarError::Refused { code: 2306, .. }), "{refused}");
}

#[tokio::test]
async fn a_transfer_is_pending_until_the_other_registrar_or_the_clock_decides() {
    let (registry, registrar) = both().await;
    let expires_at = start() + TimeDelta::days(100);
    for name in ["a.test", "b.test", "c.test"] {
        registry.objects().add_foreign(name, "right-code", expires_at);
    }
    let code = AuthCode::new("right-code");
    assert_eq!(registrar.transfer("a.test", &code).await.unwrap(), None);
    let wrong = registrar.request_transfer("a.test", &AuthCode::new("wrong"), 1).await.unwrap_err();
    assert!(matches!(wrong, RegistrarError::Refused { code: 2202, .. }), "{wrong}");

    for name in ["a.test", "b.test", "c.test"] {
        assert_eq!(registrar.request_transfer(name, &code, 1).await.unwrap().status, TransferStatus::Pending);
    }
    assert!(registrar.info("a.test", Some(&code)).await.unwrap().unwrap().is_being_transferred());
    registry.objects().decide_transfer("b.test", false);
    registrar.cancel_transfer("c.test").await.unwrap();
    registry.objects().now += TimeDelta::days(6);

    let mut statuses = Vec::new();
    for name in ["a.test", "b.test", "c.test"] {
        statuses.push(registrar.transfer(name, &code).await.unwrap().unwrap().status);
    }
    assert_eq!(statuses, [TransferStatus::Approved, TransferStatus::Rejected, TransferStatus::Cancelled]);
    let found = registrar.info("a.test", None).await.unwrap().unwrap();
    assert!(found.is_ours && found.expires_at == expires_at.checked_add_months(chrono::Months::new(12)));
    assert!(!registrar.info("b.test", None).await.unwrap().unwrap().is_ours);
}

#[tokio::test]
async fn the_lock_name_servers_contacts_and_the_code_are_changed_and_only_what_differs() {
    let (registry, registrar) = both().await;
    registered(&registrar).await;
    registrar.save_contact("MP-CONTACT-2", &holder()).await.unwrap();
    let servers = vec!["ns2.hoster.test".to_owned(), "ns3.hoster.test".to_owned()];
    let change = DomainChange {
        is_locked: Some(true),
        name_servers: Some(servers.clone()),
        contact: Some("MP-CONTACT-2".to_owned()),
        code: Some(AuthCode::new("New-code-4711")),
    };

    registrar.update(NAME, &change).await.unwrap();

    let found = registrar.info(NAME, None).await.unwrap().unwrap();
    assert!(found.is_locked());
    assert_eq!((found.name_servers, found.registrant.as_deref()), (servers, Some("MP-CONTACT-2")));
    assert!(found.contacts.iter().all(|(_, id)| id == "MP-CONTACT-2") && found.contacts.len() == 2);
    assert_eq!(registry.objects().domains[NAME].code, "New-code-4711");
    let sent = changes(&registry, &format!("update domain {NAME}"));
    registrar.update(NAME, &DomainChange { code: None, ..change }).await.unwrap();
    assert_eq!(changes(&registry, &format!("update domain {NAME}")), sent, "nothing is sent where nothing differs");
    registrar.update(NAME, &DomainChange { is_locked: Some(false), ..DomainChange::default() }).await.unwrap();
    assert!(!registrar.info(NAME, None).await.unwrap().unwrap().is_locked());
}

#[tokio::test]
async fn a_contact_that_exists_gets_the_new_data() {
    let (registry, registrar) = both().await;
    registrar.save_contact("MP-CONTACT-1", &holder()).await.unwrap();
    registrar.save_contact("MP-CONTACT-1", &ContactData { email: "new@example.test".to_owned(), ..holder() }).await.unwrap();
    assert_eq!(registry.objects().contacts["MP-CONTACT-1"].1, "new@example.test");
}

#[tokio::test]
async fn messages_are_read_and_acknowledged_one_by_one() {
    let (registry, registrar) = both().await;
    assert_eq!(registrar.poll().await.unwrap(), None);
    registered(&registrar).await;
    registry.objects().begin_transfer_away(NAME);
    registry.objects().decide_transfer(NAME, false);

    let first = registrar.poll().await.unwrap().unwrap();
    assert_eq!((first.text.as_str(), first.domain.as_deref()), ("Transfer requested.", Some(NAME)));
    registrar.acknowledge(&first.id).await.unwrap();
    registrar.acknowledge(&first.id).await.unwrap();
    let second = registrar.poll().await.unwrap().unwrap();
    assert_ne!(second.id, first.id);
    registrar.acknowledge(&second.id).await.unwrap();
    assert_eq!(registrar.poll().await.unwrap(), None);
}

#[tokio::test]
async fn a_domain_that_was_not_renewed_is_in_redemption_and_then_gone() {
    let (registry, registrar) = both().await;
    registered(&registrar).await;
    registry.objects().now += TimeDelta::days(740);
    assert!(registrar.info(NAME, None).await.unwrap().unwrap().is_in_redemption());
    registry.objects().now += TimeDelta::days(31);
    assert_eq!(registrar.info(NAME, None).await.unwrap(), None);
}

#[tokio::test]
async fn a_deleted_domain_is_asked_for_once_reported_on_and_renewed() {
    let (registry, registrar) = both().await;
    registered(&registrar).await;
    let ended = registry.objects().domains[NAME].expires_at;
    registry.objects().now += TimeDelta::days(740);
    let look = async || registrar.info(NAME, None).await.unwrap().unwrap();
    assert!(look().await.is_deleted() && !look().await.is_restore_pending());

    registry.set_fault(Some(Fault::AnswerLost));
    assert!(registrar.restore(NAME).await.unwrap_err().is_temporary());
    assert!(look().await.is_restore_pending() && !look().await.is_in_redemption(), "what the registry has says that it was asked");
    assert!(matches!(registrar.restore(NAME).await, Err(RegistrarError::Refused { code: 2304, .. })));
    assert!(matches!(registrar.renew(NAME, ended.date_naive(), 1).await, Err(RegistrarError::Refused { code: 2304, .. })));

    let report = RestoreReport { deleted_at: ended, restored_at: ended + TimeDelta::days(10) };
    registrar.report_restore(NAME, &report).await.unwrap();
    assert!(!look().await.is_deleted());
    registrar.extend(NAME, ended, 1).await.unwrap();
    let counts = ["request restore", "report restore", "renew domain"].map(|what| changes(&registry, &format!("{what} {NAME}")));
    assert_eq!(counts, [1, 1, 1]);
}

#[tokio::test]
async fn a_domain_that_is_not_deleted_is_not_restored() {
    let (registry, registrar) = both().await;
    registered(&registrar).await;
    assert!(matches!(registrar.restore(NAME).await, Err(RegistrarError::Refused { code: 2304, .. })));
    assert_eq!(changes(&registry, &format!("request restore {NAME}")), 0);
}

#[tokio::test]
async fn a_session_that_the_registry_has_ended_is_opened_again() {
    let (registry, registrar) = both().await;
    registered(&registrar).await;
    registry.end_sessions();
    assert!(registrar.info(NAME, None).await.unwrap().is_some());
}

#[tokio::test]
async fn a_registry_that_is_down_or_slow_is_a_temporary_error_and_works_again_later() {
    let (registry, registrar) = both().await;
    registry.set_fault(Some(Fault::Down));
    let down = registrar.info(NAME, None).await.unwrap_err();
    assert!(matches!(down, RegistrarError::Temporary { .. }), "{down}");
    registry.set_fault(None);
    assert_eq!(registrar.info(NAME, None).await.unwrap(), None);

    let impatient = impatient(&registry);
    registry.set_fault(Some(Fault::Silent));
    let slow = impatient.info(NAME, None).await.unwrap_err();
    assert!(slow.is_temporary(), "{slow}");
    registry.set_fault(None);
    assert_eq!(registrar.info(NAME, None).await.unwrap(), None);
}

#[tokio::test]
async fn an_answer_that_is_no_frame_no_xml_or_another_requests_ends_the_session() {
    let (registry, registrar) = both().await;
    registrar.save_contact("MP-CONTACT-1", &holder()).await.unwrap();
    for fault in [Fault::BadFrame, Fault::BadXml, Fault::OtherAnswer] {
        registry.set_fault(Some(fault));
        let lost = registrar.save_contact("MP-CONTACT-1", &holder()).await.unwrap_err();
        assert!(matches!(lost, RegistrarError::SessionLost { .. }), "{fault:?}: {lost}");
        assert_eq!(registrar.info(NAME, None).await.unwrap(), None);
        registry.set_fault(Some(fault));
        assert_eq!(registrar.info(NAME, None).await.unwrap(), None, "{fault:?}: what changes nothing is asked again");
    }
    registry.set_fault(Some(Fault::CommandFailed));
    let failed = registrar.save_contact("MP-CONTACT-1", &holder()).await.unwrap_err();
    assert!(matches!(failed, RegistrarError::Temporary { .. }), "{failed}");
}

#[tokio::test]
async fn a_registry_with_another_certificate_or_another_password_is_not_used() {
    let (registry, _) = both().await;
    let other = Registry::start(start()).await.unwrap();
    let stranger = EppRegistrar::new(EppConfig { root: Some(other.root().to_owned()), ..config(&registry) }).unwrap();
    assert!(matches!(stranger.info(NAME, None).await, Err(RegistrarError::Temporary { .. })));
    assert!(registry.objects().received.is_empty(), "no password was sent");
    let wrong = EppRegistrar::new(EppConfig { password: "wrong".to_owned(), ..config(&registry) }).unwrap();
    let refused = wrong.info(NAME, None).await.unwrap_err();
    assert!(refused.is_temporary(), "what is wrong with our account says nothing about a domain: {refused}");
}

#[tokio::test]
async fn what_is_wrong_with_our_own_account_is_no_refusal_of_a_domain() {
    for code in [2104, 2200, 2400, 2500, 2501, 2502] {
        assert!(RegistrarError::of_result(code, String::new(), NAME).is_temporary(), "{code}");
    }
    for code in [2005, 2105, 2201, 2202, 2302, 2304, 2306] {
        assert!(!RegistrarError::of_result(code, String::new(), NAME).is_temporary(), "{code}");
    }
}

#[tokio::test]
async fn a_domain_is_ours_by_the_registrys_name_for_us_however_it_is_written() {
    let (registry, registrar) = both().await;
    registered(&registrar).await;
    let named = |id: &str| EppRegistrar::new(EppConfig { registrar_id: id.to_owned(), ..config(&registry) }).unwrap();
    assert!(named(&registry::USER.to_uppercase()).info(NAME, None).await.unwrap().unwrap().is_ours);
    assert!(!named("another").info(NAME, None).await.unwrap().unwrap().is_ours);
}

#[tokio::test]
async fn nobody_waits_for_all_those_who_were_before_them() {
    let (registry, _) = both().await;
    let registrar = impatient(&registry);
    registry.set_fault(Some(Fault::Silent));
    let names = [NAME, "a.test", "b.test", "c.test", "d.test"];
    let all = futures::future::join_all(names.map(|name| registrar.info(name, None))).await;
    assert!(all.iter().all(|one| one.as_ref().is_err_and(RegistrarError::is_temporary)));
    assert!(all.iter().any(|one| one.as_ref().is_err_and(|error| error.to_string().contains("too many requests"))));
}

/// Collects what is logged.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn passwords_and_codes_are_in_no_log_and_in_no_error() {
    let (registry, registrar) = both().await;
    let lines = Lines::default();
    let writer = lines.clone();
    let log = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone()).finish();
    let code = AuthCode::new("Secret-code-1");
    let work = async {
        tracing::info!("the log is heard");
        registered(&registrar).await;
        registrar.update(NAME, &DomainChange { code: Some(code.clone()), ..DomainChange::default() }).await.unwrap();
        registry.objects().add_foreign("a.test", "other-code", start() + TimeDelta::days(9));
        registry.set_fault(Some(Fault::BadXml));
        let lost = registrar.request_transfer("a.test", &code, 1).await.unwrap_err();
        let refused = registrar.request_transfer("a.test", &code, 1).await.unwrap_err();
        format!("{lost} {lost:?} {refused} {refused:?} {code:?}")
    };
    let errors = work.with_subscriber(log).await;
    let logged = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(logged.contains("the log is heard"));
    for secret in [registry::PASSWORD, "Secret-code-1", order().code.expose()] {
        assert!(!logged.contains(secret) && !errors.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn a_frame_that_is_none_ends_the_connection_and_what_is_no_epp_is_refused() {
    use instant_epp::{EppClient, connection::Connector};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let (registry, _) = both().await;
    let tls = super::epp::connector(&config(&registry)).unwrap();
    let mut client = EppClient::new(tls.clone(), "test".to_owned(), Duration::from_secs(20)).await.unwrap();
    let signed_out = "<epp xmlns=\"urn:ietf:params:xml:ns:epp-1.0\"><command><poll op=\"req\"/></command></epp>";
    for (sent, code) in [("<no/>", "2001"), ("no xml", "2001"), (signed_out, "2002")] {
        assert!(client.transact_xml(sent).await.unwrap().contains(code), "{sent}");
    }
    for length in [0_u32, 4, 1 << 20] {
        let mut stream = tls.connect(Duration::from_secs(20)).await.unwrap();
        let greeting = stream.read_u32().await.unwrap();
        stream.read_exact(&mut vec![0; usize::try_from(greeting).unwrap() - 4]).await.unwrap();
        stream.write_u32(length).await.unwrap();
        stream.flush().await.unwrap();
        assert!(stream.read_u32().await.is_err(), "{length} bytes are no frame");
    }
}

#[tokio::test]
async fn the_registry_inside_the_process_does_as_the_one_over_epp() {
    let fake = FakeRegistrar::new(Arc::new(start));
    let unhosted = NewDomain { name_servers: Vec::new(), ..order() };
    fake.set_fault(Some(FakeFault::AnswerLost));
    assert!(fake.register(&unhosted).await.unwrap().is_ours);
    fake.register(&unhosted).await.unwrap();
    assert_eq!(fake.changes(), [format!("create {NAME}")]);
    let before = fake.info(NAME, None).await.unwrap().unwrap().expires_at.unwrap();
    fake.set_fault(Some(FakeFault::AnswerLost));
    let after = fake.extend(NAME, before, 1).await.unwrap();
    assert_eq!((fake.extend(NAME, before, 1).await.unwrap(), Some(after)), (after, before.checked_add_months(chrono::Months::new(12))));
    fake.set_fault(Some(FakeFault::Refuses("no".to_owned())));
    assert!(matches!(fake.cancel_transfer(NAME).await, Err(RegistrarError::Refused { .. })));
    fake.set_fault(Some(FakeFault::Down));
    assert!(fake.check(&[NAME.to_owned()]).await.unwrap_err().is_temporary());
}
