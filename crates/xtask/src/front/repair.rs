//! Repairs what an older wasm-opt (Debian 12 ships 108) writes: it exports every table under index 0.
//!
//! With two tables the browser then finds functions where the program keeps JavaScript values, and nothing starts. The indices are
//! taken from the file before wasm-opt, which never reorders tables.

use anyhow::{Context, Result, ensure};

pub(super) const EXPORT_SECTION: u8 = 7;
pub(super) const TABLE: u8 = 1;

/// Name of an exported table, and where its index stands.
#[derive(Debug, PartialEq, Eq)]
struct TableExport {
    name: Vec<u8>,
    at: usize,
    index: u8,
}

/// Gives the exported tables of `after` the indices that they have in `before`.
///
/// # Errors
/// When one of the files is not WASM, or a table of `before` is gone.
pub fn table_exports(before: &[u8], after: &mut [u8]) -> Result<()> {
    let wanted = tables(before).context("the program before wasm-opt cannot be read")?;
    let found = tables(after).context("the program after wasm-opt cannot be read")?;
    for table in found {
        let right = wanted.iter().find(|wanted| wanted.name == table.name).context("wasm-opt invents a table")?;
        after[table.at] = right.index;
    }
    Ok(())
}

/// The exported tables of a program.
fn tables(wasm: &[u8]) -> Result<Vec<TableExport>> {
    ensure!(wasm.starts_with(b"\0asm"), "not WASM");
    let mut at = 8;
    while at < wasm.len() {
        let kind = wasm[at];
        let (length, start) = number(wasm, at + 1)?;
        if kind == EXPORT_SECTION {
            return exports(wasm, start);
        }
        at = start + length;
    }
    Ok(Vec::new())
}

fn exports(wasm: &[u8], start: usize) -> Result<Vec<TableExport>> {
    let (count, mut at) = number(wasm, start)?;
    let mut tables = Vec::new();
    for _ in 0..count {
        let (length, begin) = number(wasm, at)?;
        let end = begin + length;
        let name = wasm.get(begin..end).context("a name is cut")?.to_vec();
        let kind = *wasm.get(end).context("an export is cut")?;
        let (index, next) = number(wasm, end + 1)?;
        if kind == TABLE {
            // One byte holds every index below 128; there are two tables.
            ensure!(next == end + 2, "more tables than expected");
            tables.push(TableExport { name, at: end + 1, index: u8::try_from(index)? });
        }
        at = next;
    }
    Ok(tables)
}

/// An unsigned LEB128 number and the place behind it.
fn number(wasm: &[u8], mut at: usize) -> Result<(usize, usize)> {
    let (mut value, mut shift) = (0_usize, 0);
    loop {
        let byte = *wasm.get(at).context("the file is cut")?;
        at += 1;
        value |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok((value, at));
        }
        shift += 7;
        ensure!(shift < 35, "a number is too long");
    }
}
