//! The overview of an account, month after month.

use super::*;
use crate::{
    checkout::tests::{Shop, anna, order},
    invoices, payments, products,
    subscriptions::tests::life::Life,
};
use db::Caller;
use model::{
    billing::{
        checkout::CheckoutInput,
        overview::{BillingOverview, CreditSource},
        products::CurrencyPriceInput,
    },
    ids::{InvoiceId, TenantId},
    money::Currency,
    permission::{BillingManage, ProductsWrite},
};

const DAY: &str = "2027-03-01T08:00:00Z";

async fn seen_by(life: &Life, caller: &Caller, tenant: TenantId) -> BillingOverview {
    let services = &life.shop.t.services;
    let mut tx = services.db.tenant::<BillingRead>(caller, tenant).await.unwrap();
    of_tenant(services, &mut tx).await.unwrap()
}

async fn overview(life: &Life) -> BillingOverview {
    seen_by(life, &life.owner, life.tenant).await
}

/// Each piece of credit as `amount source document reason`; together they are the account's credit.
fn credit(overview: &BillingOverview) -> Vec<String> {
    let of =
        |currency: Currency| overview.credit.iter().filter(|entry| entry.amount.currency == currency).map(|entry| entry.amount.minor).sum::<i64>();
    for sum in &overview.methods.credit {
        assert_eq!(of(sum.currency), sum.minor, "the entries add up");
    }
    let entry = |entry: &model::billing::overview::CreditEntry| {
        let document = entry.document.as_ref().map_or("none", |(_, number)| number.as_str());
        format!("{} {:?} {document} {}", entry.amount, entry.source, entry.reason).trim_end().to_owned()
    };
    overview.credit.iter().map(entry).collect()
}

#[tokio::test]
async fn what_is_open_what_is_next_and_where_credit_comes_from_follow_each_invoice() {
    let life = Life::begin(DAY, "good").await;
    let services = &life.shop.t.services;
    let first = overview(&life).await;
    let next = first.next.as_ref().unwrap();
    assert_eq!(
        (next.due_at.to_rfc3339(), next.invoiced_at.to_rfc3339()),
        ("2027-04-01T08:00:00+00:00".to_owned(), "2027-03-25T08:00:00+00:00".to_owned())
    );
    assert_eq!((next.net.minor, next.tax.minor, next.total.to_string().as_str()), (900, 171, "€10.71"));
    assert_eq!(next.items.iter().map(|item| (item.subscription, item.product_name.as_str())).collect::<Vec<_>>(), [(life.subscription, "WordPress")]);
    assert_eq!((first.currency, first.open_count, first.overdue_count, credit(&first)), (Some(Currency::Eur), 0, 0, vec![]));
    assert_eq!(first.methods.methods.iter().map(|card| card.label()).collect::<Vec<_>>(), ["Visa ending 4242"]);
    assert_eq!(first.profile.name, "Anna's Bakery");
    let documents = |overview: &BillingOverview| {
        overview.documents.iter().map(|row| format!("{} {} {} {}", row.invoice.number, row.net, row.tax, row.invoice.total)).collect::<Vec<_>>()
    };
    assert_eq!(documents(&first), ["INV-2027-00001 €9.00 €1.71 €10.71"]);

    let paid = first.documents[0].invoice.id;
    let manage = async || services.db.platform::<BillingManage>(&life.admin).await.unwrap();
    invoices::credit(services, manage().await, paid, "3.33", "A fault of ours.").await.unwrap();
    let credited = overview(&life).await;
    assert_eq!(credit(&credited), ["€3.96 CreditNote CN-2027-00001 A fault of ours."]);
    assert_eq!(documents(&credited), ["CN-2027-00001 -€3.33 -€0.63 -€3.96", "INV-2027-00001 €9.00 €1.71 €10.71"]);

    life.until("2027-03-26T08:00:00Z").await;
    let invoiced = overview(&life).await;
    let open = &invoiced.open[0];
    assert_eq!((open.invoice.total.minor, open.credit_used.minor, open.invoice.open.minor), (1071, 396, 675));
    assert_eq!(
        (invoiced.open_count, invoiced.overdue_count, credit(&invoiced), invoiced.next.is_none()),
        (1, 0, vec![], true),
        "what is next is open"
    );

    payments::record_transfer(services, manage().await, open.invoice.id, "10.00", "").await.unwrap();
    life.until("2027-04-01T08:00:00Z").await;
    let ahead = overview(&life).await;
    assert_eq!((ahead.open_count, credit(&ahead)), (0, vec!["€3.25 Payment INV-2027-00002".to_owned()]));
    assert_eq!(ahead.credit[0].source, CreditSource::Payment);
    let next = ahead.next.unwrap();
    assert_eq!(
        (next.due_at.to_rfc3339().as_str(), next.total.minor),
        ("2027-05-01T08:00:00+00:00", 1071),
        "credit is not taken off before it is used"
    );
}

#[tokio::test]
async fn an_unpaid_invoice_is_overdue_and_nothing_else_is_charged_until_it_is_paid() {
    let life = Life::begin(DAY, "empty").await;
    life.until("2027-04-02T08:00:00Z").await;
    let unpaid = overview(&life).await;
    assert_eq!((unpaid.open_count, unpaid.overdue_count, unpaid.open.len(), unpaid.next), (1, 1, 1, None));
    let newest = &unpaid.documents[0];
    assert_eq!((newest.is_overdue, newest.declined, newest.invoice.id), (true, 1, life.latest_invoice().await));
    life.pay(newest.invoice.id, "good").await;
    life.look().await;
    let paid = overview(&life).await;
    assert_eq!((paid.open_count, paid.documents[0].is_overdue, paid.documents[0].declined), (0, false, 1));
    assert_eq!(paid.next.map(|next| next.due_at.to_rfc3339()).as_deref(), Some("2027-05-01T08:00:00+00:00"));
}

#[tokio::test]
async fn what_is_charged_next_is_the_sum_of_the_invoices_that_follow_in_the_accounts_currency() {
    let shop = Shop::open().await;
    let staff = shop.t.db.user("prices@hosting.example", Some("SUPER_ADMIN")).await;
    let price =
        CurrencyPriceInput { currency: "JPY".to_owned(), monthly_price: "1003".to_owned(), yearly_price: String::new(), setup_price: String::new() };
    let tx = shop.t.services.db.platform::<ProductsWrite>(&staff).await.unwrap();
    products::set_price(&shop.t.services, tx, "wordpress", &price).await.unwrap();
    let yen = |input: CheckoutInput| CheckoutInput { currency: Some("JPY".to_owned()), ..input };
    let life = Life::begin_with(shop, DAY, "good", yen(anna())).await;
    life.shop.buy(yen(order("anna@bakery.example", "second.example"))).await;
    let announced = overview(&life).await;
    let next = announced.next.unwrap();
    // 191 of tax on each of the two invoices; of both together it would be 381.
    assert_eq!((next.items.len(), next.net.minor, next.tax.minor, next.total.to_string().as_str()), (2, 2006, 382, "¥2,388"));
    assert_eq!(announced.currency, Some(Currency::Jpy));
    life.until("2027-03-26T08:00:00Z").await;
    let invoiced = overview(&life).await;
    assert_eq!((invoiced.open_count, invoiced.open.iter().map(|view| view.invoice.open.minor).sum::<i64>()), (2, next.total.minor));
    assert!(invoiced.open.iter().all(|view| view.invoice.open.currency == Currency::Jpy));
}

#[tokio::test]
async fn another_account_sees_nothing_of_it() {
    let life = Life::begin(DAY, "empty").await;
    let services = &life.shop.t.services;
    let paid: InvoiceId = life.latest_invoice().await;
    invoices::credit(services, services.db.platform(&life.admin).await.unwrap(), paid, "1.00", "A fault of ours.").await.unwrap();
    life.until("2027-04-02T08:00:00Z").await;
    assert_eq!(overview(&life).await.open_count, 1);

    let other = life.shop.t.db.tenant("other").await;
    let stranger = life.shop.t.db.user("stranger@example.com", None).await;
    life.shop.t.db.member(other, &stranger, "TENANT_OWNER").await;
    let theirs = seen_by(&life, &stranger, other).await;
    assert_eq!((theirs.open, theirs.open_count, theirs.next, theirs.credit, theirs.documents), (vec![], 0, None, vec![], vec![]));
    assert_eq!((theirs.methods.methods, theirs.methods.credit, theirs.profile.account.as_str(), theirs.currency), (vec![], vec![], "other", None));
    assert!(services.db.tenant::<BillingRead>(&stranger, life.tenant).await.is_err(), "it is no account of theirs");
    let colleague = life.shop.t.db.user("colleague@example.com", None).await;
    life.shop.t.db.member(life.tenant, &colleague, "TENANT_USER").await;
    assert!(services.db.tenant::<BillingRead>(&colleague, life.tenant).await.is_err(), "who may not see invoices");
}
