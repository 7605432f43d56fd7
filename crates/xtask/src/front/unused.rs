//! Takes out what is never called and yet kept: an erased view, attribute or route names all that could be done with it, so no linker can
//! tell what nobody does. Nor can it of what a library exports.
//!
//! The bodies are emptied in place, before the program is split: nothing moves, and what only they refer to is left out by the split.
//! Whoever calls one after all breaks off, and the document says so.

use anyhow::{Context, Result, ensure};
use std::ops::Range;
use wasm_encoder::{Encode, Module, RawSection};
use wasmparser::{CustomSectionReader, KnownCustom, Name, Parser, Payload, RelocAddendKind, RelocationEntry, TypeRef};

/// The ends of their paths, as compilers write them. A page is taken over at one go, once its code has come, and never piece by piece; the
/// server alone asks for the list of the routes.
const UNUSED: [&str; 2] = ["8into_any13hydrate_async", "21into_any_nested_route15generate_routes"];
/// What a stream of ours would be for a script; no operation sends or gives one.
const STREAMS: [&str; 2] = ["intounderlyingsource_", "intounderlyingsink_"];
const UNREACHABLE: u8 = 0x00;
const NOP: u8 = 0x01;
const END: u8 = 0x0b;

/// The linked program without them, and how many there were.
///
/// # Errors
/// When it is not a program with names and relocations.
pub fn leave_out(program: &[u8]) -> Result<(Vec<u8>, usize)> {
    let found = Found::look(program)?;
    let bodies: Vec<&Range<usize>> = found.unused.iter().filter_map(|function| found.bodies.get(function.checked_sub(found.imports)?)).collect();
    let mut emptied = program.to_vec();
    for body in &bodies {
        let space = emptied.get_mut((*body).clone()).context("a body is cut")?;
        ensure!(space.len() > 2, "a body of nothing");
        space.fill(NOP);
        // No variables of its own, then the one instruction.
        (space[0], space[1], space[space.len() - 1]) = (0, UNREACHABLE, END);
    }
    let mut module = Module::new();
    for payload in Parser::new(0).parse_all(program) {
        let payload = payload?;
        let Some((id, range)) = payload.as_section() else { continue };
        let relocations = match &payload {
            Payload::CustomSection(section) if section.name() == "reloc.CODE" => Some(section),
            _ => None,
        };
        let data = match relocations {
            Some(section) => without(section, |offset| bodies.iter().any(|body| body.contains(&(found.code + offset))))?,
            None => emptied[at(range)].to_vec(),
        };
        module.section(&RawSection { id, data: &data });
    }
    Ok((module.finish(), bodies.len()))
}

/// Where in the program things are.
#[derive(Default)]
struct Found {
    /// Numbers of the functions that are never called.
    unused: Vec<usize>,
    /// How many functions come from outside; those have the first numbers.
    imports: usize,
    /// Where the code section begins.
    code: usize,
    bodies: Vec<Range<usize>>,
}

impl Found {
    fn look(program: &[u8]) -> Result<Self> {
        let mut found = Self::default();
        for payload in Parser::new(0).parse_all(program) {
            match payload? {
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        found.imports += usize::from(matches!(import?.ty, TypeRef::Func(_) | TypeRef::FuncExact(_)));
                    }
                }
                Payload::CodeSectionStart { range, .. } => found.code = at(range).start,
                Payload::CodeSectionEntry(body) => found.bodies.push(at(body.range())),
                Payload::CustomSection(section) => {
                    let KnownCustom::Name(names) = section.as_known() else { continue };
                    for names in names {
                        let Name::Function(functions) = names? else { continue };
                        for function in functions {
                            let function = function?;
                            if is_unused(function.name) {
                                found.unused.push(function.index as usize);
                            }
                        }
                    }
                }
                _ => {}
            }
        }
        ensure!(!found.bodies.is_empty() && found.code > 0, "no code");
        Ok(found)
    }
}

/// Whether this is one of them itself, in either way of writing names, and not a part of it: of parts that are equal the linker keeps one, under
/// the name of any of them.
fn is_unused(name: &str) -> bool {
    let is_path = |path: &&str| {
        name.split_once(*path)
            .is_some_and(|(before, behind)| before.starts_with("_RINvNvX") || (before.starts_with("_ZN") && behind.starts_with("17h")))
    };
    UNUSED.iter().any(is_path) || STREAMS.iter().any(|stream| name.starts_with(stream))
}

fn at(range: Range<u64>) -> Range<usize> {
    range.start as usize..range.end as usize
}

/// The section of relocations without those at these offsets.
fn without(section: &CustomSectionReader<'_>, gone: impl Fn(usize) -> bool) -> Result<Vec<u8>> {
    let KnownCustom::Reloc(relocations) = section.as_known() else { anyhow::bail!("the relocations cannot be read") };
    let entries: Vec<RelocationEntry> = relocations.entries().into_iter().collect::<Result<_, _>>()?;
    let kept: Vec<RelocationEntry> = entries.into_iter().filter(|entry| !gone(entry.offset as usize)).collect();
    let mut data = Vec::new();
    section.name().encode(&mut data);
    relocations.section_index().encode(&mut data);
    kept.len().encode(&mut data);
    for entry in kept {
        data.push(entry.ty as u8);
        entry.offset.encode(&mut data);
        entry.index.encode(&mut data);
        match entry.ty.addend_kind() {
            RelocAddendKind::None => {}
            RelocAddendKind::Addend32 => i32::try_from(entry.addend)?.encode(&mut data),
            RelocAddendKind::Addend64 => entry.addend.encode(&mut data),
        }
    }
    Ok(data)
}
