//! Parts travel together: some hundred requests for some hundred bytes each would take longer than the bytes, and what is compressed as one
//! file is smaller by a sixth.

use anyhow::{Result, ensure};
use std::collections::{BTreeMap, HashMap};

/// A part with fewer bytes travels with others, whoever needs it.
const SMALL: usize = 4096;
/// Groups of pages that are loaded first. What the same ones of them need travels in one file.
const FIRST: [&str; 3] = ["plans", "admin", "dashboard"];
/// Groups that are often the next. What no page of staff among the first needs, and what is small and shared, travels with the first of them
/// that needs it.
const NEXT: [&str; 3] = ["cloudpods", "jobs", "customers"];
/// Fetches a file with a part; again when it did not come (`document.rs` of the kit says how). Takes a part out of the file that it travels in,
/// which is fetched once, and once more when it is asked for after it did not come at all.
const TAKE: &str = r#"
const come = (file) => __mpanel_again(async () => {
    const answer = await fetch(file);
    if (!answer.ok) throw new Error(`${answer.url}: ${answer.status}`);
    return answer.arrayBuffer();
}, 2);
const wasm = (bytes) => new Response(bytes, { headers: { "content-type": "application/wasm" } });
const alone = (file) => come(file).then(wasm);
const together = {};
function part(file, from, to) {
    const coming = (together[file] ??= come(file));
    coming.catch(() => { if (together[file] === coming) delete together[file]; });
    return coming.then((bytes) => wasm(bytes.slice(from, to)));
}
"#;

/// Puts what is small and shared into files by which of the first need it, and tells the script that loads the parts. `needs` names the parts that
/// each group needs.
///
/// # Errors
/// When the script does not load a part.
pub fn pack(parts: Vec<(String, Vec<u8>)>, needs: &HashMap<String, Vec<String>>, links: &mut String) -> Result<Vec<(String, Vec<u8>)>> {
    let (mut files, mut together): (Vec<_>, BTreeMap<String, Vec<u8>>) = Default::default();
    for (name, content) in parts {
        let stem = name.trim_end_matches(".wasm");
        let needed = |group: &&str| needs.get(*group).is_some_and(|parts| parts.iter().any(|part| part == stem));
        let mut together_with: Vec<&str> = FIRST.into_iter().filter(needed).collect();
        let address = format!("new URL(\"./{name}\", import.meta.url)");
        let alone = format!("fetch({address})");
        ensure!(links.contains(&alone), "no script loads {name}");
        if together_with.is_empty() && !(stem.starts_with("chunk_") && content.len() < SMALL) {
            *links = links.replace(&alone, &format!("alone({address})"));
            files.push((name, content));
            continue;
        }
        if !together_with.iter().any(|group| *group != "plans") {
            together_with.extend(NEXT.into_iter().find(needed));
        }
        if together_with.is_empty() {
            together_with.push("later");
        }
        let file = format!("parts_{}.bin", together_with.join("_"));
        let bytes = together.entry(file.clone()).or_default();
        let from = bytes.len();
        bytes.extend(content);
        *links = links.replace(&alone, &format!("part(new URL(\"./{file}\", import.meta.url), {from}, {})", bytes.len()));
    }
    links.push_str(TAKE);
    files.extend(together);
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_shared_parts_travel_with_those_that_are_needed_first_and_the_script_takes_them_out() {
        let loads = |name: &str| format!("const a = makeLoad(() => {{ const src = fetch(new URL(\"./{name}\", import.meta.url)); }});\n");
        let mut links =
            ["chunk_1.wasm", "chunk_2.wasm", "chunk_3.wasm", "chunk_4.wasm", "chunk_5.wasm", "chunk_6.wasm", "split_a.wasm", "split_b.wasm"]
                .map(loads)
                .concat();
        let part = |name: &str, size: usize| (name.to_owned(), vec![u8::try_from(size % 7).unwrap(); size]);
        let parts = [
            ("chunk_1.wasm", 100),
            ("chunk_2.wasm", SMALL),
            ("chunk_3.wasm", 11),
            ("chunk_4.wasm", 9),
            ("chunk_5.wasm", 5),
            ("chunk_6.wasm", 7),
            ("split_a.wasm", 12),
            ("split_b.wasm", 12),
        ]
        .map(|(name, size)| part(name, size))
        .to_vec();
        let chunks = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let needs = HashMap::from([
            ("dashboard".to_owned(), chunks(&["chunk_1", "chunk_3", "chunk_5"])),
            ("plans".to_owned(), chunks(&["chunk_5", "chunk_4"])),
            ("jobs".to_owned(), chunks(&["chunk_3", "chunk_4", "split_a"])),
            ("users".to_owned(), chunks(&["chunk_6", "split_b"])),
        ]);
        let files = pack(parts, &needs, &mut links).unwrap();
        let names: Vec<_> = files.iter().map(|(name, content)| (name.as_str(), content.len())).collect();
        let together = [("parts_dashboard.bin", 111), ("parts_later.bin", 7), ("parts_plans_dashboard.bin", 5), ("parts_plans_jobs.bin", 9)];
        assert_eq!(names, [vec![("chunk_2.wasm", SMALL), ("split_a.wasm", 12), ("split_b.wasm", 12)], together.to_vec()].concat());
        for take in [
            "\"./parts_dashboard.bin\", import.meta.url), 0, 100)",
            "\"./parts_dashboard.bin\", import.meta.url), 100, 111)",
            "\"./parts_plans_jobs.bin\", import.meta.url), 0, 9)",
            "\"./parts_later.bin\", import.meta.url), 0, 7)",
        ] {
            assert!(links.contains(take), "{links}");
        }
        assert!(
            links.contains("alone(new URL(\"./chunk_2.wasm\"") && links.contains("alone(new URL(\"./split_a.wasm\"") && !links.contains("chunk_1"),
            "{links}"
        );
        assert!(pack(vec![part("chunk_9.wasm", 1)], &needs, &mut links).is_err());
    }
}
