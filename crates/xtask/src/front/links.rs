//! The script that fetches the parts. What wasm-split writes says the same few lines for each of more than a thousand parts, and names all that a
//! group of pages needs; here parts are a table, and a group names files.

use super::parts::File;
use anyhow::{Context, Result, ensure};
use std::{
    collections::{BTreeSet, HashMap, HashSet},
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
const load = (bytes, needs) => makeLoad(() => {
    const coming = bytes();
    coming.catch(() => {});
    return (imports) => WebAssembly.instantiateStreaming(coming, imports);
}, needs);
const own = {};
const files = [];
function file(address, content) {
    let end = 0;
    const shared = [];
    for (const entry of content.split(" ")) {
        const [size, name] = entry.split(":");
        const from = end, to = end += +size, bytes = () => part(address, from, to);
        if (name) own[name] = bytes;
        else shared.push(load(bytes, []));
    }
    files.push(() => Promise.all(shared.map((load) => load())));
}
function group(name, gaps) {
    let number = 0;
    const needs = gaps ? gaps.split(" ").map((gap) => files[number += +gap]) : [];
    return wrapAsyncCb(own[name] ? load(own[name], needs) : makeLoad(() => async () => ({}), needs));
}
"#;
/// Begins the name of a group's own part; every other part is shared by some.
const OF_GROUP: &str = "split_";
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
    // A group takes all that is in the files that it needs: what came along is there when the next page asks for it.
    let mut place: HashMap<&str, usize> = HashMap::new();
    for (number, file) in files.iter().enumerate() {
        let mut entries = Vec::new();
        for (part, size) in &file.parts {
            match part.strip_prefix(OF_GROUP) {
                Some(group) => entries.push(format!("{size}:{group}")),
                None => {
                    place.insert(part, number);
                    entries.push(size.to_string());
                }
            }
        }
        writeln!(written, "file(new URL(\"./{}\", import.meta.url), \"{}\");", file.name, entries.join(" "))?;
    }
    let mut groups: Vec<_> = needs.iter().collect();
    groups.sort();
    for (group, parts) in groups {
        let shared = parts.iter().filter(|part| !part.starts_with(OF_GROUP));
        let of = |part: &String| place.get(part.as_str()).copied().with_context(|| format!("no file has {part}"));
        let needed = shared.map(of).collect::<Result<BTreeSet<_>>>()?;
        let before = std::iter::once(0).chain(needed.iter().copied());
        let gaps: Vec<String> = before.zip(&needed).map(|(before, number)| (number - before).to_string()).collect();
        writeln!(written, "export const __wasm_split_load_{group} = group(\"{group}\", \"{}\");", gaps.join(" "))?;
    }
    Ok(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: &str = "import { initSync } from \"./mpanel.js\";\nfunction wrapAsyncCb(callee) {\n}\nfunction makeLoad(fetcher, deps) {\n}\nconst __chunk_7 = makeLoad(() => {\n}\n, []);\nexport const __wasm_split_load_jobs = wrapAsyncCb(makeLoad(() => {\n}\n, [__chunk_7]));\n";

    #[test]
    fn each_group_names_the_files_that_it_needs_by_the_gaps_between_their_numbers() {
        let file = |name: &str, parts: &[(&str, usize)]| File {
            name: name.to_owned(),
            content: Vec::new(),
            parts: parts.iter().map(|(name, size)| ((*name).to_owned(), *size)).collect(),
        };
        let files = [
            file("split_jobs.wasm", &[("split_jobs", 12)]),
            file("parts_1.bin", &[("chunk_9", 5), ("chunk_7", 8)]),
            file("parts_2.bin", &[("chunk_8", 100)]),
            file("parts_3.bin", &[("chunk_6", 3)]),
        ];
        let needs = HashMap::from([("jobs".to_owned(), ["chunk_9", "chunk_7", "chunk_6", "split_jobs"].map(ToOwned::to_owned).to_vec())]);
        let script = write(SCRIPT, &files, &needs).unwrap();
        for line in [
            "import { initSync } from \"./mpanel.js\";",
            "file(new URL(\"./split_jobs.wasm\", import.meta.url), \"12:jobs\");",
            "file(new URL(\"./parts_1.bin\", import.meta.url), \"5 8\");",
            "export const __wasm_split_load_jobs = group(\"jobs\", \"1 2\");",
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
