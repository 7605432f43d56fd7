use super::*;
use hickory_resolver::proto::{
    op::{Message, ResponseCode},
    rr::{RData, Record, RecordType, rdata},
};
use std::net::{Ipv4Addr, SocketAddr};
use tokio::net::UdpSocket;

/// A name server that knows one name; `silent.example` is never answered.
async fn server() -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut bytes = [0; 1500];
        while let Ok((length, from)) = socket.recv_from(&mut bytes).await {
            let question = Message::from_vec(&bytes[..length]).unwrap();
            let query = question.queries[0].clone();
            let name = query.name().to_string();
            let mut answer = question.into_response();
            let data = match (name.as_str(), query.query_type()) {
                ("bakery.example.", RecordType::TXT) => {
                    vec![
                        RData::TXT(rdata::TXT::new(vec!["one ".to_owned(), "piece".to_owned()])),
                        RData::TXT(rdata::TXT::new(vec!["two".to_owned()])),
                    ]
                }
                ("bakery.example.", RecordType::A) => vec![RData::A(rdata::A(Ipv4Addr::new(198, 51, 100, 7)))],
                ("bakery.example.", RecordType::CAA) => {
                    let mut critical = rdata::CAA::new_issue(true, None, Vec::new());
                    critical.value = b"ca.test; validationmethods=dns-01".to_vec();
                    vec![RData::CAA(critical)]
                }
                ("bakery.example.", RecordType::NS) => vec![RData::NS(rdata::NS("NS1.Panel.example.".parse().unwrap()))],
                ("bakery.example.", RecordType::DS) => {
                    let rdata = rdata::NULL::with([&[0x12, 0x34, 13, 2][..], &[0xab; 32]].concat());
                    vec![RData::Unknown { code: RecordType::DS, rdata }]
                }
                ("bakery.example.", RecordType::SOA) => {
                    vec![RData::SOA(rdata::SOA::new(query.name().clone(), query.name().clone(), 7, 1, 1, 1, 1))]
                }
                ("bakery.example.", _) => Vec::new(),
                ("broken.example.", _) => {
                    answer.metadata.response_code = ResponseCode::ServFail;
                    Vec::new()
                }
                _ => {
                    answer.metadata.response_code = ResponseCode::NXDomain;
                    Vec::new()
                }
            };
            for data in data {
                answer.add_answer(Record::from_rdata(query.name().clone(), 60, data));
            }
            socket.send_to(&answer.to_vec().unwrap(), from).await.unwrap();
        }
    });
    address
}

#[tokio::test]
async fn records_are_read_as_they_stand_and_a_name_that_is_not_there_has_none() {
    let dns = DnsResolver::new(&[server().await]).unwrap();
    assert_eq!(dns.texts("bakery.example").await.unwrap(), ["one piece", "two"]);
    assert_eq!(dns.addresses("bakery.example").await.unwrap(), ["198.51.100.7".parse::<IpAddr>().unwrap()]);
    assert_eq!(dns.name_servers("bakery.example").await.unwrap(), ["ns1.panel.example"]);
    let caa = CaaRecord { is_critical: true, tag: "issue".to_owned(), value: "ca.test; validationmethods=dns-01".to_owned() };
    assert_eq!(caa.to_string(), "128 issue \"ca.test; validationmethods=dns-01\"");
    assert_eq!(dns.caa("bakery.example").await.unwrap(), [caa]);
    assert!(dns.texts("nobody.example").await.unwrap().is_empty());
    assert!(dns.caa("nobody.example").await.unwrap().is_empty() && dns.name_servers("nobody.example").await.unwrap().is_empty());
    assert!(dns.addresses("nobody.example").await.unwrap().is_empty());
}

#[tokio::test]
async fn a_server_that_fails_says_nothing_about_the_name() {
    let dns = DnsResolver::new(&[server().await]).unwrap();
    assert!(dns.texts("broken.example").await.is_err());
    assert!(dns.caa("broken.example").await.is_err() && dns.name_servers("broken.example").await.is_err());
}

#[tokio::test]
async fn each_resolver_says_what_it_has_and_the_parent_its_ds_records() {
    let (first, second) = (server().await, server().await);
    let dns = DnsResolver::new(&[first, second]).unwrap();
    let ds = DsRecord { key_tag: 0x1234, algorithm: 13, digest_type: 2, digest: "ab".repeat(32), ttl: 60 };
    assert_eq!(dns.ds("bakery.example").await.unwrap(), [ds]);
    assert!(dns.ds("nobody.example").await.unwrap().is_empty() && dns.ds("broken.example").await.is_err());
    let answers = dns.lookup("bakery.example", "bakery.example", "A").await;
    assert_eq!(answers.iter().map(|(label, _)| label.as_str()).collect::<Vec<_>>(), ["Resolver 1", "Resolver 2"], "no inner address");
    assert_eq!(resolver::label(0, "9.9.9.9".parse().unwrap()), "9.9.9.9");
    for (_, answer) in answers {
        let found = Found { values: vec!["198.51.100.7".to_owned()], ttl: Some(60) };
        assert_eq!(answer.unwrap(), (found, Some(7)));
    }
    let broken = dns.lookup("bakery.example", "broken.example", "A").await;
    assert!(broken.iter().all(|(_, answer)| answer.is_err()));
}

#[test]
fn a_ds_record_that_one_resolver_has_is_there_and_none_is_only_what_all_say() {
    let ds = |ttl| DsRecord { key_tag: 1, algorithm: 13, digest_type: 2, digest: "ab".repeat(32), ttl };
    let down = || Err(DnsUnavailable("no response".to_owned()));
    assert_eq!(resolver::all_of([Ok(vec![]), Ok(vec![ds(60)]), down(), Ok(vec![ds(300)])].into_iter()).unwrap(), [ds(300)]);
    assert!(resolver::all_of([Ok(vec![]), Ok(vec![])].into_iter()).unwrap().is_empty());
    assert!(resolver::all_of([Ok(vec![]), down()].into_iter()).is_err(), "who is silent may have one");
}
