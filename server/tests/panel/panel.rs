//! A running `mpanel`, ended with the test.

use rustix::process::{Pid, Signal, kill_process};
use std::{
    fs::{self, File},
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

/// How long anything may take here; a slow machine gets its time, a hanging test ends.
pub const PATIENCE: Duration = Duration::from_secs(60);

static NEXT: AtomicU32 = AtomicU32::new(1);

/// An installation: its data folder, its settings, and its processes.
pub struct Installation {
    /// Its data folder.
    pub dir: PathBuf,
    /// Where it answers.
    pub port: u16,
    /// Settings by environment.
    env: Vec<(String, String)>,
}

/// A process of it.
pub struct Process {
    child: Child,
    log: PathBuf,
}

/// A port that nobody has at the moment.
pub fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port").local_addr().expect("bound").port()
}

/// Asks until there is an answer.
pub async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < until, "{what}: not within {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}

impl Installation {
    /// A new, empty one, with simulated servers and an own PostgreSQL unless `set` says otherwise.
    pub fn new() -> Self {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let dir = std::env::temp_dir().join(format!("mpanel-test-{}-{number}", std::process::id()));
        fs::create_dir_all(&dir).expect("a folder");
        let port = free_port();
        let mut new = Self { dir, port, env: Vec::new() };
        new.set("MPANEL_DATA_DIR", new.dir.join("data").display());
        new.set("MPANEL_LISTEN", format_args!("127.0.0.1:{port}"));
        new.set("MPANEL_PUBLIC_URL", format_args!("http://127.0.0.1:{port}"));
        new.set("MPANEL_SIMULATED", "true");
        new.set("MPANEL_PAYMENTS__PROVIDER", "sandbox");
        // All buyers of the tests come from one address.
        new.set("MPANEL_LIMITS__CHECKOUTS_PER_HOUR", 1_000_000);
        new.set("MPANEL_SITES__PORT", free_port());
        new.set("MPANEL_NODES__INTERFACE", "");
        new
    }

    /// Sets a setting.
    pub fn set(&mut self, key: &str, value: impl std::fmt::Display) {
        self.env.retain(|(known, _)| known != key);
        self.env.push((key.to_owned(), value.to_string()));
    }

    /// Leaves a setting to its default.
    pub fn unset(&mut self, key: &str) {
        self.env.retain(|(known, _)| known != key);
    }

    /// The data folder of mPanel.
    pub fn data(&self) -> PathBuf {
        self.dir.join("data")
    }

    /// `mpanel` with these words, not started yet.
    pub fn command(&self, args: &[&str]) -> Command {
        let setpriv = Path::new("/usr/bin/setpriv");
        let mut command = if setpriv.is_file() {
            // When the test itself is killed nothing stays behind.
            let mut command = Command::new(setpriv);
            command.args(["--pdeathsig", "KILL", env!("CARGO_BIN_EXE_mpanel")]);
            command
        } else {
            Command::new(env!("CARGO_BIN_EXE_mpanel"))
        };
        for (key, _) in std::env::vars().filter(|(key, _)| key == "DATABASE_URL" || (key.starts_with("MPANEL_") && key != "MPANEL_PG_BIN")) {
            command.env_remove(key);
        }
        command.args(args).envs(self.env.iter().map(|(key, value)| (key, value))).stdin(Stdio::null());
        command
    }

    /// Runs `mpanel` with these words to its end.
    pub fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().expect("mpanel starts")
    }

    /// Starts `mpanel` with these words.
    pub fn start(&self, args: &[&str]) -> Process {
        self.start_in(".", args)
    }

    fn start_in(&self, folder: impl AsRef<Path>, args: &[&str]) -> Process {
        let log = self.dir.join(format!("{}-{}.log", args.join("-"), NEXT.fetch_add(1, Ordering::Relaxed)));
        let file = File::create(&log).expect("a log");
        let child = self.command(args).current_dir(folder).stdout(file.try_clone().expect("a handle")).stderr(file).spawn().expect("mpanel starts");
        Process { child, log }
    }

    /// Starts `mpanel serve` with more words, and waits until it is ready.
    pub async fn serve(&self, more: &[&str]) -> Process {
        self.serve_in(".", more).await
    }

    /// The same in another working folder.
    pub async fn serve_in(&self, folder: impl AsRef<Path>, more: &[&str]) -> Process {
        let mut process = self.start_in(folder, &[&["serve"], more].concat());
        let visitor = crate::client::Visitor::new(self.port);
        eventually("the panel is ready", async || {
            process.assert_runs();
            visitor.request("GET", "/readyz").send().await.ok().filter(|answer| answer.status() == 200).map(drop)
        })
        .await;
        process
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("logs are kept in {}", self.dir.display());
        } else {
            let _ = fs::remove_dir_all(&self.dir);
        }
    }
}

impl Process {
    /// What it has said.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// Fails with its words when it has ended.
    pub fn assert_runs(&mut self) {
        if let Some(status) = self.child.try_wait().expect("a child") {
            panic!("mpanel has ended with {status}:\n{}", self.log());
        }
    }

    /// Its process id.
    pub fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("it runs");
    }

    /// Waits for its end.
    pub async fn ended(&mut self) -> ExitStatus {
        eventually("mpanel ends", async || self.child.try_wait().expect("a child")).await
    }

    /// Asks it to stop, as systemd would, and waits.
    pub async fn stop(mut self) -> ExitStatus {
        self.signal(Signal::TERM);
        self.ended().await
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if !matches!(self.child.try_wait(), Ok(None)) {
            return;
        }
        // In order first, so that an embedded PostgreSQL goes with it.
        let _ = kill_process(self.pid(), Signal::TERM);
        let until = Instant::now() + Duration::from_secs(20);
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
