//! Two real name servers, asked over the network.

use super::world::{DOMAIN, World, add, fault};
use crate::{dns, testing::Yard};
use adapters::dns::{Dns, DnsResolver, SimulatedDns};
use chrono::TimeDelta;
use core_administration::servers;
use model::{
    administration::servers::Capability,
    hosting::dns::{DnssecStatus, RecordType, RolloverStatus},
    ids::{DomainId, ServerId},
    permission::ServersManage,
};
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
};
use testkit::bed::Host;

async fn install(world: &World, server: ServerId) {
    let tx = world.services().db.platform::<ServersManage>(&world.bench.admin).await.unwrap();
    servers::install(world.services(), tx, server, Capability::Dns).await.unwrap();
}

/// What this name server itself answers for the address of a name below the domain; an error where it refuses.
async fn ask(host: &Host, name: &str) -> Result<Vec<IpAddr>, String> {
    let server = SocketAddr::from((host.address, 53));
    DnsResolver::new(&[server]).unwrap().addresses(&format!("{name}.{DOMAIN}")).await.map_err(|error| error.to_string())
}

/// Reconciles until every server answers, each time as late as the panel would.
async fn settle(world: &World, domain: DomainId) {
    for _ in 0..5 {
        world.after(TimeDelta::seconds(61)).await;
        if world.zone(domain).await.is_in_sync() {
            return;
        }
    }
    panic!("not in sync: {:?}", world.zone(domain).await.servers);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "boots a real host"]
async fn two_name_servers_answer_each_change_and_one_that_was_stopped_is_caught_up() {
    let Some(yard) = Yard::fresh().await else { return };
    let (second, second_id) = yard.another("dns2").await;
    let Yard { host: first, mut bench, keys } = yard;
    let ids = [bench.server, second_id];
    // What is outside of the two hosts: the parent of the zone, and the target of an ALIAS record.
    let outside = Arc::new(SimulatedDns::default());
    bench.services.services = bench.services.services.clone().with::<dyn Dns>(outside.clone());
    let world = World::around(bench, ids).await;
    // Somebody's own PowerDNS is not stopped.
    let unit = "rm --force /etc/systemd/system/pdns.service && printf '[Service]\\nExecStart=/bin/sleep infinity\\n' > /etc/systemd/system/pdns.service && systemctl daemon-reload && systemctl start pdns.service";
    second.must(&["sh", "-c", unit]).await.unwrap();
    let tx = world.services().db.platform::<ServersManage>(&world.bench.admin).await.unwrap();
    let refused = fault(servers::install(world.services(), tx, second_id, Capability::Dns).await);
    assert!(refused.contains("PowerDNS already runs on this server"), "{refused}");
    second.must(&["systemctl", "is-active", "pdns.service"]).await.unwrap();
    second.must(&["sh", "-c", "systemctl stop pdns.service && rm /etc/systemd/system/pdns.service && systemctl daemon-reload"]).await.unwrap();
    for server in ids {
        install(&world, server).await;
        install(&world, server).await; // again, and nothing is different
    }
    world.add_name_server(0, "ns1.panel.example").await.unwrap();
    world.add_name_server(1, "ns2.panel.example").await.unwrap();
    let rights = first.must(&["stat", "-c", "%a %U", "/etc/powerdns/pdns-mpanel.conf"]).await.unwrap();
    assert_eq!(rights.trim(), "600 pdns");
    assert!(tokio::net::TcpStream::connect((first.address, 981)).await.is_err(), "the API is on the loopback only");

    let domain = world.proved(world.bench.tenant, DOMAIN).await;
    world.create(domain).await.unwrap();
    settle(&world, domain).await;

    // One record more, with everything else that a zone can have beside it.
    let digest = "ab".repeat(32);
    let version = world.zone(domain).await.version;
    let changes = [
        add("shop", RecordType::A, "192.0.2.80"),
        add("six", RecordType::Aaaa, "2001:db8::80"),
        add("www", RecordType::Cname, "shop"),
        add("@", RecordType::Mx, "10 mail.other.example"),
        add("long", RecordType::Txt, &format!("quote \" backslash \\ ä {}", "x".repeat(400))),
        add("_sip._tcp", RecordType::Srv, "1 2 5060 shop"),
        add("@", RecordType::Caa, "0 issue letsencrypt.org"),
        add("sub", RecordType::Ns, "ns.other.example"),
        add("sub", RecordType::Ds, &format!("60485 13 2 {digest}")),
        add("7", RecordType::Ptr, "shop"),
        add("host", RecordType::Sshfp, &format!("4 2 {digest}")),
        add("_443._tcp", RecordType::Tlsa, &format!("3 1 1 {digest}")),
        add("*.wild", RecordType::A, "192.0.2.81"),
        add("@", RecordType::Https, "1 . alpn=h3,h2 ipv4hint=192.0.2.80 ipv6hint=2001:db8::80"),
        add("alias", RecordType::Https, "0 shop"),
        add("_dns.resolver", RecordType::Svcb, "1 shop mandatory=alpn,port alpn=dot no-default-alpn port=853 ech=AEX+DQBBpQAgACA="),
    ];
    world.apply(domain, version, &changes).await.unwrap();
    settle(&world, domain).await;
    let shop = vec![IpAddr::V4(Ipv4Addr::new(192, 0, 2, 80))];
    for host in [&first, &second] {
        assert_eq!(ask(host, "shop").await.as_ref(), Ok(&shop));
        assert_eq!(ask(host, "any.wild").await, Ok(vec![IpAddr::V4(Ipv4Addr::new(192, 0, 2, 81))]));
    }

    // The same content is no change, whatever form PowerDNS keeps it in.
    let stored = "sqlite3 /var/lib/powerdns/mpanel.sqlite3 'select max(id) from records'";
    let before = first.must(&["sh", "-c", stored]).await.unwrap();
    world.after(TimeDelta::minutes(61)).await;
    assert_eq!(first.must(&["sh", "-c", stored]).await.unwrap(), before, "nothing was written");

    dnssec(&world, domain, [&first, &second], &outside).await;
    alias(&world, domain, [&first, &second], &outside).await;

    // One is stopped during a change, and caught up afterwards.
    second.must(&["systemctl", "stop", "pdns@mpanel.service"]).await.unwrap();
    world.add_address(domain, "new").await;
    world.run().await;
    assert_eq!(ask(&first, "new").await.as_ref(), Ok(&shop));
    assert!(!world.zone(domain).await.is_in_sync());
    second.must(&["systemctl", "start", "pdns@mpanel.service"]).await.unwrap();
    settle(&world, domain).await;
    assert_eq!(ask(&second, "new").await.as_ref(), Ok(&shop));

    // A name that was something else becomes an alias in the same change.
    let zone = world.zone(domain).await;
    let old = zone.records.iter().find(|record| record.name == "new").unwrap().clone();
    let remove = model::hosting::dns::RecordChange { op: model::hosting::dns::ChangeOp::Remove, record: old };
    world.apply(domain, zone.version, &[remove, add("new", RecordType::Cname, "shop")]).await.unwrap();
    settle(&world, domain).await;
    assert_eq!(ask(&first, "new").await.as_ref(), Ok(&shop));

    // Removed, it is refused.
    world.remove(domain, DOMAIN).await.unwrap();
    world.run().await;
    for host in [&first, &second] {
        let said = ask(host, "shop").await;
        assert!(said.is_err(), "{said:?}");
    }
    std::fs::remove_dir_all(&keys).unwrap();
    first.down().await.unwrap();
    second.down().await.unwrap();
}

/// The domain itself has the addresses of another name, on both name servers, and of what that leads to later.
async fn alias(world: &World, domain: DomainId, hosts: [&Host; 2], outside: &SimulatedDns) {
    let (before, after) = (IpAddr::V4(Ipv4Addr::new(192, 0, 2, 90)), IpAddr::V4(Ipv4Addr::new(192, 0, 2, 91)));
    outside.set_addresses("shops.other.example", &[before]);
    let version = world.zone(domain).await.version;
    world.apply(domain, version, &[add("shops", RecordType::Alias, "shops.other.example")]).await.unwrap();
    settle(world, domain).await;
    for host in hosts {
        assert_eq!(ask(host, "shops").await, Ok(vec![before]));
    }
    outside.set_addresses("shops.other.example", &[after]);
    world.after(TimeDelta::minutes(16)).await;
    settle(world, domain).await;
    for host in hosts {
        assert_eq!(ask(host, "shops").await, Ok(vec![after]));
    }
}

/// What `delv` makes of a name on each host, to one who trusts only this key.
async fn validate(hosts: [&Host; 2], key: &str, name: &str, kind: &str) -> Vec<String> {
    let anchor = format!("trust-anchors {{ {DOMAIN}. static-key 257 3 13 \"{key}\"; }};\n");
    let script = "printf '%s' \"$1\" > /tmp/anchor && delv @\"$2\" -a /tmp/anchor +root=\"$3\" \"$4\" \"$5\" 2>&1";
    let mut said = Vec::new();
    for host in hosts {
        let address = host.address.to_string();
        said.push(hosts[0].must(&["sh", "-c", script, "sh", &anchor, &address, DOMAIN, name, kind]).await.unwrap());
    }
    said
}

/// Replaces the key of the signed zone. In each state the zone validates on both name servers by every key whose DS record a resolver can have then.
async fn rollover(world: &World, domain: DomainId, hosts: [&Host; 2], outside: &SimulatedDns) {
    let valid = async |keys: &[&str]| {
        for key in keys {
            for (name, kind) in [(format!("shop.{DOMAIN}"), "A"), (DOMAIN.to_owned(), "SOA"), (format!("nothing.{DOMAIN}"), "A")] {
                for said in validate(hosts, key, &name, kind).await {
                    assert!(said.contains("fully validated"), "{name} {kind} by {key}: {said}");
                }
            }
        }
    };
    let view = world.zone(domain).await.dnssec.unwrap();
    outside.set_ds(DOMAIN, &[&view.ds()], 3600);
    world.after(TimeDelta::minutes(6)).await;
    dns::start_rollover(world.services(), world.write().await, domain).await.unwrap();
    settle(world, domain).await;
    world.after(TimeDelta::minutes(6)).await;
    let next = world.zone(domain).await.dnssec.unwrap().rollover.unwrap();
    assert_eq!(next.status, RolloverStatus::WaitingForDs, "{next:?}");
    let (old, new) = (view.public_key.as_str(), next.public_key.as_str());
    valid(&[old, new]).await;
    outside.set_ds(DOMAIN, &[&view.ds(), &next.ds()], 3600);
    world.after(TimeDelta::minutes(6)).await;
    valid(&[old, new]).await;
    outside.set_ds(DOMAIN, &[&next.ds()], 3600);
    world.after(TimeDelta::minutes(6)).await;
    assert_eq!(world.zone(domain).await.dnssec.unwrap().rollover.unwrap().status, RolloverStatus::Retiring);
    valid(&[old, new]).await;
    world.after(TimeDelta::hours(25)).await;
    settle(world, domain).await;
    assert_eq!(world.zone(domain).await.dnssec.unwrap().rollover, None);
    valid(&[new]).await;
    outside.set_ds(DOMAIN, &[], 0);
    world.after(TimeDelta::minutes(6)).await;
}

/// Signs the zone, has both name servers validated by their own DNSKEY records, and ends it again.
async fn dnssec(world: &World, domain: DomainId, hosts: [&Host; 2], outside: &SimulatedDns) {
    dns::turn_on(world.services(), world.write().await, domain).await.unwrap();
    settle(world, domain).await;
    world.run().await;
    let view = world.zone(domain).await.dnssec.unwrap();
    assert_eq!(view.status, DnssecStatus::WaitingForDs, "both return the key: {view:?}");
    let validate = async |name: &str, kind: &str| self::validate(hosts, &view.public_key, name, kind).await;
    let [shop, any, gone] = ["shop", "any.wild", "nothing"].map(|name| format!("{name}.{DOMAIN}"));
    for (name, kind, says) in
        [(shop.as_str(), "A", "192.0.2.80"), (&any, "A", "192.0.2.81"), (DOMAIN, "HTTPS", "alpn"), (DOMAIN, "SOA", "hostmaster")]
    {
        for said in validate(name, kind).await {
            assert!(said.contains("; fully validated") && said.contains(says), "{name} {kind}: {said}");
        }
    }
    for said in validate(&gone, "A").await {
        assert!(said.contains("; negative response, fully validated"), "{said}");
    }
    // A change is signed too, under the serial that the panel has set.
    world.add_address(domain, "signed").await;
    settle(world, domain).await;
    for said in validate(&format!("signed.{DOMAIN}"), "A").await {
        assert!(said.contains("; fully validated"), "{said}");
    }
    // One that has lost its keys gets the same again, though its serial is right.
    let keys =
        "sqlite3 /var/lib/powerdns/mpanel.sqlite3 'delete from cryptokeys; delete from domainmetadata' && systemctl restart pdns@mpanel.service";
    hosts[1].must(&["sh", "-c", keys]).await.unwrap();
    world.after(TimeDelta::minutes(61)).await;
    settle(world, domain).await;
    for said in validate(&shop, "A").await {
        assert!(said.contains("; fully validated"), "{said}");
    }
    rollover(world, domain, hosts, outside).await;
    dns::turn_off(world.services(), world.write().await, domain).await.unwrap();
    world.after(TimeDelta::hours(25)).await;
    settle(world, domain).await;
    assert_eq!(world.zone(domain).await.dnssec, None);
    for host in hosts {
        let said = host.must(&["sh", "-c", "sqlite3 /var/lib/powerdns/mpanel.sqlite3 'select count(*) from cryptokeys'"]).await.unwrap();
        assert_eq!(said.trim(), "0");
        let shop = format!("shop.{DOMAIN}");
        let said = hosts[0].must(&["dig", &format!("@{}", host.address), &shop, "A", "+dnssec", "+noall", "+answer"]).await.unwrap();
        assert!(said.contains("192.0.2.80") && !said.contains("RRSIG"), "{said}");
    }
}
