//! Small parts travel in one file: some hundred requests for some hundred bytes each would take longer than the bytes.

use anyhow::{Result, ensure};

/// A part with fewer bytes travels with the others.
const SMALL: usize = 4096;
/// The file that they travel in.
const TOGETHER: &str = "parts.bin";
/// Takes a part out of that file, which is fetched once; again when it did not come.
const TAKE: &str = r#"
let together;
function part(from, to) {
    const coming = (together ??= fetch(new URL("./parts.bin", import.meta.url)).then((answer) => {
        if (!answer.ok) throw new Error(`${answer.url}: ${answer.status}`);
        return answer.arrayBuffer();
    }));
    coming.catch(() => { if (together === coming) together = undefined; });
    return coming.then((bytes) => new Response(bytes.slice(from, to), { headers: { "content-type": "application/wasm" } }));
}
"#;

/// Puts what is small and shared into one file, and tells the script that loads the parts.
///
/// # Errors
/// When the script does not load a part.
pub fn pack(parts: Vec<(String, Vec<u8>)>, links: &mut String) -> Result<Vec<(String, Vec<u8>)>> {
    let (small, mut files): (Vec<_>, Vec<_>) = parts.into_iter().partition(|(name, content)| name.starts_with("chunk_") && content.len() < SMALL);
    let mut together = Vec::new();
    for (name, content) in small {
        let from = together.len();
        together.extend(content);
        let alone = format!("fetch(new URL(\"./{name}\", import.meta.url))");
        ensure!(links.contains(&alone), "no script loads {name}");
        *links = links.replace(&alone, &format!("part({from}, {})", together.len()));
    }
    if !together.is_empty() {
        links.push_str(TAKE);
        files.push((TOGETHER.to_owned(), together));
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_shared_parts_travel_together_and_the_script_takes_them_out() {
        let loads = |name: &str| format!("const a = makeLoad(() => {{ const src = fetch(new URL(\"./{name}\", import.meta.url)); }});\n");
        let mut links = ["chunk_1.wasm", "chunk_2.wasm", "chunk_3.wasm", "split_a.wasm"].map(loads).concat();
        let part = |name: &str, size: usize| (name.to_owned(), vec![u8::try_from(size % 7).unwrap(); size]);
        let parts = vec![part("chunk_1.wasm", 100), part("chunk_2.wasm", SMALL), part("chunk_3.wasm", 11), part("split_a.wasm", 12)];
        let files = pack(parts, &mut links).unwrap();
        let names: Vec<_> = files.iter().map(|(name, content)| (name.as_str(), content.len())).collect();
        assert_eq!(names, [("chunk_2.wasm", SMALL), ("split_a.wasm", 12), (TOGETHER, 111)]);
        assert!(links.contains("const src = part(0, 100);") && links.contains("const src = part(100, 111);"), "{links}");
        assert!(links.contains("\"./chunk_2.wasm\"") && links.contains("\"./split_a.wasm\"") && !links.contains("chunk_1"), "{links}");
        assert!(pack(vec![part("chunk_9.wasm", 1)], &mut links).is_err());
    }
}
