//! The web server's logs of a pod, as a stream.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use wire::PodName;
use wire::frame::MAX_CHUNK;
use wire::verb::{Sent, WebLog};

use crate::error::{Result, ResultExt, missing};
use crate::host::names::PodNames;
use crate::serve::download::Download;
use crate::task::Task;

use super::state::State;

/// Sends the logs of the pod's sites as they are now, one site after the other. What is written to them meanwhile is not part of it, so
/// that it has an end.
pub fn send(task: &Task, pod: &PodName, log: WebLog, to: &Download) -> Result<Sent> {
    let names = PodNames::of(pod);
    let Some(state) = State::load(&names)? else { return Err(missing(format!("the pod {pod} is not on this server"))) };
    let mut bytes = 0;
    for site in &state.spec.sites {
        bytes += send_file(task, &names.web_log(&site.name, log.word()), to)?;
    }
    Ok(Sent { bytes })
}

fn send_file(task: &Task, path: &Path, to: &Download) -> Result<u64> {
    let file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(0),
        opened => opened.context(format_args!("opening {}", path.display()))?,
    };
    let size = file.metadata().context("asking for the log's length")?.len();
    let (mut file, mut buffer, mut bytes) = (file.take(size), vec![0; MAX_CHUNK], 0);
    loop {
        match file.read(&mut buffer).context(format_args!("reading {}", path.display()))? {
            0 => return Ok(bytes),
            n => {
                to.send(task, &buffer[..n])?;
                bytes += n as u64;
            }
        }
    }
}
