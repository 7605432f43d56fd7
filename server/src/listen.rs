//! The connections. axum's own loop sets no timer: a visitor that sends half a head, or nothing, would keep its connection
//! for ever. Here every head has its time, and so has the pause between two requests, and what is answered has to be read. Connections are
//! counted, all together and those of one address.

mod deadline;
#[cfg(test)]
mod tests;

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request},
};
use core_administration::accounts;
use deadline::WriteDeadline;
use engine::quota::Quota;
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use std::{
    net::{IpAddr, SocketAddr},
    pin::pin,
    sync::Arc,
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinSet,
};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// How long a visitor may take for the head of a request, the wait for its first byte included.
const HEAD_TIME: Duration = Duration::from_secs(20);

/// How many connections there may be at once, at all listeners together that share them.
#[derive(Clone)]
pub struct ConnectionLimits {
    /// All together. Who comes then waits until somebody leaves.
    all: Arc<Semaphore>,
    /// Of one address. Who comes then is hung up on.
    per_address: usize,
    held: Arc<Quota<String>>,
    /// Addresses that many visitors come from.
    proxies: Arc<[IpAddr]>,
}

impl ConnectionLimits {
    /// So many all together, and of one address; `proxies` are addresses that many visitors come from.
    pub fn new(all: usize, per_address: usize, proxies: Arc<[IpAddr]>) -> Self {
        let all = Arc::new(Semaphore::new(all.min(Semaphore::MAX_PERMITS)));
        Self { all, per_address, held: Arc::default(), proxies }
    }
}

/// Serves until it is told to stop; then answers what was asked before and ends. With `tls`, whoever comes speaks it first.
pub async fn serve(listener: TcpListener, app: Router, limits: ConnectionLimits, tls: Option<TlsAcceptor>, stop: CancellationToken) {
    let mut open = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    let most = if limits.proxies.contains(&peer.ip().to_canonical()) { usize::MAX } else { limits.per_address };
                    let Some(place) = limits.held.take(accounts::peer(Some(&peer.ip().to_string())), most) else {
                        metrics::counter!("mpanel_connections_refused_total").increment(1);
                        continue;
                    };
                    // Whoever comes next waits in the queue of the system.
                    let room = tokio::select! {
                        () = stop.cancelled() => break,
                        room = Arc::clone(&limits.all).acquire_owned() => room,
                    };
                    let served = connection(stream, peer, app.clone(), tls.clone(), stop.clone());
                    open.spawn(async move {
                        metrics::gauge!("mpanel_connections").increment(1.0);
                        served.await;
                        metrics::gauge!("mpanel_connections").decrement(1.0);
                        drop((place, room));
                    });
                }
                Err(error) => {
                    // Out of file handles, say: others have to end first.
                    tracing::warn!(%error, "failed to accept a connection");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            },
            Some(_) = open.join_next(), if !open.is_empty() => {}
        }
    }
    drop(listener);
    while open.join_next().await.is_some() {}
}

async fn connection(stream: TcpStream, peer: SocketAddr, app: Router, tls: Option<TlsAcceptor>, stop: CancellationToken) {
    // Small answers leave at once; without it they are only later.
    let _ = stream.set_nodelay(true);
    let stream = WriteDeadline::new(stream);
    let Some(tls) = tls else { return answer(stream, peer, app, stop).await };
    // A visitor who speaks no TLS, or hangs up on a certificate, is nobody's fault; one who is silent has the time of a head.
    let shaken = tokio::select! {
        shaken = tokio::time::timeout(HEAD_TIME, tls.accept(stream)) => shaken,
        () = stop.cancelled() => return,
    };
    if let Ok(Ok(stream)) = shaken {
        answer(stream, peer, app, stop).await;
    }
}

async fn answer<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(stream: S, peer: SocketAddr, app: Router, stop: CancellationToken) {
    let app = app.map_request(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        request
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD_TIME);
    let mut conn = pin!(builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(app)).with_upgrades());
    // A visitor who hangs up, sends nonsense or nothing is nobody's fault.
    tokio::select! {
        _ = conn.as_mut() => {}
        () = stop.cancelled() => {
            conn.as_mut().graceful_shutdown();
            let _ = conn.await;
        }
    }
}
