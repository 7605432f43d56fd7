//! A shop with Stripe's stand-in, and a clock. What happens beside the customers: messages are delivered well or badly, the provider is away, workers
//! are killed.

use super::{catalogue, random::Random};
use crate::{
    checkout::{self, tests::Shop},
    mismatches,
    subscriptions::tests::damage::quiet,
};
use adapters::payments::{Payments, stripe::Stripe};
use core_administration::servers;
use core_hosting::testing::Bench;
use db::{Caller, testing::killed_after};
use engine::{
    Modules, Services,
    reconcile::{run_due, run_known},
    saga::{self, contract::worker},
    testing::WEBHOOK_SECRET,
};
use futures::future::join_all;
use model::{Time, ids::JobId, page::PageRequest};
use sqlx::PgConnection;
use std::{sync::Arc, time::Duration};
use stripe_simulator::{Card, Delivery, Faults, Simulator, SimulatorConfig};
use tokio_util::sync::CancellationToken;

const KEY: &str = "sk_test_simulated";

/// Jobs that are worked on at a time.
const JOBS: usize = 16;

/// Messages that the panel is sent at a time.
const MESSAGES: usize = 4;

/// Workers that reconcile at a time.
const WORKERS: usize = 2;

/// How long nothing looks at an object that nobody asks for. Everything that a subscription needs has to be asked for when it is due.
const CALM: Duration = Duration::from_secs(45 * 86_400);

pub(super) struct World {
    pub shop: Shop,
    pub simulator: Simulator,
    pub staff: Caller,
    pub random: Random,
    /// Of what was added to the year later: what was chosen before stays as it was.
    pub rare: Random,
    seed: u64,
    /// Past every rule, for looking from outside.
    pub owner: PgConnection,
    http: reqwest::Client,
    jobs: saga::WorkerContext,
    is_down: bool,
    /// What has happened, for the line at the end.
    pub counts: Counts,
}

#[derive(Debug, Default)]
pub(super) struct Counts {
    pub runs: usize,
    pub jobs: usize,
    pub messages: usize,
    pub kills: usize,
    pub days_down: usize,
    pub messages_lost: usize,
}

impl World {
    pub async fn open(seed: u64, day: &str) -> Self {
        let mut shop = Shop::open().await;
        let clock = shop.t.services.clock.clone();
        let config = SimulatorConfig {
            key: KEY.to_owned(),
            webhook_secret: WEBHOOK_SECRET.to_vec(),
            webhook_url: None,
            clock: Arc::new(move || clock.now().timestamp()),
            suffix: String::new(),
        };
        let simulator = Simulator::start("127.0.0.1:0".parse().unwrap(), config).await.unwrap();
        let stripe = Stripe::new(reqwest::Client::new(), simulator.url(), KEY, WEBHOOK_SECRET.to_vec());
        let mut modules = Modules::default().with(core_hosting::register).with(crate::register);
        modules.reconcilers = modules.reconcilers.with_pauses(pause);
        shop.change(|settings| settings.checkouts_per_hour = u32::MAX.into());
        shop.t.services = shop.t.services.clone().with::<dyn Payments>(Arc::new(stripe)).with(Arc::new(modules));
        servers::ensure_simulated(&shop.t.services).await.unwrap();
        let mut owner = shop.t.db.owner().await;
        sqlx::query("update servers set site_address = $1, cpu_millis = 2000000000, memory_mb = 2000000000, disk_mb = 2000000000, max_pods = 100000")
            .bind(shop.t.servers.sites().to_string())
            .execute(&mut owner)
            .await
            .unwrap();
        for statement in PERIODS {
            sqlx::query(statement).execute(&mut owner).await.unwrap();
        }
        let staff = shop.t.db.user("admin@hosting.example", Some("SUPER_ADMIN")).await;
        let day: Time = day.parse().unwrap();
        shop.t.clock.advance(day - shop.t.services.now());
        catalogue::load(&shop.t.services, &staff).await;
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let jobs = worker(&shop.t, Bench::registry());
        Self {
            shop,
            simulator,
            staff,
            random: Random::new(seed, 0),
            rare: Random::new(seed, u64::MAX),
            seed,
            owner,
            http,
            jobs,
            is_down: false,
            counts: Counts::default(),
        }
    }

    pub fn services(&self) -> &Services {
        &self.shop.t.services
    }

    pub fn now(&self) -> Time {
        self.services().now()
    }

    /// The customer pays on the provider's page, and confirms it with the bank where the bank asks. Whether the card was taken.
    pub async fn pay(&self, url: &str, card: Card) -> bool {
        let answer = self.http.post(url).form(&[("card", card.number())]).send().await.unwrap();
        if !answer.status().is_redirection() {
            return false;
        }
        let next = answer.headers()["location"].to_str().unwrap().to_owned();
        if next.contains("/3ds/") {
            self.answer_bank(&next, true).await;
        }
        true
    }

    pub async fn answer_bank(&self, url: &str, is_confirmed: bool) {
        let answer = if is_confirmed { "yes" } else { "no" };
        self.http.post(url).form(&[("answer", answer)]).send().await.unwrap();
    }

    /// What goes wrong today.
    pub fn choose_faults(&mut self) {
        let delivery = match self.random.below(100) {
            0..70 => Delivery::Plain,
            70..80 => Delivery::Doubled,
            80..90 => Delivery::Reordered,
            _ => Delivery::Lost,
        };
        self.is_down = self.random.permille(15);
        let lost_answers = if self.random.permille(60) { 1 + usize::try_from(self.random.below(2)).unwrap() } else { 0 };
        self.counts.days_down += usize::from(self.is_down);
        self.counts.messages_lost += usize::from(delivery == Delivery::Lost);
        let delay = if self.rare.permille(50) { Duration::from_millis(5) } else { Duration::ZERO };
        self.simulator.set_faults(Faults { is_down: self.is_down, lost_answers, delivery, delay });
    }

    /// Nothing goes wrong from now on.
    pub fn calm_down(&mut self) {
        self.is_down = false;
        self.simulator.set_faults(Faults::default());
    }

    /// Lets everything happen that is due now.
    pub async fn settle(&mut self, kills: bool) {
        sqlx::query("update servers set last_seen_at = $1").bind(self.now()).execute(&mut self.owner).await.unwrap();
        while kills && self.random.permille(400) {
            let polls = self.random.below(150);
            let services = self.services().clone();
            if !killed_after(polls, run_known(&services)).await {
                self.counts.kills += 1;
            }
            // What it has sent last is carried out, and its leases run out.
            quiet(&mut self.owner).await;
            sqlx::query("update reconciliations set lease_until = now() where worker is not null").execute(&mut self.owner).await.unwrap();
        }
        for _ in 0..60 {
            if self.deliver().await == 0 && self.is_idle().await {
                return;
            }
            self.reconcile().await;
            self.work().await;
        }
        panic!("it does not come to rest");
    }

    /// Lists what every reconciler is responsible for, as a worker does every five minutes.
    pub async fn resync(&mut self) {
        self.counts.runs += run_due(self.services()).await.unwrap();
    }

    /// Two workers at a time.
    async fn reconcile(&mut self) -> usize {
        let workers = [(); WORKERS].map(|()| {
            let services = self.services().clone();
            tokio::spawn(async move { run_known(&services).await.unwrap() })
        });
        let runs = join_all(workers).await.into_iter().map(Result::unwrap).sum();
        self.counts.runs += runs;
        runs
    }

    /// Whether there is anything for a worker to do. None runs at this moment: what is held is a dead one's, and its lease runs out.
    async fn is_idle(&mut self) -> bool {
        sqlx::query("update reconciliations set lease_until = now() where worker is not null").execute(&mut self.owner).await.unwrap();
        let is_due = "select exists (select from reconciliations where name = any($2)
                               and ((worker is null and due_at <= $1) or (worker is not null and lease_until <= now())))
                          or exists (select from jobs where status in ('queued', 'running', 'unwinding') and run_after <= $1)";
        let names = self.services().part::<Modules>().reconcilers.names();
        !sqlx::query_scalar::<_, bool>(is_due).bind(self.now()).bind(names).fetch_one(&mut self.owner).await.unwrap()
    }

    /// What the provider has sent, several messages at a time. Some are stored by a panel that dies before it acts on them.
    async fn deliver(&mut self) -> usize {
        let mut sent = self.simulator.take_events();
        sent.retain(|(_, body)| is_registered(body));
        for some in sent.chunks(MESSAGES) {
            let panels: Vec<_> = some
                .iter()
                .cloned()
                .map(|(signature, body)| {
                    let (services, is_left) = (self.services().clone(), is_left(self.seed, &body));
                    tokio::spawn(async move {
                        let received = checkout::receive(&services, body.as_bytes(), Some(&signature)).await.unwrap();
                        if received.fresh && !is_left {
                            // What fails here stays in the inbox.
                            let _ = checkout::process(&services, &received.event_id).await;
                        }
                    })
                })
                .collect();
            for panel in join_all(panels).await {
                panel.unwrap();
            }
        }
        self.counts.messages += sent.len();
        sent.len()
    }

    async fn work(&mut self) -> usize {
        let due: Vec<JobId> =
            sqlx::query_scalar("select id from jobs where status in ('queued', 'running', 'unwinding') and run_after <= $1 order by id")
                .bind(self.now())
                .fetch_all(&mut self.owner)
                .await
                .unwrap();
        let stop = CancellationToken::new();
        for some in due.chunks(JOBS) {
            for outcome in join_all(some.iter().map(|job| saga::run_job(&self.jobs, *job, &stop))).await {
                outcome.unwrap();
            }
        }
        self.counts.jobs += due.len();
        due.len()
    }

    /// Compares billing with CloudPods until what is found would be shown.
    pub async fn compare(&mut self) {
        for _ in 0..3 {
            self.shop.t.clock.advance(chrono::Duration::seconds(66));
            sqlx::query("update reconciliations set due_at = $1 where name = 'mismatches'").bind(self.now()).execute(&mut self.owner).await.unwrap();
            self.settle(false).await;
        }
    }

    /// Mismatches that are shown.
    pub async fn mismatches(&self) -> Vec<String> {
        let mut tx = self.services().db.system("test").await.unwrap();
        let rows = mismatches::list(self.services(), &mut tx, &PageRequest::default()).await.unwrap().rows;
        rows.into_iter().map(|row| format!("{} {}: {}", row.kind.title(), row.subject, row.message)).collect()
    }

    pub async fn number(&mut self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).bind(self.now()).fetch_one(&mut self.owner).await.unwrap()
    }
}

/// Whether the panel dies between storing this message and acting on it: as its name says, whatever order messages come in.
fn is_left(seed: u64, body: &str) -> bool {
    let message: serde_json::Value = serde_json::from_str(body).unwrap();
    let name = message["id"].as_str().unwrap_or_default();
    let stream = name.bytes().fold(0_u64, |sum, byte| sum.wrapping_mul(0x0000_0100_0000_01B3) ^ u64::from(byte));
    Random::new(seed, stream).permille(50)
}

/// Whether the webhook's endpoint is for this message: it was created with the events that docs/configuration.md lists.
fn is_registered(body: &str) -> bool {
    let message: serde_json::Value = serde_json::from_str(body).unwrap();
    let kind = message["type"].as_str().unwrap_or_default();
    let of_intents = ["succeeded", "processing", "requires_action", "payment_failed", "canceled"];
    kind.strip_prefix("payment_intent.").is_some_and(|kind| of_intents.contains(&kind))
        || ["checkout.session.", "charge.dispute."].iter().any(|of| kind.starts_with(of))
        || ["refund.updated", "refund.failed"].contains(&kind)
}

/// Objects are looked at when it is asked for. What belongs to the whole installation runs at each look; PDF files are made elsewhere.
fn pause(name: &str, usual: Duration) -> Option<Duration> {
    match name {
        "invoice_document" | "agent_rollout" | "server" | "cloudpod_watch" => None,
        "mismatches" => Some(Duration::from_secs(7 * 86_400)),
        "payment_event_poll" | "revenue_snapshot" => Some(usual),
        // A message that this panel has stored and not acted on, a charge that waits, a refund: looked at again as often as usual.
        "payment_event" | "payment_waiting" | "refund" | "payment_card" => Some(usual),
        _ => Some(usual.max(CALM)),
    }
}

/// Every period that a plan is ever in, noted from outside.
const PERIODS: [&str; 3] = [
    "create table proof_periods (seq bigint generated always as identity, subscription_id uuid, status text, anchor timestamptz, period integer,
                                 starts timestamptz, ends timestamptz, cycle text)",
    "create function proof_period() returns trigger language plpgsql security definer set search_path = public as $$ begin
       insert into proof_periods (subscription_id, status, anchor, period, starts, ends, cycle)
       values (new.id, case when tg_op = 'UPDATE' then old.status end, new.anchor, new.period, new.period_start, new.renews_at, new.billing_cycle);
       return null;
     end $$",
    "create trigger proof_period after insert or update of period_start, renews_at, anchor, period on subscriptions
       for each row when (new.parent_id is null) execute function proof_period()",
];
