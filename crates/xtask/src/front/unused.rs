//! Takes out what is never called and yet kept: an erased view, attribute or route names all that could be done with it, so no linker can
//! tell what nobody does. Nor can it of what a library exports. And takes the words out of errors that nobody reads.
//!
//! The bodies are emptied in place, before the program is split: nothing moves, and what only they refer to is left out by the split.
//! Whoever calls one that is never called breaks off after all, and the document says so.

use anyhow::{Context, Result, ensure};
use std::ops::Range;
use wasm_encoder::{Encode, Module, RawSection};
use wasmparser::{CustomSectionReader, KnownCustom, Name, Parser, Payload, RelocAddendKind, RelocationEntry, TypeRef};

/// The ends of their paths, as compilers write them. A page is taken over at one go, once its code has come, and never piece by piece; the
/// server alone asks for the list of the routes.
const UNUSED: [&str; 2] = ["8into_any13hydrate_async", "21into_any_nested_route15generate_routes"];
/// What a stream of ours would be for a script; no operation sends or gives one.
const STREAMS: [&str; 2] = ["intounderlyingsource_", "intounderlyingsink_"];
/// What is wrong with an answer that cannot be read, in the words of the library that reads it: pages say it in their own (`AppError`). These
/// types write nothing.
const WORDLESS: [&str; 4] =
    ["10serde_json5errorNtB5_14JsonUnexpected", "10serde_json5errorNtB5_9ErrorCode", "10serde_core2deNtB5_5OneOf", "4uuid5errorNtB4_5Error"];
const UNREACHABLE: u8 = 0x00;
const I32_CONST: u8 = 0x41;
const NOP: u8 = 0x01;
const END: u8 = 0x0b;

/// The linked program without them, and how many there were.
///
/// # Errors
/// When it is not a program with names and relocations.
pub fn leave_out(program: &[u8]) -> Result<(Vec<u8>, usize)> {
    let found = Found::look(program)?;
    let body = |(function, left): &(usize, Left)| Some((found.bodies.get(function.checked_sub(found.imports)?)?, *left));
    let bodies: Vec<(&Range<usize>, Left)> = found.emptied.iter().filter_map(body).collect();
    let mut emptied = program.to_vec();
    for (body, left) in &bodies {
        let space = emptied.get_mut((*body).clone()).context("a body is cut")?;
        ensure!(space.len() > 3, "a body of nothing");
        space.fill(NOP);
        // No variables of its own, then what is left.
        space[0] = 0;
        match left {
            Left::Nothing => space[1] = UNREACHABLE,
            // `Ok(())`.
            Left::Silence => (space[1], space[2]) = (I32_CONST, 0),
        }
        space[space.len() - 1] = END;
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
            Some(section) => without(section, |offset| bodies.iter().any(|(body, _)| body.contains(&(found.code + offset))))?,
            None => emptied[at(range)].to_vec(),
        };
        module.section(&RawSection { id, data: &data });
    }
    Ok((module.finish(), bodies.len()))
}

/// What is left of a function.
#[derive(Clone, Copy)]
enum Left {
    Nothing,
    Silence,
}

/// Where in the program things are.
#[derive(Default)]
struct Found {
    /// Numbers of the functions that are emptied.
    emptied: Vec<(usize, Left)>,
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
                            let index = function.index as usize;
                            if is_unused(function.name) {
                                found.emptied.push((index, Left::Nothing));
                            } else if is_wordless(function.name) {
                                found.emptied.push((index, Left::Silence));
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

/// Whether this writes the words of one of them.
fn is_wordless(name: &str) -> bool {
    name.starts_with("_RNvX") && name.ends_with("4core3fmt7Display3fmt") && WORDLESS.iter().any(|path| name.contains(path))
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
