use super::*;
use crate::{
    checkout::tests::{Shop, anna, order},
    tax::TaxDecision,
};
use model::{
    billing::{
        invoices::{InvoiceLine, Party},
        tax::TaxTreatment,
    },
    ids::{CheckoutId, SubscriptionId},
    money::{Currency, Money},
    permission::BillingManage,
};

#[tokio::test]
async fn an_invoice_keeps_its_parties_when_the_account_changes() {
    let shop = Shop::open().await;
    shop.buy(anna()).await;
    sqlx::query("update tenants set name = 'Renamed', country = 'FR', address = 'Elsewhere'").execute(&mut shop.t.db.owner().await).await.unwrap();
    let mut tx = shop.t.services.db.system("test").await.unwrap();
    let row = list(&mut tx, &PageRequest::default()).await.unwrap().rows.remove(0);
    assert_eq!(
        (row.tenant_name.as_str(), row.total.to_string().as_str(), row.status),
        ("Renamed", "€10.71", model::billing::invoices::InvoiceStatus::Paid)
    );
    let view = get(&mut tx, row.id).await.unwrap();
    assert_eq!((view.buyer.name.as_str(), view.buyer.country.as_str()), ("Anna's Bakery", "DE"));
    assert_eq!(view.seller, shop.t.services.settings.seller);
    assert_eq!((view.lines.len(), view.net.minor, view.tax.minor, view.tax_rate_bp), (1, 900, 171, 1900));
    assert!(view.lines[0].period_end > view.lines[0].period_start);
}

#[tokio::test]
async fn a_tenant_sees_its_own_invoices_only() {
    let shop = Shop::open().await;
    shop.buy(anna()).await;
    shop.buy(order("bob@example.com", "bob.example")).await;
    let mut tx = shop.t.services.db.system("test").await.unwrap();
    let all = list(&mut tx, &PageRequest::default()).await.unwrap().rows;
    drop(tx);
    let member = shop.t.db.user("owner@example.com", None).await;
    shop.t.db.member(all[0].tenant, &member, "TENANT_OWNER").await;
    let mut tx = shop.t.services.db.tenant::<BillingRead>(&member, all[0].tenant).await.unwrap();
    assert_eq!(of_tenant(&mut tx, &PageRequest::default()).await.unwrap().rows, all[..1]);
    assert_eq!(get_of_tenant(&mut tx, all[0].id).await.unwrap().invoice, all[0]);
    assert!(get_of_tenant(&mut tx, all[1].id).await.is_err());
}

/// Twenty at once, every third of which gives up after it has taken its number.
#[tokio::test]
async fn numbers_have_no_gap_although_some_give_up() {
    let shop = Shop::open().await;
    shop.buy(anna()).await;
    let services = &shop.t.services;
    let tenant = model::ids::TenantId(sqlx::query_scalar("select id from tenants").fetch_one(&mut shop.t.db.owner().await).await.unwrap());
    let subscription = SubscriptionId(sqlx::query_scalar("select id from subscriptions").fetch_one(&mut shop.t.db.owner().await).await.unwrap());
    let lines = [line(services.now())];
    let party = Party { country: "DE".to_owned(), ..Party::default() };
    let one = async |number: usize| {
        let checkout = shop.start(order("bob@example.com", &format!("site{number}.example"))).await.id;
        sqlx::query("update checkout_sessions set tenant_id = $2 where id = $1")
            .bind(checkout)
            .bind(tenant)
            .execute(&mut shop.t.db.owner().await)
            .await
            .unwrap();
        let mut tx = services.db.system("test").await.unwrap();
        let new = new(tenant, subscription, checkout, &lines, &party, services.now());
        let number_given = issue(&mut tx, &new).await.unwrap().number;
        if number % 3 == 0 {
            tx.finish().await.unwrap();
            None
        } else {
            tx.commit_progress().await.unwrap();
            Some(number_given)
        }
    };
    let mut given = Vec::new();
    for round in 0..4 {
        given.extend(futures::future::join_all((0..5).map(|number| one(round * 5 + number))).await.into_iter().flatten());
    }
    given.sort();
    let year = services.now().format("%Y");
    let expected: Vec<String> = (2..=given.len() + 1).map(|number| format!("INV-{year}-{number:05}")).collect();
    assert_eq!(given, expected, "the first one is the purchase's");
    assert_eq!(given.len(), 13);
}

/// Five at once, two of them for the same invoice.
#[tokio::test]
async fn credit_notes_that_are_issued_at_once_are_numbered_without_a_gap() {
    let shop = Shop::open().await;
    for number in 0..4 {
        shop.buy(order(&format!("buyer{number}@example.com"), &format!("buyer{number}.example"))).await;
    }
    let services = &shop.t.services;
    let bought: Vec<InvoiceId> = sqlx::query_scalar("select id from invoices order by number").fetch_all(&mut shop.t.db.owner().await).await.unwrap();
    let staff = shop.t.db.user("desk@example.com", Some("PLATFORM_BILLING")).await;
    let one = async |invoice: InvoiceId| {
        let tx = services.db.platform::<BillingManage>(&staff).await.unwrap();
        credit(services, tx, invoice, "1.00", "An hour offline.").await.unwrap()
    };
    for _ in 0..3 {
        futures::future::join_all(bought.iter().chain(&bought[..1]).map(|invoice| one(*invoice))).await;
    }
    let given: Vec<String> = sqlx::query_scalar("select number from invoices where kind = 'CREDIT_NOTE' order by number")
        .fetch_all(&mut shop.t.db.owner().await)
        .await
        .unwrap();
    let year = services.now().format("%Y");
    assert_eq!(given, (1..=15).map(|number| format!("CN-{year}-{number:05}")).collect::<Vec<_>>(), "their own series");
    let credited =
        "select count(*) from invoices c where kind = 'CREDIT_NOTE' and corrects_id = (select id from invoices order by number desc limit 1)";
    assert_eq!((bought.len(), shop.number(credited).await), (4, 3));
}

static NO_TAX: TaxDecision = TaxDecision { rate_bp: 0, treatment: TaxTreatment::OutsideScope, note: String::new() };

fn new<'a>(
    tenant: model::ids::TenantId,
    subscription: SubscriptionId,
    checkout: CheckoutId,
    lines: &'a [InvoiceLine],
    party: &'a Party,
    at: model::Time,
) -> NewInvoice<'a> {
    NewInvoice {
        tenant,
        subscription: Some(subscription),
        checkout: Some(checkout),
        period_start: None,
        currency: Currency::Eur,
        lines,
        tax: &NO_TAX,
        buyer: party,
        seller: party,
        at,
        due_at: at,
    }
}

fn line(at: model::Time) -> InvoiceLine {
    let money = Money::new(100, Currency::Eur);
    InvoiceLine { description: "P".to_owned(), quantity: 1, unit_price: money, net: money, period_start: at, period_end: at }
}
