//! Declares in the file's metadata that it is a Factur-X invoice. The PDF library writes no schema but its own, so the metadata is written again
//! behind its end, as an update of the file.

use anyhow::{Context, Result};

/// What the invoice is, and the schema of those words, which PDF/A asks for.
const DECLARATION: &str = include_str!("factur-x.xmp");

/// The file with the declaration.
pub(super) fn declare(mut file: Vec<u8>) -> Result<Vec<u8>> {
    let start = last(&file, b"<?xpacket begin").context("the PDF has no metadata")?;
    let end = start + first(&file[start..], b"endstream").context("the metadata has no end")?;
    let head = &file[..start];
    let head = std::str::from_utf8(&head[last(head, b"endobj").context("the metadata comes first")?..])?;
    let object: u32 =
        head.trim_start_matches("endobj").trim_start().split(' ').next().unwrap_or_default().parse().context("number of the metadata")?;
    let packet = std::str::from_utf8(&file[start..end])?.trim_end();
    let (before, after) = packet.rsplit_once("</rdf:RDF>").context("the metadata is not RDF")?;
    let packet = format!("{before}{DECLARATION}</rdf:RDF>{after}");

    let tail = std::str::from_utf8(&file[last(&file, b"trailer").context("the PDF has no trailer")?..]).context("the trailer is text")?;
    let (trailer, xref) = tail.rsplit_once("startxref").context("the PDF has no table of objects")?;
    let xref: usize = xref.split_whitespace().next().unwrap_or_default().parse().context("place of the table of objects")?;
    let trailer = trailer.trim_end().strip_suffix(">>").context("the trailer has no end")?.to_owned();

    file.push(b'\n');
    let place = file.len();
    let stream = format!("{object} 0 obj\n<< /Length {} /Type /Metadata /Subtype /XML >>\nstream\n{packet}\nendstream\nendobj\n", packet.len());
    file.extend_from_slice(stream.as_bytes());
    let table = file.len();
    let end = format!("xref\n{object} 1\n{place:010} 00000 n \n{trailer}/Prev {xref}\n>>\nstartxref\n{table}\n%%EOF\n");
    file.extend_from_slice(end.as_bytes());
    Ok(file)
}

fn first(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

fn last(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).rposition(|window| window == what)
}
