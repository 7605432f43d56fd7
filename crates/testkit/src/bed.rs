//! Real test hosts: Debian servers with systemd inside, booted on this machine by `end2end/bed/bed`.
//!
//! Every host gets a name and an address of its own, so tests run side by side. It goes when its [`Host`] is dropped; should
//! the test die before that, the next [`Bed::start`] removes it.

use std::ffi::OsStr;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, bail};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// The bed of this test run: image built, network up, leftovers of dead runs removed.
#[derive(Debug, Clone)]
pub struct Bed {
    script: PathBuf,
}

/// A running test host; dropped, it is taken down.
#[derive(Debug)]
pub struct Host {
    /// Its name in the bed and its host name.
    pub name: String,
    /// Its tailnet address; ssh answers on port 22, nginx on 80.
    pub address: Ipv4Addr,
    bed: Bed,
}

/// What a command on a host gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Its exit code; 128 and more when a signal ended it.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

static HOSTS: AtomicU32 = AtomicU32::new(0);

impl Bed {
    /// Makes the bed. The first time on a machine this builds the image (about two minutes).
    ///
    /// # Errors
    /// When this machine cannot have real hosts (not Linux, not root, a program missing); the message says the remedy.
    pub async fn start() -> anyhow::Result<Self> {
        // Cargo starts tests in their crate; a path from build time may be another clone's.
        let here = std::env::current_dir()?;
        let script = here.ancestors().map(|folder| folder.join("end2end/bed/bed")).find(|script| script.exists());
        let bed = Self { script: script.with_context(|| format!("no folder above {} has end2end/bed/bed", here.display()))? };
        bed.run(["net", "up"]).await?;
        bed.run(["reap"]).await?;
        // Its progress is for whoever waits for the tests.
        let image = bed.command(["image"]).stdout(Stdio::null()).status().await?;
        if !image.success() {
            bail!("the host image could not be built; the lines above say why");
        }
        Ok(bed)
    }

    /// Boots a host and waits until its ssh port answers (about two seconds). `label`: at most four of a-z and 0-9, for the eye.
    ///
    /// # Errors
    /// When it does not boot.
    pub async fn host(&self, label: &str) -> anyhow::Result<Host> {
        let number = HOSTS.fetch_add(1, Ordering::Relaxed);
        let name = format!("{label}-{}", base36(u64::from(std::process::id()) * 1296 + u64::from(number % 1296)));
        let mut host = Host { name, address: Ipv4Addr::UNSPECIFIED, bed: self.clone() };
        host.up().await?;
        host.wait().await?;
        Ok(host)
    }

    /// A command of the bed. The host belongs to this process: once it has died, `reap` takes the host away.
    fn command<I: IntoIterator<Item: AsRef<OsStr>>>(&self, args: I) -> Command {
        let mut command = Command::new(&self.script);
        command.args(args).env("MPANEL_BED_OWNER", std::process::id().to_string()).stdin(Stdio::null()).kill_on_drop(true);
        command
    }

    async fn run<I: IntoIterator<Item: AsRef<OsStr>>>(&self, args: I) -> anyhow::Result<String> {
        let output = self.command(args).output().await.context("the bed's script does not start")?;
        if !output.status.success() {
            bail!("{}", String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }
}

impl Host {
    /// Boots it, again after [`Host::kill`] or [`Host::stop`]: same disks, same address, same host key.
    ///
    /// # Errors
    /// When it does not boot.
    pub async fn up(&mut self) -> anyhow::Result<()> {
        let printed = self.bed.run(["up", &self.name]).await?;
        self.address = printed.parse().with_context(|| format!("the bed printed no address: {printed}"))?;
        Ok(())
    }

    /// The same for who only borrows it: it keeps its address.
    ///
    /// # Errors
    /// When it does not boot.
    pub async fn again(&self) -> anyhow::Result<()> {
        self.verb("up").await
    }

    /// Waits until its ssh port answers.
    ///
    /// # Errors
    /// When it does not within a minute.
    pub async fn wait(&self) -> anyhow::Result<()> {
        self.verb("wait").await
    }

    /// Waits until systemd inside says that every service is up.
    ///
    /// # Errors
    /// When one failed, or after two minutes.
    pub async fn ready(&self) -> anyhow::Result<()> {
        self.verb("ready").await
    }

    /// Power loss: every process ends at once.
    ///
    /// # Errors
    /// When it is not running.
    pub async fn kill(&self) -> anyhow::Result<()> {
        self.verb("kill").await
    }

    /// Clean shutdown.
    ///
    /// # Errors
    /// When it is not running.
    pub async fn stop(&self) -> anyhow::Result<()> {
        self.verb("stop").await
    }

    /// Takes its network cable out.
    ///
    /// # Errors
    /// When the link cannot be changed.
    pub async fn cut(&self) -> anyhow::Result<()> {
        self.verb("cut").await
    }

    /// Puts the cable back.
    ///
    /// # Errors
    /// When the link cannot be changed.
    pub async fn mend(&self) -> anyhow::Result<()> {
        self.verb("mend").await
    }

    /// From now on every packet to and from it vanishes, without an answer.
    ///
    /// # Errors
    /// When nftables refuses.
    pub async fn blackhole(&self) -> anyhow::Result<()> {
        self.verb("blackhole").await
    }

    /// Ends [`Host::blackhole`] and [`Host::lose`].
    ///
    /// # Errors
    /// When the host is unknown.
    pub async fn unhole(&self) -> anyhow::Result<()> {
        self.verb("unhole").await
    }

    /// From now on this percentage of its packets is lost.
    ///
    /// # Errors
    /// When nftables refuses.
    pub async fn lose(&self, percent: u8) -> anyhow::Result<()> {
        self.bed.run(["loss", &self.name, &percent.to_string()]).await.map(drop)
    }

    /// Runs a command inside as root, at its console so to speak: not over ssh.
    ///
    /// # Errors
    /// When it cannot be started; a command that fails is a result.
    pub async fn exec(&self, args: &[&str]) -> anyhow::Result<Output> {
        self.exec_with(args, b"").await
    }

    /// As [`Host::exec`], with bytes for its standard input.
    ///
    /// # Errors
    /// When it cannot be started.
    pub async fn exec_with(&self, args: &[&str], input: &[u8]) -> anyhow::Result<Output> {
        let mut command = self.bed.command(["exec", &self.name].iter().chain(args));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let mut stdin = child.stdin.take().context("no standard input")?;
        // Both at once: a command that prints before it has read everything must not block us.
        let (_, output) = tokio::join!(
            async move {
                // A command may end without reading its input.
                let _ = stdin.write_all(input).await;
                drop(stdin);
            },
            child.wait_with_output()
        );
        let output = output?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ok(Output { code: output.status.code().unwrap_or(128), stdout: text(&output.stdout), stderr: text(&output.stderr) })
    }

    /// Runs a command inside that has to succeed, and returns what it printed.
    ///
    /// # Errors
    /// When it fails.
    pub async fn must(&self, args: &[&str]) -> anyhow::Result<String> {
        let output = self.exec(args).await?;
        if output.code != 0 {
            bail!("{} on {} ended with {}: {}", args.join(" "), self.name, output.code, output.stderr.trim());
        }
        Ok(output.stdout)
    }

    /// Copies a file of this machine to a path inside, with its mode.
    ///
    /// # Errors
    /// When it cannot be read, or the host is not running.
    pub async fn copy(&self, file: &Path, path: &str) -> anyhow::Result<()> {
        self.bed.run(["copy".as_ref(), self.name.as_ref(), file.as_os_str(), path.as_ref()]).await.map(drop)
    }

    /// Takes it down and removes everything of it; dropping does the same, without a result.
    ///
    /// # Errors
    /// When something of it stays.
    pub async fn down(self) -> anyhow::Result<()> {
        self.verb("down").await
    }

    async fn verb(&self, verb: &str) -> anyhow::Result<()> {
        self.bed.run([verb, &self.name]).await.map(drop)
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let done = std::process::Command::new(&self.bed.script).args(["down", &self.name]).stdin(Stdio::null()).status();
        if !done.is_ok_and(|status| status.success()) {
            eprintln!("test host {} could not be taken down; `bed reap` does it", self.name);
        }
    }
}

/// Short and unique among the processes that run on this machine.
fn base36(mut number: u64) -> String {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let mut text = Vec::new();
    while number > 0 {
        text.extend(DIGITS.get((number % 36) as usize));
        number /= 36;
    }
    text.reverse();
    String::from_utf8_lossy(&text).into_owned()
}
