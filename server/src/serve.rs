//! The long-running roles: serve and work.

use crate::{
    assets::Site,
    background,
    boot::{self, Role, RunningApp},
    config::Config,
    handlers::{functions, live::Hub, openapi::Document},
    https,
    listen::{self, ConnectionLimits},
    metrics_endpoint::MetricsEndpoint,
    request::RequestState,
    router::{self, AppState},
};
use anyhow::{Context, Result};
use app_auth::CookieStyle;
use core_administration::{accounts, servers};
use metrics_exporter_prometheus::PrometheusBuilder;
use secrecy::ExposeSecret;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Serves the panel until it is told to stop; works on jobs too when `with_workers`.
pub async fn serve(config: &Config, with_workers: bool) -> Result<()> {
    let booted = boot::boot(config, Role::Server { works: with_workers }).await?;
    let stop = stop_signal();
    if let Some(link) = accounts::make_setup_link(&booted.services).await.map_err(anyhow::Error::new)? {
        tracing::info!("no admin yet; create the first one with this single-use link: {link}");
    }
    run(config, booted, with_workers, stop).await
}

/// Serves with parts that are already up.
pub async fn run(config: &Config, booted: RunningApp, with_workers: bool, stop: CancellationToken) -> Result<()> {
    functions::check_list()?;
    any_spawner::Executor::init_tokio().context("the async executor was started twice")?;
    if config.simulated {
        servers::ensure_simulated(&booted.services).await.map_err(anyhow::Error::new)?;
    }
    let handle = PrometheusBuilder::new().install_recorder()?;
    let figures = MetricsEndpoint::new(handle, config.metrics_token.as_ref().map(ExposeSecret::expose_secret));
    let front = RequestState {
        services: booted.services.clone(),
        cookie: if config.tls() { CookieStyle::Tls } else { CookieStyle::Plain },
        proxies: config.trusted_proxies.clone().into(),
        country_header: config.country_header()?,
    };
    let document = Document::new(front.cookie);
    let state = AppState {
        front,
        site: Site::load(config.dev_reload)?,
        hub: Hub::start(&booted.services.db, config.limits.live_links_per_address),
        document,
        figures,
    };
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("cannot listen on {}; is another program there? set MPANEL_LISTEN", config.listen))?;
    tracing::info!(listen = %config.listen, url = %config.public_url, "listening");
    let limits = ConnectionLimits::new(config.limits.connections, config.limits.connections_per_address, config.trusted_proxies.clone().into());
    let https = match https::Listeners::bind(config).await? {
        Some(listeners) => Some(listeners.prepare(&booted.services).await?),
        None => None,
    };
    let workers = match with_workers {
        true => Some(background::start(booted.services.clone(), config, stop.clone()).await.map_err(anyhow::Error::new)?),
        false => None,
    };
    let app = router::router(state);
    let https = https.map(|https| tokio::spawn(https.serve(app.clone(), limits.clone(), stop.clone())));
    let served = tokio::spawn(listen::serve(listener, app, limits, None, stop.clone()));
    stop.cancelled().await;
    // Live links stay open by nature; they get a moment, not a veto.
    let _ = tokio::time::timeout(Duration::from_secs(5), async {
        let _ = served.await;
        if let Some(https) = https {
            let _ = https.await;
        }
    })
    .await;
    if let Some(workers) = workers {
        workers.finish().await;
    }
    booted.stop().await;
    Ok(())
}

/// Works on jobs until it is told to stop.
pub async fn work(config: &Config) -> Result<()> {
    let booted = boot::boot(config, Role::Worker).await?;
    let stop = stop_signal();
    tracing::info!("worker started");
    let workers = background::start(booted.services.clone(), config, stop.clone()).await.map_err(anyhow::Error::new)?;
    stop.cancelled().await;
    workers.finish().await;
    booted.stop().await;
    Ok(())
}

/// Cancelled by SIGINT or SIGTERM.
pub fn stop_signal() -> CancellationToken {
    let token = CancellationToken::new();
    let cancel = token.clone();
    tokio::spawn(async move {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = tokio::signal::ctrl_c() => {}
                }
            }
            Err(_) => {
                let _ = tokio::signal::ctrl_c().await;
            }
        }
        tracing::info!("stopping");
        cancel.cancel();
    });
    token
}
