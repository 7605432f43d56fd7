//! WordPress' own installation, run inside the pod's walls as the pod's user.

use serde::{Deserialize, Serialize};
use wire::plan::Change;
use wire::spec::{PodSpec, SiteSpec, Stack};

use crate::confine::PLACE;
use crate::error::{Result, ResultExt, internal, redact};
use crate::host::command::Cmd;
use crate::host::lock;
use crate::host::names::PodNames;
use crate::host::systemd;
use crate::render::unit;
use crate::task::{Task, one_line};

use super::runtime::{mount, php_version};
use super::service::program;
use super::{Inspector, PartStatus};

/// The PHP program that does it; the sandbox shows it as `/run/pod/install.php`.
pub const SCRIPT: &str = include_str!("install.php");

/// What the program is told, on standard input: nothing of it is visible in the process list.
#[derive(Serialize)]
struct Input<'a> {
    folder: String,
    url: &'a str,
    title: &'a str,
    user: &'a str,
    email: &'a str,
    password: &'a str,
}

/// What it says.
#[derive(Deserialize)]
struct Output {
    was_ready: bool,
    version: String,
}

/// Whether WordPress was installed; `None` for other sites.
pub fn inspect(cx: &Inspector<'_>, site: &SiteSpec) -> Option<PartStatus> {
    let is_installed = cx.state.is_some_and(|state| state.site(&site.name).installed);
    matches!(site.stack, Stack::Wordpress { .. }).then(|| PartStatus::of(false, is_installed))
}

/// As a line of the plan.
pub fn change(status: PartStatus) -> Change {
    status.change("wordpress", "tables and first user")
}

/// Runs the installation; does nothing when it was done.
pub fn install(task: &Task, spec: &PodSpec, names: &PodNames, site: &SiteSpec) -> Result<()> {
    let Stack::Wordpress { title, admin_email, admin_user, admin_password, url, database } = &site.stack else { return Ok(()) };
    let Some(runtime) = &site.runtime else { return Ok(()) };
    let input = Input {
        folder: names.site_home(&site.name).join("public").display().to_string(),
        url: url.as_str(),
        title: title.as_str(),
        user: admin_user.as_str(),
        email: admin_email.as_str(),
        password: admin_password.expose(),
    };
    let bytes = serde_json::to_vec(&input).context("passing the installation settings")?;
    // Thirty at once would fill the memory of a small server, and end no sooner than one after the other.
    let _place = lock::take_processor(task, "install")?;
    let unit = names.task_unit();
    // Left by a run whose listener died.
    systemd::stop(task, std::slice::from_ref(&unit))?;
    let mut run = Cmd::long_running("systemd-run").args(["--quiet", "--pipe", "--wait", "--collect", "--service-type=exec"]);
    run = run.arg(format!("--unit={unit}")).arg("--property=RuntimeMaxSec=180").arg("--property=UMask=0027");
    let root = mount(runtime)?.root;
    for (key, value) in unit::sandbox(&program(spec, names, site, &root)) {
        run = run.arg(format!("--property={key}={value}"));
    }
    run = run.arg("--").args([PLACE, "confine"]).arg(format!("/usr/bin/php{}", php_version(runtime)?)).args([
        "-d",
        "display_errors=stderr",
        "/run/pod/install.php",
    ]);
    let said = run.input(bytes).output(task);
    if said.is_err() {
        // Stopped: the listener is dead, the work is not.
        let end = task.detached(std::time::Duration::from_secs(10));
        systemd::stop(&end, &[unit])?;
    }
    let said = said?;
    let output = said.out.lines().rev().find_map(|line| serde_json::from_str::<Output>(line).ok());
    match output {
        Some(output) if said.code == 0 => {
            let words = if output.was_ready { "was already installed" } else { "installed" };
            task.info(format!("WordPress {} {words}", output.version));
            Ok(())
        }
        _ => {
            let words = text_of(if said.err.trim().is_empty() { &said.out } else { &said.err });
            let failure = internal(format!("WordPress was not installed (code {}): {words}", said.code));
            let database = spec.databases.iter().find(|db| db.name == *database).map_or("", |db| db.password.expose());
            Err(redact(failure, &[admin_password.expose(), database]))
        }
    }
}

/// WordPress complains in whole pages: the words without the markup.
pub fn text_of(page: &str) -> String {
    let body = page.rsplit_once("</style>").map_or(page, |(_, rest)| rest);
    let mut inside = false;
    let mut text = String::new();
    for c in body.chars() {
        match c {
            '<' => inside = true,
            '>' if inside => {
                inside = false;
                text.push(' ');
            }
            c if !inside => text.push(c),
            _ => {}
        }
    }
    let line = one_line(&text);
    let from = line.char_indices().rev().nth(499).map_or(0, |(at, _)| at);
    line[from..].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_error_page_the_words_are_kept() {
        let page = "<html><style>p{color:red}</style><body><p>The <b>database</b>\nis away.</p></body>";
        assert_eq!(text_of(page), "The database is away.");
        assert_eq!(text_of("PHP Fatal error: x"), "PHP Fatal error: x");
        assert_eq!(text_of(&"\u{e4}".repeat(900)).chars().count(), 500);
    }
}
