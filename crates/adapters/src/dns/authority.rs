//! What a name server itself answers, without a resolver between.

use super::DnsUnavailable;
use crate::node::SimulatedNodeClient;
use async_trait::async_trait;
use hickory_resolver::proto::{
    op::{Message, MessageType, Query, ResponseCode},
    rr::{Name, RData, RecordType},
};
use model::ids::ServerId;
use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use tokio::{net::UdpSocket, time::timeout};

/// How long one question may wait for its answer, and how often it is asked: a packet may get lost.
const TIMEOUT: Duration = Duration::from_secs(1);
const ATTEMPTS: usize = 3;
/// Port of DNS.
const PORT: u16 = 53;

/// A name server to be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameServer {
    /// The server.
    pub id: ServerId,
    /// Where it answers: an IP address.
    pub address: String,
    /// A simulation instead of a machine.
    pub simulated: bool,
}

/// Asks name servers for what they answer for by themselves.
#[async_trait]
pub trait AuthoritativeDns: Send + Sync + 'static {
    /// The serial of a zone as this server answers it; `None` when the server answers and has no such zone.
    ///
    /// # Errors
    /// [`DnsUnavailable`] if there is no answer.
    async fn serial(&self, server: &NameServer, zone: &str) -> Result<Option<u32>, DnsUnavailable>;
}

/// Asks real servers over UDP, and simulated ones where there are any.
pub struct UdpAuthoritativeDns {
    simulated: Option<Arc<SimulatedNodeClient>>,
    port: u16,
}

impl UdpAuthoritativeDns {
    /// Asks at the usual port.
    pub const fn new(simulated: Option<Arc<SimulatedNodeClient>>) -> Self {
        Self { simulated, port: PORT }
    }

    /// Asks at another port.
    #[cfg(test)]
    pub(super) const fn at_port(port: u16) -> Self {
        Self { simulated: None, port }
    }
}

#[async_trait]
impl AuthoritativeDns for UdpAuthoritativeDns {
    async fn serial(&self, server: &NameServer, zone: &str) -> Result<Option<u32>, DnsUnavailable> {
        if server.simulated {
            return match &self.simulated {
                Some(world) if world.is_up(server.id) => Ok(world.zone(server.id, zone).map(|zone| zone.serial)),
                _ => Err(DnsUnavailable("the server is off".to_owned())),
            };
        }
        let address: IpAddr = server.address.parse().map_err(|_| DnsUnavailable(format!("{} is not an IP address", server.address)))?;
        ask(SocketAddr::new(address, self.port), zone).await
    }
}

async fn ask(server: SocketAddr, zone: &str) -> Result<Option<u32>, DnsUnavailable> {
    let failed = |error: &dyn std::fmt::Display| DnsUnavailable(error.to_string());
    let name = Name::from_ascii(format!("{}.", zone.trim_end_matches('.'))).map_err(|error| failed(&error))?;
    let here = if server.is_ipv4() { IpAddr::from(Ipv4Addr::UNSPECIFIED) } else { IpAddr::from(Ipv6Addr::UNSPECIFIED) };
    for _ in 0..ATTEMPTS {
        let socket = UdpSocket::bind((here, 0)).await.map_err(|error| failed(&error))?;
        socket.connect(server).await.map_err(|error| failed(&error))?;
        let mut question = Message::query();
        question.add_query(Query::query(name.clone(), RecordType::SOA));
        let bytes = question.to_vec().map_err(|error| failed(&error))?;
        // A server that is off may say so at once; it is asked again all the same.
        if socket.send(&bytes).await.is_err() {
            continue;
        }
        if let Ok(Some(answer)) = timeout(TIMEOUT, receive(&socket, question.metadata.id)).await {
            return read(&answer, &name);
        }
    }
    Err(DnsUnavailable(format!("no answer from {}", server.ip())))
}

/// The answer to the question with this number; what else comes is not for us.
async fn receive(socket: &UdpSocket, id: u16) -> Option<Message> {
    let mut buffer = [0; 4096];
    loop {
        let length = socket.recv(&mut buffer).await.ok()?;
        let found = buffer.get(..length).and_then(|bytes| Message::from_vec(bytes).ok());
        if let Some(message) = found.filter(|message| message.metadata.id == id && message.metadata.message_type == MessageType::Response) {
            return Some(message);
        }
    }
}

fn read(answer: &Message, zone: &Name) -> Result<Option<u32>, DnsUnavailable> {
    let soa = answer.answers.iter().find_map(|record| match &record.data {
        RData::SOA(soa) if record.name == *zone => Some(soa.serial),
        _ => None,
    });
    match (soa, answer.metadata.response_code) {
        (Some(serial), _) => Ok(Some(serial)),
        (None, ResponseCode::NoError | ResponseCode::NXDomain | ResponseCode::Refused | ResponseCode::NotAuth) => Ok(None),
        (None, code) => Err(DnsUnavailable(format!("the server answered {code}"))),
    }
}

#[cfg(test)]
#[path = "authority_tests.rs"]
mod tests;
