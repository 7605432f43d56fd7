//! Statements are imported, and what they pay is booked once.

mod files;
mod returns;

use super::*;
use crate::{invoices, subscriptions::tests::life::Life};
use files::{CSV, camt_02, camt_08, entry_08};
use model::{billing::invoices::InvoiceView, money::Money};
use proptest::prelude::*;

const DAY: &str = "2027-03-01T08:00:00Z";

/// A customer whose card is empty, with an open invoice of €10.71: `INV-2027-00002`.
async fn owing() -> Life {
    let life = Life::begin(DAY, "empty").await;
    life.until("2027-04-02T08:00:00Z").await;
    assert_eq!(life.invoices().await[1], "INV2 OPEN 1071");
    life
}

async fn manager(life: &Life) -> PlatformTx<BillingManage> {
    life.shop.t.services.db.platform(&life.admin).await.unwrap()
}

fn input(file: &str) -> StatementInput {
    StatementInput {
        file_name: "statement.xml".to_owned(),
        file: BASE64_STANDARD.encode(file),
        account: "DE02120300000000202051".to_owned(),
        ..StatementInput::default()
    }
}

async fn try_import(life: &Life, input: &StatementInput) -> Result<StatementImport> {
    import(&life.shop.t.services, manager(life).await, input).await
}

/// Entries, new ones, booked ones, skipped lines.
async fn brought(life: &Life, file: &str) -> [i64; 4] {
    let done = try_import(life, &input(file)).await.unwrap();
    [done.entries, done.new, done.booked, done.skipped]
}

async fn listed(life: &Life, state: &str) -> Vec<BankEntryRow> {
    let request = PageRequest { state: Some(state.to_owned()), ..PageRequest::default() };
    list(&mut life.shop.t.services.db.system("test").await.unwrap(), &request).await.unwrap().rows
}

async fn latest(life: &Life) -> InvoiceView {
    invoices::get(&mut life.shop.t.services.db.system("test").await.unwrap(), life.latest_invoice().await).await.unwrap()
}

fn fault(error: Error) -> (String, String) {
    let error = error.into_api();
    error
        .fields
        .first()
        .map_or_else(|| (error.code.status().to_string(), error.message.clone()), |fault| (fault.field.clone(), fault.message.clone()))
}

#[tokio::test]
async fn a_transfer_that_names_its_invoice_is_booked_once_however_often_it_is_imported() {
    let life = owing().await;
    let file = camt_02(&[("REF-1", "CRDT", "BOOK", "10.71", "Invoice INV-2027-00002 thank you"), ("REF-2", "DBIT", "BOOK", "99.00", "Rent")]);
    assert_eq!(brought(&life, &file).await, [1, 1, 1, 1]);
    let paid = latest(&life).await;
    assert_eq!((paid.invoice.status, paid.payments[0].method.as_str(), paid.payments[0].amount.minor), (InvoiceStatus::Paid, "Bank transfer", 1071));
    let row = listed(&life, "BOOKED").await.remove(0);
    assert_eq!((row.invoice, row.tenant, row.counterparty.as_str()), (Some(paid.invoice.id), Some(life.tenant), "Anna Baker"));
    assert_eq!((row.booked_on.to_string().as_str(), row.account.as_str()), ("2027-04-01", "DE02120300000000202051"));

    // The same file, and one that overlaps it.
    assert_eq!(brought(&life, &file).await, [1, 0, 0, 1]);
    let longer = camt_02(&[("REF-1", "CRDT", "BOOK", "10.71", "Invoice INV-2027-00002 thank you"), ("REF-3", "CRDT", "BOOK", "5.00", "Hello")]);
    assert_eq!(brought(&life, &longer).await, [2, 1, 0, 0]);
    assert_eq!(life.shop.number("select count(*) from payments where provider = 'manual'").await, 1);
    assert_eq!(life.shop.number("select count(*) from audit_events where action = 'BANK_STATEMENT_IMPORTED'").await, 3);
    life.check_books().await;
}

#[tokio::test]
async fn a_part_is_booked_and_what_is_not_sure_waits_with_its_reason() {
    let life = owing().await;
    let entry = |amount: &str, currency: &str, text: &str| entry_08("NONREF", amount, currency, text);
    let entries = [
        entry("4.00", "EUR", "inv 2027/00002"),
        entry("7.00", "EUR", "INV-2027-00002"),
        entry("1.00", "EUR", "INV-2027-00002 and INV-2027-00001"),
        entry("9.00", "EUR", "INV-2027-00001"),
        entry("1.00", "EUR", "INV-2027-00099"),
        entry("1.00", "USD", "INV-2027-00002"),
        entry("1.00", "EUR", "my invoice"),
        entry("1.00", "SEK", "INV-2027-00002"),
    ];
    assert_eq!(brought(&life, &camt_08(&entries)).await, [7, 7, 1, 1]);
    assert_eq!(latest(&life).await.invoice.open.minor, 671);
    let notes: Vec<String> = listed(&life, "OPEN").await.into_iter().rev().filter_map(|row| row.note).collect();
    let expected = [
        "It is more than invoice INV-2027-00002 has open.",
        "Its text names several invoices.",
        "Invoice INV-2027-00001 is not open.",
        "There is no invoice INV-2027-00099.",
        "Invoice INV-2027-00002 is in EUR.",
        "Its text names no invoice.",
    ];
    assert_eq!(notes, expected);
    life.check_books().await;
}

#[tokio::test]
async fn staff_assign_an_entry_to_an_invoice_or_an_account_and_the_rest_is_credit() {
    let life = owing().await;
    let services = &life.shop.t.services;
    brought(
        &life,
        &camt_02(&[("A", "CRDT", "BOOK", "12.00", "my invoice"), ("B", "CRDT", "BOOK", "30.00", "for later"), ("C", "CRDT", "BOOK", "8.00", "x")]),
    )
    .await;
    let open = listed(&life, "OPEN").await;
    let [c, b, a] = [0, 1, 2].map(|at| open[at].id);
    let try_assign = async |id: BankEntryId, invoice: &str, customer: &str| assign(services, manager(&life).await, id, invoice, customer).await;
    for (invoice, customer, field) in
        [("", "", "invoice_number"), ("INV-2027-00077", "", "invoice_number"), ("", "Nobody", "customer"), ("INV-2027-00002", "x", "customer")]
    {
        assert_eq!(fault(try_assign(a, invoice, customer).await.unwrap_err()).0, field);
    }
    try_assign(a, " inv-2027-00002 ", "").await.unwrap();
    assert_eq!(latest(&life).await.invoice.status, InvoiceStatus::Paid);
    let credit = async || ledger::credit_of(services.db.system("test").await.unwrap().conn(), life.tenant).await.unwrap();
    assert_eq!(credit().await, [Money::new(129, Currency::Eur)], "what was too much");
    assert_eq!(fault(try_assign(a, "INV-2027-00002", "").await.unwrap_err()).0, "409");
    try_assign(b, "", "anna's bakery").await.unwrap();
    assert_eq!(credit().await, [Money::new(3129, Currency::Eur)]);
    let row = listed(&life, "BOOKED").await.into_iter().find(|row| row.id == b).unwrap();
    assert_eq!((row.tenant_name.as_deref(), row.invoice), (Some("Anna's Bakery"), None));
    let mut tx = services.db.system("test").await.unwrap();
    let payments = crate::payment_log::payments(&mut tx, &PageRequest::default()).await.unwrap().rows;
    assert!(payments.iter().any(|payment| payment.invoice.is_none() && payment.amount.minor == 3000), "it stands among all payments");
    assert_eq!(life.shop.number("select count(*) from audit_events where action = 'BANK_ENTRY_ASSIGNED'").await, 2);

    // The credit pays the next invoice.
    life.until("2027-04-26T08:00:00Z").await;
    let next = latest(&life).await;
    assert_eq!((next.invoice.status, next.credit_used.minor), (InvoiceStatus::Paid, 1071));

    assert_eq!(fault(ignore(services, manager(&life).await, c, " ").await.unwrap_err()).0, "reason");
    ignore(services, manager(&life).await, c, "Interest").await.unwrap();
    assert_eq!(listed(&life, "IGNORED").await[0].note.as_deref(), Some("Interest"));
    assert_eq!(brought(&life, &camt_02(&[("C", "CRDT", "BOOK", "8.00", "x")])).await, [1, 0, 0, 0], "it stays ignored");
    try_assign(c, "", &life.shop.text("select slug from tenants").await).await.unwrap();
    assert_eq!(fault(ignore(services, manager(&life).await, c, "Interest").await.unwrap_err()).0, "409");
    life.check_books().await;
}

#[tokio::test]
async fn a_csv_file_of_a_bank_is_read_by_its_columns_and_not_booked_beside_a_camt_file() {
    let life = owing().await;
    let german = StatementInput { date_format: "DOTS".to_owned(), amount_format: "COMMA".to_owned(), ..input(CSV) };
    let done = try_import(&life, &german).await.unwrap();
    assert_eq!((done.entries, done.new, done.booked, done.skipped), (3, 3, 1, 2), "two say the same, one is pending and one went out");
    assert_eq!(latest(&life).await.invoice.open.minor, 71);
    assert_eq!(try_import(&life, &german).await.unwrap().new, 0);
    let row = listed(&life, "BOOKED").await.remove(0);
    assert_eq!((row.amount.minor, row.counterparty.as_str(), row.text.as_str()), (1000, "Anna \"B.\"; Baker", "INV-2027- 00002; danke"));
    // With another column, and the account written otherwise: nobody can tell that these are new.
    life.shop.t.clock.advance(chrono::Duration::minutes(1));
    let other = StatementInput {
        counterparty_column: "Info".to_owned(),
        account: "de02 1203 0000 0000 2020 51".to_owned(),
        file: BASE64_STANDARD.encode(CSV.replace("10,00", "0,50")),
        ..german.clone()
    };
    let done = try_import(&life, &other).await.unwrap();
    assert_eq!((done.new, done.booked), (3, 0));
    assert_eq!(latest(&life).await.invoice.open.minor, 71);
    // The same from another file.
    assert_eq!(brought(&life, &camt_02(&[("Z", "CRDT", "BOOK", "0.50", "INV-2027-00002")])).await, [1, 1, 0, 0]);
    assert!(listed(&life, "OPEN").await[0].note.as_deref().unwrap().contains("was imported before"));

    for (change, field) in [
        (StatementInput { date_column: "When".to_owned(), ..german.clone() }, "date_column"),
        (StatementInput { text_column: "Zweck".to_owned(), ..german.clone() }, "text_column"),
        (StatementInput { currency_column: "Geld".to_owned(), ..german.clone() }, "currency_column"),
        (StatementInput { date_format: "ISO".to_owned(), ..german.clone() }, "date_format"),
        (StatementInput { amount_format: "POINT".to_owned(), ..german.clone() }, "amount_format"),
        (StatementInput { account: " ".to_owned(), ..german.clone() }, "account"),
        (StatementInput { currency: "XXX".to_owned(), ..german.clone() }, "currency"),
    ] {
        assert_eq!(fault(try_import(&life, &change).await.unwrap_err()).0, field);
    }
    life.check_books().await;
}

#[tokio::test]
async fn a_hostile_file_is_refused_whole() {
    let life = owing().await;
    let good = ("R", "CRDT", "BOOK", "1.00", "INV-2027-00002");
    let with = |bad| camt_02(&[good, bad]);
    let bomb = format!(
        "<?xml version=\"1.0\"?><!DOCTYPE d [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]>{}",
        camt_02(&[good]).trim_start_matches("<?xml version=\"1.0\" encoding=\"UTF-8\"?>")
    );
    let outside = "<!DOCTYPE d [<!ENTITY x SYSTEM \"file:///etc/hostname\">]><d>&x;</d>".to_owned();
    let many = camt_02(&[good]).replace("</Ntry>", &format!("{}</Ntry>", "<a/>x".repeat(205_000)));
    let files = [
        (bomb, "DOCTYPE"),
        (outside, "DOCTYPE"),
        (many, "too many elements"),
        ("<Document/>".to_owned(), "no CAMT.053"),
        (camt_02(&[good]).replace("camt.053.001.02", "camt.052.001.02"), "no CAMT.053"),
        (with(("R2", "CRDT", "BOOK", "-1.00", "x")), "Entry 2: its amount is wrong"),
        (with(("R2", "CRDT", "BOOK", "1.001", "x")), "amount"),
        (with(("R2", "CRDT", "BOOK", "1,00", "x")), "amount"),
        (with(("R2", "CRDT", "BOOK", "1e3", "x")), "amount"),
        (with(("R2", "CRDT", "BOOK", "99999999999999999999.00", "x")), "amount"),
        (with(("R2", "UP", "BOOK", "1.00", "x")), "neither"),
        (with(("R2", "CRDT", "MAYBE", "1.00", "x")), "status"),
        (camt_02(&[good]).replace("2027-04-01", "2027-02-30"), "date"),
        (camt_02(&[good]).replace("</Ntry>", "</Ntr>"), "can't be read"),
        (camt_02(&[good]) + "\0", "not text"),
        ("x".repeat(read::MAX_FILE + 1), "1 MiB"),
        ("Datum;Betrag;Text\n2027-04-01;\"1.00;x\n".to_owned(), "not closed"),
        ("Datum;Betrag;Text\n2027-04-01;\"1.00\"0;x\n".to_owned(), "after a quoted field"),
        ("Datum;Betrag;Text\n2027-04-01;1.00\n".to_owned(), "2 fields"),
        ("Datum;Betrag;Text\n2027-04-01;1.005;x\n".to_owned(), "not an amount"),
        ("Datum;Betrag;Text\n2027-04-01;12,34.00;x\n".to_owned(), "not an amount"),
        ("Datum;Betrag;Text\n2027-04-01;--1.00;x\n".to_owned(), "not an amount"),
        ("Datum;Betrag;Text;Betrag\n2027-04-01;1.00;x;2.00\n".to_owned(), "two columns"),
        ("Datum;Betrag;Text\n".to_owned(), "no entries"),
        (String::new(), "Choose a file"),
    ];
    for (file, words) in files {
        let (field, message) = fault(try_import(&life, &input(&file)).await.expect_err(words));
        assert!(message.contains(words), "{words}: {field} {message}");
    }
    let unreadable = StatementInput { file: "§".to_owned(), ..input("") };
    assert_eq!(fault(try_import(&life, &unreadable).await.unwrap_err()).0, "file");
    assert_eq!(life.shop.number("select count(*) from bank_entries").await, 0, "the good entry neither");
}

#[test]
fn numbers_of_invoices_are_found_as_people_and_banks_write_them() {
    let found = |text: &str| matching::invoice_numbers(text).into_iter().collect::<Vec<_>>().join(" ");
    for text in
        ["INV-2027-00002", "inv2027-00002.", "RG INV 2027 00002 12.3.27", "(INV/2027/00002)", "INV202700002", "xINV-2027-00002", "INV-2027- 00002"]
    {
        assert_eq!(found(text), "INV-2027-00002", "{text}");
    }
    assert_eq!(found("INV-2027-00002, INV-2027-123456"), "INV-2027-00002 INV-2027-123456");
    for text in [
        "",
        "INV",
        "INV-",
        "INV-2027",
        "INV-2027-0002",
        "INV-27-00002",
        "2027-00002",
        "INVOICE 2027-00002",
        "INV----2027-00002",
        "INV-2027-0000000002",
    ] {
        assert_eq!(found(text), "", "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_file_is_refused_or_makes_sense(bytes in any::<Vec<u8>>(), text in "(Datum|Date|Betrag|Amount|Text|[0-9;,.\"\\n\\r-])*") {
        hostile::file(&bytes);
        hostile::file(text.as_bytes());
    }

    #[test]
    fn what_is_written_is_what_is_read(minor in any::<u32>(), flag in any::<bool>(), texts in any::<[String; 4]>()) {
        let [amount, status, reference, text] = [&*texts[0], &texts[1], &texts[2], &texts[3]];
        hostile::camt(flag, minor, [amount, status, reference, text]);
        hostile::csv(minor, flag, [text, reference]);
    }
}
