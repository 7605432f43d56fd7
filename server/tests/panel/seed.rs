//! A panel that has been used: an admin, two customers with a pod each. Made once, over HTTP, and copied.

use crate::{
    client::Visitor,
    panel::{Installation, Process, eventually},
};
use db::testing::TestDb;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::{
    fs,
    sync::atomic::{AtomicU32, Ordering},
};
use tokio::sync::OnceCell;

/// The password of everybody here.
pub const PASSWORD: &str = "correct horse battery";

static SEED: OnceCell<Seed> = OnceCell::const_new();
static NEXT: AtomicU32 = AtomicU32::new(1);

/// What was made.
pub struct Seed {
    installation: Installation,
    owner_url: String,
    database: String,
    /// Cookie of the admin.
    pub admin: String,
    /// The server.
    pub server: String,
    /// A mail in the outbox.
    pub mail: String,
    /// A coupon.
    pub coupon: String,
    /// A message of the payment provider.
    pub payment_event: String,
    /// An entry of a bank statement.
    pub bank_entry: String,
    /// A mismatch between billing and infrastructure.
    pub mismatch: String,
    /// A customer.
    pub anna: Customer,
    /// Another one.
    pub bert: Customer,
}

/// A customer with what it has bought.
pub struct Customer {
    /// Where mail goes.
    pub email: String,
    /// Cookie of its owner.
    pub cookie: String,
    /// Stands in the portal's addresses.
    pub slug: String,
    /// The one who owns the account.
    pub user: String,
    /// The session of the cookie.
    pub session: String,
    /// The account.
    pub tenant: String,
    /// An invitation to it, open.
    pub invitation: String,
    /// The checkout in which everything was bought.
    pub checkout: String,
    /// Its buyer's token.
    pub checkout_token: String,
    /// What it pays for.
    pub subscription: String,
    /// Its saved card.
    pub card: String,
    /// A page on which it could pay an invoice.
    pub payment_session: String,
    /// What is known of its site's certificate.
    pub certificate: String,
    /// The site of its pod.
    pub website: String,
    /// A deploy of it.
    pub deploy: String,
    /// Its pod.
    pub pod: String,
    /// Name of the pod.
    pub pod_name: String,
    /// A domain that it has connected and proved, with a zone.
    pub domain: String,
    /// The offer of another account's domain to it.
    pub offer: String,
    /// A domain that it had registered here.
    pub registration: String,
    /// The job that has made the pod.
    pub job: String,
    /// The invoice.
    pub invoice: String,
}

/// A running copy.
pub struct Used {
    /// Its folder and settings.
    pub installation: Installation,
    /// `mpanel serve`.
    pub process: Process,
    /// What is in it.
    pub seed: &'static Seed,
    owner_url: String,
}

/// An order that was paid.
pub struct Order {
    /// The checkout.
    pub id: String,
    /// The buyer's token.
    pub token: String,
    /// The job that makes the pod.
    pub job: String,
}

/// A running copy; `more` are words behind `mpanel serve`.
pub async fn used(more: &[&str]) -> Used {
    used_with(more, |_| {}).await
}

/// The same with other settings.
pub async fn used_with(more: &[&str], change: impl FnOnce(&mut Installation)) -> Used {
    let seed = SEED.get_or_init(Seed::make).await;
    let (mut installation, owner_url) = seed.copy().await;
    change(&mut installation);
    let process = installation.serve(more).await;
    Used { installation, process, seed, owner_url }
}

impl Used {
    /// A stranger.
    pub fn stranger(&self) -> Visitor {
        Visitor::new(self.installation.port)
    }

    /// The admin.
    pub fn admin(&self) -> Visitor {
        self.stranger().with(&self.seed.admin)
    }

    /// The owner of the first customer account.
    pub fn anna(&self) -> Visitor {
        self.stranger().with(&self.seed.anna.cookie)
    }

    /// The owner of the second one.
    pub fn bert(&self) -> Visitor {
        self.stranger().with(&self.seed.bert.cookie)
    }

    /// PostgreSQL, past every rule.
    pub async fn owner(&self) -> PgConnection {
        PgConnection::connect(&self.owner_url).await.expect("the owner connects")
    }

    /// Changes a stored row behind the panel's back.
    pub async fn sql(&self, statement: &'static str) -> u64 {
        sqlx::query(statement).execute(&mut self.owner().await).await.expect("the owner can").rows_affected()
    }

    /// Everything that is stored, in a few words: two are equal when nothing has changed. When somebody was seen last does not count.
    pub async fn everything(&self) -> Vec<(String, String)> {
        let mut owner = self.owner().await;
        let tables: Vec<String> = sqlx::query_scalar(
            "select table_name::text from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE' order by 1",
        )
        .fetch_all(&mut owner)
        .await
        .expect("tables");
        assert!(tables.len() > 20, "{tables:?}");
        let mut all = Vec::new();
        for table in tables {
            let sql = format!(
                "select coalesce(md5(string_agg(row, '|' order by row)), '') from (select (to_jsonb(t) - 'last_seen_at')::text as row from {table} t) rows"
            );
            let sum: String = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut owner).await.expect("a sum");
            all.push((table, sum));
        }
        all
    }
}

/// A panel of its own that works, with one plan to sell; with a stranger and its admin.
pub async fn selling(installation: &Installation, more: &[&str]) -> (Process, Visitor, Visitor) {
    let panel = installation.serve(more).await;
    let stranger = Visitor::new(installation.port);
    let admin = stranger.with(&set_up(&stranger, &panel.log()).await);
    admin.must("/api/admin/billing/products/create", json!({ "input": plan("static", "STATIC") })).await;
    (panel, stranger, admin)
}

/// What somebody orders. The site is named after its buyer: no customer's names are the beginning of another's.
pub fn order(plan: &str, email: &str) -> Value {
    let (buyer, _) = email.split_once('@').expect("an address");
    json!({ "planCode": plan, "billingCycle": "MONTHLY", "email": email, "country": "NL", "siteTitle": format!("The garden of {buyer}") })
}

/// Buys a plan and pays.
pub async fn buy(visitor: &Visitor, plan: &str, email: &str) -> Order {
    let session = visitor.must("/api/public/checkout/session", order(plan, email)).await;
    let id = text(&session["checkoutSessionId"]);
    let token = after(&text(&session["paymentUrl"]), "token=");
    visitor.must("/api/public/checkout/sandbox_decide", json!({ "id": id, "token": token, "choice": "approve" })).await;
    // The message is stored at once and acted on a moment later.
    let job = eventually("the order is carried out", async || {
        let view = result(visitor, &id, &token).await;
        view["job"]["view"]["job"]["id"].as_str().map(str::to_owned)
    });
    Order { job: job.await, id, token }
}

/// The result page's data.
pub async fn result(visitor: &Visitor, id: &str, token: &str) -> Value {
    visitor.must("/api/public/checkout/result", json!({ "id": id, "token": token })).await
}

/// Waits until the order's job has ended, well.
pub async fn made(visitor: &Visitor, order: &Order) -> Value {
    eventually("the job ends", async || {
        let view = result(visitor, &order.id, &order.token).await;
        let status = text(&view["job"]["view"]["job"]["status"]);
        assert!(["queued", "running", "done"].contains(&status.as_str()), "{view:#}");
        (status == "done").then_some(view)
    })
    .await
}

/// The token of the newest link to `path` that was mailed to this address.
pub async fn mailed_token(admin: &Visitor, email: &str, path: &str) -> String {
    let mails = admin.must("/api/admin/outbox/list", json!({ "request": {} })).await;
    for mail in mails["rows"].as_array().expect("rows").iter().filter(|mail| mail["recipient"] == email) {
        let whole = admin.must("/api/admin/outbox/get", json!({ "id": mail["id"] })).await;
        if text(&whole["text"]).contains(path) {
            return after(&text(&whole["text"]), &format!("{path}?token="));
        }
    }
    panic!("no mail to {email} leads to {path}: {mails:#}");
}

/// The token of a set-up link.
pub fn setup_token(printed: &str) -> String {
    after(printed, "/set-up?token=")
}

/// A string.
#[track_caller]
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

/// What follows the mark, as far as it can be part of a token.
pub fn after(text: &str, mark: &str) -> String {
    let (_, rest) = text.split_once(mark).unwrap_or_else(|| panic!("{mark} is not in {text}"));
    rest.chars().take_while(|sign| sign.is_ascii_alphanumeric() || "-_".contains(*sign)).collect()
}

impl Seed {
    async fn make() -> Self {
        let test = TestDb::new().await;
        test.db.close().await;
        let owner_url = test.owner_url.clone();
        let database = owner_url.split_once('?').and_then(|(front, _)| front.rsplit_once('/')).expect("a database").1.to_owned();
        let mut installation = Installation::new();
        installation.set("DATABASE_URL", &owner_url);
        let process = installation.serve(&[]).await;
        let stranger = Visitor::new(installation.port);
        let admin = stranger.with(&set_up(&stranger, &process.log()).await);
        for (code, stack) in [("wordpress", "WORDPRESS"), ("static", "STATIC")] {
            admin.must("/api/admin/billing/products/create", json!({ "input": plan(code, stack) })).await;
        }
        let coupon = json!({ "code": "SPRING", "percent": "10", "duration": "ONCE" });
        let coupon = text(&admin.must("/api/admin/billing/coupons/create", json!({ "input": coupon })).await["id"]);
        let orders = [buy(&stranger, "wordpress", "anna@northpier.example").await, buy(&stranger, "static", "bert@southpier.example").await];
        for order in &orders {
            made(&stranger, order).await;
        }
        let [first, second] = orders;
        let mut anna = Customer::of(&stranger, &admin, "anna@northpier.example", first).await;
        let mut bert = Customer::of(&stranger, &admin, "bert@southpier.example", second).await;
        for customer in [&mut anna, &mut bert] {
            customer.open_payment_page(&owner_url).await;
            customer.look_at_its_site(&owner_url).await;
        }
        let server = text(&admin.must("/api/admin/servers/list", json!({ "request": {} })).await["rows"][0]["id"]);
        let mail = text(&admin.must("/api/admin/outbox/list", json!({ "request": {} })).await["rows"][0]["id"]);
        let payment_event = text(&admin.must("/api/admin/billing/payment_events/list", json!({ "request": {} })).await["rows"][0]["id"]);
        let statement = json!({ "account": "DE02", "file": "RGF0ZTtBbW91bnQ7VGV4dAoyMDI2LTExLTMwOzEuMDA7aGVsbG8K" });
        admin.must("/api/admin/billing/bank_statements/import", json!({ "input": statement })).await;
        let bank_entry = text(&admin.must("/api/admin/billing/bank_statements/list", json!({ "request": {} })).await["rows"][0]["id"]);
        let mismatch = mismatch(&owner_url).await;
        let status = process.stop().await;
        assert!(status.success(), "it stops in order: {status}");
        Self {
            installation,
            owner_url,
            database,
            admin: admin.cookie.expect("signed in"),
            server,
            mail,
            coupon,
            payment_event,
            bank_entry,
            mismatch,
            anna,
            bert,
        }
    }

    /// The same database and data folder, for one test alone.
    async fn copy(&self) -> (Installation, String) {
        let name = format!("panel_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let at = |database: &str| self.owner_url.replacen(&format!("/{}?", self.database), &format!("/{database}?"), 1);
        let mut maintenance = PgConnection::connect(&at("postgres")).await.expect("the owner connects");
        let sql = format!("create database {name} template {}", self.database);
        sqlx::query(AssertSqlSafe(sql)).execute(&mut maintenance).await.expect("a copy");
        let mut installation = Installation::new();
        installation.set("DATABASE_URL", at(&name));
        fs::create_dir_all(installation.data()).expect("a folder");
        for entry in fs::read_dir(self.installation.data()).expect("the data folder").flatten() {
            if entry.file_type().is_ok_and(|kind| kind.is_file()) {
                fs::copy(entry.path(), installation.data().join(entry.file_name())).expect("a copy");
            }
        }
        (installation, at(&name))
    }
}

impl Customer {
    /// Activates the account by the mailed link, and looks around.
    async fn of(stranger: &Visitor, admin: &Visitor, email: &str, order: Order) -> Self {
        let token = mailed_token(admin, email, "/activate").await;
        let answer = stranger.call("/api/public/session/activate", &json!({ "token": token, "name": "", "password": PASSWORD })).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let cookie = answer.cookie().expect("a session");
        let slug = text(&answer.json()["path"]).trim_start_matches("/t/").to_owned();
        let owner = stranger.with(&cookie);
        let list =
            async |room: &str| owner.must(&format!("/api/tenant/{room}/list"), json!({ "slug": slug, "request": {} })).await["rows"][0].clone();
        let (pod, job, invoice) = (list("hosting/cloudpods").await, list("provisioning/jobs").await, list("billing/invoices").await);
        let subscription = list("billing/subscriptions").await;
        let sites = owner.must("/api/tenant/hosting/websites/list", json!({ "slug": slug, "pod": pod["id"] })).await;
        let domain = owner.must("/api/tenant/domains/connect", json!({ "slug": slug, "name": format!("{slug}.example") })).await;
        // The provider is asked for it after the payment.
        let card = eventually("the card is saved", async || {
            let found = owner.must("/api/tenant/billing/payment_methods/list", json!({ "slug": slug })).await;
            found["methods"][0]["id"].as_str().map(str::to_owned)
        })
        .await;
        let sessions = owner.must("/api/account/sessions/list", json!({})).await;
        let guest = json!({ "slug": slug, "email": format!("guest-of-{email}"), "role": "TENANT_USER" });
        let invitation = owner.must("/api/tenant/users/invite", guest).await;
        let members = owner.must("/api/tenant/users/list", json!({ "slug": slug })).await;
        let customers = admin.must("/api/admin/customers/list", json!({ "request": {} })).await;
        let customer = customers["rows"].as_array().expect("rows").iter().find(|row| row["slug"] == slug.as_str()).expect("the customer").clone();
        Self {
            email: email.to_owned(),
            cookie,
            user: text(&members["members"][0]["id"]),
            session: text(&sessions[0]["id"]),
            tenant: text(&customer["id"]),
            invitation: text(&invitation),
            checkout: order.id,
            checkout_token: order.token,
            subscription: text(&subscription["id"]),
            card,
            payment_session: String::new(),
            certificate: String::new(),
            website: text(&sites[0]["id"]),
            deploy: String::new(),
            pod: text(&pod["id"]),
            pod_name: text(&pod["name"]),
            domain: text(&domain),
            offer: String::new(),
            registration: String::new(),
            job: text(&job["id"]),
            invoice: text(&invoice["id"]),
            slug,
        }
    }

    /// A payment page as it stands a week before a renewal, which nobody waits for here; its token is that of the checkout.
    async fn open_payment_page(&mut self, owner_url: &str) {
        let mut owner = PgConnection::connect(owner_url).await.expect("the owner connects");
        self.payment_session = sqlx::query_scalar(
            "insert into payment_sessions (id, tenant_id, invoice_id, amount, currency, provider, token_hash, created_at, expires_at)
             select gen_random_uuid(), tenant_id, id, 900, currency, 'sandbox', sha256(convert_to($2, 'UTF8')), now(), now() + interval '1 day'
               from invoices where id = $1::text::uuid returning id::text",
        )
        .bind(&self.invoice)
        .bind(&self.checkout_token)
        .fetch_one(&mut owner)
        .await
        .expect("a payment page");
    }

    /// What is known of its site's certificate where a CA is configured; simulated servers have none. And the zone of its domain, as if it were proved.
    async fn look_at_its_site(&mut self, owner_url: &str) {
        let mut owner = PgConnection::connect(owner_url).await.expect("the owner connects");
        self.certificate = sqlx::query_scalar(
            "insert into ssl_certificates (id, tenant_id, cloud_pod_id, website_id, names, created_at)
             select gen_random_uuid(), s.tenant_id, s.cloud_pod_id, s.id, array(select domain from site_domains where website_id = s.id), now()
               from websites s where s.cloud_pod_id = $1::text::uuid returning id::text",
        )
        .bind(&self.pod)
        .fetch_one(&mut owner)
        .await
        .expect("a site");
        self.deploy = sqlx::query_scalar(
            "insert into deploys (id, tenant_id, website_id, number, release, trigger, status, config, started_by, job_id, created_at, finished_at)
             select gen_random_uuid(), tenant_id, id, 1, 1, 'MANUAL', 'FAILED', '{}', $2, $3::text::uuid, now(), now()
               from websites where id = $1::text::uuid returning id::text",
        )
        .bind(&self.website)
        .bind(&self.email)
        .bind(&self.job)
        .fetch_one(&mut owner)
        .await
        .expect("a deploy");
        sqlx::query("update domains set status = 'VERIFIED', verified_at = now() where id = $1::text::uuid")
            .bind(&self.domain)
            .execute(&mut owner)
            .await
            .expect("a domain");
        sqlx::query(
            "insert into dns_zones (id, tenant_id, domain_id, name, serial, version, name_servers, created_at)
             select gen_random_uuid(), tenant_id, id, name, 1, 7, '{}', now() from domains where id = $1::text::uuid",
        )
        .bind(&self.domain)
        .execute(&mut owner)
        .await
        .expect("a zone");
        self.offer = sqlx::query_scalar(
            "with offered as (
               insert into domains (id, tenant_id, name, token, status, created_at, verified_at)
               select gen_random_uuid(), t.id, 'offered-' || left(md5($1::text), 8) || '.example', md5(random()::text), 'VERIFIED', now(), now()
                 from tenants t where t.id <> $1::text::uuid order by t.created_at desc limit 1
               returning id, tenant_id)
             insert into domain_transfers (id, tenant_id, domain_id, account, to_tenant_id, offered_at, expires_at)
             select gen_random_uuid(), tenant_id, id, 'me', $1::text::uuid, now(), now() + interval '14 days' from offered returning id::text",
        )
        .bind(&self.tenant)
        .fetch_one(&mut owner)
        .await
        .expect("another account");
        self.registration = sqlx::query_scalar(
            "insert into domain_registrations (id, tenant_id, subscription_id, name, kind, status, contact_id, holder, sealed_code, created_at, ended_at)
             select gen_random_uuid(), tenant_id, id, 'registered-' || left(md5($1::text), 8) || '.example', 'REGISTER', 'LEFT',
                    'MP' || upper(left(md5($1::text), 14)), jsonb_build_object('name', 'Ada', 'street', 'Street 1', 'city', 'Berlin', 'country', 'DE',
                    'phone', '+49 30 1234567', 'email', 'ada@example.com'), 'sealed', now(), now()
               from subscriptions where id = $1::text::uuid returning id::text",
        )
        .bind(&self.subscription)
        .fetch_one(&mut owner)
        .await
        .expect("a subscription");
    }
}

/// A payment of nobody known that the provider has taken, as a comparison would find it.
async fn mismatch(owner_url: &str) -> String {
    let mut owner = PgConnection::connect(owner_url).await.expect("the owner connects");
    sqlx::query_scalar(
        "insert into mismatches (id, kind, object, subject, message, amount, currency, since, found_at, checked_at, confirmed_at)
         values (gen_random_uuid(), 'PAYMENT_WITHOUT_INVOICE', 'pi_unknown', 'pi_unknown', 'On no invoice.', 900, 'EUR', now(), now(), now(), now())
         returning id::text",
    )
    .fetch_one(&mut owner)
    .await
    .expect("a mismatch")
}

/// Makes the first admin by the link that the panel has said; gives its cookie.
pub async fn set_up(stranger: &Visitor, printed: &str) -> String {
    let input = json!({ "token": setup_token(printed), "email": "admin@example.org", "name": "Ada", "password": PASSWORD });
    let answer = stranger.call("/api/public/session/set_up", &input).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.cookie().expect("a session")
}

/// A plan as the admin's form sends it.
pub fn plan(code: &str, stack: &str) -> Value {
    json!({
        "code": code, "name": code, "description": "", "kind": "CLOUDPOD", "monthly": "9.00", "yearly": "90.00", "currency": "EUR", "features": "",
        "stack": stack, "cpu_millis": 250, "memory_mb": 256, "disk_mb": 1024, "tasks": 64, "active": "on",
    })
}
