//! What a name server itself answers, without a resolver between.

use super::{DnsUnavailable, Found, records};
use crate::node::SimulatedNodeClient;
use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
use hickory_resolver::proto::{
    op::{Message, MessageType, Query, ResponseCode},
    rr::{Name, RData, Record, RecordType},
};
use model::ids::ServerId;
use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use tokio::{net::UdpSocket, time::timeout};
use wire::zone::{RecordData, ZoneRecord, ZoneSpec};

/// How long one question may wait for its answer, and how often it is asked: a packet may get lost.
const TIMEOUT: Duration = Duration::from_secs(1);
const ATTEMPTS: usize = 3;
/// Port of DNS.
pub(super) const PORT: u16 = 53;

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

    /// The texts of the TXT records that this server has for a name of a zone.
    ///
    /// # Errors
    /// As [`AuthoritativeDns::serial`].
    async fn texts(&self, server: &NameServer, zone: &str, name: &str) -> Result<Vec<String>, DnsUnavailable>;

    /// The public keys, each 64 bytes, of the DNSKEY records (algorithm 13) that this server has for a zone.
    ///
    /// # Errors
    /// As [`AuthoritativeDns::serial`].
    async fn zone_keys(&self, server: &NameServer, zone: &str) -> Result<Vec<Vec<u8>>, DnsUnavailable>;

    /// What this server answers for the records of this type at a name of a zone.
    ///
    /// # Errors
    /// As [`AuthoritativeDns::serial`].
    async fn lookup(&self, server: &NameServer, zone: &str, name: &str, kind: &str) -> Result<Found, DnsUnavailable>;
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
            return Ok(self.simulated_zone(server, zone)?.map(|zone| zone.serial));
        }
        let name = absolute(zone)?;
        read_serial(&ask(self.address(server)?, &name, RecordType::SOA).await?, &name)
    }

    async fn texts(&self, server: &NameServer, zone: &str, name: &str) -> Result<Vec<String>, DnsUnavailable> {
        if server.simulated {
            let records = self.simulated_zone(server, zone)?.map(|zone| zone.records).unwrap_or_default();
            let text = |record: ZoneRecord| match record.data {
                RecordData::Txt { text } if record.name.as_str() == name => Some(text.as_str().to_owned()),
                _ => None,
            };
            return Ok(records.into_iter().filter_map(text).collect());
        }
        let name = absolute(name)?;
        read_texts(&ask(self.address(server)?, &name, RecordType::TXT).await?, &name)
    }

    async fn zone_keys(&self, server: &NameServer, zone: &str) -> Result<Vec<Vec<u8>>, DnsUnavailable> {
        if server.simulated {
            let zone = self.simulated_zone(server, zone)?;
            let keys = zone.iter().flat_map(|zone| zone.keys());
            return Ok(keys.filter_map(|key| STANDARD.decode(key.public.as_str()).ok()).collect());
        }
        let answer = ask(self.address(server)?, &absolute(zone)?, RecordType::DNSKEY).await?;
        check(&answer)?;
        Ok(answer.answers.iter().filter_map(records::zone_key).collect())
    }

    async fn lookup(&self, server: &NameServer, zone: &str, name: &str, kind: &str) -> Result<Found, DnsUnavailable> {
        if server.simulated {
            let records = self.simulated_zone(server, zone)?.map(|zone| zone.records).unwrap_or_default();
            let here: Vec<_> = records.iter().filter(|record| record.name.as_str() == name && record.data.kind() == kind).collect();
            let mut values: Vec<String> = here.iter().map(|record| record.data.to_string()).collect();
            values.sort();
            return Ok(Found { values, ttl: here.first().map(|record| record.ttl) });
        }
        let kind: RecordType = kind.parse().map_err(|_| DnsUnavailable(format!("{kind} cannot be asked for")))?;
        let name = absolute(name)?;
        let answer = ask(self.address(server)?, &name, kind).await?;
        check(&answer)?;
        match answer.metadata.response_code {
            _ if answer.metadata.truncation => Err(DnsUnavailable("the answer is too long for one packet".to_owned())),
            code @ (ResponseCode::Refused | ResponseCode::NotAuth) => Err(DnsUnavailable(format!("the server answered {code}"))),
            _ => Ok(Found::of(&answer.answers, &name, kind)),
        }
    }
}

impl UdpAuthoritativeDns {
    fn simulated_zone(&self, server: &NameServer, zone: &str) -> Result<Option<ZoneSpec>, DnsUnavailable> {
        match &self.simulated {
            Some(world) if world.is_up(server.id) => Ok(world.zone(server.id, zone)),
            _ => Err(DnsUnavailable("the server is off".to_owned())),
        }
    }

    fn address(&self, server: &NameServer) -> Result<SocketAddr, DnsUnavailable> {
        let address: IpAddr = server.address.parse().map_err(|_| DnsUnavailable(format!("{} is not an IP address", server.address)))?;
        Ok(SocketAddr::new(address, self.port))
    }
}

pub(super) fn absolute(name: &str) -> Result<Name, DnsUnavailable> {
    Name::from_ascii(format!("{}.", name.trim_end_matches('.'))).map_err(|error| DnsUnavailable(error.to_string()))
}

/// Asks a server one question.
pub(super) async fn ask(server: SocketAddr, name: &Name, kind: RecordType) -> Result<Message, DnsUnavailable> {
    let failed = |error: &dyn std::fmt::Display| DnsUnavailable(error.to_string());
    let here = if server.is_ipv4() { IpAddr::from(Ipv4Addr::UNSPECIFIED) } else { IpAddr::from(Ipv6Addr::UNSPECIFIED) };
    for _ in 0..ATTEMPTS {
        let socket = UdpSocket::bind((here, 0)).await.map_err(|error| failed(&error))?;
        socket.connect(server).await.map_err(|error| failed(&error))?;
        let mut question = Message::query();
        question.add_query(Query::query(name.clone(), kind));
        let bytes = question.to_vec().map_err(|error| failed(&error))?;
        // A server that is off may say so at once; it is asked again all the same.
        if socket.send(&bytes).await.is_err() {
            continue;
        }
        if let Ok(Some(answer)) = timeout(TIMEOUT, receive(&socket, question.metadata.id)).await {
            return Ok(answer);
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

fn read_serial(answer: &Message, zone: &Name) -> Result<Option<u32>, DnsUnavailable> {
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

/// Whether the server has answered, if only that it has nothing.
fn check(answer: &Message) -> Result<(), DnsUnavailable> {
    match answer.metadata.response_code {
        ResponseCode::NoError | ResponseCode::NXDomain | ResponseCode::Refused | ResponseCode::NotAuth => Ok(()),
        code => Err(DnsUnavailable(format!("the server answered {code}"))),
    }
}

fn read_texts(answer: &Message, name: &Name) -> Result<Vec<String>, DnsUnavailable> {
    check(answer)?;
    let text = |record: &Record| match &record.data {
        RData::TXT(text) if record.name == *name => Some(String::from_utf8_lossy(&text.txt_data.concat()).into_owned()),
        _ => None,
    };
    Ok(answer.answers.iter().filter_map(text).collect())
}

#[cfg(test)]
#[path = "authority_tests.rs"]
mod tests;
