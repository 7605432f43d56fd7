use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use wire::DomainName;

use super::*;

/// A site of this test; each visitor is served by `serve`. Its thread ends with the first visitor that hangs up.
fn site(serve: impl Fn(TcpStream) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let (mut visitor, _) = listener.accept().unwrap();
        let mut ask = [0; 1024];
        let _ = visitor.read(&mut ask);
        serve(visitor);
    });
    address
}

/// Sends a byte again and again, each well before a timeout of its own would end, and never finishes.
fn drip(mut visitor: TcpStream) {
    let head = b"HTTP/1.1 200 OK\r\n\r\n";
    for byte in head.iter().chain(std::iter::repeat(&b'x')) {
        if visitor.write_all(&[*byte]).is_err() {
            return;
        }
        thread::sleep(Duration::from_millis(20));
    }
}

fn host() -> DomainName {
    DomainName::new("p1.example.test").unwrap()
}

#[test]
fn a_site_that_drips_is_given_up_at_the_deadline() {
    let begun = Instant::now();
    assert!(get_at(site(drip), &host(), "/", Duration::from_millis(700), || true).is_none());
    let took = begun.elapsed();
    assert!(took >= Duration::from_millis(650) && took < Duration::from_secs(5), "{took:?}");
}

#[test]
fn a_site_that_drips_is_given_up_when_the_request_is_cancelled() {
    let (address, goes_on, begun) = (site(drip), AtomicBool::new(true), Instant::now());
    thread::scope(|scope| {
        let asking = scope.spawn(|| get_at(address, &host(), "/", Duration::from_secs(60), || goes_on.load(Ordering::SeqCst)));
        goes_on.store(false, Ordering::SeqCst);
        assert!(asking.join().unwrap().is_none());
    });
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[test]
fn a_silent_site_is_given_up_too_and_a_slow_one_is_not() {
    let silent = site(|mut visitor| drop(visitor.read(&mut [0; 1])));
    assert!(get_at(silent, &host(), "/", Duration::from_millis(300), || true).is_none());
    let slow = site(|mut visitor| {
        for part in ["HTTP/1.1 200 OK\r\n\r\n<title>", "Ana</title>"] {
            thread::sleep(Duration::from_millis(250));
            visitor.write_all(part.as_bytes()).unwrap();
        }
    });
    let answer = get_at(slow, &host(), "/", Duration::from_secs(10), || true).unwrap();
    assert_eq!((answer.site.status, answer.site.title.as_deref()), (200, Some("Ana")));
}

#[test]
fn an_answer_is_read_with_its_title() {
    let bytes = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html><title>A &amp; B&#039;s</title>";
    let answer = parse(bytes, Duration::from_millis(5)).unwrap();
    assert_eq!(answer.site.status, 200);
    assert_eq!(answer.site.title.as_deref(), Some("A & B's"));
}

#[test]
fn a_title_is_one_short_line_whatever_the_page_says() {
    assert_eq!(title("<title>a&#0;b\0c&#10;d\u{1b}[31m</title>").as_deref(), Some("a b c d [31m"));
    assert_eq!(title(&format!("<title>{}</title>", "x".repeat(9000))).map(|title| title.len()), Some(300));
}

#[test]
fn garbage_is_no_answer() {
    assert!(parse(b"garbage", Duration::ZERO).is_none());
    assert!(parse(b"HTTP/1.1 abc\r\n\r\n", Duration::ZERO).is_none());
}

#[test]
fn a_password_is_sent_as_every_web_server_reads_it() {
    for (plain, sent) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("_mpanel:0a", "X21wYW5lbDowYQ=="), ("\u{fb}\u{ff}", "w7vDvw==")]
    {
        assert_eq!(base64(plain.as_bytes()), sent, "{plain}");
    }
}
