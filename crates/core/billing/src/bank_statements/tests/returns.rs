//! The bank takes payments back.

use super::{files::reversal_08, *};
use crate::payments;
use model::billing::{payments::PaymentStatus, subscriptions::SubscriptionStatus};

async fn taken_back(life: &Life, id: BankEntryId, invoice_number: &str) -> Result<()> {
    take_back(&life.shop.t.services, manager(life).await, id, invoice_number).await
}

/// An account whose invoice of €10.71 a transfer has paid, and the file that has brought it.
async fn paid_by_transfer() -> (Life, String) {
    let life = owing().await;
    let file = camt_08(&[entry_08("REF-1", "10.71", "EUR", "INV-2027-00002")]);
    assert_eq!(brought(&life, &file).await, [1, 1, 1, 0]);
    life.look().await;
    assert_eq!((latest(&life).await.invoice.status, life.status().await), (InvoiceStatus::Paid, SubscriptionStatus::Active));
    (life, file)
}

#[tokio::test]
async fn a_transfer_that_the_bank_takes_back_waits_for_staff_with_the_payment_and_booked_it_opens_the_invoice_again() {
    let (life, file) = paid_by_transfer().await;
    let back = camt_08(&[reversal_08("REF-1", "10.71", "Anna Baker", "Recall INV-2027-00002")]);
    let done = try_import(&life, &input(&back)).await.unwrap();
    assert_eq!((done.entries, done.new, done.booked, done.returned, done.skipped), (1, 1, 0, 1, 0));
    assert_eq!(latest(&life).await.invoice.status, InvoiceStatus::Paid, "staff decide");
    let row = listed(&life, "OPEN").await.remove(0);
    assert_eq!((row.amount.minor, row.is_return, row.suggestion.as_deref()), (-1071, true, Some("invoice INV-2027-00002")));
    let wrong = assign(&life.shop.t.services, manager(&life).await, row.id, "INV-2027-00002", "").await;
    assert_eq!(fault(wrong.unwrap_err()).0, "409", "it is no payment");
    for number in ["INV-2027-00001", "INV-2027-00099"] {
        assert_eq!(fault(taken_back(&life, row.id, number).await.unwrap_err()).0, "invoice_number", "no such transfer paid {number}");
    }

    taken_back(&life, row.id, "").await.unwrap();
    let open = latest(&life).await;
    assert_eq!((open.invoice.status, open.invoice.open.minor), (InvoiceStatus::Open, 1071));
    assert_eq!(open.payments.iter().filter(|payment| payment.status == PaymentStatus::Returned).count(), 1);
    assert_eq!(listed(&life, "BOOKED").await.len(), 2);
    assert_eq!(fault(taken_back(&life, row.id, "").await.unwrap_err()).0, "409");
    let told = "select string_agg(action, ' ' order by action) from audit_events where action in ('PAYMENT_RETURNED', 'INVOICE_REOPENED', 'BANK_ENTRY_RETURNED')";
    assert_eq!(life.shop.text(told).await, "BANK_ENTRY_RETURNED INVOICE_REOPENED PAYMENT_RETURNED");
    life.check_books().await;

    // It is owed like any other, and paid once more.
    life.look().await;
    assert_eq!(life.status().await, SubscriptionStatus::PastDue);
    assert_eq!(brought(&life, &file).await, [1, 0, 0, 0], "what was taken back is not booked again");
    assert_eq!(brought(&life, &back).await, [1, 0, 0, 0]);
    life.pay(life.latest_invoice().await, "good").await;
    life.look().await;
    assert_eq!((latest(&life).await.invoice.status, life.status().await), (InvoiceStatus::Paid, SubscriptionStatus::Active));
    life.check_books().await;
}

#[tokio::test]
async fn a_transfer_that_is_taken_back_takes_what_it_had_paid_elsewhere_and_its_credit_with_it() {
    let life = owing().await;
    let services = &life.shop.t.services;
    // Typed in by staff; 10.71 for the invoice, and 20 as credit, of which the next invoice takes its part.
    payments::record_transfer(services, manager(&life).await, life.latest_invoice().await, "30.71", "by letter").await.unwrap();
    life.look().await;
    life.until("2027-04-26T08:00:00Z").await;
    assert_eq!(life.invoices().await[1..], ["INV2 PAID 1071", "INV3 PAID 1071"].map(str::to_owned));
    let back = camt_08(&[reversal_08("R", "30.71", "Somebody", "return"), reversal_08("S", "9.99", "Somebody", "return")]);
    assert_eq!(try_import(&life, &input(&back)).await.unwrap().returned, 2);
    let open = listed(&life, "OPEN").await;
    assert!(open.iter().all(|row| row.suggestion.is_none()), "neither invoice nor payer are known");
    let (other, row) = (open[0].id, open[1].id);
    assert_eq!(fault(taken_back(&life, row, "").await.unwrap_err()).0, "invoice_number");
    taken_back(&life, row, "inv-2027-00002").await.unwrap();
    assert_eq!(life.invoices().await[1..], ["INV2 OPEN 1071", "INV3 OPEN 1071"].map(str::to_owned));
    assert_eq!(ledger::credit_of(services.db.system("test").await.unwrap().conn(), life.tenant).await.unwrap(), []);
    life.check_books().await;
    ignore(services, manager(&life).await, other, "Our own refund").await.unwrap();
    assert_eq!(listed(&life, "IGNORED").await.len(), 1);
}

#[tokio::test]
async fn what_goes_out_is_no_payment_that_is_taken_back_unless_it_says_so_or_names_an_invoice() {
    let (life, _) = paid_by_transfer().await;
    let csv = "Date,Amount,Text,Payer\n2027-04-03,-10.71,RUECKRUF INV-2027-00002,Anna Baker\n2027-04-03,-99.00,Rent,Landlord\n";
    let done = try_import(&life, &input(csv)).await.unwrap();
    assert_eq!((done.new, done.returned, done.skipped), (1, 1, 1));
    assert_eq!(listed(&life, "OPEN").await[0].suggestion.as_deref(), Some("invoice INV-2027-00002"));
    // By the payer, where nothing else is said; and money that comes back to us is none.
    let entries = [
        reversal_08("A", "10.71", "anna baker", "returned"),
        reversal_08("B", "10.71", "anna baker", "ours").replace("DBIT", "CRDT"),
        reversal_08("C", "5.00", "Landlord", "Rent").replace("<RvslInd>true</RvslInd>", ""),
        reversal_08("D", "5.00", "Anna Baker", "x").replace("<RvslInd>true</RvslInd>", "").replace("<RmtInf>", "<RtrInf/><RmtInf>"),
    ];
    let done = try_import(&life, &input(&camt_08(&entries))).await.unwrap();
    assert_eq!((done.new, done.returned, done.skipped), (2, 2, 2));
    let suggestions: Vec<_> = listed(&life, "OPEN").await.into_iter().map(|row| (row.amount.minor, row.suggestion)).collect();
    assert_eq!(suggestions[..2], [(-500, None), (-1071, Some("invoice INV-2027-00002".to_owned()))]);
}

#[tokio::test]
async fn a_payment_of_an_invoice_that_was_credited_is_taken_back_from_that_credit_or_not_at_all() {
    for is_used in [false, true] {
        let life = owing().await;
        let services = &life.shop.t.services;
        // A part is paid, and then all of the invoice is credited: the part is credit.
        assert_eq!(brought(&life, &camt_08(&[entry_08("A", "4.00", "EUR", "INV-2027-00002")])).await, [1, 1, 1, 0]);
        let invoice = life.latest_invoice().await;
        invoices::credit(services, manager(&life).await, invoice, "", "An outage.").await.unwrap();
        if is_used {
            life.look().await;
            life.until("2027-05-26T08:00:00Z").await;
        }
        brought(&life, &camt_08(&[reversal_08("A", "4.00", "Anna Baker", "INV-2027-00002")])).await;
        let row = listed(&life, "OPEN").await.remove(0);
        let done = taken_back(&life, row.id, "").await;
        assert_eq!(done.is_err(), is_used, "{done:?}");
        assert_eq!(life.shop.number("select count(*) from payments where status = 'RETURNED'").await, i64::from(!is_used));
        let credit = ledger::credit_of(services.db.system("test").await.unwrap().conn(), life.tenant).await.unwrap();
        assert_eq!(credit, [], "used: {is_used}");
        life.check_books().await;
    }
}
