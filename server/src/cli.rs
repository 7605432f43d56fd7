//! The command line.

use crate::{commands, config::Config, logging, serve};
use anyhow::Result;
use clap::{Parser, Subcommand};
use std::{path::PathBuf, process::ExitCode};

/// One program that runs a hosting company.
#[derive(Parser)]
#[command(name = "mpanel", version, about)]
pub struct Cli {
    /// Configuration file; without it, defaults and the environment hold.
    #[arg(long, env = "MPANEL_CONFIG", global = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serves the panel, and works on jobs unless told otherwise.
    Serve {
        /// Leave the jobs to other processes (`mpanel work`).
        #[arg(long)]
        no_work: bool,
    },
    /// Works on jobs only; as many processes as you like against one PostgreSQL.
    Work,
    /// Brings the database to this version and ends.
    Migrate,
    /// Serves with three plans and one test server, and prints what to try.
    Demo(commands::demo::DemoArgs),
    /// Looks for what is missing or wrong here, and says what to do.
    Doctor,
    /// The audit log.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// The installation's key, which seals what must be read back and signs the audit log.
    #[command(subcommand)]
    Key(KeyCommand),
    /// Runtimes and applications that are shipped to servers.
    #[command(subcommand)]
    Runtime(RuntimeCommand),
    /// What otherwise needs the browser.
    #[command(subcommand)]
    Admin(AdminCommand),
}

#[derive(Subcommand)]
enum AuditCommand {
    /// Names the first changed, removed or reordered row of each chain, and a cut-off tail.
    Verify,
}

#[derive(Subcommand)]
enum KeyCommand {
    /// Makes a new key and seals everything with it; nothing of mPanel may run meanwhile.
    Replace,
}

#[derive(Subcommand)]
enum RuntimeCommand {
    /// Builds a runtime or application from Debian's packages and keeps it: php8.2, node18, wordpress, or all.
    Build {
        /// Which one.
        name: String,
    },
    /// Lists what is kept.
    List,
}

#[derive(Subcommand)]
enum AdminCommand {
    /// Prints a new one-time link that makes the first admin; older ones end.
    SetupLink,
    /// Takes the code app of a login away, for who has lost it and has nobody to ask.
    RemoveSecondStep {
        /// Address of the login.
        email: String,
    },
}

/// Does what the command line says.
pub async fn run(cli: Cli) -> Result<ExitCode> {
    let config = match &cli.command {
        Command::Demo(args) => args.config(cli.config.as_deref())?,
        _ => Config::load(cli.config.as_deref())?,
    };
    logging::start(&config)?;
    match cli.command {
        Command::Serve { no_work } => serve::serve(&config, !no_work).await?,
        Command::Work => serve::work(&config).await?,
        Command::Migrate => crate::boot::migrate(&config).await?,
        Command::Demo(args) => commands::demo::run(&config, &args).await?,
        Command::Doctor => return commands::doctor::run(&config).await,
        Command::Audit(AuditCommand::Verify) => return commands::audit::verify(&config).await,
        Command::Key(KeyCommand::Replace) => commands::key::replace(&config).await?,
        Command::Runtime(RuntimeCommand::Build { name }) => commands::runtime::build(&config, &name).await?,
        Command::Runtime(RuntimeCommand::List) => commands::runtime::list(&config)?,
        Command::Admin(AdminCommand::SetupLink) => commands::admin::setup_link(&config).await?,
        Command::Admin(AdminCommand::RemoveSecondStep { email }) => commands::admin::remove_second_step(&config, &email).await?,
    }
    Ok(ExitCode::SUCCESS)
}
