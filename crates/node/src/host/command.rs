//! Starting other programs: an argument list, an empty environment, a process group that can be killed.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};

use wire::message::Failure;

use crate::error::{Result, ResultExt, internal, refused};
use crate::task::{Task, one_line};

/// Most bytes kept of what a program says on each of its two outputs.
const MAX_OUTPUT: u64 = 1 << 20;
/// Longest line, most lines and bytes from the beginning, and most bytes of the end of what a program says while it runs.
const MAX_LINE: u64 = 4096;
const MAX_TOLD: usize = 3000;
const MAX_TOLD_BYTES: usize = 160 << 10;
const MAX_KEPT: usize = 8192;
/// How often a waiting request looks whether it was stopped.
const POLL_INTERVAL: Duration = Duration::from_millis(50);
/// How long an atomic step may go on after its request was stopped.
const GRACE: Duration = Duration::from_secs(3);
/// How long whatever a program has left its pipes to is listened to once the program has ended.
const LINGER: Duration = Duration::from_secs(2);
/// Bytes that are still read then: what a pipe can hold.
const MAX_LEFT: usize = 1 << 20;

/// Exit code and words by which the guard tells that the program is not there.
const NOT_FOUND: i32 = 127;
const GUARD_NOT_FOUND: &str = "mpanel-node guard: no such program";
/// How often, and in which pauses, a program is tried that is open for writing somewhere.
const BUSY_LOOKS: u32 = 200;
const BUSY_PAUSE: Duration = Duration::from_millis(10);

/// A program to be started.
pub struct Cmd {
    program: OsString,
    args: Vec<OsString>,
    env: Vec<(&'static str, String)>,
    input: Input,
    output: Option<File>,
    atomic: bool,
    guarded: bool,
    live: bool,
}

enum Input {
    None,
    Bytes(Vec<u8>),
    File(File),
}

/// What a program said and how it ended.
pub struct CmdOutput {
    /// Its exit code; signals count as 128 plus their number.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Cmd {
    /// A short step: it gets a moment to finish when its request is stopped, and dies with this program,
    /// so that it cannot act later, when something else was decided.
    pub fn short(program: impl Into<OsString>) -> Self {
        let program = program.into();
        Self { program, args: vec![], env: vec![], input: Input::None, output: None, atomic: true, guarded: true, live: false }
    }

    /// Long work that is killed at once when its request is stopped or this program dies.
    pub fn long_running(program: impl Into<OsString>) -> Self {
        Self { atomic: false, ..Self::short(program) }
    }

    /// A step that changes several files of the system's and finishes even when this program dies.
    pub fn uninterruptible(program: impl Into<OsString>) -> Self {
        Self { guarded: false, ..Self::short(program) }
    }

    /// One argument.
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    /// Several arguments.
    pub fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args.extend(args.into_iter().map(|a| a.as_ref().to_owned()));
        self
    }

    /// One environment variable; nothing is inherited.
    pub fn env(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.env.push((name, value.into()));
        self
    }

    /// What it reads on standard input.
    pub fn input(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.input = Input::Bytes(bytes.into());
        self
    }

    /// It reads this file on standard input.
    pub fn input_file(mut self, file: File) -> Self {
        self.input = Input::File(file);
        self
    }

    /// It writes its standard output to this file.
    pub fn output_file(mut self, file: File) -> Self {
        self.output = Some(file);
        self
    }

    /// What it says on standard error is told line by line while it runs.
    pub fn live(mut self) -> Self {
        self.live = true;
        self
    }

    /// Runs it; anything but exit code 0 is a failure with what it said.
    pub fn run(self, task: &Task) -> Result<String> {
        let name = self.name();
        let said = self.output(task)?;
        if said.code == 0 { Ok(said.out) } else { Err(said.failure(&name)) }
    }

    /// Runs it to its end.
    pub fn output(self, task: &Task) -> Result<CmdOutput> {
        task.check()?;
        let name = self.name();
        let (atomic, live) = (self.atomic, self.live);
        let (mut command, input) = self.command()?;
        let child = command.spawn().map_err(|error| not_started(&name, &error))?;
        let said = watch(child, input, task, (atomic, live), &name)?;
        if said.code == NOT_FOUND && said.err.contains(GUARD_NOT_FOUND) {
            return Err(not_installed(&name));
        }
        Ok(said)
    }

    fn name(&self) -> String {
        self.program.to_string_lossy().into_owned()
    }

    fn command(self) -> Result<(Command, Option<Vec<u8>>)> {
        // To die with us, a copy of ourselves asks the kernel for that and then becomes the program.
        let mut command = if self.guarded {
            let mut command = Command::new("/proc/self/exe");
            command.arg("guard").arg(std::process::id().to_string()).arg(&self.program);
            command
        } else {
            Command::new(&self.program)
        };
        command.args(&self.args).env_clear().current_dir("/").process_group(0);
        command.env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin").env("LC_ALL", "C.UTF-8");
        command.envs(self.env);
        command.stdout(self.output.map_or_else(Stdio::piped, Stdio::from)).stderr(Stdio::piped());
        let bytes = match self.input {
            Input::None => {
                command.stdin(Stdio::null());
                None
            }
            Input::File(file) => {
                command.stdin(file);
                None
            }
            Input::Bytes(bytes) => {
                command.stdin(Stdio::piped());
                Some(bytes)
            }
        };
        Ok((command, bytes))
    }
}

impl CmdOutput {
    /// The failure of a program that should have succeeded.
    pub fn failure(&self, name: &str) -> Failure {
        let words = if self.err.trim().is_empty() { &self.out } else { &self.err };
        let tail: String = words.chars().rev().take(600).collect::<Vec<_>>().into_iter().rev().collect();
        internal(format!("{name} exited with code {}: {}", self.code, one_line(&tail)))
    }
}

fn not_started(name: &str, error: &std::io::Error) -> Failure {
    match error.kind() {
        std::io::ErrorKind::NotFound => not_installed(name),
        _ => internal(format!("starting {name}: {error}")),
    }
}

fn not_installed(name: &str) -> Failure {
    refused(format!("{name} is not installed"))
}

fn watch(mut child: Child, input: Option<Vec<u8>>, task: &Task, (atomic, live): (bool, bool), name: &str) -> Result<CmdOutput> {
    let (over, (busy, idle)) = (Arc::new(AtomicBool::new(false)), mpsc::channel::<()>());
    let feeder = child.stdin.take().zip(input).map(|(pipe, bytes)| {
        let (mut pipe, busy) = (Pipe::of(pipe, &over), busy.clone());
        thread::spawn(move || {
            // A program that ends without reading is judged by its exit code.
            let _ = pipe.write_all(&bytes);
            drop((pipe, busy));
        })
    });
    let out = child.stdout.take().map(|pipe| {
        let (pipe, busy) = (Pipe::of(pipe, &over), busy.clone());
        thread::spawn(move || {
            let bytes = read_some(pipe);
            drop(busy);
            bytes
        })
    });
    let told = live.then(|| task.clone());
    let err = child.stderr.take().map(|pipe| {
        let (pipe, busy) = (Pipe::of(pipe, &over), busy.clone());
        thread::spawn(move || {
            let bytes = match told {
                None => read_some(pipe),
                Some(task) => read_live(pipe, &task),
            };
            drop(busy);
            bytes
        })
    });
    drop(busy);
    let stopped = wait_or_kill(&child, task, atomic).context(format_args!("waiting for {name}"))?;
    let status = child.wait().context(format_args!("waiting for {name}"))?;
    // Another program may hold the pipes: one that it has left behind, or one that a tenant's program has handed them to.
    let until = Instant::now() + LINGER;
    while Instant::now() < until && idle.recv_timeout(POLL_INTERVAL) == Err(RecvTimeoutError::Timeout) {}
    over.store(true, Ordering::SeqCst);
    let text = |reader: Option<thread::JoinHandle<Vec<u8>>>| {
        let bytes = reader.and_then(|r| r.join().ok()).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let (out, err) = (text(out), text(err));
    if let Some(feeder) = feeder {
        // Only fails when that thread panicked, which a write cannot.
        let _ = feeder.join();
    }
    if stopped {
        task.check()?;
        return Err(internal(format!("{name} was stopped")));
    }
    let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0));
    Ok(CmdOutput { code, out, err })
}

/// True when it had to be killed. The child is not reaped here, so its number stays its own.
fn wait_or_kill(child: &Child, task: &Task, atomic: bool) -> rustix::io::Result<bool> {
    let pid = Pid::from_child(child);
    let ended = pidfd_open(pid, PidfdFlags::empty())?;
    let tick = Timespec { tv_sec: 0, tv_nsec: POLL_INTERVAL.as_nanos() as _ };
    let mut stopped_at: Option<Instant> = None;
    loop {
        let mut watched = [PollFd::new(&ended, PollFlags::IN)];
        match poll(&mut watched, Some(&tick)) {
            Ok(0) | Err(rustix::io::Errno::INTR) => {}
            Ok(_) => return Ok(false),
            Err(error) => return Err(error),
        }
        if task.check().is_err() {
            let since = stopped_at.get_or_insert_with(Instant::now).elapsed();
            if !atomic || since >= GRACE {
                // The group may have ended in this very moment, which is what was wanted.
                let _ = kill_process_group(pid, Signal::KILL);
                return Ok(true);
            }
        }
    }
}

/// An end of a pipe on which nobody waits for longer than its program is waited for.
struct Pipe<P> {
    pipe: P,
    over: Arc<AtomicBool>,
    left: usize,
}

impl<P: AsFd> Pipe<P> {
    fn of(pipe: P, over: &Arc<AtomicBool>) -> Self {
        Self { pipe, over: Arc::clone(over), left: MAX_LEFT }
    }

    /// Waits until something can be done; false once it is over and there is nothing, or enough was done since.
    fn is_ready(&self, what: PollFlags) -> std::io::Result<bool> {
        loop {
            let over = self.over.load(Ordering::SeqCst);
            let tick = Timespec { tv_sec: 0, tv_nsec: if over { 0 } else { POLL_INTERVAL.as_nanos() as _ } };
            match poll(&mut [PollFd::new(&self.pipe, what)], Some(&tick)) {
                Ok(0) | Err(rustix::io::Errno::INTR) if over => return Ok(false),
                Ok(0) | Err(rustix::io::Errno::INTR) => {}
                Ok(_) => return Ok(!over || self.left > 0),
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn did(&mut self, count: usize) -> usize {
        if self.over.load(Ordering::SeqCst) {
            self.left = self.left.saturating_sub(count);
        }
        count
    }
}

impl<P: AsFd + Read> Read for Pipe<P> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if !self.is_ready(PollFlags::IN)? {
            return Ok(0);
        }
        let count = self.pipe.read(buffer)?;
        Ok(self.did(count))
    }
}

impl<P: AsFd + Write> Write for Pipe<P> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if !self.is_ready(PollFlags::OUT)? {
            return Ok(0);
        }
        // There is room for so much where there is any.
        let count = self.pipe.write(&bytes[..bytes.len().min(4096)])?;
        Ok(self.did(count))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn read_some(mut pipe: impl Read) -> Vec<u8> {
    let mut bytes = Vec::new();
    // What came before an error is still worth showing.
    let _ = pipe.by_ref().take(MAX_OUTPUT).read_to_end(&mut bytes);
    // Keep the pipe empty so that a talkative program is not stuck.
    let _ = std::io::copy(&mut pipe, &mut std::io::sink());
    bytes
}

/// Tells each line as it comes, up to a limit, and the last of those above it; keeps the last of them.
fn read_live(pipe: impl Read, task: &Task) -> Vec<u8> {
    let (mut reader, mut kept) = (BufReader::new(pipe), Vec::new());
    let (mut lines, mut bytes, mut untold) = (0, 0, 0);
    let mut line = Vec::new();
    // A line without an end is told in pieces.
    while let Ok(1..) = reader.by_ref().take(MAX_LINE).read_until(b'\n', &mut line) {
        let words = one_line(&String::from_utf8_lossy(&line));
        if lines >= MAX_TOLD || bytes >= MAX_TOLD_BYTES {
            if untold == 0 {
                task.warn("From here on only the end of the output is shown.");
            }
            untold += line.len();
        } else if !words.is_empty() {
            bytes += words.len();
            task.info(words);
        }
        lines += 1;
        kept.append(&mut line);
        kept.drain(..kept.len().saturating_sub(MAX_KEPT));
    }
    let end = String::from_utf8_lossy(&kept[kept.len().saturating_sub(untold)..]).into_owned();
    end.lines().map(one_line).filter(|words| !words.is_empty()).for_each(|words| task.info(words));
    kept
}

/// `mpanel-node guard PARENT PROGRAM ARGS..`: dies with its parent, then becomes the program.
pub fn guard(mut args: impl Iterator<Item = OsString>) -> Result<()> {
    let parent = args.next().and_then(|p| p.into_string().ok()).and_then(|p| p.parse::<i32>().ok());
    let program = args.next().ok_or_else(|| internal("guard needs a command"))?;
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL)).context("asking to die with the parent")?;
    if rustix::process::getppid().map(|p| p.as_raw_nonzero().get()) != parent {
        return Err(internal("the parent is gone"));
    }
    let mut command = Command::new(&program);
    command.args(args);
    let mut error = command.exec();
    // A program that has just been received is still open in whoever began, in that moment, to start another one.
    for _ in 0..BUSY_LOOKS {
        if error.kind() != ErrorKind::ExecutableFileBusy {
            break;
        }
        thread::sleep(BUSY_PAUSE);
        error = command.exec();
    }
    if error.kind() == ErrorKind::NotFound {
        eprintln!("{GUARD_NOT_FOUND}");
        std::process::exit(NOT_FOUND);
    }
    Err(not_started(&program.to_string_lossy(), &error))
}

#[cfg(test)]
#[path = "command_tests.rs"]
mod tests;
