mod faults;
mod pods;

use super::SimulatedNodeClient;
use crate::node::{CallOptions, ServerTarget};
use model::ids::ServerId;
use std::time::Duration;
use wire::{
    DomainName, PodName, PodUid, SiteName, Title,
    spec::{Limits, NetworkPolicy, PodSpec, PodState, SiteSpec, Stack},
};

fn target() -> ServerTarget {
    ServerTarget { id: ServerId(uuid::Uuid::from_u128(rand::random())), address: "simulated".to_owned(), host_key: None, simulated: true }
}

fn options() -> CallOptions {
    CallOptions { deadline: Duration::from_secs(5), key: "test".to_owned(), lines: None }
}

fn spec(pod: &str, domain: &str, title: &str) -> PodSpec {
    PodSpec {
        pod: PodName::new(pod).unwrap(),
        uid: PodUid::new(PodUid::FIRST).unwrap(),
        limits: Limits { cpu_millis: 500, memory_mb: 128, disk_mb: 512, tasks: 64 },
        network: NetworkPolicy::Internet,
        state: PodState::Running,
        sites: vec![SiteSpec {
            name: SiteName::new("main").unwrap(),
            domains: vec![DomainName::new(domain).unwrap()],
            stack: Stack::Static { title: Title::new(title).unwrap() },
            runtime: None,
            source: None,
            certificate: None,
            stopped: false,
            settings: Default::default(),
            release: None,
            environment: Vec::new(),
            cron_jobs: Vec::new(),
            sleep_after_minutes: None,
        }],
        databases: Vec::new(),
        hand_edits: Default::default(),
    }
}

async fn simulation() -> SimulatedNodeClient {
    SimulatedNodeClient::for_tests().unwrap()
}

/// Status line and body of a page.
async fn fetch(links: &SimulatedNodeClient, host: &str) -> (String, String) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(links.sites()).await.unwrap();
    stream.write_all(format!("GET / HTTP/1.1\r\nHost: {host}:8080\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.lines().next().unwrap().to_owned(), body.to_owned())
}
