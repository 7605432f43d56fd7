//! From an invoice to a PDF: sheets of placed words (`layout`), drawn (`pdf`), and what Factur-X wants to know about the file (`xmp`).

mod font;
mod layout;
mod pdf;
mod xmp;

use anyhow::Result;
use model::billing::invoices::InvoiceView;

/// PDF/A-3 with the XML in it.
pub(super) fn pdf(view: &InvoiceView, xml: &str) -> Result<Vec<u8>> {
    xmp::declare(pdf::draw(view, &layout::sheets(view), xml)?)
}

/// The words of the sheets, for tests.
#[cfg(test)]
pub(super) fn words(view: &InvoiceView) -> Vec<Vec<String>> {
    layout::sheets(view).into_iter().map(|sheet| sheet.words.into_iter().map(|word| word.text).collect()).collect()
}

/// Words that do not fit between the margins, for tests.
#[cfg(test)]
pub(super) fn beyond_the_margins(view: &InvoiceView) -> Vec<String> {
    let inside = |word: &layout::Word| {
        let end = word.x + word.style.weight.width(word.style.size, &word.text);
        word.x >= 55.9 && end <= layout::SHEET.0 - 55.9 && word.y <= 805.0 && (word.y <= 775.0 || word.text.contains("Page") || word.style.faint)
    };
    layout::sheets(view).into_iter().flat_map(|sheet| sheet.words).filter(|word| !inside(word)).map(|word| word.text).collect()
}
