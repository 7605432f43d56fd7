//! A name server of the test's own on the loopback.

use super::{AuthoritativeDns, NameServer, UdpAuthoritativeDns};
use hickory_resolver::proto::{
    op::{Message, OpCode, ResponseCode},
    rr::{
        RData, Record, RecordType,
        rdata::{self, SOA, TXT},
    },
};
use model::ids::ServerId;
use tokio::net::UdpSocket;

/// Has these texts at `_acme-challenge.bakery.example`, and refuses every other question.
async fn texts_server() -> u16 {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let port = socket.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut buffer = [0; 4096];
        while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
            let question = Message::from_vec(&buffer[..length]).unwrap();
            let query = question.queries[0].clone();
            let mut answer = Message::response(question.metadata.id, OpCode::Query);
            match (query.name().to_string().as_str(), query.query_type()) {
                ("_acme-challenge.bakery.example.", RecordType::TXT) => {
                    for words in [vec!["one"], vec!["two ", "parts"]] {
                        let text = TXT::new(words.into_iter().map(str::to_owned).collect());
                        answer.add_answer(Record::from_rdata(query.name().clone(), 60, RData::TXT(text)));
                    }
                }
                ("bakery.example.", RecordType::DNSKEY) => {
                    // A key that signs keys, one that does not, and one of another algorithm.
                    for head in [[1, 1, 3, 13], [1, 0, 3, 13], [1, 1, 3, 8]] {
                        let rdata = rdata::NULL::with([&head[..], &[7; 64]].concat());
                        let data = RData::Unknown { code: RecordType::DNSKEY, rdata };
                        answer.add_answer(Record::from_rdata(query.name().clone(), 60, data));
                    }
                }
                ("broken.bakery.example.", _) => answer.metadata.response_code = ResponseCode::ServFail,
                _ => answer.metadata.response_code = ResponseCode::NXDomain,
            }
            socket.send_to(&answer.to_vec().unwrap(), from).await.unwrap();
        }
    });
    port
}

/// Answers questions one by one, each as told: how many answers with a wrong number come first, and the serial or a refusal.
async fn server(answers: Vec<(usize, Result<u32, ResponseCode>)>) -> u16 {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let port = socket.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut buffer = [0; 4096];
        for (wrong, said) in answers {
            let (length, from) = socket.recv_from(&mut buffer).await.unwrap();
            let question = Message::from_vec(&buffer[..length]).unwrap();
            let name = question.queries[0].name().clone();
            let mut answer = Message::response(question.metadata.id, OpCode::Query);
            match said {
                Ok(serial) => {
                    let soa = SOA::new(name.clone(), name.clone(), serial, 1, 1, 1, 1);
                    answer.add_answer(Record::from_rdata(name, 60, RData::SOA(soa)));
                }
                Err(code) => answer.metadata.response_code = code,
            }
            for number in 1..=wrong {
                let mut other = answer.clone();
                other.metadata.id = question.metadata.id.wrapping_add(u16::try_from(number).unwrap());
                other.answers.clear();
                socket.send_to(&other.to_vec().unwrap(), from).await.unwrap();
            }
            socket.send_to(&answer.to_vec().unwrap(), from).await.unwrap();
        }
    });
    port
}

async fn ask(port: u16, address: &str) -> Result<Option<u32>, String> {
    let server = NameServer { id: ServerId(uuid::Uuid::nil()), address: address.to_owned(), simulated: false };
    UdpAuthoritativeDns::at_port(port).serial(&server, "bakery.example").await.map_err(|error| error.to_string())
}

#[tokio::test]
async fn the_serial_is_what_the_server_itself_answers() {
    let port = server(vec![(0, Ok(7)), (2, Ok(8)), (0, Err(ResponseCode::Refused)), (0, Err(ResponseCode::ServFail))]).await;
    assert_eq!(ask(port, "127.0.0.1").await, Ok(Some(7)));
    assert_eq!(ask(port, "127.0.0.1").await, Ok(Some(8)), "an answer to another question is none");
    assert_eq!(ask(port, "127.0.0.1").await, Ok(None), "it has no such zone");
    assert!(ask(port, "127.0.0.1").await.unwrap_err().contains("the server answered"), "a failure says nothing of the zone");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable() {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let port = socket.local_addr().unwrap().port();
    drop(socket);
    assert_eq!(ask(port, "127.0.0.1").await.unwrap_err(), "DNS is unavailable: no answer from 127.0.0.1");
    assert!(ask(port, "ns1.panel.example").await.is_err());
}

#[tokio::test]
async fn texts_are_those_that_the_server_itself_answers() {
    let dns = UdpAuthoritativeDns::at_port(texts_server().await);
    let server = NameServer { id: ServerId(uuid::Uuid::nil()), address: "127.0.0.1".to_owned(), simulated: false };
    assert_eq!(dns.texts(&server, "bakery.example", "_acme-challenge.bakery.example").await.unwrap(), ["one", "two parts"]);
    assert!(dns.texts(&server, "bakery.example", "_acme-challenge.www.bakery.example").await.unwrap().is_empty());
    assert!(dns.texts(&server, "bakery.example", "broken.bakery.example").await.is_err(), "a failure says nothing of the name");
}

#[tokio::test]
async fn keys_and_records_are_those_that_the_server_itself_answers() {
    let dns = UdpAuthoritativeDns::at_port(texts_server().await);
    let server = NameServer { id: ServerId(uuid::Uuid::nil()), address: "127.0.0.1".to_owned(), simulated: false };
    assert_eq!(dns.zone_keys(&server, "bakery.example").await.unwrap(), [vec![7; 64]]);
    assert!(dns.zone_keys(&server, "broken.bakery.example").await.is_err());
    let found = dns.lookup(&server, "bakery.example", "_acme-challenge.bakery.example", "TXT").await.unwrap();
    assert_eq!((found.values, found.ttl), (vec!["\"one\"".to_owned(), "\"two parts\"".to_owned()], Some(60)));
    assert_eq!(dns.lookup(&server, "bakery.example", "gone.bakery.example", "A").await.unwrap(), super::Found::default());
    assert!(dns.lookup(&server, "bakery.example", "broken.bakery.example", "A").await.is_err());
}
