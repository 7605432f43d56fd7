//! The command line.

use crate::{commands, config::Config, logging, serve};
use anyhow::Result;
use clap::{Parser, Subcommand};
use std::{path::PathBuf, process::ExitCode};

/// Control panel for hosting companies.
#[derive(Parser)]
#[command(name = "mpanel", version, about)]
pub struct Cli {
    /// Configuration file. Without it, defaults and environment variables apply.
    #[arg(long, env = "MPANEL_CONFIG", global = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the web server and, by default, the job workers.
    Serve {
        /// Do not run job workers; leave the jobs to `mpanel work` processes.
        #[arg(long)]
        no_work: bool,
    },
    /// Run job workers only. Start any number against one database.
    Work,
    /// Apply database migrations and exit.
    Migrate,
    /// Run a demo with sample plans and one test server, and print what to try.
    Demo(commands::demo::DemoArgs),
    /// Run a stand-in for Stripe, which takes no money, for trying mPanel with it.
    StripeSimulator(commands::stripe_simulator::SimulatorArgs),
    /// Check this installation and suggest fixes.
    Doctor,
    /// Check the audit log.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Manage the installation key, which encrypts secrets and signs the audit log.
    #[command(subcommand)]
    Key(KeyCommand),
    /// Build and list the runtimes and applications for servers.
    #[command(subcommand)]
    Runtime(RuntimeCommand),
    /// Administrative tasks without the browser.
    #[command(subcommand)]
    Admin(AdminCommand),
}

#[derive(Subcommand)]
enum AuditCommand {
    /// Verify every chain, and report the first changed, removed or reordered event and truncated chains.
    Verify,
}

#[derive(Subcommand)]
enum KeyCommand {
    /// Create a new key and re-encrypt all secrets with it. Stop mPanel first.
    #[command(alias = "replace")]
    Rotate,
}

#[derive(Subcommand)]
enum RuntimeCommand {
    /// Build a runtime or application, php8.4, node24 or wordpress for example, or all.
    Build {
        /// Name, or `all`.
        name: String,
    },
    /// List built runtimes and applications.
    List,
}

#[derive(Subcommand)]
enum AdminCommand {
    /// Print a new one-time link that creates the first admin. Older links stop working.
    SetupLink,
    /// Disable 2FA for a user who lost their device.
    #[command(name = "disable-2fa", alias = "remove-second-step")]
    DisableTwoFactor {
        /// Email address of the user.
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
        Command::StripeSimulator(args) => commands::stripe_simulator::run(args).await?,
        Command::Doctor => return commands::doctor::run(&config).await,
        Command::Audit(AuditCommand::Verify) => return commands::audit::verify(&config).await,
        Command::Key(KeyCommand::Rotate) => commands::key::rotate(&config).await?,
        Command::Runtime(RuntimeCommand::Build { name }) => commands::runtime::build(&config, &name).await?,
        Command::Runtime(RuntimeCommand::List) => commands::runtime::list(&config)?,
        Command::Admin(AdminCommand::SetupLink) => commands::admin::setup_link(&config).await?,
        Command::Admin(AdminCommand::DisableTwoFactor { email }) => commands::admin::remove_second_step(&config, &email).await?,
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
#[path = "cli_tests.rs"]
mod tests;
