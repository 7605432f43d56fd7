//! What tests of every module need: a real database, a clock that is moved by hand, simulated servers, the sandbox.

use crate::{Modules, Services, clock::ManualClock, secrets::MasterKey, settings::Settings};
use adapters::{
    dns::{AuthoritativeDns, Dns, SimulatedDns, UdpAuthoritativeDns},
    node::{NodeClient, simulated::SimulatedNodeClient},
    payments::{Payments, sandbox::Sandbox},
    vies::{SimulatedVies, Vies},
};
use chrono::{Duration, SubsecRound, Utc};
use db::{Db, testing::TestDb};
use model::billing::invoices::{BankDetails, Party};
use std::sync::Arc;

/// Signs the sandbox's webhooks in tests.
pub const WEBHOOK_SECRET: &[u8] = b"webhook secret of the tests";

/// Bytes of the installation's key.
pub const MASTER_KEY: [u8; 32] = [9; 32];

/// mPanel's parts around a database of one test.
pub struct TestServices {
    /// The parts. Change a field before use where a test needs another one.
    pub services: Services,
    /// The clock in them; stands at the moment of the test's start.
    pub clock: Arc<ManualClock>,
    /// The simulated servers in them.
    pub servers: Arc<SimulatedNodeClient>,
    /// The database.
    pub db: TestDb,
}

impl TestServices {
    /// Builds them. Seller in Germany; no mail server; the webhook's address answers nobody.
    #[expect(clippy::disallowed_methods, reason = "the clock of a test begins at the present")]
    pub async fn new() -> Self {
        let db = TestDb::new().await;
        let clock = Arc::new(ManualClock::at(Utc::now().trunc_subsecs(3)));
        let servers = Arc::new(SimulatedNodeClient::for_tests().expect("loopback gives a port"));
        let services = services_around(db.db.clone(), clock.clone(), servers.clone())
            .with::<dyn AuthoritativeDns>(Arc::new(UdpAuthoritativeDns::new(Some(servers.clone()))));
        Self { services, clock, servers, db }
    }
}

/// The same parts around another database, for a worker in a process of its own.
pub fn services_around(db: Db, clock: Arc<ManualClock>, nodes: Arc<dyn NodeClient>) -> Services {
    let _ = rustls::crypto::ring::default_provider().install_default(); // another test may have been first
    // As the server's: who asks follows a redirect by himself, or not.
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let sandbox = Sandbox::new(http.clone(), "http://panel.example", "http://127.0.0.1:1/", WEBHOOK_SECRET.to_vec());
    Services::new(db, clock, Arc::new(settings()), MasterKey::new(MASTER_KEY), http)
        .with(Arc::new(Modules::default()))
        .with::<dyn NodeClient>(nodes)
        .with::<dyn Payments>(Arc::new(sandbox))
        .with::<dyn Vies>(Arc::new(SimulatedVies::default()))
        .with::<dyn Dns>(Arc::new(SimulatedDns::default()))
}

/// The settings in them.
pub fn settings() -> Settings {
    Settings {
        audit_anchor_url: None,
        public_url: "http://panel.example".to_owned(),
        seller: Party {
            name: "Hosting Example GmbH".to_owned(),
            address: "Musterstr. 1\n12345 Musterstadt".to_owned(),
            country: "DE".to_owned(),
            email: "billing@hosting.example".to_owned(),
            tax_number: "DE123456788".to_owned(),
            bank: Some(BankDetails {
                holder: "Hosting Example GmbH".to_owned(),
                iban: "DE89370400440532013000".to_owned(),
                bic: "COBADEFFXXX".to_owned(),
            }),
        },
        tax_rate_bp: None,
        eu_consumers_at_own_rate: false,
        base_domain: "sites.example".to_owned(),
        site_port: None,
        drift_policy: model::hosting::cloudpods::DriftPolicy::Alert,
        grace: Duration::days(7),
        lost_dispute: model::billing::payments::LostDispute::WriteOff,
        checkout_lifetime: Duration::hours(1),
        checkouts_per_hour: 1000,
        session_idle: Duration::hours(12),
        session_absolute: Duration::days(30),
        step_up: Duration::minutes(10),
        mail_from: "Hosting Example <noreply@hosting.example>".to_owned(),
        simulated: false,
    }
}
