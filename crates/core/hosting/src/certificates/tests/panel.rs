//! The panel's own certificate, where it serves HTTPS itself.

use super::world::World;
use crate::{
    certificates::{self, PanelName, ShownPanelCertificate},
    testing::Pebble,
};
use adapters::{
    acme::{Authorities, CertificateAuthority, FakeAuthority, Mood, Now, read_chain},
    visitor::{HttpAnswer, HttpsAnswer, VisitError, Visitor},
};
use async_trait::async_trait;
use chrono::TimeDelta;
use engine::{Services, reconcile::run_due};
use model::{
    hosting::certificates::{CertificateStatus, PlatformCertificateKind as Kind, PlatformCertificateRow},
    permission::SslRead,
};
use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, Ordering},
};

const PANEL: &str = "panel.example";

async fn answer(panel: &Services, token: &str) -> Option<String> {
    let answers = certificates::challenge_answers(panel).await.unwrap();
    answers.into_iter().find(|(known, _)| known == token).map(|(_, answer)| answer)
}

/// Reaches the panel as its processes answer: from what is in the database.
#[derive(Default)]
struct PanelVisitor {
    panel: OnceLock<Services>,
    is_blocked: AtomicBool,
}

#[async_trait]
impl Visitor for PanelVisitor {
    async fn http(&self, name: &str, path: &str) -> Result<HttpAnswer, VisitError> {
        let panel = self.panel.get().filter(|_| name == PANEL).ok_or_else(|| VisitError::NoAddress(name.to_owned()))?;
        let token = path.strip_prefix("/.well-known/acme-challenge/").unwrap_or_default();
        let answer = answer(panel, token).await;
        Ok(HttpAnswer { status: if answer.is_some() { 200 } else { 404 }, location: None, body: answer.unwrap_or_default() })
    }

    async fn https(&self, name: &str) -> Result<HttpsAnswer, VisitError> {
        let panel = self.panel.get().filter(|_| name == PANEL && !self.is_blocked.load(Ordering::Relaxed));
        let panel = panel.ok_or_else(|| VisitError::NoConnection(name.to_owned()))?;
        let shown = certificates::panel_certificate(panel).await.unwrap().ok_or_else(|| VisitError::Untrusted(name.to_owned()))?;
        Ok(HttpsAnswer { fingerprint: shown.fingerprint, status: 200, hsts: None })
    }

    async fn https_at(&self, name: &str, _: &str) -> Result<HttpsAnswer, VisitError> {
        self.https(name).await
    }

    fn trusts(&self, _: &str, _: &str) -> bool {
        true
    }
}

struct Panel {
    world: World,
    ca: Arc<FakeAuthority>,
    visitor: Arc<PanelVisitor>,
}

impl Panel {
    async fn new() -> Self {
        let mut world = World::new().await;
        let clock = Arc::clone(&world.bench.services.clock);
        let now: Now = Arc::new(move || engine::clock::Clock::now(&*clock));
        let visitor = Arc::new(PanelVisitor::default());
        let ca = Arc::new(FakeAuthority::new("https://ca.test/dir", Arc::clone(&visitor) as Arc<dyn Visitor>, now).unwrap());
        let services = &mut world.bench.services.services;
        *services = services
            .clone()
            .with(Arc::new(PanelName(PANEL.to_owned())))
            .with(Arc::new(Authorities::new(Arc::clone(&ca) as Arc<dyn CertificateAuthority>, [])))
            .with::<dyn Visitor>(Arc::clone(&visitor) as Arc<dyn Visitor>);
        assert!(visitor.panel.set(services.clone()).is_ok());
        Self { world, ca, visitor }
    }

    fn services(&self) -> &Services {
        &self.world.bench.services.services
    }

    async fn pass(&self, time: TimeDelta) {
        self.world.pass(time);
        run_due(self.services()).await.unwrap();
    }

    async fn shown(&self) -> Option<ShownPanelCertificate> {
        certificates::panel_certificate(self.services()).await.unwrap()
    }

    async fn row(&self) -> PlatformCertificateRow {
        let tx = self.services().db.platform::<SslRead>(&self.world.bench.admin).await.unwrap();
        let rows = certificates::list_platform(self.services(), tx).await.unwrap();
        rows.into_iter().find(|row| row.kind == Kind::Panel).unwrap()
    }
}

#[tokio::test]
async fn the_panel_gets_a_certificate_by_itself_and_counts_as_reached_once_it_was_seen_from_outside() {
    let panel = Panel::new().await;
    panel.visitor.is_blocked.store(true, Ordering::Relaxed);
    assert!(panel.shown().await.is_none());
    panel.pass(TimeDelta::zero()).await;
    let shown = panel.shown().await.unwrap();
    let issued = read_chain(&shown.chain).unwrap();
    assert_eq!((issued.names.as_slice(), shown.is_verified), ([PANEL.to_owned()].as_slice(), false));
    let left: i64 =
        sqlx::query_scalar("select count(*) from panel_challenges").fetch_one(&mut panel.world.bench.services.db.owner().await).await.unwrap();
    assert_eq!(left, 0, "no answer is left");
    panel.pass(TimeDelta::minutes(2)).await;
    assert!(!panel.shown().await.unwrap().is_verified, "nobody reaches it yet");

    panel.visitor.is_blocked.store(false, Ordering::Relaxed);
    panel.pass(TimeDelta::minutes(2)).await;
    assert!(panel.shown().await.unwrap().is_verified);
    assert_eq!(panel.row().await.state.status, CertificateStatus::Active);
    assert_eq!(panel.ca.placed(), 1);
}

#[tokio::test]
async fn the_panels_certificate_is_renewed_in_time_or_when_its_ca_wants_it_and_stays_verified() {
    let panel = Panel::new().await;
    panel.pass(TimeDelta::zero()).await;
    panel.pass(TimeDelta::minutes(2)).await;
    let first = panel.shown().await.unwrap();
    panel.pass(TimeDelta::days(55)).await;
    let second = panel.shown().await.unwrap();
    assert!(second.fingerprint != first.fingerprint && second.key != first.key && second.is_verified);
    let now = engine::clock::Clock::now(&*panel.world.bench.services.clock);
    panel.ca.set_window(Some(adapters::acme::RenewalWindow { start: now, end: now + TimeDelta::minutes(1) }));
    panel.pass(TimeDelta::hours(7)).await;
    assert_ne!(panel.shown().await.unwrap().fingerprint, second.fingerprint, "earlier, as its CA wants it");
    assert!(panel.ca.was_told_of_a_replacement());
}

#[tokio::test]
async fn a_renewal_of_the_panels_certificate_that_fails_keeps_what_works_and_staff_are_told_at_14_7_3_and_1_days() {
    let panel = Panel::new().await;
    panel.pass(TimeDelta::zero()).await;
    panel.pass(TimeDelta::minutes(2)).await;
    let before = panel.shown().await.unwrap();
    panel.ca.set_mood(Mood::Blocked(PANEL.to_owned()));
    panel.pass(TimeDelta::days(60)).await;
    let row = panel.row().await;
    assert_eq!((row.state.status, row.state.failures), (CertificateStatus::Failing, 1));
    assert!(row.state.failure.unwrap().contains("timeout during connect"));
    let mut told = Vec::new();
    for _ in 60..90 {
        panel.pass(TimeDelta::days(1)).await;
        told.push(panel.world.mails().await.len());
    }
    told.dedup();
    assert_eq!(told, [0, 1, 2, 3, 4]);
    assert!(panel.shown().await.unwrap() == before, "it is shown until another one is there");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ca_that_validates_for_real_finds_the_panels_answer() {
    let mut panel = Panel::new().await;
    let services = panel.services().clone();
    // What any process of the panel answers on its port for HTTP.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
        while let Ok((stream, _)) = listener.accept().await {
            let services = services.clone();
            tokio::spawn(async move {
                let mut stream = BufReader::new(stream);
                let mut line = String::new();
                stream.read_line(&mut line).await.unwrap();
                let token = line.split(' ').nth(1).and_then(|path| path.strip_prefix("/.well-known/acme-challenge/")).unwrap_or_default();
                let answer = answer(&services, token).await.unwrap_or_default();
                let length = answer.len();
                let _ =
                    stream.write_all(format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{answer}").as_bytes()).await;
            });
        }
    });
    let pebble = Pebble::reaching(port).await;
    let services = &mut panel.world.bench.services.services;
    *services = services.clone().with(Arc::new(Authorities::new(Arc::new(pebble.authority()), [])));
    // What it issues is valid from the present on, and the clock of this test has stood still.
    panel.pass(TimeDelta::hours(1)).await;
    let row = panel.row().await;
    assert_eq!(row.state.failure, None);
    assert!(row.state.issuer.unwrap().starts_with("Pebble"));
    assert_eq!(row.state.covers, [PANEL]);
}
