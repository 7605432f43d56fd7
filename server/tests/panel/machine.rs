//! The commands' own wall: whoever may read the data folder may do everything, and other accounts of the machine nothing.

use crate::{
    panel::{Installation, free_port},
    seed::used,
};
use std::{
    fs,
    io::ErrorKind,
    net::{Ipv4Addr, TcpListener},
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    process::Command,
};

/// Where the panel listens unless a setting says otherwise.
const DEFAULT_PORT: u16 = 8080;

/// Stands for the data folder.
const DATA: &str = "DATA";

/// Every command, with the words that it needs.
const COMMANDS: &[(&str, &[&str])] = &[
    ("serve", &[]),
    ("work", &[]),
    ("migrate", &[]),
    ("demo", &["--data-dir", DATA]),
    ("doctor", &[]),
    ("audit verify", &[]),
    ("key rotate", &[]),
    ("runtime build", &["wordpress"]),
    ("runtime list", &[]),
    ("admin setup-link", &[]),
    ("admin disable-2fa", &["anna@northpier.example"]),
];

/// The commands below these words, by what the program says of itself.
fn known(installation: &Installation, words: &[&str]) -> Vec<String> {
    let help = installation.run(&[words, &["--help"]].concat());
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    let Some((_, list)) = help.split_once("Commands:\n") else { return vec![words.join(" ")] };
    let names = list.lines().take_while(|line| !line.is_empty()).filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help");
    names.flat_map(|name| known(installation, &[words, &[name]].concat())).collect()
}

/// What is in a folder and below, each with its size and time; PostgreSQL's own files change by themselves.
fn contents(folder: &Path) -> Vec<(PathBuf, u64, i64)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        let meta = fs::symlink_metadata(&entry).expect("a file");
        if entry.ends_with("postgres") {
            continue;
        }
        if meta.is_dir() {
            all.extend(contents(&entry));
        }
        all.push((entry, meta.len(), meta.mtime()));
    }
    all.sort();
    all
}

#[test]
fn every_command_stands_in_the_table_of_this_test() {
    // The stand-in for Stripe keeps everything in memory: it has no data folder to be kept from.
    let mut expected: Vec<_> = COMMANDS.iter().map(|(command, _)| *command).chain(["stripe-simulator"]).map(str::to_owned).collect();
    let mut known = known(&Installation::new(), &[]);
    expected.sort();
    known.sort();
    assert_eq!(known, expected);
}

/// Every command by the account nobody: each ends with an error that names the data folder, and with nothing else.
fn refused(installation: &Installation) {
    let program = installation.dir.join("mpanel");
    fs::copy(env!("CARGO_BIN_EXE_mpanel"), &program).expect("a copy that everybody may start");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("a mode");
    let (files, data) = (contents(&installation.data()), installation.data().display().to_string());
    for (command, more) in COMMANDS {
        let words = command.split(' ').chain(more.iter().map(|word| if *word == DATA { data.as_str() } else { word }));
        let mut nobody = Command::new("setpriv");
        nobody.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]).arg(&program).args(words);
        nobody.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("MPANEL_DATA_DIR", &data).env("MPANEL_SIMULATED", "true");
        // What is refused is the data folder, not a port that somebody else has or a shop without payments.
        nobody.env("MPANEL_LISTEN", format!("127.0.0.1:{}", free_port())).env("MPANEL_PAYMENTS__PROVIDER", "sandbox");
        let output = nobody.output().expect("setpriv starts");
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        if *command == "runtime list" {
            // Names and checksums are no secret, where there are any.
            assert!(output.status.success() && said.is_empty(), "{said}");
            continue;
        }
        assert!(!output.status.success() && said.contains(&data), "{command}: {said}");
        assert!(!said.contains("token=") && !said.contains("Audit log"), "{command}: {said}");
    }
    assert_eq!(contents(&installation.data()), files);
}

#[tokio::test]
async fn another_account_of_the_machine_gets_nothing_out_of_any_command_and_changes_nothing() {
    if !rustix::process::geteuid().is_root() {
        println!("skipped: only root can become somebody else");
        return;
    }
    let used = used(&["--no-work"]).await;
    let rows = used.everything().await;
    refused(&used.installation);
    assert_eq!(used.everything().await, rows);

    // The same where the data folder holds PostgreSQL, too.
    let own = Installation::new();
    let process = own.serve(&["--no-work"]).await;
    assert!(process.stop().await.success());
    refused(&own);
    let _running = own.serve(&["--no-work"]).await;
    refused(&own);
}

#[tokio::test]
async fn a_panel_that_is_told_its_port_serves_beside_whoever_has_the_default_one_and_so_does_every_command() {
    // Held until the end, by this test or by whoever has it already: a panel that somebody works with, as a rule.
    let held = TcpListener::bind((Ipv4Addr::LOCALHOST, DEFAULT_PORT));
    assert!(held.as_ref().map_or_else(|error| error.kind() == ErrorKind::AddrInUse, |_| true), "{held:?}");
    let own = Installation::new();
    assert_ne!(own.port, DEFAULT_PORT);
    // Ready is who answers at its own port.
    let mut running = own.serve(&["--no-work"]).await;
    running.assert_runs();
    if rustix::process::geteuid().is_root() {
        // What they are refused is the data folder, and not a port.
        refused(&own);
    }
    assert!(running.stop().await.success());
    drop(held);
}
