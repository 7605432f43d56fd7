//! Drawing sheets into a PDF.

use super::layout::{SHEET, Sheet, Word};
use crate::documents::cii;
use anyhow::{Context, Result, anyhow};
use chrono::{Datelike, Timelike};
use krilla::{
    Document, SerializeSettings,
    color::rgb,
    configure::{Archival, ConfigurationBuilder},
    embed::{AssociationKind, EmbeddedFile, MimeType},
    geom::{PathBuilder, Point, Rect},
    metadata::{DateTime, Metadata},
    page::PageSettings,
    paint::Fill,
    surface::Surface,
};
use model::{
    Time,
    billing::invoices::{InvoiceKind, InvoiceView},
};

/// The document, of PDF/A-3u: everything in it can be read by machines, too.
pub(super) fn draw(view: &InvoiceView, sheets: &[Sheet], xml: &str) -> Result<Vec<u8>> {
    let standard = ConfigurationBuilder::new().with_archival_validator(Archival::A3_U).finish();
    let configuration = standard.map_err(|error| anyhow!("PDF/A-3u is not known: {error:?}"))?;
    let mut document = Document::new_with(SerializeSettings { configuration, enable_tagging: false, ..SerializeSettings::default() });
    for sheet in sheets {
        let mut page = document.start_page_with(PageSettings::from_wh(SHEET.0, SHEET.1).context("a sheet has a size")?);
        let mut surface = page.surface();
        for (y, x) in &sheet.rules {
            rule(&mut surface, *x, *y)?;
        }
        for word in &sheet.words {
            write(&mut surface, word);
        }
        surface.finish();
        page.finish();
    }
    let issued = time(view.invoice.issued_at);
    let file = EmbeddedFile {
        path: cii::FILE_NAME.to_owned(),
        mime_type: MimeType::new("text/xml"),
        description: Some("The invoice as XML: Factur-X, EN 16931".to_owned()),
        association_kind: AssociationKind::Alternative,
        data: xml.as_bytes().to_vec().into(),
        modification_date: Some(issued),
        compress: Some(true),
        location: None,
    };
    document.embed_file(file).context("the XML is embedded once")?;
    let kind = if view.invoice.kind == InvoiceKind::CreditNote { "Credit note" } else { "Invoice" };
    let metadata = Metadata::new()
        .title(format!("{kind} {}", view.invoice.number))
        .authors(vec![view.seller.name.clone()])
        .creator("mPanel".to_owned())
        .language("en".to_owned())
        .document_id(view.invoice.number.clone())
        .creation_date(issued);
    document.set_metadata(metadata);
    document.finish().map_err(|error| anyhow!("{} is no PDF/A-3: {error:?}", view.invoice.number))
}

fn rule(surface: &mut Surface<'_>, x: f32, y: f32) -> Result<()> {
    let mut path = PathBuilder::new();
    path.push_rect(Rect::from_xywh(x, y, SHEET.0 - 56.0 - x, 0.6).context("a rule has a length")?);
    surface.set_fill(Some(ink(205)));
    surface.draw_path(&path.finish().context("a rule is a path")?);
    Ok(())
}

fn write(surface: &mut Surface<'_>, word: &Word) {
    let style = word.style;
    surface.set_fill(Some(ink(if style.faint { 95 } else { 20 })));
    let shaped = style.weight.shape(&word.text);
    surface.draw_glyphs(Point::from_xy(word.x, word.y), &shaped.glyphs, style.weight.font(), &word.text, style.size, false);
}

fn ink(gray: u8) -> Fill {
    Fill { paint: rgb::Color::new(gray, gray, gray).into(), ..Fill::default() }
}

fn time(at: Time) -> DateTime {
    let part = |number: u32| u8::try_from(number).unwrap_or(0);
    DateTime::new(u16::try_from(at.year()).unwrap_or(0))
        .month(part(at.month()))
        .day(part(at.day()))
        .hour(part(at.hour()))
        .minute(part(at.minute()))
        .second(part(at.second()))
        .utc_offset_hour(0)
}
