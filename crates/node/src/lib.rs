//! `mpanel-node`: the program on a server, and the only thing that the panel's SSH key can start.
//!
//! `serve` speaks the `wire` language over stdin and stdout. There is no other way in, and no shell:
//! other programs are started with argument lists, and a tenant's files are touched as the tenant.

mod capability;
mod confine;
mod cron;
mod dns;
mod error;
mod host;
mod logged;
mod pod;
mod probe;
mod render;
mod serve;
mod task;
mod tenant;
mod upgrade;
mod verbs;

use std::process::ExitCode;

/// What meets words from outside, for the tests that throw every kind of word at it.
pub mod foreign {
    pub use crate::host::http::{Answer, parse as answer, title};
    pub use crate::host::names::{PodNames, mount_unit};
    pub use crate::host::storage::{descendants, is_below};
    pub use crate::pod::deploy::archive::{Kind as ArchivedKind, Most as MostOfArchive, name as archive_name, survey as survey_archive};
    pub use crate::pod::part::runtime::mount;
    pub use crate::pod::part::wordpress::text_of;
    pub use crate::pod::part::{Managed, database, service, slice, vhost};
    pub use crate::render::{HEAD, escape, ini, nginx, pages, tls};
    pub use crate::task::one_line;
}

/// Runs the program with the arguments it was started with.
pub fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1);
    let command = args.next().unwrap_or_default();
    let result = match command.to_str() {
        Some("--version") => {
            println!("mpanel-node {}", env!("CARGO_PKG_VERSION"));
            Ok(())
        }
        Some("serve") => {
            // A program that cannot give way still serves: without it nobody could bring a better one.
            if let Err(failure) = upgrade::end_left_trial() {
                eprintln!("mpanel-node: {failure}");
            }
            serve::serve(std::io::stdin().lock(), std::io::stdout());
            Ok(())
        }
        // The ones below are how this program starts its own children, and how systemd starts those of pods.
        Some("guard") => host::command::guard(args),
        Some("confine") => confine::main(args),
        Some("deploy") => pod::deploy::inside::main(),
        Some("job") => cron::main(args),
        Some("logged") => logged::main(args),
        Some("write-log") => logged::write(),
        Some("sleep") => pod::sleep::main(),
        Some("wait") => pod::moving::wait_main(args),
        Some("as-tenant") => tenant::helper::main(args),
        _ => Err(error::invalid("usage: mpanel-node serve | --version")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("mpanel-node: {failure}");
            ExitCode::FAILURE
        }
    }
}
