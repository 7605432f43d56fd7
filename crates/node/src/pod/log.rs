//! The web server's logs of a pod, as a stream.

use std::fs::File;
use std::io::{ErrorKind, Read};

use wire::PodName;
use wire::frame::MAX_CHUNK;
use wire::verb::{Sent, WebLog};

use crate::fail::{Doing, Res, missing};
use crate::host::names::Names;
use crate::serve::download::Download;
use crate::task::Task;

use super::state::State;

/// Sends the log as it is now. What is written to it meanwhile is not part of it, so that it has an end.
pub fn send(task: &Task, pod: &PodName, log: WebLog, to: &Download) -> Res<Sent> {
    let names = Names::of(pod);
    if State::load(&names)?.is_none() {
        return Err(missing(format!("the pod {pod} is not on this server")));
    }
    let path = names.web_log(log.word());
    let file = match File::open(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Sent { bytes: 0 }),
        opened => opened.doing(format_args!("opening {}", path.display()))?,
    };
    let size = file.metadata().doing("asking for the log's length")?.len();
    let (mut file, mut buffer, mut bytes) = (file.take(size), vec![0; MAX_CHUNK], 0);
    loop {
        match file.read(&mut buffer).doing(format_args!("reading {}", path.display()))? {
            0 => return Ok(Sent { bytes }),
            n => {
                to.send(task, &buffer[..n])?;
                bytes += n as u64;
            }
        }
    }
}
