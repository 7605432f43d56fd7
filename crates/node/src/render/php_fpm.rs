//! A pod's own PHP master.

use wire::SiteName;
use wire::environment::Variable;
use wire::settings::PhpSettings;
use wire::spec::Limits;

use crate::error::{Result, internal};
use crate::host::names::PodNames;

use super::ini::Ini;

/// Memory that one PHP process takes as a rule, in MiB.
const PROCESS_MB: u32 = 48;
/// Where the master and its workers write what goes wrong: a worker's goes to the master, the master's to the site's application log.
const ERRORS: &str = "/proc/self/fd/2";

/// The configuration that the pod's `php-fpm` reads as `/run/pod/fpm.conf`.
pub fn fpm(names: &PodNames, site: &SiteName, limits: &Limits, php: &PhpSettings, environment: &[Variable]) -> Result<String> {
    let home = names.site_home(site).display().to_string();
    let children = (limits.memory_mb / PROCESS_MB).min(limits.tasks / 2).clamp(2, 40);
    let memory = php.memory_limit_mb.unwrap_or((limits.memory_mb / 2).clamp(32, 512));
    let upload = php.max_upload_mb.unwrap_or(64);
    let admin = |name: &str, value: String| (format!("php_admin_value[{name}]"), value);
    let mut ini = Ini::new()
        .section("global")
        // What was started with a pipe for its output: see `logged`.
        .key("error_log", ERRORS)
        .key("log_level", "warning")
        .key("log_limit", "8192")
        .key("daemonize", "no")
        // Shorter than systemd waits for it.
        .key("process_control_timeout", "8s")
        .key("emergency_restart_threshold", "10")
        .key("emergency_restart_interval", "1m")
        .section("pod")
        // Opened by systemd and inherited: the same words stand in `FPM_SOCKETS`.
        .key("listen", names.socket(site).display())
        .key("pm", "ondemand")
        .key("pm.max_children", children)
        .key("pm.process_idle_timeout", "30s")
        .key("pm.max_requests", "500")
        // A program that waits does not count for PHP, so it is ended here.
        .key("request_terminate_timeout", format!("{}s", php.max_execution_seconds.map_or(120, |most| most.max(120))))
        .key("catch_workers_output", "yes")
        .key("decorate_workers_output", "no")
        .key("clear_env", "yes")
        .key("chdir", format!("{home}/public"))
        .key("php_value[memory_limit]", format!("{memory}M"))
        .key("php_value[upload_max_filesize]", format!("{upload}M"))
        .key("php_value[post_max_size]", format!("{upload}M"))
        .keys(php.max_execution_seconds.map(|most| ("php_value[max_execution_time]", most.to_string())))
        .key("php_flag[display_errors]", if php.display_errors { "on" } else { "off" })
        .key("php_admin_flag[expose_php]", "off")
        .key("php_admin_flag[log_errors]", "on");
    for (key, value) in [
        admin("error_log", ERRORS.into()),
        admin("upload_tmp_dir", "/tmp".into()),
        admin("sys_temp_dir", "/tmp".into()),
        admin("session.save_path", "/tmp".into()),
    ] {
        ini = ini.key(&key, value);
    }
    check(&ini)?;
    // Taken from the environment of the master, which has the values from systemd: none is ever written in FPM's own language.
    for Variable { name, .. } in environment {
        ini = ini.key(&format!("env[{name}]"), format!("${name}"));
    }
    ini.render(super::HEAD).map(|text| text.replacen("# ", "; ", 1))
}

/// FPM's reader gives these characters a meaning; no value of ours needs them.
fn check(ini: &Ini) -> Result<()> {
    let mut values = ini.of("global").chain(ini.of("pod"));
    match values.any(|(_, value)| value.contains(['"', '\'', '$', ';', '\\', '{', '}', '(', ')', '!', '~', '^', '|', '&'])) {
        true => Err(internal("a value for PHP has a character with a meaning")),
        false => Ok(()),
    }
}
