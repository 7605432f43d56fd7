//! Sockets of the machine that somebody is connected to. The kernel is asked for the file of each (`sock_diag(7)`) and not for its name: any program
//! may give its own socket any name, and only the file tells whose it is.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::{major, minor};
use rustix::io::retry_on_intr;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, netlink, recv, send, socket_with};

use crate::error::{Result, ResultExt};

/// Bytes of one answer. The kernel makes none that is longer than half of this.
const ANSWER: usize = 64 << 10;
/// Bytes before what a message says, and before what is said of a socket.
const HEADER: usize = 16;
/// What a message is: a failure, the last one, a socket.
const FAILED: u16 = 2;
const DONE: u16 = 3;
const SOCKET: u16 = 20;
/// A question for all there is (`NLM_F_REQUEST`, `NLM_F_DUMP`).
const ALL: u16 = 0x301;
/// States of a socket.
const CONNECTED: u8 = 1;
const LISTENS: u8 = 10;
/// What is asked of a socket, as a bit, and as what it is answered: its file, and how much waits in it.
const SHOW_FILE: u32 = 0x02;
const SHOW_QUEUE: u32 = 0x10;
const FILE: u16 = 1;
const QUEUE: u16 = 4;

/// Sockets with a connection, taken or waiting: the device and the inode of their files, as the kernel shortens them.
#[derive(Default)]
pub struct InUse(HashSet<(u32, u32)>);

impl InUse {
    /// Those of this moment. An answer that is not whole is none: nobody could be told from somebody who was left out.
    pub fn now() -> Result<Self> {
        let mut found = Self::default();
        ask(&mut found).context("asking the kernel for connections")?;
        Ok(found)
    }

    /// Is somebody connected to the socket of this file, or waits there?
    pub fn has(&self, socket: &Path) -> bool {
        let Ok(found) = fs::symlink_metadata(socket) else { return false };
        let inode = u32::try_from(found.ino() & u64::from(u32::MAX)).unwrap_or_default();
        self.0.contains(&(major(found.dev()) << 20 | minor(found.dev()), inode))
    }

    /// Takes what an answer says; true with the last one.
    fn take(&mut self, mut messages: &[u8]) -> io::Result<bool> {
        while !messages.is_empty() {
            let length = number(messages, 0).and_then(|length| usize::try_from(length).ok()).filter(|length| *length >= HEADER);
            let message = length.and_then(|length| messages.get(..length)).ok_or(io::ErrorKind::InvalidData)?;
            let said = message.get(HEADER..).unwrap_or_default();
            // A failure, also one on the way, is an error's number below zero.
            let code = number(said, 0).map_or(0, u32::cast_signed);
            match short(message, 4) {
                Some(FAILED | DONE) if code < 0 => return Err(io::Error::from_raw_os_error(code.saturating_neg())),
                Some(DONE) => return Ok(true),
                Some(SOCKET) => self.0.extend(file_in_use(said)),
                _ => {}
            }
            messages = messages.get(message.len().next_multiple_of(4)..).unwrap_or_default();
        }
        Ok(false)
    }
}

fn ask(found: &mut InUse) -> io::Result<()> {
    let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, Some(netlink::SOCK_DIAG))?;
    send(&socket, &question(), SendFlags::empty())?;
    let mut buffer = vec![0; ANSWER];
    loop {
        // With this flag the length is that of the answer, also where the buffer is shorter.
        let (_, length) = retry_on_intr(|| recv(&socket, buffer.as_mut_slice(), RecvFlags::TRUNC))?;
        if found.take(buffer.get(..length).ok_or(io::ErrorKind::InvalidData)?)? {
            return Ok(());
        }
    }
}

/// For all that are connected or listen.
fn question() -> Vec<u8> {
    let states = 1_u32 << CONNECTED | 1 << LISTENS;
    // Family, protocol and a gap; no inode, and whichever cookie.
    let mut said = vec![1, 0, 0, 0];
    for number in [states, 0, SHOW_FILE | SHOW_QUEUE, u32::MAX, u32::MAX] {
        said.extend(number.to_ne_bytes());
    }
    let length = u32::try_from(HEADER + said.len()).unwrap_or_default();
    let mut message = length.to_ne_bytes().to_vec();
    message.extend(SOCKET.to_ne_bytes());
    message.extend(ALL.to_ne_bytes());
    message.extend([0; 8]);
    message.extend(said);
    message
}

/// The file of a socket that is in use. One that listens is, when somebody waits there; one without a file is no site's.
fn file_in_use(socket: &[u8]) -> Option<(u32, u32)> {
    let (mut file, mut waiting) = (None, 0);
    let mut attributes = socket.get(HEADER..)?;
    while let (Some(length), Some(kind)) = (short(attributes, 0).map(usize::from).filter(|length| *length >= 4), short(attributes, 2)) {
        let value = attributes.get(4..length)?;
        match kind {
            FILE => file = Some((number(value, 4)?, number(value, 0)?)),
            QUEUE => waiting = number(value, 0)?,
            _ => {}
        }
        attributes = attributes.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    match *socket.get(2)? {
        CONNECTED => file,
        LISTENS if waiting > 0 => file,
        _ => None,
    }
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_ne_bytes)
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2)?.try_into().ok().map(u16::from_ne_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::net::{UnixListener, UnixStream};

    use crate::host::files::unique;

    #[test]
    fn a_connection_is_told_from_a_socket_that_listens_also_while_it_waits_and_whatever_others_are_called() {
        let folder = std::env::temp_dir().join(format!("mpanel-sockets{}", unique()));
        fs::create_dir(&folder).unwrap();
        let (idle, waits, taken) = (folder.join("idle"), folder.join("waits"), folder.join("taken"));
        let [_idle, _waits, listener] = [&idle, &waits, &taken].map(|path| UnixListener::bind(path).unwrap());
        let _waiting = UnixStream::connect(&waits).unwrap();
        let visitor = UnixStream::connect(&taken).unwrap();
        let (connection, _) = listener.accept().unwrap();
        // Names that are no text, and one that looks like a row of the kernel's table with the idle one's name.
        let row = format!("x\n0: 3 0 0 1 03 1 {}", idle.display()).replace('/', "-");
        let mut others = Vec::new();
        for name in [b"\xff\xfe\x80".as_slice(), row.as_bytes()] {
            let listener = UnixListener::bind(folder.join(OsStr::from_bytes(name))).unwrap();
            others.push((UnixStream::connect(folder.join(OsStr::from_bytes(name))).unwrap(), listener.accept().unwrap(), listener));
        }
        let in_use = InUse::now().unwrap();
        assert_eq!([&idle, &waits, &taken, &folder.join("none")].map(|path| in_use.has(path)), [false, true, true, false]);
        drop((visitor, connection));
        assert!(!InUse::now().unwrap().has(&taken));
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn all_are_seen_however_many_there_are() {
        let path = std::env::temp_dir().join(format!("mpanel-sockets{}.sock", unique()));
        let listener = UnixListener::bind(&path).unwrap();
        let pairs: Vec<_> = (0..300).map(|_| (UnixStream::connect(&path).unwrap(), listener.accept().unwrap())).collect();
        assert!(InUse::now().unwrap().has(&path));
        drop(pairs);
        fs::remove_file(&path).unwrap();
    }

    #[test]
    fn an_answer_that_is_cut_off_or_a_failure_is_no_answer() {
        let mut found = InUse::default();
        assert!(found.take(&question()[..20]).is_err(), "it is shorter than it says");
        assert!(found.take(&[0; 16]).is_err());
        let failed = |kind: u16, code: i32| {
            let mut message = 20_u32.to_ne_bytes().to_vec();
            message.extend(kind.to_ne_bytes());
            message.extend([0; 10]);
            message.extend(code.to_ne_bytes());
            message
        };
        assert_eq!(found.take(&failed(FAILED, -2)).unwrap_err().raw_os_error(), Some(2));
        assert_eq!(found.take(&failed(DONE, -12)).unwrap_err().raw_os_error(), Some(12));
        assert!(found.take(&failed(DONE, 0)).unwrap());
        assert!(found.0.is_empty());
    }
}
