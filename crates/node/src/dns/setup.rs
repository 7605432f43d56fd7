//! PowerDNS's configuration, database and unit.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::error::{Result, ResultExt, internal, missing, refused};
use crate::host::command::Cmd;
use crate::host::{files, systemd};
use crate::task::Task;

use super::api;

/// The distribution's template unit reads the configuration named after this instance.
const UNIT: &str = "pdns@mpanel.service";
/// As the package leaves it, it listens on every address and has no zones: it would block the port.
const OTHER_UNIT: &str = "pdns.service";
/// Configuration of the instance, with the key of its API.
pub(super) const CONFIG: &str = "/etc/powerdns/pdns-mpanel.conf";
/// Where the instance keeps its zones.
const FOLDER: &str = "/var/lib/powerdns";
const DATABASE: &str = "/var/lib/powerdns/mpanel.sqlite3";
/// Where its database is built; root's own.
const DRAFTS: &str = "/var/lib/mpanel/dns";
const DRAFT: &str = "/var/lib/mpanel/dns/draft.sqlite3";
/// Stands from before the configuration changes until the instance runs with it: who finds it restarts the instance.
const UNREAD: &str = "/var/lib/mpanel/dns/unread";
/// Comes with the backend.
const SCHEMA: &str = "/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql";

/// Whether PowerDNS, its backend and sqlite3 are installed.
pub fn has_programs() -> bool {
    ["/usr/sbin/pdns_server", SCHEMA, "/usr/bin/sqlite3"].iter().all(|path| Path::new(path).exists())
}

/// Whether the instance is set up.
pub fn is_set_up() -> bool {
    Path::new(CONFIG).exists() && Path::new(DATABASE).exists()
}

/// Sets up and starts the instance. `packages` installs packages, after the distribution's own instance is masked: their installation does not start
/// it. One that runs by then is somebody's own.
pub fn install(task: &Task, packages: impl FnOnce(&[&str]) -> Result<()>) -> Result<()> {
    if Cmd::short("systemctl").args(["is-active", "--quiet", OTHER_UNIT]).output(task)?.code == 0 {
        may_stop(Cmd::short("pdnsutil").arg("list-all-zones").run(task).ok().as_deref())?;
    }
    Cmd::short("systemctl").args(["mask", "--now", OTHER_UNIT]).run(task)?;
    if !has_programs() {
        packages(&["pdns-server", "pdns-backend-sqlite3", "sqlite3"])?;
    }
    Cmd::short("install").args(["-d", "-o", "pdns", "-g", "pdns", "-m", "0750", FOLDER]).run(task)?;
    make_database(task)?;
    let addresses = addresses(&Cmd::short("ip").args(["-o", "addr", "show", "scope", "global"]).run(task)?);
    if addresses.is_empty() {
        return Err(internal("the server has no public address to listen on"));
    }
    let before = files::read_text(CONFIG);
    let key = match before.as_deref().and_then(key_in) {
        Some(key) => key.to_owned(),
        None => new_key()?,
    };
    let wanted = render(&addresses, &key);
    Cmd::short("systemctl").args(["enable", UNIT]).run(task)?;
    if must_restart(before.as_deref(), &wanted, Path::new(UNREAD).exists()) {
        restart_with(task, &wanted)?;
        task.info(format!("Configured PowerDNS to listen on {}", addresses.join(", ")));
        return Ok(());
    }
    // The instance reads it as its own user.
    Cmd::short("chown").args(["--no-dereference", "pdns:pdns", CONFIG]).run(task)?;
    systemd::start_now(task, UNIT)?;
    api::wait(task)
}

/// Whether the instance is to be restarted: its configuration changes, or has changed without its having been seen to run with it.
pub(super) fn must_restart(before: Option<&str>, wanted: &str, is_unread: bool) -> bool {
    is_unread || before != Some(wanted)
}

/// Restarts the instance with this configuration. Until that has succeeded the next one who comes does it again.
fn restart_with(task: &Task, config: &str) -> Result<()> {
    files::make_folder(Path::new(DRAFTS), 0o755)?;
    files::write(Path::new(UNREAD), b"", 0o600)?;
    files::write(Path::new(CONFIG), config.as_bytes(), 0o600)?;
    // The instance reads it as its own user.
    Cmd::short("chown").args(["--no-dereference", "pdns:pdns", CONFIG]).run(task)?;
    systemd::restart(task, UNIT)?;
    api::wait(task)?;
    files::remove(Path::new(UNREAD)).map(drop)
}

/// Whether the distribution's instance, which runs, can be stopped: only when it says that it has no zones.
pub(super) fn may_stop(zones: Option<&str>) -> Result<()> {
    if zones.is_some_and(|zones| zones.trim().is_empty()) {
        return Ok(());
    }
    Err(refused("PowerDNS already runs on this server, and not for mPanel")
        .with_remedy("move its zones, stop and disable pdns.service (systemctl disable --now pdns.service), then install again"))
}

/// Has the database keep keys of zones.
pub(super) const DNSSEC: &str = "gsqlite3-dnssec=yes";

/// Restarts an instance that was set up without [`DNSSEC`] with it.
pub(super) fn ensure_dnssec(task: &Task) -> Result<()> {
    let config =
        files::read_text(CONFIG).ok_or_else(|| missing("PowerDNS is not set up on this server").with_remedy("install the DNS capability"))?;
    let wanted = with_dnssec(&config).unwrap_or_else(|| config.clone());
    if must_restart(Some(&config), &wanted, Path::new(UNREAD).exists()) { restart_with(task, &wanted) } else { Ok(()) }
}

/// A configuration with [`DNSSEC`]; nothing where it has that.
pub(super) fn with_dnssec(config: &str) -> Option<String> {
    let has = config.lines().any(|line| line == DNSSEC);
    (!has).then(|| format!("{}\n{DNSSEC}\n", config.trim_end()))
}

/// The key in a configuration.
pub(super) fn key_in(config: &str) -> Option<&str> {
    config.lines().find_map(|line| line.strip_prefix("api-key="))
}

/// Built in root's own folder: root must not follow links that PowerDNS's user could place in the instance's.
fn make_database(task: &Task) -> Result<()> {
    if Path::new(DATABASE).exists() {
        return Ok(());
    }
    let schema = files::read(Path::new(SCHEMA))?.ok_or_else(|| missing("the schema of PowerDNS's database is missing"))?;
    files::make_folder(Path::new(DRAFTS), 0o755)?;
    files::remove(Path::new(DRAFT))?;
    Cmd::short("sqlite3").arg(DRAFT).input(schema).run(task)?;
    Cmd::short("chown").args(["--no-dereference", "pdns:pdns", DRAFT]).run(task)?;
    Cmd::short("mv").args(["--no-target-directory", "--", DRAFT, DATABASE]).run(task).map(drop)
}

fn new_key() -> Result<String> {
    let mut bytes = [0; 24];
    File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes)).context("reading random numbers")?;
    Ok(hex::encode(bytes))
}

/// The addresses in the output of `ip -o addr`. Each is listened on by itself: a local resolver may hold port 53 of the loopback.
pub(super) fn addresses(text: &str) -> Vec<String> {
    let address = |line: &str| {
        let mut words = line.split_whitespace().skip_while(|word| !matches!(*word, "inet" | "inet6")).skip(1);
        words.next()?.split('/').next()?.parse::<std::net::IpAddr>().ok().map(|address| address.to_string())
    };
    text.lines().filter_map(address).collect()
}

/// Largest request that the instance's API takes, in MB. The panel sends zones of up to 900,000 bytes, of which each can become five here: a byte
/// of a text that is not ASCII is written as its number.
const MAX_BODY_MB: usize = 16;

/// The instance's configuration.
pub(super) fn render(addresses: &[String], key: &str) -> String {
    format!(
        "# Written by mPanel. Changes are replaced when DNS is installed again.\n\
         launch=gsqlite3\n\
         gsqlite3-database={DATABASE}\n\
         {DNSSEC}\n\
         local-address={}\n\
         local-address-nonexist-fail=no\n\
         local-port=53\n\
         api=yes\n\
         api-key={key}\n\
         webserver=yes\n\
         webserver-address={}\n\
         webserver-port={}\n\
         webserver-allow-from={}\n\
         webserver-max-bodysize={MAX_BODY_MB}\n\
         disable-axfr=yes\n\
         version-string=anonymous\n\
         default-soa-edit=\n",
        addresses.join(","),
        api::ADDRESS.0,
        api::ADDRESS.1,
        api::ADDRESS.0,
    )
}
