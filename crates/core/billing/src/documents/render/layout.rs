//! Where each word of an invoice stands: A4, as many sheets as the lines need.

use super::font::{Weight, printable};
use crate::documents::transfer_to;
use engine::text::day;
use model::{
    billing::invoices::{InvoiceKind, InvoiceLine, InvoiceView, Party},
    country,
};

/// Width and height of a sheet, in points.
pub(super) const SHEET: (f32, f32) = (595.28, 841.89);
const LEFT: f32 = 56.0;
const RIGHT: f32 = SHEET.0 - 56.0;
const TOP: f32 = 70.0;
/// Nothing but the foot stands below.
const BOTTOM: f32 = 770.0;
const FOOT: f32 = 804.0;
/// Right edges of quantity and price.
const QUANTITY: f32 = 352.0;
const PRICE: f32 = 446.0;
/// Widest column of text on the left.
const COLUMN: f32 = 250.0;

/// How words look.
#[derive(Clone, Copy)]
pub(super) struct Style {
    pub weight: Weight,
    pub size: f32,
    pub faint: bool,
}

const BODY: Style = Style { weight: Weight::Regular, size: 9.5, faint: false };
const STRONG: Style = Style { weight: Weight::Strong, ..BODY };
const SMALL: Style = Style { size: 8.5, faint: true, ..BODY };
const TITLE: Style = Style { weight: Weight::Strong, size: 17.0, faint: false };

/// Words in their place; `y` is where they stand on.
pub(super) struct Word {
    pub x: f32,
    pub y: f32,
    pub style: Style,
    pub text: String,
}

/// A sheet of paper.
#[derive(Default)]
pub(super) struct Sheet {
    pub words: Vec<Word>,
    /// Lines across it: `y`, from `x` to the right margin.
    pub rules: Vec<(f32, f32)>,
}

/// Writes from top to bottom.
struct Pen {
    sheets: Vec<Sheet>,
    y: f32,
}

impl Pen {
    fn sheet(&mut self) -> &mut Sheet {
        if self.sheets.is_empty() {
            self.sheets.push(Sheet::default());
        }
        let last = self.sheets.len() - 1;
        &mut self.sheets[last]
    }

    fn left(&mut self, x: f32, style: Style, text: &str) {
        let y = self.y;
        self.sheet().words.push(Word { x, y, style, text: printable(text) });
    }

    fn right(&mut self, x: f32, style: Style, text: &str) {
        let width = style.weight.width(style.size, &printable(text));
        self.left(x - width, style, text);
    }

    /// Text on the left, in as many lines as it needs.
    fn block(&mut self, style: Style, text: &str, width: f32) {
        for line in style.weight.wrap(style.size, &printable(text), width) {
            self.room(style.size * 1.45, |_| {});
            self.left(LEFT, style, &line);
            self.y += style.size * 1.45;
        }
    }

    fn rule(&mut self, x: f32) {
        let y = self.y;
        self.sheet().rules.push((y, x));
    }

    /// Begins another sheet, with this head, where less than `height` is left.
    fn room(&mut self, height: f32, head: impl FnOnce(&mut Self)) {
        if self.y + height > BOTTOM {
            self.sheets.push(Sheet::default());
            self.y = TOP;
            head(self);
        }
    }
}

/// The sheets of an invoice or credit note.
pub(super) fn sheets(view: &InvoiceView) -> Vec<Sheet> {
    let mut pen = Pen { sheets: Vec::new(), y: TOP };
    head(&mut pen, view);
    columns(&mut pen);
    for line in &view.lines {
        row(&mut pen, line);
    }
    sums(&mut pen, view);
    let count = pen.sheets.len();
    let from = [view.seller.name.as_str(), view.seller.tax_number.as_str()].into_iter().filter(|part| !part.is_empty());
    let from = from.collect::<Vec<_>>().join("  ·  ");
    let from = SMALL.weight.wrap(SMALL.size, &printable(&from), 330.0).into_iter().next().unwrap_or_default();
    for (number, sheet) in (1..).zip(&mut pen.sheets) {
        let page = format!("{}  ·  Page {number} of {count}", view.invoice.number);
        let width = SMALL.weight.width(SMALL.size, &page);
        sheet.words.push(Word { x: LEFT, y: FOOT, style: SMALL, text: from.clone() });
        sheet.words.push(Word { x: RIGHT - width, y: FOOT, style: SMALL, text: page });
    }
    pen.sheets
}

/// Who sells, what this is, and who buys.
fn head(pen: &mut Pen, view: &InvoiceView) {
    let invoice = &view.invoice;
    let is_credit_note = invoice.kind == InvoiceKind::CreditNote;
    pen.right(RIGHT, TITLE, if is_credit_note { "Credit note" } else { "Invoice" });
    let mut facts = vec![("Number", invoice.number.clone()), ("Issued", day(invoice.issued_at))];
    match &view.corrects {
        Some((_, number)) => facts.push(("Corrects", number.clone())),
        None => facts.push(("Due", day(invoice.due_at))),
    }
    pen.y += 26.0;
    for (label, value) in facts {
        pen.left(RIGHT - 165.0, SMALL, label);
        pen.right(RIGHT, BODY, &value);
        pen.y += 15.0;
    }
    let below = pen.y;
    pen.y = TOP;
    pen.block(TITLE, &view.seller.name, COLUMN);
    pen.y += 2.0;
    for line in party(&view.seller).skip(1) {
        pen.block(SMALL, &line, COLUMN);
    }
    pen.y = pen.y.max(below) + 26.0;
    pen.left(LEFT, SMALL, "Bill to");
    pen.y += 15.0;
    for (place, line) in party(&view.buyer).enumerate() {
        pen.block(if place == 0 { STRONG } else { BODY }, &line, COLUMN);
    }
    if is_credit_note {
        pen.y += 12.0;
        pen.block(BODY, &format!("Reason: {}", view.reason), RIGHT - LEFT);
    }
    pen.y += 26.0;
}

/// Name, address, country, email address and number of a party, a line each.
fn party(party: &Party) -> impl Iterator<Item = String> {
    let tax = (!party.tax_number.is_empty()).then(|| format!("Tax ID {}", party.tax_number));
    [party.name.clone()]
        .into_iter()
        .chain(party.address.lines().map(str::to_owned).collect::<Vec<_>>())
        .chain([country::name(&party.country).to_owned(), party.email.clone()])
        .chain(tax)
        .filter(|line| !line.trim().is_empty())
}

fn columns(pen: &mut Pen) {
    pen.room(60.0, |_| {});
    pen.left(LEFT, SMALL, "Description");
    pen.right(QUANTITY, SMALL, "Quantity");
    pen.right(PRICE, SMALL, "Unit price");
    pen.right(RIGHT, SMALL, "Amount");
    pen.y += 7.0;
    pen.rule(LEFT);
    pen.y += 16.0;
}

fn row(pen: &mut Pen, line: &InvoiceLine) {
    let description = BODY.weight.wrap(BODY.size, &printable(&line.description), COLUMN - 10.0);
    let has_period = line.period_start < line.period_end;
    let mut height = 13.8 * description.len().max(1) as f32;
    if has_period {
        height += 12.0;
    }
    // A description is at most some lines long; on a fresh sheet there is always room.
    pen.room(height, columns);
    pen.right(QUANTITY, BODY, &line.quantity.to_string());
    pen.right(PRICE, BODY, &line.unit_price.to_string());
    pen.right(RIGHT, BODY, &line.net.to_string());
    for text in description {
        pen.left(LEFT, BODY, &text);
        pen.y += 13.8;
    }
    if has_period {
        pen.left(LEFT, SMALL, &format!("{} to {}", day(line.period_start), day(line.period_end)));
        pen.y += 12.0;
    }
    pen.y += 6.0;
}

fn sums(pen: &mut Pen, view: &InvoiceView) {
    pen.room(90.0, |_| {});
    let start = PRICE - 120.0;
    pen.rule(LEFT);
    pen.y += 18.0;
    let tax = format!("VAT {}.{:02} %", view.tax_rate_bp / 100, view.tax_rate_bp % 100).replace(".00 ", " ");
    for (label, amount) in [("Subtotal".to_owned(), view.net), (tax, view.tax)] {
        pen.left(start, BODY, &label);
        pen.right(RIGHT, BODY, &amount.to_string());
        pen.y += 16.0;
    }
    pen.y -= 7.0;
    pen.rule(start);
    pen.y += 18.0;
    pen.left(start, STRONG, "Total");
    pen.right(RIGHT, STRONG, &view.invoice.total.to_string());
    pen.y += 28.0;
    pen.block(BODY, &view.tax_note, RIGHT - LEFT);
    if let Some(bank) = transfer_to(view) {
        pen.room(100.0, |_| {});
        pen.y += 12.0;
        pen.block(STRONG, "Pay by bank transfer", RIGHT - LEFT);
        pen.block(BODY, &format!("Account holder: {}", bank.holder), RIGHT - LEFT);
        pen.block(BODY, &format!("IBAN: {}", bank.iban_in_groups()), RIGHT - LEFT);
        if !bank.bic.is_empty() {
            pen.block(BODY, &format!("BIC: {}", bank.bic), RIGHT - LEFT);
        }
        pen.block(BODY, &format!("Reference: {}", view.invoice.number), RIGHT - LEFT);
    }
}
