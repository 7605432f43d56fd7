//! Listeners that share their limits.

use super::{ConnectionLimits, serve};
use axum::Router;
use std::{net::SocketAddr, sync::Arc};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_util::sync::CancellationToken;

/// Two listeners with these limits.
async fn two(limits: &ConnectionLimits, stop: &CancellationToken) -> [SocketAddr; 2] {
    let mut at = Vec::new();
    for _ in 0..2 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        at.push(listener.local_addr().unwrap());
        tokio::spawn(serve(listener, Router::new(), limits.clone(), None, stop.clone()));
    }
    [at[0], at[1]]
}

/// Whether it is answered on a connection to there; and the connection.
async fn asked(at: SocketAddr) -> (bool, TcpStream) {
    let mut stream = TcpStream::connect(at).await.unwrap();
    let mut answer = [0; 64];
    let _ = stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    let is_answered = stream.read(&mut answer).await.is_ok_and(|read| read > 0);
    (is_answered, stream)
}

#[tokio::test]
async fn what_one_address_may_have_and_all_together_holds_for_all_listeners_together() {
    let stop = CancellationToken::new();
    let limits = ConnectionLimits::new(3, 2, Arc::from([]));
    let [first, second] = two(&limits, &stop).await;
    let held = [asked(first).await, asked(second).await];
    assert!(held.iter().all(|(is_answered, _)| *is_answered));
    assert_eq!(limits.all.available_permits(), 1);
    for at in [first, second] {
        assert!(!asked(at).await.0, "hung up on");
    }
    stop.cancel();
}
