//! Where visitors wait while their pod is between two servers: a program that listens, answers nobody before it is told where the pod is, and
//! then hands everything on.

use std::ffi::OsString;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Gid, Uid};
use rustix::net::{AddressFamily, SocketFlags, SocketType};
use wire::NODE_PATH;

use crate::error::{Result, ResultExt, internal};
use crate::host::command::Cmd;
use crate::host::names::{PodNames, WEB_USER};
use crate::host::{accounts, files, systemd};
use crate::render::vhost::WAITED;
use crate::task::Task;

/// A folder for each pod that is between two servers; gone with the next start of the machine.
const PLACES: &str = "/run/mpanel-wait";
const SOCKET: &str = "visitors.sock";
/// The address that they are sent to, once it is known.
const TO: &str = "to";
const TICK: Duration = Duration::from_millis(10);
/// How long the program may take to listen.
const START: Duration = Duration::from_secs(5);
/// How long the new server may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(5);
/// Without a visitor for this long, the program ends once it was told where to send them.
const IDLE: Duration = Duration::from_secs(30);

fn place(names: &PodNames) -> PathBuf {
    Path::new(PLACES).join(names.pod().as_str())
}

/// As nginx is told.
pub fn upstream(names: &PodNames) -> String {
    format!("http://unix:{}:", place(names).join(SOCKET).display())
}

/// Is there such a place?
pub fn is_there(names: &PodNames) -> bool {
    place(names).join(SOCKET).exists() && !place(names).join(TO).exists()
}

/// Opens the place, and waits until it listens.
pub fn start(task: &Task, names: &PodNames) -> Result<()> {
    if is_there(names) {
        return Ok(());
    }
    end(task, names)?;
    let place = place(names);
    files::make_folder(PLACES.as_ref(), 0o755)?;
    files::make_folder(&place, 0o750)?;
    let web = accounts::find(WEB_USER).ok_or_else(|| internal("nginx has no user"))?;
    rustix::fs::chown(&place, Some(Uid::from_raw(web.uid)), Some(Gid::from_raw(web.gid))).context("giving a folder its owner")?;
    let run = Cmd::short("systemd-run").args(["--quiet", "--collect", "--service-type=exec"]);
    let run = run.arg(format!("--unit={}", names.wait_unit())).arg(format!("--property=User={WEB_USER}"));
    let walls = ["NoNewPrivileges=yes", "ProtectSystem=strict", "ProtectHome=yes", "PrivateDevices=yes", "LimitNOFILE=65536"];
    let run = run.args(walls.map(|wall| format!("--property={wall}"))).arg(format!("--property=ReadWritePaths={}", place.display()));
    run.args(["--", NODE_PATH, "wait"]).arg(&place).run(task)?;
    let began = Instant::now();
    while !place.join(SOCKET).exists() {
        task.check()?;
        if began.elapsed() > START {
            return Err(internal("the place where visitors wait did not open"));
        }
        thread::sleep(TICK);
    }
    Ok(())
}

/// Sends those who wait there, and whoever comes later.
pub fn release(names: &PodNames, to: IpAddr) -> Result<()> {
    let place = place(names);
    if place.exists() { files::write_soon(&place.join(TO), to.to_string().as_bytes(), 0o644) } else { Ok(()) }
}

/// Closes the place.
pub fn end(task: &Task, names: &PodNames) -> Result<()> {
    let place = place(names);
    if !place.exists() {
        return Ok(());
    }
    systemd::stop(task, &[names.wait_unit()])?;
    files::remove_flat_folder(&place).map(drop)
}

/// `mpanel-node wait FOLDER`.
pub fn main(mut args: impl Iterator<Item = OsString>) -> Result<()> {
    let place = PathBuf::from(args.next().ok_or_else(|| internal("wait needs a folder"))?);
    let draft = place.join("draft");
    let listener = UnixListener::bind(&draft).context("opening the socket")?;
    // Seen by others only once it listens.
    std::fs::rename(&draft, place.join(SOCKET)).context("opening the socket")?;
    let to = loop {
        match files::read_text(place.join(TO)).and_then(|text| text.trim().parse::<IpAddr>().ok()) {
            Some(to) => break SocketAddr::new(to, 80),
            None => thread::sleep(TICK),
        }
    };
    let (inside, mut last) = (Arc::new(AtomicUsize::new(0)), Instant::now());
    while inside.load(Ordering::SeqCst) > 0 || last.elapsed() < IDLE {
        let mut watched = [PollFd::new(&listener, PollFlags::IN)];
        if !matches!(poll(&mut watched, Some(&Timespec { tv_sec: 1, tv_nsec: 0 })), Ok(1..)) {
            continue;
        }
        let Ok((visitor, _)) = listener.accept() else { continue };
        last = Instant::now();
        let inside = Arc::clone(&inside);
        inside.fetch_add(1, Ordering::SeqCst);
        thread::spawn(move || {
            // Who cannot be served sees nginx' own page about it.
            let _ = hand_on(&visitor, to);
            inside.fetch_sub(1, Ordering::SeqCst);
        });
    }
    Ok(())
}

/// Connects to this server from an address by which its nginx knows who waited.
fn connect_from(from: Ipv4Addr, to: SocketAddr) -> io::Result<TcpStream> {
    let socket = rustix::net::socket_with(AddressFamily::INET, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    rustix::net::bind(&socket, &SocketAddr::from((from, 0)))?;
    rustix::net::connect(&socket, &to)?;
    Ok(TcpStream::from(socket))
}

/// Carries bytes in both directions until both have ended.
fn hand_on(visitor: &UnixStream, to: SocketAddr) -> io::Result<()> {
    let server = if to.ip().is_loopback() { connect_from(WAITED, to)? } else { TcpStream::connect_timeout(&to, CONNECT)? };
    thread::scope(|scope| {
        scope.spawn(|| {
            let copied = io::copy(&mut &*visitor, &mut &server);
            // The other direction may still be open, or all over.
            let _ = server.shutdown(Shutdown::Write);
            copied
        });
        let copied = io::copy(&mut &server, &mut &*visitor);
        let _ = visitor.shutdown(Shutdown::Write);
        copied.map(drop)
    })
}
