//! The DS records of a zone as the name servers of its parent have them: what resolvers say can be an hour or a day old.

use super::{
    DnsUnavailable, DsRecord,
    authority::{absolute, ask},
    records,
    resolver::{all_of, answers},
};
use hickory_resolver::{
    TokioResolver,
    proto::{
        op::ResponseCode,
        rr::{Name, RData, RecordType},
    },
};
use std::net::{IpAddr, SocketAddr};

/// Most name servers of a parent that are asked; com has thirteen.
const MAX_SERVERS: usize = 16;

/// What the name servers of a zone's parent have together: those records that any of them has, and none only where more than half of them have
/// answered, and none has any. Nothing where resolvers know no zone above at all, as in a network of its own.
///
/// # Errors
/// [`DnsUnavailable`] if too few of them answer.
pub(super) async fn ds(resolver: &TokioResolver, zone: &str, port: u16) -> Result<Option<Vec<DsRecord>>, DnsUnavailable> {
    let servers = servers(resolver, zone).await?;
    if servers.is_empty() {
        return Ok(None);
    }
    let name = absolute(zone)?;
    let asked = servers.iter().take(MAX_SERVERS).map(|server| one(resolver, server, &name, port));
    judge(futures::future::join_all(asked).await).map(Some)
}

/// The name servers of the closest zone above.
async fn servers(resolver: &TokioResolver, zone: &str) -> Result<Vec<String>, DnsUnavailable> {
    let mut above = zone;
    loop {
        above = above.split_once('.').map_or("", |(_, above)| above);
        let found = answers(resolver, above, RecordType::NS).await?;
        let name = |data: &RData| match data {
            RData::NS(server) => Some(server.0.to_ascii()),
            _ => None,
        };
        let names: Vec<String> = found.iter().filter_map(|record| name(&record.data)).collect();
        if !names.is_empty() || above.is_empty() {
            return Ok(names);
        }
    }
}

/// What one name server has, at the first of its addresses that answers.
async fn one(resolver: &TokioResolver, server: &str, zone: &Name, port: u16) -> Result<Vec<DsRecord>, DnsUnavailable> {
    let (v4, v6) = tokio::join!(answers(resolver, server, RecordType::A), answers(resolver, server, RecordType::AAAA));
    let address = |data: &RData| match data {
        RData::A(address) => Some(IpAddr::V4(address.0)),
        RData::AAAA(address) => Some(IpAddr::V6(address.0)),
        _ => None,
    };
    let found = v4.into_iter().chain(v6).flatten();
    let addresses: Vec<IpAddr> = found.filter_map(|record| address(&record.data)).collect();
    let mut fault = DnsUnavailable(format!("{server} has no address"));
    for address in addresses {
        match at(SocketAddr::new(address, port), zone).await {
            Ok(found) => return Ok(found),
            Err(error) => fault = error,
        }
    }
    Err(fault)
}

async fn at(server: SocketAddr, zone: &Name) -> Result<Vec<DsRecord>, DnsUnavailable> {
    let answer = ask(server, zone, RecordType::DS).await?;
    match answer.metadata.response_code {
        // Only who has the zone says that there is none.
        ResponseCode::NoError | ResponseCode::NXDomain if answer.metadata.authoritative && !answer.metadata.truncation => {
            Ok(answer.answers.iter().filter(|record| record.name == *zone).filter_map(records::ds).collect())
        }
        code => Err(DnsUnavailable(format!("{} answered {code} without authority", server.ip()))),
    }
}

/// What the answers of a parent's name servers come to.
pub(super) fn judge(answers: Vec<Result<Vec<DsRecord>, DnsUnavailable>>) -> Result<Vec<DsRecord>, DnsUnavailable> {
    let (total, answered) = (answers.len(), answers.iter().filter(|answer| answer.is_ok()).count());
    let fault = answers.iter().find_map(|answer| answer.as_ref().err().map(ToString::to_string));
    let found = all_of(answers.into_iter().filter(Result::is_ok))?;
    match fault {
        Some(fault) if found.is_empty() && 2 * answered <= total => Err(DnsUnavailable(format!("too few servers of the parent answered: {fault}"))),
        _ => Ok(found),
    }
}
