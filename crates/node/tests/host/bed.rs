//! A throw-away host with the program and the shipped files on it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant};

use crate::session::Session;
use crate::specs::shipped;

fn tool() -> PathBuf {
    // Cargo starts tests in their crate; a path from build time may be another clone's.
    Path::new("../../end2end/bed/bed").to_path_buf()
}

fn bed(args: &[&str], input: &[u8]) -> (bool, String) {
    let mut child = Command::new(tool()).args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the test bed's tool starts");
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Taken down when dropped.
pub struct Host {
    name: String,
    address: String,
}

impl Host {
    /// A host of this test's own.
    pub fn boot() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("n{}x{}", std::process::id() % 100_000, NEXT.fetch_add(1, Ordering::SeqCst));
        let (up, address) = bed(&["up", &name, "auto"], b"");
        assert!(up, "a test host boots (needs root)");
        let host = Self { name, address };
        host.await_ready();
        let (copied, _) = bed(&["copy", &host.name, env!("CARGO_BIN_EXE_mpanel-node"), wire::NODE_PATH], b"");
        assert!(copied, "the program is copied to the host");
        let session = host.session();
        for (put, file) in shipped() {
            session.put(put, &file).unwrap();
        }
        host
    }

    /// A host that tests share as long as one of them runs.
    pub fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Host>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(|e| e.into_inner());
        if let Some(host) = shared.upgrade() {
            return host;
        }
        let host = Arc::new(Self::boot());
        *shared = Arc::downgrade(&host);
        host
    }

    fn await_ready(&self) {
        let (ready, _) = bed(&["ready", &self.name, "60"], b"");
        assert!(ready, "the host's services are up");
    }

    /// Its address on the tailnet.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// A new session with the program.
    pub fn session(&self) -> Session {
        let mut command = Command::new(tool());
        command.args(["exec", &self.name, wire::NODE_PATH, "serve"]);
        Session::start(command)
    }

    /// The same with so many file handles at most.
    pub fn session_with_handles(&self, most: u32) -> Session {
        let mut command = Command::new(tool());
        command.args(["exec", &self.name, "bash", "-c", &format!("ulimit -n {most}; exec {} serve", wire::NODE_PATH)]);
        Session::start(command)
    }

    /// Runs a script on the host as root and gives what it printed.
    pub fn script(&self, script: &str) -> String {
        bed(&["exec", &self.name, "bash", "-s"], script.as_bytes()).1
    }

    /// Takes the power away and gives it back.
    pub fn lose_power(&self) {
        bed(&["kill", &self.name], b"");
        let (up, _) = bed(&["up", &self.name], b"");
        assert!(up, "the host boots again");
        self.await_ready();
    }

    /// Status and body of a page, from outside. Status 0 when nobody answers.
    pub fn fetch(&self, domain: &str, path: &str) -> (u16, String) {
        let text = self.fetch_raw(domain, path);
        let status = text.split_whitespace().nth(1).and_then(|s| s.parse().ok()).unwrap_or(0);
        (status, text.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default())
    }

    /// The same with its head.
    pub fn fetch_raw(&self, domain: &str, path: &str) -> String {
        let ask = format!("GET {path} HTTP/1.0\r\nHost: {domain}\r\n\r\n");
        let answer = || -> std::io::Result<String> {
            let mut stream = TcpStream::connect((self.address.as_str(), 80))?;
            stream.set_read_timeout(Some(Duration::from_secs(60)))?;
            stream.write_all(ask.as_bytes())?;
            let mut bytes = Vec::new();
            stream.read_to_end(&mut bytes)?;
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        };
        answer().unwrap_or_default()
    }

    /// Fetches until the page has this text, for at most a minute.
    pub fn await_page(&self, domain: &str, text: &str) {
        let end = Instant::now() + Duration::from_secs(60);
        loop {
            let (status, body) = self.fetch(domain, "/");
            if status == 200 && body.contains(text) {
                return;
            }
            assert!(Instant::now() < end, "{domain} answers {status} without {text:?}: {body:.300}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Every trace of this pod that stays on the host, one a line; empty when there is none. systemd forgets a unit a moment after its file is gone.
    pub fn traces(&self, pod: &str) -> String {
        let end = Instant::now() + Duration::from_secs(20);
        loop {
            let found = self.find_traces(pod);
            if found.is_empty() || Instant::now() >= end {
                return found;
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    fn find_traces(&self, pod: &str) -> String {
        let slice = pod.replace('-', "_");
        self.script(&format!(
            r#"grep -n '^p-{pod}:' /etc/passwd /etc/group /etc/shadow /etc/gshadow
find /srv/pods/{pod} /etc/mpanel/pods/{pod} /run/pods/{pod} /etc/nginx/mpanel.d/{pod}.conf /etc/nginx/mpanel.d/{pod}_main.conf /etc/nginx/mpanel.d/{pod}_main.closed /var/lib/mpanel/pods/{pod}.json /var/lib/mpanel/moves/{pod}.sql /var/lib/mpanel/edits/{pod} /etc/nginx/mpanel.d/{pod}.from /run/mpanel/locks/pod-{pod} -maxdepth 0 2>/dev/null
find /etc/systemd/system /etc/systemd/system.control/ -name 'pod-{pod}-*' -o -name 'pod-{pod}_*' -o -name 'pods-{slice}.slice' 2>/dev/null
find /etc/nginx/mpanel.d -name '{pod}_*'
find /var/log/nginx -name 'pod-{pod}.*'
systemctl list-units --all --no-legend 'pod-{pod}-*' 'pod-{pod}_*' 'pods-{slice}.slice'
btrfs subvolume list /srv/pods | grep -E ' path ([^ ]*/)?{pod}(/|$)'
ps -eo user:40,args | grep '^p-{pod} '
true"#
        ))
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        bed(&["down", &self.name], b"");
    }
}
