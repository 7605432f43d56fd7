//! `mpanel doctor`: what is missing or wrong here, and what to do.

use crate::{
    boot::{self, Role},
    config::{Config, PaymentProvider},
};
use anyhow::Result;
use core_hosting::certificates;
use std::process::ExitCode;

/// One look, and what came of it.
struct Check {
    what: &'static str,
    found: Result<String, String>,
}

/// Looks, prints, and ends with failure when something must be done.
pub async fn run(config: &Config) -> Result<ExitCode> {
    let looks = vec![
        data_dir(config),
        listen(config).await,
        site(),
        payments(config),
        artifacts(config),
        interface(config),
        names(config),
        database(config).await,
    ];
    let mut bad = false;
    for look in looks {
        match look.found {
            Ok(found) => println!("ok       {}: {found}", look.what),
            Err(remedy) => {
                bad = true;
                println!("missing  {}: {remedy}", look.what);
            }
        }
    }
    Ok(if bad { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn data_dir(config: &Config) -> Check {
    let dir = &config.data_dir;
    let probe = dir.join(".doctor");
    let found = std::fs::create_dir_all(dir).and_then(|()| std::fs::write(&probe, b"")).and_then(|()| std::fs::remove_file(&probe));
    Check {
        what: "data folder",
        found: found
            .map(|()| dir.display().to_string())
            .map_err(|error| format!("{} cannot be written ({error}); set data_dir or run as its owner", dir.display())),
    }
}

async fn listen(config: &Config) -> Check {
    let mut all = vec![("MPANEL_LISTEN", config.listen)];
    if let Some(https) = config.https.listen {
        all.extend([("MPANEL_HTTPS__LISTEN", https), ("MPANEL_HTTPS__LISTEN_HTTP", config.https.listen_http)]);
    }
    for (key, at) in &all {
        if let Err(error) = tokio::net::TcpListener::bind(at).await {
            return Check { what: "listen", found: Err(format!("{at} cannot be used ({error}); if mPanel is not running already, set {key}")) };
        }
    }
    let free: Vec<String> = all.iter().map(|(_, at)| at.to_string()).collect();
    Check { what: "listen", found: Ok(format!("{} {} free", free.join(", "), if free.len() == 1 { "is" } else { "are" })) }
}

fn site() -> Check {
    Check { what: "site files", found: crate::assets::Site::load(false).map(|_| "built".to_owned()).map_err(|error| error.to_string()) }
}

fn payments(config: &Config) -> Check {
    let found = match config.payments.provider {
        Some(PaymentProvider::Sandbox) => Ok("the sandbox, which takes no money".to_owned()),
        Some(PaymentProvider::Stripe) => Ok("Stripe".to_owned()),
        None => Err("no provider; to try mPanel, set payments.provider = \"sandbox\", which takes no money".to_owned()),
    };
    Check { what: "payments", found }
}

fn artifacts(config: &Config) -> Check {
    if config.simulated {
        return Check { what: "runtimes", found: Ok("none needed, servers are simulated".to_owned()) };
    }
    let store = config.artifacts();
    let lacking: Vec<_> = config.artifact_kinds().iter().map(|kind| kind.name()).filter(|name| !matches!(store.find(name), Ok(Some(_)))).collect();
    let found =
        if lacking.is_empty() { Ok("all built".to_owned()) } else { Err(format!("{} not built; run: mpanel runtime build all", lacking.join(", "))) };
    Check { what: "runtimes", found }
}

fn interface(config: &Config) -> Check {
    let name = &config.nodes.interface;
    let there = name.is_empty() || std::path::Path::new("/sys/class/net").join(name).exists();
    let found = if config.simulated {
        Ok("none needed, servers are simulated".to_owned())
    } else if there {
        Ok(if name.is_empty() { "any".to_owned() } else { name.clone() })
    } else {
        Err(format!("interface {name} not found; join the tailnet or set nodes.interface"))
    };
    Check { what: "tailnet", found }
}

fn names(config: &Config) -> Check {
    let base = &config.sites.base_domain;
    let found = match certificates::can_share(&config.settings()) {
        true => format!("below {base}; they can share one certificate"),
        false if base.ends_with("localhost") => format!("below {base}, for this machine alone"),
        false => format!("below {base}, as is the panel: each gets a certificate of its own. To share one, give the panel a name elsewhere"),
    };
    Check { what: "names of sites", found: Ok(found) }
}

async fn database(config: &Config) -> Check {
    let found = match boot::boot(config, Role::Command).await {
        Ok(booted) => {
            booted.stop().await;
            Ok(if config.database_url().is_some() { "the configured PostgreSQL responds" } else { "the embedded PostgreSQL starts" }.to_owned())
        }
        Err(error) => Err(format!("{error:#}")),
    };
    Check { what: "database", found }
}
