//! The program and its script call each other by names that end in a hash each: neither can be compressed, and each stands in both files. Here
//! they become short ones.

use anyhow::{Context, Result, ensure};
use std::collections::HashMap;
use wasm_encoder::{Encode, Module, RawSection};
use wasmparser::{BinaryReader, ExternalKind, Parser, Payload, TypeRef};

/// How the names of what the script gives begin, and those of what it is given and calls back.
const GIVEN: [&str; 2] = ["__wbg_", "__wbindgen_"];
const CALLED_BACK: [&str; 2] = ["_R", "wasm_bindgen__"];

/// The program with short names; the script gets them, too.
///
/// # Errors
/// When it is no program, or the script does not know one of the names.
pub fn shorten(program: &[u8], script: &mut String) -> Result<Vec<u8>> {
    let mut short = HashMap::new();
    for payload in Parser::new(0).parse_all(program) {
        let (prefix, names, like) = match payload? {
            Payload::ImportSection(section) => ("i", entries(program, section.range(), true)?, GIVEN),
            Payload::ExportSection(section) => ("e", entries(program, section.range(), false)?, CALLED_BACK),
            _ => continue,
        };
        let long = names.into_iter().map(|entry| entry.name).filter(|name| like.iter().any(|begin| name.starts_with(begin)));
        for (nth, name) in long.enumerate() {
            short.insert(name, format!("{prefix}{nth}"));
        }
    }
    *script = renamed(script, &short)?;
    let mut module = Module::new();
    for payload in Parser::new(0).parse_all(program) {
        let payload = payload?;
        let Some((id, range)) = payload.as_section() else { continue };
        let range = range.start as usize..range.end as usize;
        let data = match &payload {
            Payload::ImportSection(section) => written(program, entries(program, section.range(), true)?, &short),
            Payload::ExportSection(section) => written(program, entries(program, section.range(), false)?, &short),
            _ => program[range].to_vec(),
        };
        module.section(&RawSection { id, data: &data });
    }
    Ok(module.finish())
}

/// An import or export: what stands before its name, the name, and what stands behind.
struct Entry<'a> {
    module: Option<&'a str>,
    name: &'a str,
    rest: std::ops::Range<usize>,
}

fn entries(program: &[u8], range: std::ops::Range<u64>, imports: bool) -> Result<Vec<Entry<'_>>> {
    let (start, end) = (range.start as usize, range.end as usize);
    let mut reader = BinaryReader::new(program.get(start..end).context("a section is cut")?, range.start);
    let count = reader.read_var_u32()?;
    let mut entries = Vec::new();
    for _ in 0..count {
        let module = if imports { Some(reader.read_string()?) } else { None };
        let name = reader.read_string()?;
        let from = reader.original_position() as usize;
        if imports {
            reader.read::<TypeRef>()?;
        } else {
            reader.read::<ExternalKind>()?;
            reader.read_var_u32()?;
        }
        entries.push(Entry { module, name, rest: from..reader.original_position() as usize });
    }
    Ok(entries)
}

fn written(program: &[u8], entries: Vec<Entry<'_>>, short: &HashMap<&str, String>) -> Vec<u8> {
    let mut data = Vec::new();
    entries.len().encode(&mut data);
    for Entry { module, name, rest } in entries {
        if let Some(module) = module {
            module.encode(&mut data);
        }
        short.get(name).map_or(name, String::as_str).encode(&mut data);
        data.extend(&program[rest]);
    }
    data
}

/// The script with these words exchanged.
fn renamed(script: &str, short: &HashMap<&str, String>) -> Result<String> {
    let is_of_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$';
    let (mut out, mut rest, mut found) = (String::with_capacity(script.len()), script, HashMap::new());
    while let Some(begin) = rest.find(is_of_word) {
        let (before, from) = rest.split_at(begin);
        let (word, behind) = from.split_at(from.find(|c| !is_of_word(c)).unwrap_or(from.len()));
        out.push_str(before);
        match short.get(word) {
            Some(name) => {
                found.insert(word, ());
                out.push_str(name);
            }
            None => out.push_str(word),
        }
        rest = behind;
    }
    out.push_str(rest);
    let lost = short.keys().find(|name| !found.contains_key(**name));
    ensure!(lost.is_none(), "the script does not know {lost:?}");
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_encoder::{CodeSection, EntityType, ExportKind, ExportSection, Function, FunctionSection, ImportSection, TypeSection};

    fn program() -> Vec<u8> {
        let mut types = TypeSection::new();
        types.ty().function([], []);
        let mut imports = ImportSection::new();
        imports.import("./a_bg.js", "__wbg_log_0123456789abcdef", EntityType::Function(0));
        imports.import("./links.js", "load", EntityType::Function(0));
        let mut functions = FunctionSection::new();
        functions.function(0);
        let mut exports = ExportSection::new();
        exports.export("_RINv6invoke", ExportKind::Func, 2).export("hydrate", ExportKind::Func, 2);
        let mut code = CodeSection::new();
        let mut body = Function::new([]);
        body.instructions().end();
        code.function(&body);
        let mut module = Module::new();
        module.section(&types).section(&imports).section(&functions).section(&exports).section(&code);
        module.finish()
    }

    #[test]
    fn names_with_a_hash_become_short_ones_in_the_program_and_in_its_script_and_no_others() {
        let mut script =
            "x = { __wbg_log_0123456789abcdef: function(a) { wasm._RINv6invoke(a); } }; hydrate; my__wbg_log_0123456789abcdef".to_owned();
        let after = shorten(&program(), &mut script).unwrap();
        assert_eq!(script, "x = { i0: function(a) { wasm.e0(a); } }; hydrate; my__wbg_log_0123456789abcdef");
        let (mut names, mut bodies) = (Vec::new(), 0);
        for payload in Parser::new(0).parse_all(&after) {
            match payload.unwrap() {
                Payload::ImportSection(section) => names.extend(entries(&after, section.range(), true).unwrap().iter().map(|entry| entry.name)),
                Payload::ExportSection(section) => names.extend(entries(&after, section.range(), false).unwrap().iter().map(|entry| entry.name)),
                Payload::CodeSectionEntry(_) => bodies += 1,
                _ => {}
            }
        }
        assert_eq!((names, bodies), (vec!["i0", "load", "e0", "hydrate"], 1));
        assert!(shorten(&program(), &mut "nothing of it".to_owned()).is_err());
    }
}
