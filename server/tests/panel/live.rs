//! The live link: who may open it, what one hears, and what a cut costs.

use crate::{
    client::{Socket, Visitor},
    panel::eventually,
    seed::{Customer, Used, buy, made, text, used, used_with},
};
use model::ids::JobId;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

fn subscribe_to(channel: u32, to: &Value) -> Value {
    json!({ "subscribe": { "channel": channel, "to": to } })
}

fn job_topic(job: &str, after: i64, follow: Option<&str>) -> Value {
    json!({ "job": { "job": job, "after": after, "follow": follow } })
}

fn subscribe(job: &str, after: i64, follow: Option<&str>) -> Value {
    subscribe_to(1, &job_topic(job, after, follow))
}

/// The next news of the one channel that is followed.
async fn news(socket: &mut Socket) -> Option<Value> {
    let said = socket.hear().await?;
    assert_eq!(said["channel"], 1, "{said}");
    Some(said["news"].clone())
}

/// Nothing more is said of the first channel: what comes next is the answer to something that is not there for anybody.
async fn says_no_more(socket: &mut Socket) {
    socket.say(&subscribe_to(2, &job_topic("0198f3a0-0000-7000-8000-000000000000", 0, None))).await;
    assert_eq!(socket.hear().await, Some(json!({ "channel": 2, "news": "refused" })));
}

/// The first thing that is heard about a job.
async fn first(visitor: &Visitor, job: &str, follow: Option<&str>) -> (Value, Socket) {
    let mut socket = Socket::open(visitor, None).await.expect("a link");
    socket.say(&subscribe(job, 0, follow)).await;
    (news(&mut socket).await.expect("an answer"), socket)
}

async fn is_refused(visitor: &Visitor, job: &str, follow: Option<&str>) {
    let (said, mut socket) = first(visitor, job, follow).await;
    assert_eq!(said, json!("refused"));
    says_no_more(&mut socket).await;
}

fn hears(said: &Value) -> bool {
    said["event"]["id"].is_i64()
}

#[tokio::test]
async fn one_hears_the_own_accounts_jobs_and_of_others_not_even_that_they_are_there() {
    let used = used(&["--no-work"]).await;
    let (anna, bert) = (&used.seed.anna, &used.seed.bert);
    assert!(hears(&first(&used.anna(), &anna.job, None).await.0));
    for job in [anna, bert].map(|customer| &customer.job) {
        assert!(hears(&first(&used.admin(), job, None).await.0), "staff hear all");
        is_refused(&used.stranger(), job, None).await;
        is_refused(&used.stranger(), job, Some("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")).await;
        is_refused(&used.stranger().with("mpanel=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), job, None).await;
    }
    is_refused(&used.anna(), &bert.job, None).await;
    is_refused(&used.anna(), "0198f3a0-0000-7000-8000-000000000000", None).await;
    // Another job's buyer token opens that job only.
    let order = buy(&used.stranger(), "static", "carl@eastpier.example").await;
    let (said, _socket) = first(&used.stranger(), &order.job, Some(&order.token)).await;
    assert!(hears(&said) || said["job"]["job"]["id"] == order.job.as_str(), "{said}");
    is_refused(&used.stranger(), &bert.job, Some(&order.token)).await;
}

/// The first thing that is heard about an object.
async fn watched(visitor: &Visitor, object: Value) -> (Value, Socket) {
    let mut socket = Socket::open(visitor, None).await.expect("a link");
    socket.say(&subscribe_to(1, &json!({ "object": object }))).await;
    (news(&mut socket).await.expect("an answer"), socket)
}

#[tokio::test]
async fn one_hears_that_an_own_pod_has_changed_and_of_others_and_of_servers_nothing() {
    let used = used(&["--no-work"]).await;
    let (anna, bert) = (json!({ "cloud_pod": used.seed.anna.pod }), json!({ "cloud_pod": used.seed.bert.pod }));
    let server = json!({ "server": used.seed.server });
    for (visitor, object) in [
        (used.anna(), bert.clone()),
        (used.anna(), server.clone()),
        (used.anna(), json!({ "cloud_pod": "0198f3a0-0000-7000-8000-000000000000" })),
        (used.stranger(), anna.clone()),
        (used.stranger(), server.clone()),
    ] {
        let (said, mut socket) = watched(&visitor, object.clone()).await;
        assert_eq!(said, json!("refused"), "{object}");
        says_no_more(&mut socket).await;
    }
    let (said, mut own) = watched(&used.anna(), anna).await;
    assert_eq!(said, json!("watching"));
    let (said, mut other) = watched(&used.bert(), bert).await;
    assert_eq!(said, json!("watching"));
    assert_eq!(watched(&used.admin(), server).await.0, json!("watching"));
    let suspend = json!({ "id": used.seed.anna.pod, "reason": "STAFF", "note": "" });
    used.admin().must("/api/admin/hosting/cloudpods/suspend", suspend).await;
    assert_eq!(news(&mut own).await, Some(json!("changed")));
    let suspend = json!({ "id": used.seed.bert.pod, "reason": "STAFF", "note": "" });
    used.admin().must("/api/admin/hosting/cloudpods/suspend", suspend).await;
    assert_eq!(news(&mut other).await, Some(json!("changed")), "the first thing that is heard is the own pod's");
}

#[tokio::test]
async fn one_hears_that_an_own_zone_has_changed_and_of_others_nothing() {
    let used = used(&["--no-work"]).await;
    let (anna, bert) = (json!({ "dns_zone": used.seed.anna.domain }), json!({ "dns_zone": used.seed.bert.domain }));
    for (visitor, object) in
        [(used.anna(), bert.clone()), (used.anna(), json!({ "dns_zone": "0198f3a0-0000-7000-8000-000000000000" })), (used.stranger(), anna.clone())]
    {
        let (said, mut socket) = watched(&visitor, object.clone()).await;
        assert_eq!(said, json!("refused"), "{object}");
        says_no_more(&mut socket).await;
    }
    let (said, mut own) = watched(&used.anna(), anna.clone()).await;
    assert_eq!(said, json!("watching"));
    let (said, mut other) = watched(&used.bert(), bert).await;
    assert_eq!(said, json!("watching"));
    assert_eq!(watched(&used.admin(), anna).await.0, json!("watching"));
    let apply = async |visitor: &Visitor, customer: &Customer| {
        let record = json!({ "name": "www", "kind": "A", "ttl": 300, "value": "192.0.2.1" });
        let changes = json!([{ "op": "ADD", "record": record }]);
        let input = json!({ "slug": customer.slug, "id": customer.domain, "version": 7, "changes": changes });
        visitor.must("/api/tenant/domains/dns/apply", input).await;
    };
    apply(&used.anna(), &used.seed.anna).await;
    assert_eq!(news(&mut own).await, Some(json!("changed")));
    apply(&used.bert(), &used.seed.bert).await;
    assert_eq!(news(&mut other).await, Some(json!("changed")), "the first thing that is heard is the own zone's");
}

#[tokio::test]
async fn another_sites_page_cannot_open_the_link() {
    let used = used(&["--no-work"]).await;
    let own = format!("http://127.0.0.1:{}", used.installation.port);
    for foreign in ["https://evil.example", "null", "http://127.0.0.1", "http://127.0.0.1:1", &format!("{own}.evil.example"), "x"] {
        assert_eq!(Socket::open(&used.anna(), Some(foreign)).await.err(), Some(403), "{foreign}");
    }
    assert!(Socket::open(&used.anna(), Some(&own)).await.is_ok());
}

#[tokio::test]
async fn who_signs_out_or_says_nothing_hears_nothing_more() {
    let used = used(&["--no-work"]).await;
    let (_, mut link) = first(&used.anna(), &used.seed.anna.job, None).await;
    let mut silent = Socket::open(&used.stranger(), None).await.expect("a link");
    used.anna().must("/api/public/session/sign_out", json!({})).await;
    let mut last = Value::Null;
    let began = Instant::now();
    while let Some(said) = news(&mut link).await {
        last = said;
    }
    assert_eq!(last, json!("refused"));
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert_eq!(silent.hear().await, None, "a link without a channel is closed");
    let mut talker = Socket::open(&used.admin(), None).await.expect("a link");
    talker.say(&subscribe(&"x".repeat(10_000), 0, None)).await;
    assert_eq!(talker.hear().await, None, "a message that is too long ends it");
}

/// Follows the buyer's job from the last line on until `enough` is; gives the numbers of the lines that were heard.
async fn follow(used: &Used, job: &str, token: &str, after: i64, enough: impl Fn(&[i64], &Value) -> bool) -> Vec<i64> {
    let mut socket = Socket::open(&used.stranger(), None).await.expect("a link");
    socket.say(&subscribe(job, after, Some(token))).await;
    let mut heard = Vec::new();
    while let Some(said) = news(&mut socket).await {
        heard.extend(said["event"]["id"].as_i64());
        if enough(&heard, &said) {
            break;
        }
    }
    heard
}

#[tokio::test]
async fn after_every_cut_the_link_goes_on_behind_the_last_line_and_none_comes_twice() {
    let used = used(&[]).await;
    let order = buy(&used.stranger(), "wordpress", "dora@westpier.example").await;
    let mut heard: Vec<i64> = Vec::new();
    let mut cuts = 0;
    loop {
        // Each link is cut without a word after two lines.
        let last = heard.last().copied().unwrap_or(0);
        let done = std::cell::Cell::new(false);
        let lines = follow(&used, &order.job, &order.token, last, |lines, said| {
            done.set(said["job"]["job"]["status"] == "done");
            lines.len() == 2 || done.get()
        });
        heard.extend(lines.await);
        if done.get() {
            break;
        }
        cuts += 1;
        assert!(cuts < 500, "{heard:?}");
    }
    made(&used.stranger(), &order).await;
    let job = used.admin().must("/api/admin/provisioning/jobs/get", json!({ "id": order.job })).await;
    let stored: Vec<i64> = job["events"].as_array().expect("events").iter().map(|event| event["id"].as_i64().expect("a number")).collect();
    assert!(stored.len() > 8 && cuts > 3, "{} lines, {cuts} cuts", stored.len());
    assert_eq!(heard, stored, "{}", text(&job["view"]["job"]["subject"]));
}

#[tokio::test]
async fn a_line_whose_notice_was_lost_is_heard_all_the_same() {
    let used = used(&["--no-work"]).await;
    let job = &used.seed.anna.job;
    let (mut said, mut link) = first(&used.anna(), job, None).await;
    while said["job"].is_null() {
        said = news(&mut link).await.expect("what there is");
    }
    let mut owner = used.owner().await;
    let quietly = "with quiet as (select set_config('mpanel.quiet', 'on', false) is not null as done)
        insert into job_events (job_id, level, message) select $1, 'info', 'told to nobody' from quiet where done";
    sqlx::query(quietly).bind(job.parse::<JobId>().expect("an id")).execute(&mut owner).await.expect("a line");
    let said = news(&mut link).await.expect("news");
    assert_eq!(said["event"]["message"], "told to nobody", "{said}");
}

/// Opens as many links as it can, at most `most`; with the status that ended it.
async fn links(visitor: &Visitor, most: usize) -> (Vec<Socket>, Option<u16>) {
    let mut open = Vec::new();
    while open.len() < most {
        match Socket::open(visitor, None).await {
            Ok(socket) => open.push(socket),
            Err(status) => return (open, Some(status)),
        }
    }
    (open, None)
}

#[tokio::test]
async fn one_session_one_buyer_and_one_address_have_so_many_links_and_no_more() {
    let used = used_with(&["--no-work"], |installation| installation.set("MPANEL_LIMITS__LIVE_LINKS_PER_ADDRESS", 45)).await;
    let (mut annas, ended) = links(&used.anna(), 100).await;
    assert_eq!((annas.len(), ended), (20, Some(429)), "of one session");
    // Another session is not touched by it; a link that is closed makes room.
    assert!(Socket::open(&used.bert(), None).await.is_ok());
    drop(annas.pop());
    eventually("there is room again", async || Socket::open(&used.anna(), None).await.ok()).await;
    drop(annas);
    let (anna, token) = (&used.seed.anna, used.seed.anna.checkout_token.as_str());
    let mut buyers = Vec::new();
    let refused = loop {
        let (said, socket) = first(&used.stranger(), &anna.job, Some(token)).await;
        if said == json!("refused") {
            break buyers.len();
        }
        buyers.push(socket);
        assert!(buyers.len() < 30);
    };
    assert_eq!(refused, 20, "of one buyer");
    assert!(hears(&first(&used.stranger(), &used.seed.bert.job, Some(&used.seed.bert.checkout_token)).await.0), "another buyer");
    let (strangers, ended) = links(&used.stranger(), 100).await;
    assert_eq!(ended, Some(429), "of one address");
    assert!(strangers.len() + buyers.len() <= 45, "{} and {}", strangers.len(), buyers.len());
}

fn log_request(site: &str, log: &str, after: &str) -> Value {
    subscribe_to(1, &json!({ "log": { "site": site, "log": log, "after": after } }))
}

/// What is heard first of a log that is followed from its beginning.
async fn followed(visitor: &Visitor, site: &str) -> (Value, Socket) {
    let mut socket = Socket::open(visitor, None).await.expect("a link");
    socket.say(&log_request(site, "access", "0.0.0")).await;
    (news(&mut socket).await.expect("an answer"), socket)
}

#[tokio::test]
async fn one_follows_logs_of_own_sites_so_many_at_once_and_of_others_nothing() {
    let used = used(&[]).await;
    let (anna, bert) = (&used.seed.anna.website, &used.seed.bert.website);
    for (visitor, site) in [(used.anna(), bert.as_str()), (used.anna(), "0198f3a0-0000-7000-8000-000000000000"), (used.stranger(), anna.as_str())] {
        let (said, mut socket) = followed(&visitor, site).await;
        assert_eq!(said, json!("refused"), "{site}");
        says_no_more(&mut socket).await;
    }
    // Whoever cannot see a log takes none of its places.
    let mut strangers = Vec::new();
    for visitor in [used.stranger(), used.bert()] {
        let mut link = Socket::open(&visitor, None).await.expect("a link");
        for channel in 1..=12 {
            link.say(&subscribe_to(channel, &json!({ "log": { "site": anna, "log": "access", "after": "0.0.0" } }))).await;
        }
        assert_eq!(link.hear().await, Some(json!({ "channel": 1, "news": "refused" })));
        strangers.push(link);
    }
    let mut links = Vec::new();
    for visitor in [used.anna(), used.admin()].iter().cycle().take(10) {
        let (said, link) = followed(visitor, anna).await;
        let lines = &said["log"]["lines"];
        assert!(lines[0].as_str().is_some_and(|line| line.contains("This access log comes from a simulated server.")), "{said}");
        assert!(said["log"]["newer"].is_string());
        links.push(link);
    }
    let (said, mut socket) = followed(&used.admin(), anna).await;
    assert_eq!(said, json!("refused"), "each reads the log from its server again and again");
    says_no_more(&mut socket).await;
    assert!(followed(&used.bert(), bert).await.0["log"].is_object(), "another site's followers do not count");
    drop(links);
    eventually("places are free again", async || followed(&used.anna(), anna).await.0["log"].is_object().then_some(())).await;
    // What cannot be read is said, and the link stays.
    let mut socket = Socket::open(&used.anna(), None).await.expect("a link");
    socket.say(&log_request(anna, "access", "nowhere")).await;
    assert!(news(&mut socket).await.expect("an answer")["log_failed"].is_string());
}

#[tokio::test]
async fn one_link_reads_logs_once_a_second_however_often_it_asks() {
    let used = used(&[]).await;
    let mut socket = Socket::open(&used.anna(), None).await.expect("a link");
    for log in ["access", "error"].iter().cycle().take(80) {
        socket.say(&log_request(&used.seed.anna.website, log, "0.0.0")).await;
    }
    socket.say(&subscribe_to(1, &json!({ "object": { "cloud_pod": used.seed.anna.pod } }))).await;
    let mut read = 0;
    while news(&mut socket).await.expect("an answer") != json!("watching") {
        read += 1;
    }
    assert!(read < 20, "{read} reads for 80 requests");
}

#[tokio::test]
async fn a_refused_channel_leaves_the_others_of_its_link_as_they_are() {
    let used = used(&["--no-work"]).await;
    let mut link = Socket::open(&used.anna(), None).await.expect("a link");
    let (own, foreign) = (json!({ "object": { "cloud_pod": used.seed.anna.pod } }), json!({ "object": { "cloud_pod": used.seed.bert.pod } }));
    link.say(&subscribe_to(7, &own)).await;
    assert_eq!(link.hear().await, Some(json!({ "channel": 7, "news": "watching" })));
    for (channel, to) in [(8, foreign.clone()), (9, job_topic(&used.seed.bert.job, 0, None))] {
        link.say(&subscribe_to(channel, &to)).await;
        assert_eq!(link.hear().await, Some(json!({ "channel": channel, "news": "refused" })));
    }
    for pod in [&used.seed.bert.pod, &used.seed.anna.pod] {
        let suspend = json!({ "id": pod, "reason": "STAFF", "note": "" });
        used.admin().must("/api/admin/hosting/cloudpods/suspend", suspend).await;
    }
    assert_eq!(link.hear().await, Some(json!({ "channel": 7, "news": "changed" })), "the other customer's came first and was not heard");
}

#[tokio::test]
async fn one_link_carries_two_jobs_each_behind_its_own_line_until_it_is_followed_no_longer() {
    let used = used(&["--no-work"]).await;
    let (anna, bert) = (&used.seed.anna.job, &used.seed.bert.job);
    let mut heard: std::collections::BTreeMap<i64, Vec<i64>> = std::collections::BTreeMap::new();
    for _ in 0..2 {
        let mut link = Socket::open(&used.admin(), None).await.expect("a link");
        let mut whole = std::collections::BTreeSet::new();
        for (channel, job) in [(1, anna), (2, bert)] {
            let last = heard.get(&i64::from(channel)).and_then(|lines| lines.last()).copied().unwrap_or(0);
            link.say(&subscribe_to(channel, &job_topic(job, last, None))).await;
        }
        while whole.len() < 2 {
            let said = link.hear().await.expect("news");
            let channel = said["channel"].as_i64().expect("a number");
            heard.entry(channel).or_default().extend(said["news"]["event"]["id"].as_i64());
            if let Some(job) = said["news"]["job"]["job"]["id"].as_str() {
                assert_eq!(job, if channel == 1 { anna } else { bert });
                whole.insert(channel);
            }
        }
        // What is followed no longer is not heard; its neighbour is.
        link.say(&json!({ "unsubscribe": { "channel": 1 } })).await;
        says_no_more_of_first(&mut link).await;
        let mut owner = used.owner().await;
        for job in [anna, bert] {
            let line = "insert into job_events (job_id, level, message) values ($1, 'info', 'one more line')";
            sqlx::query(line).bind(job.parse::<JobId>().expect("an id")).execute(&mut owner).await.expect("a line");
        }
        let said = link.hear().await.expect("news");
        assert_eq!((&said["channel"], &said["news"]["event"]["message"]), (&json!(2), &json!("one more line")), "{said}");
        heard.entry(2).or_default().extend(said["news"]["event"]["id"].as_i64());
    }
    for (channel, job, unheard) in [(1, anna, 1), (2, bert, 0)] {
        let job = used.admin().must("/api/admin/provisioning/jobs/get", json!({ "id": job })).await;
        let mut stored: Vec<i64> = job["events"].as_array().expect("events").iter().map(|event| event["id"].as_i64().expect("a number")).collect();
        stored.truncate(stored.len() - unheard);
        assert_eq!(heard[&channel], stored, "every line once");
    }
}

/// What was asked before has been done.
async fn says_no_more_of_first(link: &mut Socket) {
    link.say(&subscribe_to(3, &job_topic("0198f3a0-0000-7000-8000-000000000000", 0, None))).await;
    assert_eq!(link.hear().await, Some(json!({ "channel": 3, "news": "refused" })));
}

#[tokio::test]
async fn a_link_carries_so_many_channels_and_the_end_of_its_session_ends_them_all() {
    let used = used(&["--no-work"]).await;
    let mut link = Socket::open(&used.anna(), None).await.expect("a link");
    let own = json!({ "object": { "cloud_pod": used.seed.anna.pod } });
    let open = async |link: &mut Socket, channel: u32| {
        link.say(&subscribe_to(channel, &own)).await;
        let said = link.hear().await.expect("an answer");
        assert_eq!(said["channel"], channel);
        said["news"].clone()
    };
    for channel in 1..=32 {
        assert_eq!(open(&mut link, channel).await, json!("watching"));
    }
    assert_eq!(open(&mut link, 33).await, json!("refused"));
    assert_eq!(open(&mut link, 32).await, json!("watching"), "a number that is in use stands for the new channel");
    link.say(&json!({ "unsubscribe": { "channel": 5 } })).await;
    assert_eq!(open(&mut link, 33).await, json!("watching"), "there is room again");
    used.anna().must("/api/public/session/sign_out", json!({})).await;
    let mut ended = std::collections::BTreeSet::new();
    while let Some(said) = link.hear().await {
        assert_eq!(said["news"], "refused", "{said}");
        ended.insert(said["channel"].as_i64().expect("a number"));
    }
    assert_eq!(ended.into_iter().collect::<Vec<_>>(), (1..=33).filter(|channel| *channel != 5).collect::<Vec<_>>());
}
