//! One request of each kind, as JSON, with every field filled.

use serde_json::{Value, json};
use wire::message::ToNode;
use wire::verb::Verb;

fn artifact(name: &str) -> Value {
    json!({"name": name, "sha256": "a".repeat(64)})
}

fn pod(stack: Value) -> Value {
    json!({
        "pod": "p1",
        "uid": 1_900_000_007,
        "limits": {"cpu_millis": 500, "memory_mb": 256, "disk_mb": 1024, "tasks": 100},
        "network": "internet",
        "state": "running",
        "sites": [{
            "name": "main",
            "stack": stack,
            "runtime": artifact("php8.2"),
            "domains": ["blog.example.test", "www.blog.example.test"],
            "source": artifact("wordpress"),
            "certificate": {
                "chain": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                "key": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
                "redirect": true,
                "hsts": 86_400,
                "also": {
                    "domains": ["www.blog.example.test"],
                    "chain": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                    "key": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
                },
            },
            "stopped": true,
            "release": {"name": "r7", "folder": "dist", "start": "build/server.js"},
            "settings": {
                "document_root": "web/public",
                "index_files": ["index.html", "start.htm"],
                "spa_fallback": true,
                "php": {"memory_limit_mb": 128, "max_upload_mb": 32, "max_execution_seconds": 60, "display_errors": true},
                "redirects": [{"from": "/old/", "below": true, "to": "https://example.com/new", "status": 308}],
                "headers": [{"name": "X-Frame-Options", "value": "DENY"}],
                "protection": {"user": "ana", "password_hash": format!("$6$rounds=1000$saltsaltsaltsalt${}", "a".repeat(86))},
                "error_pages": {"not_found": "/errors/404.html", "failed": "/errors/50x.html"},
                "micro_cache_seconds": 10,
                "redirect_to_main": true,
            },
            "environment": [{"name": "API_KEY", "value": "it's \"so\" $x"}],
            "jobs": [{"key": "j1", "schedule": "*/15 3 1-7 jan mon", "command": "php cron.php", "limit_seconds": 600}],
            "sleep_after_minutes": 60,
        }],
        "databases": [{"name": "pod_p1", "user": "pod_p1", "password": "0123456789abcdef"}],
        "hand_edits": "keep",
    })
}

fn wordpress() -> Value {
    json!({
        "kind": "wordpress", "title": "Ana & Sons", "admin_email": "ana@example.test", "admin_user": "ana",
        "admin_password": "a very good one", "url": "http://blog.example.test", "database": "pod_p1",
    })
}

fn zone() -> Value {
    let record = |name: &str, data: Value| json!({"name": name, "ttl": 3600, "data": data});
    json!({
        "name": "bakery.example",
        "serial": 2_026_120_101,
        "name_servers": ["ns1.panel.example", "ns2.panel.example"],
        "records": [
            record("bakery.example", json!({"type": "A", "address": "192.0.2.7"})),
            record("bakery.example", json!({"type": "AAAA", "address": "2001:db8::7"})),
            record("www.bakery.example", json!({"type": "CNAME", "target": "bakery.example"})),
            record("bakery.example", json!({"type": "MX", "preference": 10, "target": "mail.bakery.example"})),
            record("bakery.example", json!({"type": "TXT", "text": "v=spf1 -all"})),
            record("_sip._tcp.bakery.example", json!({"type": "SRV", "priority": 1, "weight": 2, "port": 5060, "target": "sip.bakery.example"})),
            record("bakery.example", json!({"type": "CAA", "flags": 0, "tag": "issue", "value": "letsencrypt.org"})),
            record("shop.bakery.example", json!({"type": "NS", "target": "ns.shop.example"})),
            record("7.bakery.example", json!({"type": "PTR", "target": "host.bakery.example"})),
            record("bakery.example", json!({"type": "SSHFP", "algorithm": 4, "fingerprint_type": 2, "fingerprint": "ab".repeat(32)})),
            record("_443._tcp.bakery.example", json!({"type": "TLSA", "usage": 3, "selector": 1, "matching": 1, "data": "cd".repeat(32)})),
            record("shop.bakery.example", json!({"type": "DS", "key_tag": 5, "algorithm": 13, "digest_type": 2, "digest": "ef".repeat(32)})),
        ],
    })
}

fn source() -> Value {
    json!({
        "remote": "git@git.example.test:bakery/shop.git", "branch": "main",
        "key": "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n", "host_keys": "git.example.test ssh-ed25519 AAAA\n",
    })
}

fn request(verb: Value) -> Value {
    json!({"say": "request", "id": 7, "deadline_ms": 60_000, "key": "job:1/step-2", "verb": verb, "window": 5})
}

/// Every kind of message that a server takes. A new verb does not compile here until it has its sample.
pub fn all() -> Vec<Value> {
    let sum = "b".repeat(64);
    let mut found = vec![json!({"say": "cancel", "id": 7}), json!({"say": "credit", "id": 7, "bytes": 5})];
    found.extend(
        [
            json!({"probe": {}}),
            json!({"install": {"capability": "WEB"}}),
            json!({"artifact_have": {"sha256": sum}}),
            json!({"artifact_put": {"name": "php8.2", "kind": "runtime", "sha256": sum, "size": 5}}),
            json!({"pod_plan": {"spec": pod(json!({"kind": "static", "title": "Ana & Sons"}))}}),
            json!({"pod_plan": {"spec": pod(json!({"kind": "php", "title": "Ana & Sons"}))}}),
            json!({"pod_plan": {"spec": pod(json!({"kind": "node", "title": "Ana & Sons"}))}}),
            json!({"pod_apply": {"spec": pod(wordpress())}}),
            json!({"pod_observe": {"pod": "p1"}}),
            json!({"pod_remove": {"pod": "p1", "mode": "purge"}}),
            json!({"site_remove": {"pod": "p1", "site": "main", "database": "pod_p1"}}),
            json!({"site_build": {
                "pod": "p1", "site": "main", "release": {"name": "r8", "folder": "web/dist", "start": null}, "tools": artifact("build"),
                "source": source(),
                "plan": {"folder": "web", "command": "npm ci && npm run build", "shared": ["uploads"], "seconds": 600},
            }}),
            json!({"site_releases": {"pod": "p1", "site": "main", "keep": ["r7", "r8"], "archive": "0a".repeat(16)}}),
            json!({"site_head": {"pod": "p1", "site": "main", "tools": artifact("build"), "source": source()}}),
            json!({"site_look": {"pod": "p1", "site": "main", "tools": artifact("build"), "source": source(), "folder": "apps/web"}}),
            json!({"site_archive": {"pod": "p1", "site": "main", "archive": "0a".repeat(16)}}),
            json!({"site_unpack": {
                "pod": "p1", "site": "main", "release": {"name": "r8", "folder": "web/dist", "start": null}, "tools": artifact("build"),
                "archive": "0a".repeat(16), "kind": "tar_gz", "plan": {"folder": "web", "command": "npm ci", "shared": ["uploads"], "seconds": 600},
            }}),
            json!({"site_cache_purge": {"pod": "p1", "site": "main"}}),
            json!({"site_visit": {"pod": "p1", "site": "main"}}),
            json!({"pod_restart": {"pod": "p1"}}),
            json!({"job_run": {"pod": "p1", "site": "main", "job": "j1"}}),
            json!({"job_results": {"pod": "p1", "since": 1_900_000_000}}),
            json!({"pod_list": {}}),
            json!({"pod_log": {"pod": "p1", "log": "access"}}),
            json!({"site_log": {
                "pod": "p1", "site": "main", "log": "application", "search": "Fatal error", "from": {"before": {"file": 0, "after": 1_900_000_000, "offset": 4096}},
                "limit": 200,
            }}),
            json!({"site_log_file": {"pod": "p1", "site": "main", "log": "error"}}),
            json!({"pod_send": {"pod": "p1", "part": "whole"}}),
            json!({"pod_receive": {"pod": "p1", "part": "rest", "disk_mb": 1024}}),
            json!({"pod_adopt": {"spec": pod(wordpress()), "part": "whole"}}),
            json!({"pod_pause": {"pod": "p1"}}),
            json!({"pod_forward": {"pod": "p1", "to": "100.64.0.7"}}),
            json!({"pod_visitors": {"pod": "p1", "from": "100.64.0.7", "believe": true}}),
            json!({"pod_move_end": {"pod": "p1"}}),
            json!({"challenge_put": {"token": "LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX0", "answer": "LoqXcYV8.thumb-print_1"}}),
            json!({"challenge_remove": {"token": "LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX0"}}),
            json!({"zone_apply": {"zone": zone()}}),
            json!({"zone_remove": {"name": "bakery.example", "serial": 2_026_120_101}}),
            json!({"zone_serial": {"name": "bakery.example"}}),
            json!({"zone_counts": {}}),
            json!({"upgrade": {"sha256": sum, "size": 5, "trial": true}}),
            json!({"upgrade_end": {"keep": true}}),
        ]
        .map(request),
    );
    found
}

/// Which verb a message carries; the list is the compiler's to complete.
pub fn number(message: &ToNode) -> usize {
    let ToNode::Request { verb, .. } = message else { return 0 };
    match verb {
        Verb::Probe(_) => 1,
        Verb::Install(_) => 2,
        Verb::ArtifactHave(_) => 3,
        Verb::ArtifactPut(_) => 4,
        Verb::PodPlan(_) => 5,
        Verb::PodApply(_) => 6,
        Verb::PodObserve(_) => 7,
        Verb::PodRemove(_) => 8,
        Verb::PodList(_) => 9,
        Verb::Upgrade(_) => 10,
        Verb::PodLog(_) => 11,
        Verb::UpgradeEnd(_) => 12,
        Verb::PodRestart(_) => 13,
        Verb::PodSend(_) => 14,
        Verb::PodReceive(_) => 15,
        Verb::PodAdopt(_) => 16,
        Verb::PodPause(_) => 17,
        Verb::PodForward(_) => 18,
        Verb::PodMoveEnd(_) => 19,
        Verb::PodVisitors(_) => 20,
        Verb::ChallengePut(_) => 21,
        Verb::ChallengeRemove(_) => 22,
        Verb::ZoneApply(_) => 23,
        Verb::ZoneRemove(_) => 24,
        Verb::ZoneSerial(_) => 25,
        Verb::ZoneCounts(_) => 38,
        Verb::SiteRemove(_) => 26,
        Verb::SiteBuild(_) => 27,
        Verb::SiteReleases(_) => 28,
        Verb::JobRun(_) => 29,
        Verb::JobResults(_) => 30,
        Verb::SiteLog(_) => 35,
        Verb::SiteLogFile(_) => 36,
        Verb::SiteCachePurge(_) => 37,
        Verb::SiteVisit(_) => 39,
        Verb::SiteHead(_) => 31,
        Verb::SiteLook(_) => 32,
        Verb::SiteArchive(_) => 33,
        Verb::SiteUnpack(_) => 34,
    }
}

/// Numbers that [`number`] gives.
pub const NUMBERS: usize = 40;

/// Where the texts of a message are, as JSON pointers.
pub fn texts(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    walk(value, String::new(), &mut |path, value| {
        if value.is_string() {
            found.push(path.to_owned());
        }
    });
    found
}

/// Where the objects of a message are.
pub fn objects(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    walk(value, String::new(), &mut |path, value| {
        if value.is_object() {
            found.push(path.to_owned());
        }
    });
    found
}

fn walk(value: &Value, path: String, see: &mut impl FnMut(&str, &Value)) {
    see(&path, value);
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, inner)| walk(inner, format!("{path}/{name}"), see)),
        Value::Array(items) => items.iter().enumerate().for_each(|(at, inner)| walk(inner, format!("{path}/{at}"), see)),
        _ => {}
    }
}
