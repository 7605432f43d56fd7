//! The script that fetches the parts. What wasm-split writes says the same few lines for each of more than a thousand parts, and names all that a
//! group of pages needs; here both are tables.

use super::parts::File;
use anyhow::{Context, Result, ensure};
use std::{
    collections::{HashMap, HashSet},
    fmt::Write,
};

/// Fetches a file with parts; again when it did not come (`document.rs` of the kit says how). Takes a part out of the file that it travels in,
/// which is fetched once, and once more when it is asked for after it did not come at all.
const FETCH: &str = r#"
const come = (file) => __mpanel_again(async () => {
    const answer = await fetch(file);
    if (!answer.ok) throw new Error(`${answer.url}: ${answer.status}`);
    return answer.arrayBuffer();
}, 2);
const coming = {};
function part(file, from, to) {
    const bytes = (coming[file] ??= come(file));
    bytes.catch(() => { if (coming[file] === bytes) delete coming[file]; });
    return bytes.then((bytes) => new Response(bytes.slice(from, to), { headers: { "content-type": "application/wasm" } }));
}
const parts = {};
function file(address, content) {
    let end = 0;
    for (const entry of content.split(" ")) {
        const [name, size] = entry.split(":");
        const from = end, to = end += +size;
        parts[name] = () => part(address, from, to);
    }
}
const load = (name, needs) => makeLoad(() => {
    const bytes = parts[name]();
    bytes.catch(() => {});
    return (imports) => WebAssembly.instantiateStreaming(bytes, imports);
}, needs);
const chunks = {};
function group(name, gaps) {
    let number = 0;
    const needs = gaps ? gaps.split(" ").map((gap) => chunks[number += +gap] ??= load(number, [])) : [];
    return wrapAsyncCb(parts[name] ? load(name, needs) : makeLoad(() => async () => ({}), needs));
}
"#;
/// Begins what the tables take the place of.
const LOADS: [&str; 2] = ["const __chunk_", "export const __wasm_split_load_"];

/// The script with tables. `needs` names the parts that each group of pages needs.
///
/// # Errors
/// When wasm-split writes another script than the one that this was made for.
pub fn write(script: &str, files: &[File], needs: &HashMap<String, Vec<String>>) -> Result<String> {
    let head: Vec<&str> = script.lines().take_while(|line| !LOADS.iter().any(|load| line.starts_with(load))).collect();
    for word in ["function makeLoad(", "function wrapAsyncCb("] {
        ensure!(head.iter().any(|line| line.starts_with(word)), "the script that loads the parts has no {word:?}");
    }
    let groups: HashSet<&str> = script.lines().filter_map(|line| line.strip_prefix(LOADS[1])?.split(' ').next()).collect();
    ensure!(groups == needs.keys().map(String::as_str).collect(), "the script loads other groups of pages than there are");
    let mut written = head.join("\n") + FETCH;
    for file in files {
        let parts: Vec<String> = file.parts.iter().map(|(name, size)| format!("{}:{size}", short(name))).collect();
        writeln!(written, "file(new URL(\"./{}\", import.meta.url), \"{}\");", file.name, parts.join(" "))?;
    }
    let mut groups: Vec<_> = needs.iter().collect();
    groups.sort();
    for (group, parts) in groups {
        let mut numbers = parts
            .iter()
            .filter_map(|part| part.strip_prefix("chunk_"))
            .map(str::parse::<u32>)
            .collect::<Result<Vec<_>, _>>()
            .context("a chunk without a number")?;
        numbers.sort_unstable();
        let gaps: Vec<String> =
            std::iter::once(0).chain(numbers.iter().copied()).zip(&numbers).map(|(before, number)| (number - before).to_string()).collect();
        writeln!(written, "export const __wasm_split_load_{group} = group(\"{group}\", \"{}\");", gaps.join(" "))?;
    }
    Ok(written)
}

/// The number of what groups share, the name of a group's own part.
fn short(part: &str) -> &str {
    part.strip_prefix("chunk_").or_else(|| part.strip_prefix("split_")).unwrap_or(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: &str = "import { initSync } from \"./mpanel.js\";\nfunction wrapAsyncCb(callee) {\n}\nfunction makeLoad(fetcher, deps) {\n}\nconst __chunk_7 = makeLoad(() => {\n}\n, []);\nexport const __wasm_split_load_jobs = wrapAsyncCb(makeLoad(() => {\n}\n, [__chunk_7]));\n";

    #[test]
    fn each_group_names_what_it_needs_by_the_gaps_between_numbers() {
        let file = |name: &str, parts: &[(&str, usize)]| File {
            name: name.to_owned(),
            content: Vec::new(),
            parts: parts.iter().map(|(name, size)| ((*name).to_owned(), *size)).collect(),
        };
        let files = [file("split_jobs.wasm", &[("split_jobs", 12)]), file("parts_1.bin", &[("chunk_9", 5), ("chunk_7", 100)])];
        let needs = HashMap::from([("jobs".to_owned(), ["chunk_9", "chunk_7", "split_jobs"].map(ToOwned::to_owned).to_vec())]);
        let script = write(SCRIPT, &files, &needs).unwrap();
        for line in [
            "import { initSync } from \"./mpanel.js\";",
            "file(new URL(\"./split_jobs.wasm\", import.meta.url), \"jobs:12\");",
            "file(new URL(\"./parts_1.bin\", import.meta.url), \"9:5 7:100\");",
            "export const __wasm_split_load_jobs = group(\"jobs\", \"7 2\");",
        ] {
            assert!(script.lines().any(|written| written == line), "{line}\n{script}");
        }
        assert!(!script.contains("__chunk_7"), "{script}");
    }

    #[test]
    fn another_script_than_the_one_it_was_made_for_is_refused() {
        let needs = HashMap::from([("jobs".to_owned(), Vec::new())]);
        assert!(write(SCRIPT, &[], &needs).is_ok());
        assert!(write(SCRIPT, &[], &HashMap::new()).is_err());
        assert!(write("export const __wasm_split_load_jobs = 1;\n", &[], &needs).is_err());
    }
}
