//! The one line that lets the panel in, and the forced command inside it.
//!
//! The forced command is a constant: it starts the program when it is there. When it is not, it takes exactly the bytes
//! whose length and checksum the line names, and nothing else. So the key can start this one program only, and the
//! program is the one that the admin's line described.

use super::agent_binary::AgentBinary;
use wire::NODE_PATH;

/// First word of a server on which the program is not yet; followed by the checksum it waits for.
pub const BOOTSTRAP: &str = "mpanel-bootstrap";
/// Says that the program arrived whole and is in its place.
pub const INSTALLED: &str = "mpanel-installed";

/// What sshd runs for the panel's key, whatever the panel asks for. It contains no quotes: it stands inside two kinds of them.
/// `place` is where the program lies; it has no blanks.
pub fn forced_command(program: &AgentBinary, place: &str) -> String {
    let (folder, sha, size) = (folder(place), &program.sha256, program.size);
    format!(
        "if [ -x {place} ]; then exec {place} serve; fi; umask 077; \
         t=$(mktemp {folder}/.new.XXXXXXXX) || exit 1; echo {BOOTSTRAP} {sha}; head -c {size} >$t; \
         if [ $(sha256sum <$t | cut -c1-64) = {sha} ]; \
         then chmod 755 $t && sync $t && mv -f $t {place} && echo {INSTALLED}; \
         else rm -f $t; echo mpanel-refused; fi"
    )
}

/// One line for root's shell. Run twice it does the same as once; a line of an older panel is replaced.
/// A program on the server that does not start any more is removed, so that the panel sends it anew.
pub fn command(program: &AgentBinary, public_key: &str) -> String {
    let (folder, comment, forced) = (folder(NODE_PATH), super::key::COMMENT, forced_command(program, NODE_PATH));
    format!(
        "if [ $(id -u) = 0 ]; then install -d -m 700 ~root/.ssh && install -d -m 755 {folder} && \
         {{ {NODE_PATH} --version >/dev/null 2>&1 || rm -f {NODE_PATH}; }} && touch ~root/.ssh/authorized_keys && \
         {{ grep -vF '{public_key}' ~root/.ssh/authorized_keys; \
         echo 'restrict,command=\"{forced}\" {public_key} {comment}'; }} >~root/.ssh/.mpanel.new && \
         chmod 600 ~root/.ssh/.mpanel.new && mv -f ~root/.ssh/.mpanel.new ~root/.ssh/authorized_keys && \
         echo 'mPanel can now connect to this server.'; else echo 'Run this command as root.'; fi"
    )
}

fn folder(place: &str) -> &str {
    place.rsplit_once('/').map_or("/", |(folder, _)| folder)
}
