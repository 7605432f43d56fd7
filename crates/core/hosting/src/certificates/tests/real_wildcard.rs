//! The certificate that names below the platform's domain share, on a real host: from a real name server to what visitors get.

use super::platform::{BASE, ZONE};
use crate::{
    certificates, dns,
    testing::{Pebble, Yard},
};
use adapters::{
    acme::Authorities,
    dns::{AuthoritativeDns, Dns, Found, NameServer, SimulatedDns, UdpAuthoritativeDns},
    visitor::{Visitor, WebVisitor},
};
use chrono::TimeDelta;
use core_administration::servers;
use engine::{Modules, reconcile::run_due};
use hickory_resolver::proto::{
    op::{Message, OpCode},
    rr::{RData, Record, RecordType as Kind, rdata::TXT},
};
use model::{
    administration::{provisioning::JobStatus, servers::Capability},
    hosting::{
        certificates::{CertificateRow, CertificateStatus},
        cloudpods::Stack,
    },
    ids::{CloudPodId, JobId},
    permission::{ServersManage, SslRead},
};
use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

const NAMES: [&str; 2] = ["one.sites.example", "two.sites.example"];
const NAME_SERVER: &str = "ns1.panel.example";

/// A resolver for the CA: the platform's domain has an alias in it, whose texts the name server on the host is asked for.
async fn resolver(server: NameServer) -> SocketAddr {
    let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let authority = UdpAuthoritativeDns::new(None);
        let mut buffer = [0; 4096];
        while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
            let Ok(question) = Message::from_vec(&buffer[..length]) else { continue };
            let query = question.queries[0].clone();
            let mut answer = Message::response(question.metadata.id, OpCode::Query);
            answer.queries.push(query.clone());
            let is_proof = query.name().to_lowercase().to_string() == format!("_acme-challenge.{BASE}.");
            if query.query_type() == Kind::TXT && is_proof {
                for text in authority.texts(&server, ZONE, &format!("platform.{ZONE}")).await.unwrap_or_default() {
                    answer.add_answer(Record::from_rdata(query.name().clone(), 60, RData::TXT(TXT::new(vec![text]))));
                }
            }
            socket.send_to(&answer.to_vec().unwrap(), from).await.unwrap();
        }
    });
    address
}

async fn row(yard: &Yard, pod: CloudPodId) -> CertificateRow {
    let services = &yard.bench.services.services;
    let mut tx = services.db.platform::<SslRead>(&yard.bench.admin).await.unwrap();
    certificates::of_pod(services, &mut tx, pod).await.unwrap().pop().expect("the site was looked at")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "boots a real host"]
async fn two_sites_below_the_platforms_domain_show_a_visitor_who_trusts_the_cas_root_alone_the_same_certificate_on_a_real_host() {
    let Some(mut yard) = Yard::fresh().await else { return };
    let (address, server) = (yard.host.address, yard.bench.server);
    let services = yard.bench.services.services.clone();
    let tx = services.db.platform::<ServersManage>(&yard.bench.admin).await.unwrap();
    servers::install(&services, tx, server, Capability::Dns).await.unwrap();
    let tx = services.db.platform(&yard.bench.admin).await.unwrap();
    dns::add_name_server(&services, tx, server, NAME_SERVER).await.unwrap();

    let pebble = Pebble::asking(resolver(NameServer { id: server, address: address.to_string(), simulated: false }).await).await;
    let known = SimulatedDns::default();
    known.set_name_servers(ZONE, &[NAME_SERVER]);
    let alias = Found { values: vec![format!("platform.{ZONE}.")], ttl: Some(60) };
    known.set_cached(&format!("_acme-challenge.{BASE}"), alias, None);
    known.set_caa(BASE, &[("issue", "pebble.test")]);
    let web = WebVisitor::new(Some(&pebble.root), &NAMES.map(|name| (name, IpAddr::V4(address)))).unwrap();
    let modules = Modules::default().with(crate::register).with(certificates::register_issuing);
    let services = &mut yard.bench.services.services;
    *services = services
        .clone()
        .with(Arc::new(modules))
        .with(Arc::new(Authorities::new(Arc::new(pebble.authority()), [])))
        .with::<dyn Dns>(Arc::new(known))
        .with::<dyn Visitor>(Arc::new(web));
    for _ in 0..4 {
        run_due(services).await.unwrap();
        yard.bench.services.clock.advance(TimeDelta::minutes(6));
    }
    let left = yard.host.must(&["sh", "-c", &format!("dig +short @{address} platform.{ZONE} TXT || true")]).await.unwrap();
    assert_eq!(left.trim(), "", "no answer is left");

    let mut shown = Vec::new();
    for name in NAMES {
        let pod = yard.bench.running(Stack::Static, name).await;
        run_due(&yard.bench.services.services).await.unwrap();
        let unfinished = "select id from jobs where subject_id = $1 and status in ('queued', 'running')";
        let job: JobId = sqlx::query_scalar(unfinished).bind(pod.id).fetch_one(&mut yard.bench.services.db.owner().await).await.unwrap();
        assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
        let row = row(&yard, pod.id).await;
        assert_eq!(
            (row.state.status, row.is_platform, row.state.covers.as_slice()),
            (CertificateStatus::Active, true, [format!("*.{BASE}")].as_slice())
        );
        let page = pebble.visitor(name, address).get(format!("http://{name}/")).send().await.unwrap();
        assert_eq!((page.status().as_u16(), page.url().as_str()), (200, &*format!("https://{name}/")), "sent to HTTPS, and trusted there");
        shown.push(row.state.fingerprint.unwrap());
    }
    assert_eq!(shown[0], shown[1]);
    yard.down().await;
}
