//! The pods' pages: a very small web server on loopback, by `Host` header.

use super::{State, page, pod::SimSite};
use base64::Engine;
use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::timeout,
};

/// Longest head of a request.
const HEAD: usize = 16 << 10;
/// How long a visitor may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Listens from now on. Answers with the address and the task.
pub fn serve(port: u16, state: Arc<Mutex<State>>) -> std::io::Result<(SocketAddr, JoinHandle<()>)> {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    listener.set_nonblocking(true)?;
    let listener = TcpListener::from_std(listener)?;
    let address = listener.local_addr()?;
    let task = tokio::spawn(async move {
        loop {
            let Ok((visitor, _)) = listener.accept().await else {
                // Out of file handles, say: give the others time to end.
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            };
            let state = Arc::clone(&state);
            tokio::spawn(async move {
                // A visitor who hangs up is nobody's fault.
                let _ = timeout(PATIENCE, answer(visitor, &state)).await;
            });
        }
    });
    Ok((address, task))
}

/// What a visitor gets who has to say a password.
const QUESTION: &str = "401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"Protected site\"";

/// Whether the site asks for no password, or the visitor says its user's name: a simulation cannot compare passwords.
fn has_said_password(head: &str, site: &SimSite) -> bool {
    let Some(protection) = &site.settings.protection else { return true };
    let said = head.lines().filter_map(|line| line.split_once(": Basic ")).find(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    let said = said.and_then(|(_, said)| base64::engine::general_purpose::STANDARD.decode(said.trim()).ok());
    said.is_some_and(|said| String::from_utf8_lossy(&said).split_once(':').is_some_and(|(user, _)| user == protection.user.as_str()))
}

async fn answer(mut visitor: TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        if head.len() > HEAD || visitor.read_buf(&mut head).await? == 0 {
            return Ok(());
        }
    }
    let head = String::from_utf8_lossy(&head);
    let host = head.lines().filter_map(|line| line.split_once(':')).find(|(name, _)| name.eq_ignore_ascii_case("host"));
    let host = host.map(|(_, value)| value.trim().to_ascii_lowercase()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host.as_str(), |(name, _)| name);
    let path = head.split(' ').nth(1).unwrap_or_default();
    let token = path.strip_prefix("/.well-known/acme-challenge/");
    let (broken, broken_release, frozen, pod, challenge) = {
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        // What is asked there, the server answers, and no program of the site.
        if !path.starts_with("/.well-known/") {
            state.worlds.wake(name);
        }
        (
            state.worlds.broken.clone(),
            state.worlds.broken_release.clone(),
            state.worlds.frozen.get(name).copied(),
            state.worlds.answering(name).cloned(),
            token.map(|token| state.worlds.challenge(name, token)),
        )
    };
    let (status, body) = match pod.as_ref().map(|pod| (frozen.map_or(pod.suspended, |is_open| !is_open), pod.site(name))) {
        _ if challenge.is_some() => match challenge.flatten() {
            Some(answer) => ("200 OK", answer),
            None => ("404 Not Found", page::nobody(name)),
        },
        Some((true, _) | (false, Some(SimSite { stopped: true, .. }))) => ("503 Service Unavailable\r\nRetry-After: 600", page::closed()),
        Some((false, Some(site))) if !has_said_password(&head, site) => (QUESTION, page::question()),
        Some((false, Some(site))) if broken.is_some_and(|broken| site.runs_on(&broken)) => ("500 Internal Server Error", page::broken()),
        Some((false, Some(site))) if broken_release.is_some_and(|broken| site.serves(&broken)) => ("500 Internal Server Error", page::broken()),
        Some((false, Some(site))) => ("200 OK", page::of_site(site)),
        Some((false, None)) | None => ("404 Not Found", page::nobody(name)),
    };
    let sent_body = if head.starts_with("HEAD ") { "" } else { &body };
    let length = body.len();
    let text =
        format!("HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{sent_body}");
    visitor.write_all(text.as_bytes()).await?;
    visitor.shutdown().await
}
