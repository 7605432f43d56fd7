//! The DS records of a zone, as its parent has them.

use super::*;
use hickory_resolver::proto::{
    op::{Message, ResponseCode},
    rr::{RData, Record, RecordType, rdata},
};
use std::net::{Ipv4Addr, SocketAddr};
use tokio::net::UdpSocket;

/// A server that answers with what this makes of a name and a type; nothing is no such name.
async fn server(address: &str, answer: fn(&str, RecordType) -> Option<Vec<RData>>) -> SocketAddr {
    let socket = UdpSocket::bind(address).await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut bytes = [0; 1500];
        while let Ok((length, from)) = socket.recv_from(&mut bytes).await {
            let question = Message::from_vec(&bytes[..length]).unwrap();
            let query = question.queries[0].clone();
            let mut response = question.into_response();
            match answer(&query.name().to_string(), query.query_type()) {
                Some(found) => {
                    for data in found {
                        response.add_answer(Record::from_rdata(query.name().clone(), 60, data));
                    }
                }
                None => response.metadata.response_code = ResponseCode::NXDomain,
            }
            response.metadata.authoritative = query.name().to_string() != "lame.example.";
            socket.send_to(&response.to_vec().unwrap(), from).await.unwrap();
        }
    });
    address
}

/// A resolver that has seen no DS record, and knows one name server of the zone above.
fn resolving(name: &str, kind: RecordType) -> Option<Vec<RData>> {
    match (name, kind) {
        ("example.", RecordType::NS) => Some(vec![RData::NS(rdata::NS("ns.example.".parse().unwrap()))]),
        ("ns.example.", RecordType::A) => Some(vec![RData::A(rdata::A(Ipv4Addr::LOCALHOST))]),
        _ => Some(Vec::new()),
    }
}

fn parent_zone(name: &str, kind: RecordType) -> Option<Vec<RData>> {
    let ds = rdata::NULL::with([&[0x12, 0x34, 13, 2][..], &[0xab; 32]].concat());
    match (name, kind) {
        ("bakery.example.", RecordType::DS) => Some(vec![RData::Unknown { code: RecordType::DS, rdata: ds }]),
        ("unsigned.example." | "lame.example.", RecordType::DS) => Some(Vec::new()),
        _ => None,
    }
}

#[tokio::test]
async fn a_ds_record_is_believed_absent_only_once_the_parents_own_servers_say_so() {
    let (resolver, own) = (server("127.0.0.1:0", resolving).await, server("127.0.0.1:0", parent_zone).await);
    let dns = DnsResolver::new(&[resolver]).unwrap().with_parents_at(own.port());
    let found = dns.ds("bakery.example").await.unwrap();
    assert_eq!(found.iter().map(|ds| ds.key_tag).collect::<Vec<_>>(), [0x1234], "the resolver says that there is none");
    assert!(dns.ds("unsigned.example").await.unwrap().is_empty());
    assert!(dns.ds("lame.example").await.is_err(), "one that has not the zone says nothing of it");
    let nobody = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let deaf = DnsResolver::new(&[resolver]).unwrap().with_parents_at(nobody.local_addr().unwrap().port());
    assert!(deaf.ds("unsigned.example").await.is_err(), "silence is not absence");
}

#[test]
fn more_than_half_of_a_parents_servers_have_to_answer_that_there_is_none() {
    let ds = DsRecord { key_tag: 1, algorithm: 13, digest_type: 2, digest: "ab".repeat(32), ttl: 60 };
    let down = || Err(DnsUnavailable("no response".to_owned()));
    assert!(parent::judge(vec![Ok(vec![]), Ok(vec![]), down()]).unwrap().is_empty());
    assert!(parent::judge(vec![Ok(vec![]), down()]).is_err());
    assert_eq!(parent::judge(vec![Ok(vec![]), Ok(vec![ds.clone()])]).unwrap(), [ds.clone()], "one of them is behind");
    assert_eq!(parent::judge(vec![Ok(vec![ds.clone()]), down(), down()]).unwrap(), [ds]);
}
