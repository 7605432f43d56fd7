//! The invoice for machines: UN/CEFACT Cross Industry Invoice, profile EN 16931.
//!
//! - Prices are never negative there: a line that gives money back has a negative quantity.
//! - A credit note has positive sums; its type says that they go back.

use super::xml::Xml;
use chrono::Duration;
use model::{
    Time,
    billing::{
        invoices::{BankDetails, InvoiceKind, InvoiceLine, InvoiceView, Party},
        tax::TaxTreatment,
    },
    money::{Currency, Money},
};

/// Its name in the PDF.
pub(super) const FILE_NAME: &str = "factur-x.xml";

const NAMESPACES: &str = "xmlns:rsm=\"urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100\" \
    xmlns:ram=\"urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100\" \
    xmlns:udt=\"urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100\" \
    xmlns:qdt=\"urn:un:unece:uncefact:data:standard:QualifiedDataType:100\"";

/// The document.
pub(super) fn invoice(view: &InvoiceView) -> String {
    let row = &view.invoice;
    let is_credit_note = row.kind == InvoiceKind::CreditNote;
    let is_in_scope = view.tax_treatment != TaxTreatment::OutsideScope;
    let mut xml = Xml::new("rsm:CrossIndustryInvoice", NAMESPACES);
    xml.element("rsm:ExchangedDocumentContext", |xml| {
        xml.element("ram:GuidelineSpecifiedDocumentContextParameter", |xml| xml.text("ram:ID", "urn:cen.eu:en16931:2017"));
    });
    xml.element("rsm:ExchangedDocument", |xml| {
        xml.text("ram:ID", &row.number);
        xml.text("ram:TypeCode", if is_credit_note { "381" } else { "380" });
        date(xml, "ram:IssueDateTime", row.issued_at);
        if !view.reason.is_empty() {
            xml.element("ram:IncludedNote", |xml| xml.text("ram:Content", &view.reason));
        }
    });
    xml.element("rsm:SupplyChainTradeTransaction", |xml| {
        for (number, one) in (1_u32..).zip(&view.lines) {
            line(xml, number, one, view);
        }
        xml.element("ram:ApplicableHeaderTradeAgreement", |xml| {
            xml.element("ram:SellerTradeParty", |xml| party(xml, &view.seller, is_in_scope));
            xml.element("ram:BuyerTradeParty", |xml| party(xml, &view.buyer, is_in_scope));
        });
        xml.element("ram:ApplicableHeaderTradeDelivery", |xml| {
            xml.element("ram:ActualDeliverySupplyChainEvent", |xml| date(xml, "ram:OccurrenceDateTime", row.issued_at));
        });
        xml.element("ram:ApplicableHeaderTradeSettlement", |xml| settlement(xml, view));
    });
    xml.finish()
}

fn line(xml: &mut Xml, number: u32, line: &InvoiceLine, view: &InvoiceView) {
    let sign = sign(view);
    let net = line.net.minor * sign;
    // A part of a period is sold as one: the price is what it costs.
    let is_whole = line.unit_price.minor.checked_mul(line.quantity.into()) == Some(line.net.minor);
    let (price, quantity) = if is_whole { (line.unit_price.minor.abs(), i64::from(line.quantity)) } else { (net.abs(), 1) };
    xml.element("ram:IncludedSupplyChainTradeLineItem", |xml| {
        xml.element("ram:AssociatedDocumentLineDocument", |xml| xml.text("ram:LineID", &number.to_string()));
        xml.element("ram:SpecifiedTradeProduct", |xml| xml.text("ram:Name", &line.description));
        xml.element("ram:SpecifiedLineTradeAgreement", |xml| {
            xml.element("ram:NetPriceProductTradePrice", |xml| xml.text("ram:ChargeAmount", &decimal(Money::new(price, line.net.currency))));
        });
        xml.element("ram:SpecifiedLineTradeDelivery", |xml| {
            let quantity = if net < 0 { -quantity } else { quantity };
            xml.text_with("ram:BilledQuantity", "unitCode=\"C62\"", &quantity.to_string());
        });
        xml.element("ram:SpecifiedLineTradeSettlement", |xml| {
            xml.element("ram:ApplicableTradeTax", |xml| {
                xml.text("ram:TypeCode", "VAT");
                xml.text("ram:CategoryCode", category(view));
                rate(xml, view);
            });
            if line.period_start < line.period_end {
                period(xml, line.period_start, line.period_end);
            }
            xml.element("ram:SpecifiedTradeSettlementLineMonetarySummation", |xml| {
                xml.text("ram:LineTotalAmount", &decimal(Money::new(net, line.net.currency)));
            });
        });
    });
}

/// Outside the scope of VAT a number for it has no place; what identifies the party is its plain number then.
fn party(xml: &mut Xml, party: &Party, is_in_scope: bool) {
    let number = party.tax_number.replace(' ', "");
    if !is_in_scope && !number.is_empty() {
        xml.text("ram:ID", &number);
    }
    xml.text("ram:Name", &party.name);
    xml.element("ram:PostalTradeAddress", |xml| {
        let mut lines = party.address.lines().map(str::trim).filter(|line| !line.is_empty());
        for name in ["ram:LineOne", "ram:LineTwo"] {
            if let Some(line) = lines.next() {
                xml.text(name, line);
            }
        }
        let rest: Vec<&str> = lines.collect();
        if !rest.is_empty() {
            xml.text("ram:LineThree", &rest.join(", "));
        }
        xml.text("ram:CountryID", &party.country);
    });
    if !party.email.is_empty() {
        xml.element("ram:URIUniversalCommunication", |xml| xml.text_with("ram:URIID", "schemeID=\"EM\"", &party.email));
    }
    if is_in_scope && !number.is_empty() {
        // A VAT number begins with its country; others are a tax office's.
        let scheme = if number.chars().take(2).filter(char::is_ascii_uppercase).count() == 2 { "VA" } else { "FC" };
        xml.element("ram:SpecifiedTaxRegistration", |xml| xml.text_with("ram:ID", &format!("schemeID=\"{scheme}\""), &number));
    }
}

fn settlement(xml: &mut Xml, view: &InvoiceView) {
    let currency = view.net.currency;
    let signed = |money: Money| decimal(Money::new(money.minor * sign(view), currency));
    let transfer = super::transfer_to(view);
    if transfer.is_some() {
        xml.text("ram:PaymentReference", &view.invoice.number);
    }
    xml.text("ram:InvoiceCurrencyCode", &currency.to_string());
    if let Some(bank) = transfer {
        xml.element("ram:SpecifiedTradeSettlementPaymentMeans", |xml| means(xml, bank, currency));
    }
    xml.element("ram:ApplicableTradeTax", |xml| {
        xml.text("ram:CalculatedAmount", &signed(view.tax));
        xml.text("ram:TypeCode", "VAT");
        if !view.tax_note.is_empty() {
            xml.text("ram:ExemptionReason", &view.tax_note);
        }
        xml.text("ram:BasisAmount", &signed(view.net));
        xml.text("ram:CategoryCode", category(view));
        rate(xml, view);
    });
    xml.element("ram:SpecifiedTradePaymentTerms", |xml| match view.invoice.kind {
        InvoiceKind::Invoice => date(xml, "ram:DueDateDateTime", view.invoice.due_at),
        InvoiceKind::CreditNote => xml.text("ram:Description", "Credited to the account"),
    });
    xml.element("ram:SpecifiedTradeSettlementHeaderMonetarySummation", |xml| {
        xml.text("ram:LineTotalAmount", &signed(view.net));
        xml.text("ram:TaxBasisTotalAmount", &signed(view.net));
        xml.text_with("ram:TaxTotalAmount", &format!("currencyID=\"{currency}\""), &signed(view.tax));
        xml.text("ram:GrandTotalAmount", &signed(view.invoice.total));
        xml.text("ram:DuePayableAmount", &signed(view.invoice.total));
    });
    if let Some((_, number)) = &view.corrects {
        xml.element("ram:InvoiceReferencedDocument", |xml| xml.text("ram:IssuerAssignedID", number));
    }
}

/// A credit transfer, by UNCL 4461; one in euros is SEPA's.
fn means(xml: &mut Xml, bank: &BankDetails, currency: Currency) {
    xml.text("ram:TypeCode", if currency == Currency::Eur { "58" } else { "30" });
    xml.element("ram:PayeePartyCreditorFinancialAccount", |xml| {
        xml.text("ram:IBANID", &bank.iban);
        xml.text("ram:AccountName", &bank.holder);
    });
    if !bank.bic.is_empty() {
        xml.element("ram:PayeeSpecifiedCreditorFinancialInstitution", |xml| xml.text("ram:BICID", &bank.bic));
    }
}

/// How the invoice is taxed, by UNCL 5305.
fn category(view: &InvoiceView) -> &'static str {
    match view.tax_treatment {
        TaxTreatment::ReverseCharge => "AE",
        TaxTreatment::OutsideScope => "O",
        TaxTreatment::Domestic | TaxTreatment::OneStopShop | TaxTreatment::SellerRate if view.tax_rate_bp > 0 => "S",
        TaxTreatment::Domestic | TaxTreatment::OneStopShop | TaxTreatment::SellerRate => "Z",
    }
}

/// The rate, where there can be one.
fn rate(xml: &mut Xml, view: &InvoiceView) {
    if view.tax_treatment != TaxTreatment::OutsideScope {
        xml.text("ram:RateApplicablePercent", &percent(view.tax_rate_bp));
    }
}

fn sign(view: &InvoiceView) -> i64 {
    if view.invoice.kind == InvoiceKind::CreditNote { -1 } else { 1 }
}

/// The last day is the last that belongs to it.
fn period(xml: &mut Xml, start: Time, end: Time) {
    xml.element("ram:BillingSpecifiedPeriod", |xml| {
        date(xml, "ram:StartDateTime", start);
        date(xml, "ram:EndDateTime", end - Duration::seconds(1));
    });
}

fn date(xml: &mut Xml, name: &'static str, at: Time) {
    xml.element(name, |xml| xml.text_with("udt:DateTimeString", "format=\"102\"", &at.format("%Y%m%d").to_string()));
}

/// `1290.40`, `300`, `-1.250`: with the decimals that the currency has.
fn decimal(money: Money) -> String {
    let digits = money.currency.exponent() as usize;
    let scale = 10_u64.pow(money.currency.exponent());
    let units = money.minor.unsigned_abs();
    let sign = if money.minor < 0 { "-" } else { "" };
    match digits {
        0 => format!("{sign}{units}"),
        digits => format!("{sign}{}.{:0digits$}", units / scale, units % scale),
    }
}

/// `19.00`, from hundredths of a percent.
fn percent(rate_bp: i32) -> String {
    format!("{}.{:02}", rate_bp / 100, rate_bp % 100)
}
