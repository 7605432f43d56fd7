use super::{Bench, Folder, Host, program::sum, within};
use crate::node::{
    NodeClient, NodeError,
    ssh::{agent_binary::AgentBinary, enrollment},
};
use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
};
use wire::{message::FailureKind, verb::PodList};

#[tokio::test]
async fn a_bare_server_gets_the_program_that_its_line_names() {
    let folder = Folder::new();
    let content = vec![7; 700_001];
    let binary = folder.file("mpanel-node", &content);
    let bench = Bench::with(Host::bare(&sum(&content), content.len()), folder, &binary);

    let before = bench.links.call(&bench.target, PodList {}.into(), within(5)).await.unwrap_err();
    assert!(matches!(&before, NodeError::Failed(failure) if failure.kind == FailureKind::Missing), "{before}");

    assert_eq!(bench.links.install_program(&bench.target).await.unwrap(), "9.9.9");
    assert_eq!(bench.host.disk().program, Some(content));
    bench.links.call(&bench.target, PodList {}.into(), within(5)).await.unwrap();
}

#[tokio::test]
async fn a_server_whose_line_names_another_program_gets_none() {
    let folder = Folder::new();
    let binary = folder.file("mpanel-node", b"the new program");
    let bench = Bench::with(Host::bare(&sum(b"the old program"), 15), folder, &binary);
    let error = bench.links.install_program(&bench.target).await.unwrap_err();
    assert!(error.to_string().contains("run the current enrollment command"), "{error}");
    assert_eq!(bench.host.disk().program, None);
}

/// Runs the forced command as sshd would, with `input` on its way in.
fn run(command: &str, input: &[u8]) -> String {
    let mut shell = Command::new("sh").arg("-c").arg(command).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    // A command that takes nothing may have ended before it is offered anything.
    let _ = shell.stdin.take().unwrap().write_all(input);
    String::from_utf8(shell.wait_with_output().unwrap().stdout).unwrap()
}

fn files(folder: &Path) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}

#[test]
fn the_forced_command_takes_these_bytes_and_no_others_and_then_starts_them() {
    let folder = Folder::new();
    let script = b"#!/bin/sh\necho started with $1\n";
    let program = AgentBinary::read(&folder.file("here", script)).unwrap();
    let there = folder.0.join("there");
    std::fs::create_dir(&there).unwrap();
    let place = there.join("mpanel-node");
    let command = enrollment::forced_command(&program, place.to_str().unwrap());

    for wrong in [&b"#!/bin/sh\necho something else!\n"[..], &script[..10], b""] {
        assert!(run(&command, wrong).ends_with("mpanel-refused\n"));
        assert_eq!(files(&there), 0, "nothing stays of it");
    }
    let said = run(&command, script);
    assert_eq!(said, format!("{} {}\n{}\n", enrollment::BOOTSTRAP, program.sha256, enrollment::INSTALLED));
    assert_eq!(std::fs::read(&place).unwrap(), script);
    assert_eq!(files(&there), 1);
    assert_eq!(run(&command, b""), "started with serve\n");
}

#[test]
fn the_line_fits_into_the_quotes_around_it() {
    let bench = Bench::new();
    let line = bench.links.enrollment_command();
    assert!(!line.contains('\n'));
    assert!(line.contains(&format!("restrict,command=\"if [ -x {} ]", wire::NODE_PATH)));
    assert!(line.contains(&bench.links.public_key()));
    let program = AgentBinary::read(&bench.folder.0.join("mpanel-node")).unwrap();
    let forced = enrollment::forced_command(&program, wire::NODE_PATH);
    assert!(!forced.contains(['"', '\'', '\\']), "{forced}");
    assert!(line.contains(&forced));
    let syntax = Command::new("sh").args(["-n", "-c", &line]).status().unwrap();
    assert!(syntax.success());
}
