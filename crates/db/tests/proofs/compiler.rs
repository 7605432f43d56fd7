//! Asks the compiler about a few lines, against the very libraries that this test was built with.
//!
//! `trybuild` would check the whole tree of dependencies once more in a folder of its own, for every toolchain; and the codes
//! behind `compile_fail` in documentation are looked at by a nightly rustdoc only.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

/// So many builds of a library are tried; a target folder keeps older ones.
const NEWEST: usize = 4;

/// The two libraries that the lines name.
#[derive(Debug, Clone)]
struct Libraries {
    db: PathBuf,
    model: PathBuf,
}

/// Where cargo has put this test, and the libraries beside it.
fn folder() -> PathBuf {
    let me = std::env::current_exe().expect("a program knows where it is");
    me.parent().expect("a program is in a folder").to_owned()
}

/// The libraries of this name, newest first.
fn candidates(name: &str) -> Vec<PathBuf> {
    let begins = format!("lib{name}-");
    let mut found: Vec<(SystemTime, PathBuf)> = std::fs::read_dir(folder())
        .expect("the folder can be read")
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(&begins))
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "rlib"))
        .filter_map(|path| Some((std::fs::metadata(&path).ok()?.modified().ok()?, path)))
        .collect();
    found.sort();
    found.into_iter().rev().map(|(_, path)| path).take(NEWEST).collect()
}

/// What the compiler says: nothing, or its complaint.
fn compile(libraries: &Libraries, lines: &str) -> Result<(), String> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("proofs-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
    std::fs::create_dir_all(&place).expect("a folder for the lines");
    let source = place.join("lines.rs");
    std::fs::write(&source, lines).expect("the lines can be written");
    let said = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
        .args(["--edition=2024", "--crate-type=lib", "--emit=metadata", "--cap-lints=allow", "--error-format=short"])
        .arg("--out-dir")
        .arg(&place)
        .arg("-L")
        .arg(format!("dependency={}", folder().display()))
        .arg("--extern")
        .arg(format!("mpanel_db={}", libraries.db.display()))
        .arg("--extern")
        .arg(format!("model={}", libraries.model.display()))
        .arg(&source)
        .output()
        .expect("the compiler that built this test");
    std::fs::remove_dir_all(&place).expect("the folder can go");
    if said.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&said.stderr).into_owned()) }
}

/// The pair with which the lines that are right compile. Found once: it shows that the way of asking works.
fn libraries(right: &str) -> &'static Libraries {
    static FOUND: OnceLock<Libraries> = OnceLock::new();
    FOUND.get_or_init(|| {
        let mut complaints = String::new();
        for db in candidates("mpanel_db") {
            for model in candidates("mpanel_model") {
                let pair = Libraries { db: db.clone(), model };
                match compile(&pair, right) {
                    Ok(()) => return pair,
                    Err(complaint) if complaint.contains("E0514") => panic!("set RUSTC to the compiler that built this test: {complaint}"),
                    Err(complaint) => complaints.push_str(&complaint),
                }
            }
        }
        panic!("the lines that are right do not compile: {complaints}");
    })
}

/// These lines compile when `from` stands in them, and with `to` in its place they do not, for the reason of this code.
pub fn refuses(name: &str, right: &str, from: &str, to: &str, code: &str) {
    assert_eq!(right.matches(from).count(), 1, "{name}: one place differs");
    let libraries = libraries(right);
    let complaint = compile(libraries, &right.replace(from, to)).expect_err(&format!("{name}: must not compile"));
    let codes: Vec<&str> = complaint.split("error[").skip(1).filter_map(|rest| rest.split_once(']')).map(|(code, _)| code).collect();
    assert!(!codes.is_empty() && codes.iter().all(|found| *found == code), "{name}: refused with {codes:?}, not {code}:\n{complaint}");
}
