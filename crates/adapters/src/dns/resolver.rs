//! The real one: asks recursive resolvers, and keeps no answer.

use super::{
    CaaRecord, Dns, DnsUnavailable, DsRecord, Found,
    authority::{PORT, absolute},
    parent, records,
};
use crate::visitor::is_public;
use async_trait::async_trait;
use hickory_resolver::{
    Resolver, ResolverBuilder, TokioResolver,
    config::{NameServerConfig, ResolveHosts, ResolverConfig},
    net::{NetError, runtime::TokioRuntimeProvider},
    proto::rr::{RData, Record, RecordType},
};
use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

/// How long one resolver may take, and how often it is asked.
const TIMEOUT: Duration = Duration::from_secs(4);
const ATTEMPTS: usize = 2;

/// Asks resolvers.
pub struct DnsResolver {
    /// Whichever of them answers.
    any: TokioResolver,
    /// Each of them by itself, with its name.
    each: Vec<(String, TokioResolver)>,
    /// Port of the name servers of parent zones.
    parent_port: u16,
}

impl DnsResolver {
    /// Asks these resolvers, or where none is named those of the machine.
    ///
    /// # Errors
    /// When the machine's configuration cannot be read.
    pub fn new(servers: &[SocketAddr]) -> anyhow::Result<Self> {
        if servers.is_empty() {
            let any = Self::fresh(Resolver::builder_tokio()?).build()?;
            return Ok(Self { each: vec![("Server's resolver".to_owned(), any.clone())], any, parent_port: PORT });
        }
        let each = servers.iter().enumerate().map(|(at, server)| Ok((label(at, server.ip()), Self::at(&[*server])?)));
        Ok(Self { any: Self::at(servers)?, each: each.collect::<anyhow::Result<_>>()?, parent_port: PORT })
    }

    /// Asks the name servers of parent zones at another port.
    #[cfg(test)]
    pub(super) const fn with_parents_at(mut self, parent_port: u16) -> Self {
        self.parent_port = parent_port;
        self
    }

    fn at(servers: &[SocketAddr]) -> anyhow::Result<TokioResolver> {
        let servers = servers.iter().map(|server| {
            let mut one = NameServerConfig::udp_and_tcp(server.ip());
            one.connections.iter_mut().for_each(|connection| connection.port = server.port());
            one
        });
        let config = ResolverConfig::from_parts(None, Vec::new(), servers.collect());
        Ok(Self::fresh(Resolver::builder_with_config(config, TokioRuntimeProvider::default())).build()?)
    }

    /// A record that was set a moment ago is to be seen, and what the machine says of itself is not the world's word.
    fn fresh(mut builder: ResolverBuilder<TokioRuntimeProvider>) -> ResolverBuilder<TokioRuntimeProvider> {
        let options = builder.options_mut();
        options.cache_size = 0;
        options.use_hosts_file = ResolveHosts::Never;
        options.timeout = TIMEOUT;
        options.attempts = ATTEMPTS;
        builder
    }

    async fn records(&self, name: &str, kind: RecordType) -> Result<Vec<RData>, DnsUnavailable> {
        Ok(answers(&self.any, name, kind).await?.into_iter().map(|record| record.data).collect())
    }
}

/// What a resolver has for a name; nothing where there is no such name.
pub(super) async fn answers(resolver: &TokioResolver, name: &str, kind: RecordType) -> Result<Vec<Record>, DnsUnavailable> {
    // With its dot: no search list of the machine is tried.
    let answer = resolver.lookup(format!("{}.", name.trim_end_matches('.')), kind).await;
    match answer {
        Ok(found) => Ok(found.answers().to_vec()),
        Err(error) if NetError::is_no_records_found(&error) => Ok(Vec::new()),
        Err(error) => Err(DnsUnavailable(error.to_string())),
    }
}

/// What customers read of a resolver: its address only where that is no inner one of ours.
pub(super) fn label(at: usize, address: IpAddr) -> String {
    if is_public(address) { address.to_string() } else { format!("Resolver {}", at + 1) }
}

/// What resolvers have of a zone's DS records together: there are those that anyone has, and none only where all say so.
pub(super) fn all_of(answers: impl Iterator<Item = Result<Vec<DsRecord>, DnsUnavailable>>) -> Result<Vec<DsRecord>, DnsUnavailable> {
    let (mut found, mut silent): (Vec<DsRecord>, _) = (Vec::new(), None);
    for answer in answers {
        match answer {
            Ok(records) => {
                for record in records {
                    match found.iter_mut().find(|known| known.digest == record.digest && known.key_tag == record.key_tag) {
                        Some(known) => known.ttl = known.ttl.max(record.ttl),
                        None => found.push(record),
                    }
                }
            }
            Err(error) => silent = Some(error),
        }
    }
    match silent {
        Some(error) if found.is_empty() => Err(error),
        _ => Ok(found),
    }
}

/// What one resolver has of a name, and of its zone.
async fn one(resolver: &TokioResolver, zone: &str, name: &str, kind: &str) -> Result<(Found, Option<u32>), DnsUnavailable> {
    let kind: RecordType = kind.parse().map_err(|_| DnsUnavailable(format!("{kind} cannot be asked for")))?;
    let (found, soa) = tokio::join!(answers(resolver, name, kind), answers(resolver, zone, RecordType::SOA));
    let serial = |record: &Record| match &record.data {
        RData::SOA(soa) => Some(soa.serial),
        _ => None,
    };
    Ok((Found::of(&found?, &absolute(name)?, kind), soa.ok().and_then(|soa| soa.iter().find_map(serial))))
}

#[async_trait]
impl Dns for DnsResolver {
    async fn texts(&self, name: &str) -> Result<Vec<String>, DnsUnavailable> {
        let text = |data: RData| match data {
            RData::TXT(text) => Some(String::from_utf8_lossy(&text.txt_data.concat()).into_owned()),
            _ => None,
        };
        Ok(self.records(name, RecordType::TXT).await?.into_iter().filter_map(text).collect())
    }

    async fn addresses(&self, name: &str) -> Result<Vec<IpAddr>, DnsUnavailable> {
        let (v4, v6) = tokio::join!(self.records(name, RecordType::A), self.records(name, RecordType::AAAA));
        let address = |data: RData| match data {
            RData::A(address) => Some(IpAddr::V4(address.0)),
            RData::AAAA(address) => Some(IpAddr::V6(address.0)),
            _ => None,
        };
        Ok(v4?.into_iter().chain(v6?).filter_map(address).collect())
    }

    async fn name_servers(&self, zone: &str) -> Result<Vec<String>, DnsUnavailable> {
        let name = |data: RData| match data {
            RData::NS(server) => Some(server.0.to_lowercase().to_ascii().trim_end_matches('.').to_owned()),
            _ => None,
        };
        Ok(self.records(zone, RecordType::NS).await?.into_iter().filter_map(name).collect())
    }

    async fn caa(&self, name: &str) -> Result<Vec<CaaRecord>, DnsUnavailable> {
        let record = |data: RData| match data {
            RData::CAA(record) => Some(CaaRecord {
                is_critical: record.issuer_critical,
                tag: record.tag.to_ascii_lowercase(),
                value: String::from_utf8_lossy(&record.value).into_owned(),
            }),
            _ => None,
        };
        Ok(self.records(name, RecordType::CAA).await?.into_iter().filter_map(record).collect())
    }

    async fn ds(&self, zone: &str) -> Result<Vec<DsRecord>, DnsUnavailable> {
        let asked = self.each.iter().map(async |(_, resolver)| answers(resolver, zone, RecordType::DS).await);
        let (kept, own) = tokio::join!(futures::future::join_all(asked), parent::ds(&self.any, zone, self.parent_port));
        let kept = kept.into_iter().map(|found| Ok(found?.iter().filter_map(records::ds).collect()));
        all_of(kept.chain(own.transpose()))
    }

    async fn lookup(&self, zone: &str, name: &str, kind: &str) -> Vec<(String, Result<(Found, Option<u32>), DnsUnavailable>)> {
        let asked = self.each.iter().map(async |(label, resolver)| (label.clone(), one(resolver, zone, name, kind).await));
        futures::future::join_all(asked).await
    }
}
