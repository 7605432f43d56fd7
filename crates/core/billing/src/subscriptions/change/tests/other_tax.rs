//! Changes of a customer whose unused time was taxed otherwise than what is charged now.

use super::*;
use model::billing::profiles::ProfileInput;

/// The customer moves, and says so in the billing profile.
pub(super) async fn move_to(life: &Life, country: &str) {
    let services = &life.shop.t.services;
    let moved = ProfileInput {
        name: "Anna".to_owned(),
        address: "1 Main Street".to_owned(),
        country: country.to_owned(),
        vat_number: String::new(),
        contacts: String::new(),
    };
    profiles::save_of_tenant(services, services.db.tenant(&life.owner, life.tenant).await.unwrap(), &moved).await.unwrap();
}

/// Net, rate and tax of each document that a preview shows.
fn documents(preview: &ChangePreview) -> Vec<(i64, i32, i64)> {
    preview.documents.iter().map(|document| (document.net.minor, document.tax_rate_bp, document.tax.minor)).collect()
}

fn sums(preview: &ChangePreview) -> (i64, i64, i64, i64) {
    (preview.net.minor, preview.tax.minor, preview.total.minor, preview.due.minor)
}

/// Each document with the tax that it has.
async fn taxed(life: &Life) -> String {
    let each = "select string_agg(concat_ws(' ', substr(number, 1, 3) || right(number, 1), buyer->>'country', tax_rate_bp, net, tax), ', ' order by issued_at, id)
                  from invoices";
    life.shop.text(each).await
}

async fn credit(life: &Life) -> i64 {
    let services = &life.shop.t.services;
    let mut tx = services.db.system("test").await.unwrap();
    ledger::credit_of(tx.conn(), life.tenant).await.unwrap().iter().map(|credit| credit.minor).sum()
}

#[tokio::test]
async fn an_upgrade_after_a_move_credits_the_rest_as_it_was_taxed_and_charges_the_tax_of_today() {
    let life = with_larger_plan("good").await;
    life.until("2027-03-16T20:00:00Z").await;
    let before = ask(&life, "large", BillingCycle::Monthly).await;
    assert!(before.documents.is_empty(), "one tax, one document");
    move_to(&life, "FR").await;
    assert!(agree(&life, "large", &before).await.unwrap_err().into_api().message.contains("outdated"), "the tax is another one than was shown");
    let preview = ask(&life, "large", BillingCycle::Monthly).await;
    assert_eq!(preview.obstacles, Vec::<String>::new());
    assert_eq!(preview.lines.iter().map(|line| line.net.minor).collect::<Vec<_>>(), [-450, 1350]);
    // Half of March: 4.50 back with 19 %, 13.50 to pay with 20 %.
    assert_eq!(documents(&preview), [(-450, 1900, -86), (1350, 2000, 270)]);
    assert_eq!(sums(&preview), (900, 184, 1084, 1084));
    agree(&life, "large", &preview).await.unwrap();
    assert_eq!(life.invoices().await, ["INV1 PAID 1071", "CN-1 PAID -536", "INV2 PAID 1620"]);
    assert_eq!(taxed(&life).await, "INV1 DE 1900 900 171, CN-1 DE 1900 -450 -86, INV2 FR 2000 1350 270");
    assert_eq!(life.shop.number("select sum(amount)::bigint from payments where status = 'SUCCEEDED'").await, 1071 + 1084, "as shown");
    let mails = "select string_agg(concat_ws(' ', template, attachment_name), ', ' order by attachment_name) from outgoing_mail
                  where template in ('subscription_changed', 'credit_note_issued')";
    assert_eq!(life.shop.text(mails).await, "credit_note_issued CN-2027-00001.pdf, subscription_changed INV-2027-00002.pdf");
    assert_eq!((credit(&life).await, life.detail().await.subscription.product_name), (0, "large".to_owned()));
    life.until("2027-04-01T08:00:00Z").await;
    assert_eq!(life.invoices().await[3], "INV3 PAID 3240", "the next period costs what was shown");
    assert_eq!(preview.total_then.minor, 3240);
    life.check_books().await;
}

#[tokio::test]
async fn a_card_that_is_declined_after_a_move_takes_the_invoice_and_the_credit_note_back() {
    let life = with_larger_plan("empty").await;
    life.until("2027-03-16T20:00:00Z").await;
    move_to(&life, "FR").await;
    let preview = ask(&life, "large", BillingCycle::Monthly).await;
    let refused = agree(&life, "large", &preview).await.unwrap_err().into_api();
    assert!(refused.message.contains("declined"), "{}", refused.message);
    assert_eq!(
        taxed(&life).await,
        "INV1 DE 1900 900 171, CN-1 DE 1900 -450 -86, INV2 FR 2000 1350 270, CN-2 FR 2000 -1350 -270, INV3 DE 1900 450 86"
    );
    assert_eq!(life.invoices().await, ["INV1 PAID 1071", "CN-1 PAID -536", "INV2 VOID 1620", "CN-2 PAID -1620", "INV3 PAID 536"]);
    assert_eq!((credit(&life).await, life.detail().await.subscription.product_name), (0, "WordPress".to_owned()));
    let mails = "select string_agg(concat_ws(' ', template, attachment_name), ', ') from outgoing_mail
                  where template in ('subscription_changed', 'subscription_not_changed', 'credit_note_issued')";
    assert_eq!(life.shop.text(mails).await, "subscription_not_changed CN-2027-00002.pdf", "one mail says so");
    let services = &life.shop.t.services;
    let mut tx = services.db.system("test").await.unwrap();
    let left = invoices::creditable::creditable_total(tx.conn(), life.subscription, services.now()).await.unwrap();
    assert_eq!(left, (900, 171), "all of the period is paid for, as before");
    drop(tx);
    life.shop.t.clock.advance(Duration::seconds(1));
    let again = ask(&life, "large", BillingCycle::Monthly).await;
    assert_eq!((again.obstacles.len(), again.documents.len(), again.credit_used.minor), (0, 2, 0), "it can be tried again");
    life.check_books().await;
}

#[tokio::test]
async fn a_downgrade_after_a_move_is_paid_with_the_credit_of_the_rest_and_what_is_left_stays_credit() {
    let life = with_larger_plan("good").await;
    let up = ask(&life, "large", BillingCycle::Monthly).await;
    agree(&life, "large", &up).await.unwrap();
    life.until("2027-03-16T20:00:00Z").await;
    move_to(&life, "FR").await;
    let down = ask(&life, "wordpress", BillingCycle::Monthly).await;
    assert_eq!(documents(&down), [(-1350, 1900, -257), (450, 2000, 90)]);
    assert_eq!(sums(&down), (-900, -167, -1067, 0));
    agree(&life, "wordpress", &down).await.unwrap();
    assert_eq!(life.invoices().await, ["INV1 PAID 1071", "INV2 PAID 2142", "CN-1 PAID -1607", "INV3 PAID 540"]);
    assert_eq!((credit(&life).await, life.detail().await.subscription.product_name), (1067, "WordPress".to_owned()));
    assert_eq!(life.shop.number("select count(*) from payments").await, 2, "no card is charged");
    let mails = "select count(*) from outgoing_mail where attachment_name in ('CN-2027-00001.pdf', 'INV-2027-00003.pdf')";
    assert_eq!(life.shop.number(mails).await, 2, "both documents are mailed");
    life.check_books().await;
}

#[tokio::test]
async fn another_cycle_after_a_move_credits_the_rest_as_it_was_taxed() {
    let life = with_larger_plan("good").await;
    life.until("2027-03-16T20:00:00Z").await;
    move_to(&life, "FR").await;
    let preview = ask(&life, "wordpress", BillingCycle::Yearly).await;
    assert_eq!(documents(&preview), [(-450, 1900, -86), (9000, 2000, 1800)]);
    assert_eq!(sums(&preview), (8550, 1714, 10_264, 10_264));
    agree(&life, "wordpress", &preview).await.unwrap();
    assert_eq!(life.invoices().await, ["INV1 PAID 1071", "CN-1 PAID -536", "INV2 PAID 10800"]);
    let back = "select string_agg(to_char(period_start at time zone 'UTC', 'YYYY-MM-DD'), ' ') from invoices where number = 'INV-2027-00002'";
    assert_eq!(life.shop.text(back).await, "2027-03-16", "its period begins with it");
    life.check_books().await;
}
