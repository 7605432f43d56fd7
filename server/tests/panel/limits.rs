//! What is too much, too slow, or not meant well.

use crate::{
    panel::eventually,
    seed::{mailed_token, used, used_with},
};
use serde_json::json;
use std::time::{Duration, Instant};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

/// A byte more than any route takes.
const TOO_MUCH: usize = 512 * 1024 + 1;

#[tokio::test]
async fn a_body_over_the_limit_is_413_at_every_route_also_in_pieces() {
    let used = used(&["--no-work"]).await;
    let admin = used.admin();
    let before = used.everything().await;
    for path in [
        "/api/public/session/sign_in",
        "/api/admin/billing/products/create",
        "/api/public/checkout/webhook",
        "/api/nothing",
        "/nothing",
        "/",
        "/metrics",
    ] {
        for pieces in [false, true] {
            let request = admin.request("POST", path).header("content-type", "application/json");
            let request = if pieces {
                let parts = (0..=TOO_MUCH / 1024).map(|_| Ok::<_, std::io::Error>(vec![b' '; 1024]));
                request.body(reqwest::Body::wrap_stream(futures::stream::iter(parts)))
            } else {
                request.body(vec![b' '; TOO_MUCH])
            };
            // The panel may hang up while the rest is still on its way; then there is no answer to look at.
            let Ok(answer) = request.send().await else { continue };
            assert_eq!(answer.status(), 413, "{path}, in pieces: {pieces}");
        }
    }
    // Raw, so that the answer is seen although the rest was never sent.
    let head =
        format!("POST /api/public/session/sign_in HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {TOO_MUCH}\r\n\r\n");
    let answer = admin.raw(head.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains(r#""code":"too_large""#), "{answer}");
    let chunks = format!("{:x}\r\n{}\r\n", TOO_MUCH, " ".repeat(TOO_MUCH));
    for path in ["/api/public/session/sign_in", "/api/public/checkout/webhook", "/nothing"] {
        let head = format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
        let answer = admin.raw(&[head.as_bytes(), chunks.as_bytes()].concat()).await;
        assert!(answer.starts_with("HTTP/1.1 413 "), "{path}: {answer}");
    }
    let fits = admin.call("/api/public/session/sign_in", &json!({ "email": "x".repeat(500 * 1024), "password": "" })).await;
    assert_eq!(fits.status, 422, "{fits:?}");
    assert_eq!(used.everything().await, before, "nothing has changed");
}

/// Most clients write a whole request before they read a word of the answer.
fn written_whole(port: u16, head: &str, body: &[u8]) -> std::io::Result<String> {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(40)))?;
    stream.set_write_timeout(Some(Duration::from_secs(40)))?;
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

#[tokio::test]
async fn who_writes_everything_first_reads_the_413_all_the_same() {
    let used = used(&["--no-work"]).await;
    let port = used.installation.port;
    for (path, length) in [("/api/public/session/sign_in", 20 << 20), ("/api/public/checkout/webhook", 300 << 10), ("/healthz", 1 << 20)] {
        let head = format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n");
        let answer = tokio::task::spawn_blocking(move || written_whole(port, &head, &vec![b' '; length])).await.expect("no panic");
        let answer = answer.unwrap_or_else(|error| panic!("{path}: {error}"));
        assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("too_large"), "{path}: {answer}");
    }
    // The one that was complained about, where it is there.
    let python = "import urllib.request, urllib.error, sys\ntry:\n urllib.request.urlopen(sys.argv[1], b' ' * (8 << 20))\nexcept urllib.error.HTTPError as error:\n print(error.code)";
    let url = format!("http://127.0.0.1:{port}/api/public/session/sign_in");
    let Ok(output) = tokio::process::Command::new("python3").args(["-c", python, &url]).env("no_proxy", "*").output().await else { return };
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "413", "{}", String::from_utf8_lossy(&output.stderr));
}

/// Sends the beginning of something, and says after how long the panel answered or hung up, and what it said.
async fn waited_for(port: u16, beginning: &str) -> (Duration, String) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.expect("it listens");
    stream.write_all(beginning.as_bytes()).await.expect("it reads");
    let (began, mut answer) = (Instant::now(), Vec::new());
    let read = tokio::time::timeout(Duration::from_secs(40), stream.read_to_end(&mut answer)).await;
    assert!(read.is_ok(), "after 40 s the panel still waits for the rest of {beginning:?}");
    (began.elapsed(), String::from_utf8_lossy(&answer).into_owned())
}

#[tokio::test]
async fn who_sends_slowly_or_nothing_does_not_keep_its_connection() {
    let used = used(&["--no-work"]).await;
    let port = used.installation.port;
    let body = |path: &str| format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{{");
    let (sign_in, webhook, page) = (body("/api/public/session/sign_in"), body("/api/public/checkout/webhook"), body("/nothing"));
    let (sign_in, webhook, page, half_a_head, nothing) = tokio::join!(
        waited_for(port, &sign_in),
        waited_for(port, &webhook),
        waited_for(port, &page),
        waited_for(port, "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "),
        waited_for(port, ""),
    );
    for (after, answer) in [sign_in, webhook, page] {
        assert!(after > Duration::from_secs(5), "a slow line gets its time: {after:?}");
        assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    }
    for (after, _) in [half_a_head, nothing] {
        assert!(after > Duration::from_secs(5), "a slow line gets its time: {after:?}");
    }
    assert_eq!(used.stranger().get("/healthz").await.status, 200);
}

#[tokio::test]
async fn a_foreign_host_changes_nothing_in_what_is_said_or_mailed() {
    let used = used(&["--no-work"]).await;
    let visitor = used.stranger();
    let long = "h".repeat(10_000);
    for host in ["evil.example", "evil.example:80@x", "\"><script>evil.example</script>", "", &long] {
        for path in ["/", "/sign-in", "/admin", "/api/public/checkout/plans"] {
            let answer = visitor.raw(format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").as_bytes()).await;
            let status: u16 = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
            assert!((200..500).contains(&status), "{host} {path}: {answer}");
            assert!(!answer.contains("evil.example"), "{host} {path}: {answer}");
        }
    }
    let forgot = visitor.request("POST", "/api/public/session/forgot").header("host", "evil.example").header("x-forwarded-host", "evil.example");
    let forgot = forgot.header("content-type", "application/json").body(json!({ "email": used.seed.anna.email }).to_string());
    assert_eq!(visitor.send(forgot).await.status, 200);
    mailed_token(&used.admin(), &used.seed.anna.email, &format!("http://127.0.0.1:{}/reset", used.installation.port)).await;
}

#[tokio::test]
async fn nothing_leads_away_from_the_panel_and_no_header_is_smuggled_in() {
    let used = used(&["--no-work"]).await;
    let visitor = used.stranger();
    for path in [
        "/admin//evil.example",
        "/admin/https://evil.example",
        "/admin/%0d%0aSet-Cookie:%20x=y",
        "/admin/%5c%5cevil.example",
        "/t/?next=//evil.example",
    ] {
        let answer = visitor.raw(format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes()).await;
        let headers = answer.split("\r\n\r\n").next().unwrap_or_default().to_lowercase();
        let to = headers.lines().find_map(|line| line.strip_prefix("location: ")).unwrap_or_else(|| panic!("{path}: {answer}"));
        assert!(to.starts_with("/sign-in?next=/") && !to.contains("next=//"), "{path} leads to {to}");
        assert!(!headers.lines().any(|line| line.starts_with("set-cookie")), "{path}: {headers}");
    }
    for next in ["//evil.example", "https://evil.example", "/\\evil.example"] {
        let page = visitor.get(&format!("/sign-in?next={next}")).await;
        assert!(page.status == 200 && !page.text.contains("evil.example"), "{next}");
    }
    // A plain form would be sent back to where it says it comes from.
    let form = visitor.request("POST", "/api/public/checkout/plans").header("accept", "text/html").header("referer", "https://evil.example/");
    let answer = visitor.send(form.header("content-type", "application/json").body("{}")).await;
    assert_eq!((answer.status, answer.header("location")), (200, ""), "{answer:?}");
    for smuggled in ["X-A: b\rSet-Cookie: x=y", "X-A: b\0c", "X A: b", "Content-Length: 5\r\nContent-Length: 6"] {
        let answer = visitor.raw(format!("POST /api/public/checkout/plans HTTP/1.1\r\nHost: x\r\n{smuggled}\r\n\r\n").as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{smuggled:?}: {answer}");
    }
    let many = "X-A: b\r\n".repeat(2_000);
    let answer = visitor.raw(format!("GET / HTTP/1.1\r\nHost: x\r\n{many}\r\n").as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
}

/// A connection on which nothing is asked yet.
async fn idle(port: u16) -> TcpStream {
    TcpStream::connect(("127.0.0.1", port)).await.expect("it listens")
}

/// Asks on this connection whether the process lives; nothing when it hung up.
async fn asks(stream: &mut TcpStream) -> Option<String> {
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await.ok()?;
    let mut answer = vec![0; 4096];
    let read = stream.read(&mut answer).await.ok().filter(|read| *read > 0)?;
    Some(String::from_utf8_lossy(&answer[..read]).into_owned())
}

#[tokio::test]
async fn one_address_has_so_many_connections_and_over_all_one_more_waits() {
    let used = used_with(&["--no-work"], |installation| installation.set("MPANEL_LIMITS__CONNECTIONS_PER_ADDRESS", 5)).await;
    let port = used.installation.port;
    let mut held = Vec::new();
    let over = loop {
        let mut stream = idle(port).await;
        match asks(&mut stream).await {
            Some(answer) => assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}"),
            None => break held.len(),
        }
        held.push(stream);
        assert!(held.len() < 10, "one address has as many as it likes");
    };
    // The test's own visitor, who waited until the panel was ready, may still hold one.
    assert!((4..=5).contains(&over), "{over}");
    held.pop();
    eventually("there is room again", async || asks(&mut idle(port).await).await).await;

    let used = used_with(&["--no-work"], |installation| installation.set("MPANEL_LIMITS__CONNECTIONS", 5)).await;
    let port = used.installation.port;
    let mut held = Vec::new();
    let mut waits = loop {
        let mut stream = idle(port).await;
        if tokio::time::timeout(Duration::from_secs(3), asks(&mut stream)).await.is_err() {
            break stream;
        }
        held.push(stream);
        assert!(held.len() < 10, "there is no end of connections");
    };
    assert!((4..=5).contains(&held.len()), "{}", held.len());
    held.pop();
    let mut answer = vec![0; 4096];
    let read = tokio::time::timeout(Duration::from_secs(15), waits.read(&mut answer)).await;
    assert!(read.is_ok_and(|read| read.is_ok_and(|read| read > 0)), "who waited is served when somebody leaves");
}

#[tokio::test]
async fn who_does_not_read_the_answers_does_not_keep_the_connection() {
    let used = used(&["--no-work"]).await;
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4096).expect("a small buffer");
    let mut stream = socket.connect(([127, 0, 0, 1], used.installation.port).into()).await.expect("it listens");
    // More than any buffer on the way takes.
    let many = "GET /api/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n".repeat(400);
    let sent = tokio::time::timeout(Duration::from_secs(5), stream.write_all(many.as_bytes())).await;
    assert!(sent.is_err() || sent.is_ok_and(|sent| sent.is_ok()));
    let metrics = async || {
        let page = used.stranger().get("/metrics").await.text;
        page.lines().find_map(|line| line.strip_prefix("mpanel_connections ")).and_then(|count| count.parse::<f64>().ok())
    };
    assert!(metrics().await.is_some_and(|open| open >= 1.0));
    let began = Instant::now();
    // The one that asks is a connection itself; each is closed after its answer, but not at the same moment.
    eventually("the panel hangs up", async || metrics().await.filter(|open| *open <= 1.0)).await;
    assert!(began.elapsed() > Duration::from_secs(5), "a slow line gets its time: {:?}", began.elapsed());
    let mut rest = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut rest)).await;
    assert!(read.is_ok(), "it is over");
    assert!(rest.windows(12).filter(|head| *head == b"HTTP/1.1 200").count() < 400, "not everything was answered");
}
