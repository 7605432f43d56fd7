//! `mpanel-node job SECONDS SCRIPT`: runs a scheduled job of a site inside its sandbox, as its user, and writes what became of it to standard
//! output, which is a file of root's own. What the job itself writes never gets there: only its end is kept, so nothing grows. What a run came to
//! stands there until the next one has come to something: a line says that one has begun.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io::{Read, Write, pipe};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::fs::{fstat, ftruncate};
use rustix::process::{DumpableBehavior, Pid, Signal, kill_process_group, set_dumpable_behavior};
use serde::{Deserialize, Serialize};
use wire::cron::MAX_CRON_OUTPUT;

use crate::confine;
use crate::error::{Result, ResultExt, internal};

/// How long output is waited for that others hold open after the job's end.
const LATE: Duration = Duration::from_millis(500);

/// What became of a run.
#[derive(Debug, Serialize, Deserialize)]
pub struct Run {
    /// In seconds since 1970.
    pub started: u64,
    /// The same.
    pub ended: u64,
    /// Its exit code; a signal counts as 128 plus its number.
    pub code: u8,
    /// It was ended because its time was over.
    pub timed_out: bool,
    /// The end of what it wrote.
    pub output: String,
}

/// Bytes of the file from which on marks of runs that came to nothing are not kept.
const MAX_FILE: i64 = 64 << 10;

/// That a run has begun. What it came to takes the place of this line and all before it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Begun {
    /// In seconds since 1970.
    begun: u64,
}

/// What the last run came to that ended, unless it is not the one before the last; and when the last one began, if it has not come to anything.
pub fn read(text: &[u8]) -> (Option<Run>, Option<u64>) {
    let (mut run, mut unended) = (None, None);
    for line in text.split(|byte| *byte == b'\n') {
        if let Ok(found) = serde_json::from_slice::<Run>(line) {
            (run, unended) = (Some(found), None);
        } else if let Ok(found) = serde_json::from_slice::<Begun>(line) {
            if unended.is_some() {
                run = None;
            }
            unended = Some(found.begun);
        }
    }
    (run, unended)
}

/// Runs it.
pub fn main(mut args: impl Iterator<Item = OsString>) -> Result<()> {
    let limit = args.next().and_then(|seconds| seconds.to_str()?.parse().ok()).map(Duration::from_secs);
    let (Some(limit), Some(script)) = (limit, args.next()) else { return Err(internal("job needs a time limit and a script")) };
    // The job has the same user, and must not get at this program's memory and with it at a file that counts against no limit.
    set_dumpable_behavior(DumpableBehavior::NotDumpable).context("keeping the job out")?;
    confine::apply()?;
    say(&Begun { begun: now() }, false)?;
    say(&run(&script, limit)?, true)
}

/// Adds a line to standard output, or puts it in the place of all that is there.
fn say(line: &impl Serialize, is_alone: bool) -> Result<()> {
    const WHAT: &str = "writing what became of the job";
    let mut text = serde_json::to_vec(line).context(WHAT)?;
    text.push(b'\n');
    let mut out = std::io::stdout();
    if is_alone || fstat(&out).context(WHAT)?.st_size > MAX_FILE {
        ftruncate(&out, 0).context(WHAT)?;
    }
    out.write_all(&text).and_then(|()| out.flush()).context(WHAT)
}

fn run(script: &OsString, limit: Duration) -> Result<Run> {
    let started = now();
    let (mut reader, writer) = pipe().context("making a pipe")?;
    let errors = writer.try_clone().context("making a pipe")?;
    let mut command = Command::new("/bin/sh");
    command.arg(script).stdin(Stdio::null()).stdout(writer).stderr(errors).process_group(0);
    let mut child = command.spawn().context("starting /bin/sh")?;
    // Its copies of the pipe's end would keep it open.
    drop(command);
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let tail = Arc::new(Mutex::new(VecDeque::new()));
    let (said, all_said) = mpsc::channel();
    let kept = Arc::clone(&tail);
    thread::spawn(move || {
        let mut piece = [0; 4096];
        while let Ok(length @ 1..) = reader.read(&mut piece) {
            keep(&mut kept.lock().unwrap_or_else(PoisonError::into_inner), &piece[..length]);
        }
        let _ = said.send(());
    });
    let (done, ended) = mpsc::channel();
    thread::spawn(move || done.send(child.wait()));
    let mut timed_out = false;
    let status = match ended.recv_timeout(limit) {
        Ok(status) => status,
        Err(_) => {
            timed_out = true;
            if let Some(group) = group {
                // One that ended by itself this very moment is no fault.
                let _ = kill_process_group(group, Signal::KILL);
            }
            ended.recv().map_err(|_| internal("the job's end was lost"))?
        }
    };
    // Anything that it has left behind ends with this program; it is not waited for.
    let _ = all_said.recv_timeout(LATE);
    let output = text(&mut tail.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(Run { started, ended: now(), code: code(status.context("waiting for the job")?), timed_out, output })
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

fn code(status: ExitStatus) -> u8 {
    let signal = || status.signal().map(|signal| signal.saturating_add(128));
    status.code().or_else(signal).and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX)
}

/// Keeps the end.
fn keep(tail: &mut VecDeque<u8>, piece: &[u8]) {
    tail.extend(piece);
    let excess = tail.len().saturating_sub(MAX_CRON_OUTPUT);
    tail.drain(..excess);
}

/// As text: what is cut off at its beginning is left out, and what is no text is marked.
fn text(tail: &mut VecDeque<u8>) -> String {
    let is_cut = tail.len() == MAX_CRON_OUTPUT;
    while is_cut && tail.front().is_some_and(|byte| byte & 0xC0 == 0x80) {
        tail.pop_front();
    }
    let text = String::from_utf8_lossy(tail.make_contiguous()).into_owned();
    text.chars().map(|c| if c.is_control() && !matches!(c, '\n' | '\t') { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_end_of_the_output_is_kept_and_no_character_is_cut() {
        let mut tail = VecDeque::new();
        for _ in 0..10_000 {
            keep(&mut tail, "\u{20ac}".as_bytes());
        }
        let text = text(&mut tail);
        assert!(text.len() <= MAX_CRON_OUTPUT && text.len() > MAX_CRON_OUTPUT - 3 && text.chars().all(|c| c == '\u{20ac}'));
        assert_eq!(super::text(&mut VecDeque::from(b"a\r\x1b[31m\xff\n".to_vec())), "a\u{fffd}\u{fffd}[31m\u{fffd}\n");
    }

    #[test]
    fn what_a_run_came_to_is_read_until_the_next_one_has_come_to_something() {
        let run = r#"{"started":1,"ended":2,"code":0,"timed_out":false,"output":""}"#;
        let read = |lines: &[&str]| {
            let (run, unended) = super::read((lines.join("\n") + "\n").as_bytes());
            (run.map(|run| run.ended), unended)
        };
        assert_eq!(read(&[run]), (Some(2), None));
        assert_eq!(read(&[run, r#"{"begun":3}"#]), (Some(2), Some(3)));
        assert_eq!(read(&[run, r#"{"begun":3}"#, r#"{"begun":4}"#]), (None, Some(4)), "one that was told of as dead is not followed by an older one");
        assert_eq!(read(&[r#"{"begun":3}"#, run]), (Some(2), None));
        assert_eq!(read(&["", "{"]), (None, None));
    }

    #[test]
    fn a_job_ends_with_its_code_or_when_its_time_is_over() {
        let folder = std::env::temp_dir().join(format!("mpanel-job-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let script = |name: &str, text: &str| {
            let path = folder.join(name);
            std::fs::write(&path, text).unwrap();
            path.into_os_string()
        };
        let failed = run(&script("fails", "echo out; echo err >&2; exit 3"), Duration::from_secs(60)).unwrap();
        assert_eq!((failed.code, failed.timed_out, failed.output.as_str()), (3, false, "out\nerr\n"));
        let late = run(&script("hangs", "echo begun; sleep 600"), Duration::from_millis(300)).unwrap();
        assert_eq!((late.code, late.timed_out), (137, true));
        let _ = std::fs::remove_dir_all(&folder);
    }
}
