//! The live log: one row a line, in order, without what would harm it.

use crate::saga::job_log::JobLog;
use adapters::node::NodeLogLine;
use model::administration::provisioning::EventLevel;
use wire::message::Level;

fn messages(log: &JobLog) -> Vec<String> {
    log.take().into_iter().map(|line| line.message).collect()
}

#[test]
fn lines_of_a_server_keep_their_place_among_the_jobs_own() {
    let log = JobLog::default();
    log.add(EventLevel::Step, "one");
    let lines = log.lines();
    lines.send(NodeLogLine { level: Level::Warn, line: "two".to_owned() }).unwrap();
    log.add(EventLevel::Info, "three");
    assert_eq!(messages(&log), ["one", "two", "three"]);
    lines.send(NodeLogLine { level: Level::Info, line: "four".to_owned() }).unwrap();
    drop(lines);
    assert_eq!(messages(&log), ["four"]);
}

#[test]
fn lines_that_could_not_be_written_come_first_the_next_time() {
    let log = JobLog::default();
    log.add(EventLevel::Info, "one");
    let taken = log.take();
    log.add(EventLevel::Info, "two");
    log.requeue(taken);
    assert_eq!(messages(&log), ["one", "two"]);
}

#[test]
fn a_line_is_cut_and_carries_no_control_characters() {
    let log = JobLog::default();
    log.add(EventLevel::Info, &format!("a\0b\u{1b}[31m{}", "x".repeat(5000)));
    let message = messages(&log).remove(0);
    assert!(message.starts_with("ab[31mxxx"));
    assert_eq!(message.chars().count(), 2000);
}

#[test]
fn a_server_that_talks_without_end_is_not_kept_without_end() {
    let log = JobLog::default();
    for _ in 0..30_000 {
        log.add(EventLevel::Info, "again");
    }
    let mut kept = Vec::new();
    while !log.is_empty() {
        kept.extend(messages(&log));
    }
    assert_eq!(kept.len(), 20_000);
    assert_eq!(kept.last().unwrap(), "Log truncated.");
}

#[test]
fn what_servers_hand_on_is_kept_up_to_half_a_megabyte_and_the_jobs_own_lines_after_it() {
    let log = JobLog::default();
    let lines = log.lines();
    for _ in 0..2000 {
        lines.send(NodeLogLine { level: Level::Info, line: "x".repeat(1000) }).unwrap();
    }
    log.add(EventLevel::Error, "failed");
    let mut kept = Vec::new();
    while !log.is_empty() {
        kept.extend(messages(&log));
    }
    assert!(kept.iter().map(String::len).sum::<usize>() < 600 << 10);
    assert_eq!(kept[kept.len() - 2..], ["The rest of the output is not kept.", "failed"]);
}
