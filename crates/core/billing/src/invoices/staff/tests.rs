//! What staff do with invoices: write them, write them off, and look for credit notes.

use super::*;
use crate::{
    documents,
    invoices::{credit, get, get_of_tenant, of_tenant},
    payments,
    subscriptions::tests::life::Life,
};
use db::{PlatformTx, TenantTx};
use engine::Error;
use model::{
    billing::{
        invoices::{DraftLine, InvoiceDraft, InvoiceKind, InvoiceStatus, InvoiceView},
        subscriptions::SubscriptionStatus,
    },
    page::PageRequest,
    permission::{BillingManage, BillingRead},
};

fn line(description: &str, quantity: i32, unit_price: &str) -> DraftLine {
    DraftLine { description: description.to_owned(), quantity, unit_price: unit_price.to_owned() }
}

async fn manager(life: &Life) -> PlatformTx<BillingManage> {
    life.shop.t.services.db.platform(&life.admin).await.unwrap()
}

async fn owner(life: &Life) -> TenantTx<BillingManage> {
    life.shop.t.services.db.tenant(&life.owner, life.tenant).await.unwrap()
}

async fn view(life: &Life, id: InvoiceId) -> InvoiceView {
    get(&mut life.shop.t.services.db.system("test").await.unwrap(), id).await.unwrap()
}

fn field(error: Error) -> String {
    error.into_api().fields.first().map(|fault| fault.field.clone()).unwrap_or_default()
}

#[tokio::test]
async fn an_invoice_that_staff_write_is_shown_before_it_is_issued_and_then_paid_like_any_other() {
    let life = Life::begin("2027-03-01T08:00:00Z", "good").await;
    let services = &life.shop.t.services;
    let draft = InvoiceDraft { tenant: life.tenant, lines: vec![line("Moving a site", 2, "49.50"), line(" A domain ", 1, "12.01")] };
    let shown = preview(services, manager(&life).await, &draft).await.unwrap();
    let sums = [shown.net, shown.tax, shown.total].map(|money| money.minor);
    assert_eq!((sums, shown.tenant_name.as_str(), shown.draft == draft.lines), ([11_101, 2_109, 13_210], "Anna's Bakery", true));
    for (wrong, at) in [(line(" ", 1, "1.00"), "description"), (line("x", 0, "1.00"), "quantity"), (line("x", 1, "-1.00"), "unit_price")] {
        let wrong = InvoiceDraft { lines: vec![wrong], ..draft.clone() };
        assert_eq!(field(preview(services, manager(&life).await, &wrong).await.unwrap_err()), at);
    }
    let create = async |due_on: &str, total: i64| create(services, manager(&life).await, &draft, due_on, total).await;
    assert_eq!(field(create("2027-02-28", 13_210).await.unwrap_err()), "due_on");
    assert_eq!(create("2027-03-15", 13_209).await.unwrap_err().into_api().code.status(), 409, "not what was shown");
    let blank = InvoiceDraft { lines: Vec::new(), ..draft.clone() };
    assert!(super::create(services, manager(&life).await, &blank, "2027-03-15", 0).await.is_err());
    assert_eq!(life.invoices().await.len(), 1, "nothing was issued");

    let id = create("2027-03-15", 13_210).await.unwrap();
    let issued = view(&life, id).await;
    assert_eq!((issued.invoice.number.as_str(), issued.invoice.status, issued.invoice.open.minor), ("INV-2027-00002", InvoiceStatus::Open, 13_210));
    assert_eq!((issued.invoice.due_at.to_rfc3339().as_str(), issued.lines[1].description.as_str()), ("2027-03-15T23:59:59+00:00", "A domain"));
    assert_eq!((issued.buyer.name.as_str(), &issued.seller), ("Anna's Bakery", &services.settings.seller));
    let mail = "select recipient || ' ' || attachment_name from outgoing_mail where template = 'invoice_issued' and body_text like '%€132.10%'";
    assert_eq!(life.shop.text(mail).await, "anna@bakery.example INV-2027-00002.pdf");
    assert_eq!(documents::of_invoice(services, id).await.unwrap().name, "INV-2027-00002.pdf");
    life.pay(id, "good").await;
    assert_eq!(view(&life, id).await.invoice.status, InvoiceStatus::Paid);

    // What is credited of it pays the next one.
    credit(services, manager(&life).await, id, "", "Sent by mistake").await.unwrap();
    let note = "select attachment_name from outgoing_mail where template = 'credit_note_issued'";
    assert_eq!(life.shop.text(note).await, "CN-2027-00001.pdf");
    let again = super::create(services, manager(&life).await, &draft, "2027-03-15", 13_210).await.unwrap();
    let paid = view(&life, again).await;
    assert_eq!((paid.invoice.status, paid.credit_used.minor), (InvoiceStatus::Paid, 13_210));
    life.check_books().await;
}

#[tokio::test]
async fn an_invoice_that_is_written_off_is_owed_no_more_and_nobody_is_reminded_of_it() {
    let life = Life::begin("2027-03-01T08:00:00Z", "empty").await;
    let services = &life.shop.t.services;
    life.until("2027-04-03T08:00:00Z").await;
    assert_eq!(life.status().await, SubscriptionStatus::PastDue);
    let invoice = life.latest_invoice().await;
    let give_up = async |reason: &str| write_off(services, manager(&life).await, invoice, reason).await;
    assert_eq!(field(give_up(" ").await.unwrap_err()), "reason");
    give_up("The customer is insolvent").await.unwrap();
    let found = view(&life, invoice).await;
    assert_eq!((found.invoice.status, found.invoice.open.minor, found.credit_used.minor), (InvoiceStatus::WrittenOff, 0, 0));
    let given_up = found.write_off.expect("a write-off");
    assert_eq!((given_up.amount, given_up.reason.as_str()), (found.invoice.total, "The customer is insolvent"));
    let seen = get_of_tenant(&mut services.db.tenant::<BillingRead>(&life.owner, life.tenant).await.unwrap(), invoice).await.unwrap();
    assert_eq!((seen.invoice.status, seen.write_off), (InvoiceStatus::WrittenOff, None), "the reason is for staff");
    let conflicts = [
        give_up("Again").await.unwrap_err(),
        credit(services, manager(&life).await, invoice, "", "x").await.unwrap_err(),
        payments::open_payment_page(services, owner(&life).await, invoice).await.unwrap_err(),
    ];
    assert_eq!(conflicts.map(|error| error.into_api().code.status()), [409; 3]);
    let notices = life.shop.number("select count(*) from dunning_notices").await;
    life.until("2027-04-20T08:00:00Z").await;
    assert_eq!(life.status().await, SubscriptionStatus::Active, "it was not suspended");
    assert_eq!(life.shop.number("select count(*) from dunning_notices").await, notices);
    let owed = "select sum(amount)::bigint from ledger_entries where invoice_id = (select id from invoices where status = 'WRITTEN_OFF')";
    assert_eq!(life.shop.number(owed).await, 0);
    let event = "select count(*) from audit_events where action = 'INVOICE_WRITTEN_OFF' and after ->> 'reason' = 'The customer is insolvent'";
    assert_eq!(life.shop.number(event).await, 1);
    life.check_books().await;
}

#[tokio::test]
async fn credit_notes_are_listed_apart_from_invoices() {
    let life = Life::begin("2027-03-01T08:00:00Z", "good").await;
    let services = &life.shop.t.services;
    let note = credit(services, manager(&life).await, life.latest_invoice().await, "1.00", "An hour offline").await.unwrap();
    let only = async |state: &str| {
        let request = PageRequest { state: Some(state.to_owned()), ..PageRequest::default() };
        let rows = of_tenant(&mut services.db.tenant::<BillingRead>(&life.owner, life.tenant).await.unwrap(), &request).await.unwrap().rows;
        rows.into_iter().map(|row| (row.id, row.kind)).collect::<Vec<_>>()
    };
    assert_eq!(only("CREDIT_NOTE").await, [(note, InvoiceKind::CreditNote)]);
    assert_eq!(only("PAID").await, [(life.latest_invoice().await, InvoiceKind::Invoice)]);
    assert_eq!(only("OPEN").await, []);
}

#[tokio::test]
async fn an_invoice_that_may_be_paid_this_moment_is_not_written_off() {
    let life = Life::begin("2027-03-01T08:00:00Z", "empty").await;
    let services = &life.shop.t.services;
    life.until("2027-04-03T08:00:00Z").await;
    let invoice = life.latest_invoice().await;
    let give_up = async || write_off(services, manager(&life).await, invoice, "Insolvent").await.map_err(|error| error.to_string());
    let set = async |sql: &'static str| {
        let done = sqlx::query(sql).bind(invoice).execute(&mut life.shop.t.db.owner().await).await.unwrap();
        assert_eq!(done.rows_affected(), 1, "{sql}");
    };
    set("update payments set status = 'PROCESSING', provider_ref = 'pi_slow', settled_at = null, decline_code = null
          where invoice_id = $1 and attempt = 1")
    .await;
    assert!(give_up().await.unwrap_err().contains("in progress"));
    set("update payments set status = 'FAILED', settled_at = created_at, decline_code = 'late' where invoice_id = $1 and status = 'PROCESSING'")
        .await;
    payments::open_payment_page(services, owner(&life).await, invoice).await.unwrap();
    assert!(give_up().await.unwrap_err().contains("payment page"));
    life.shop.t.clock.advance(chrono::Duration::hours(1));
    give_up().await.unwrap();
    life.check_books().await;
}
