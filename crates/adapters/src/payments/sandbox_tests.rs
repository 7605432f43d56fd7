use super::*;
use crate::payments::{PaymentLabels, ProviderEventKind};
use model::{ids::CheckoutId, money::Currency};
use std::sync::{Arc, Mutex};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

const SECRET: &[u8] = b"secret";

/// A webhook that rejects the first `refuse` deliveries and records each as (signature, body).
async fn webhook(refuse: usize) -> (String, Arc<Mutex<Vec<(String, String)>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let keep = seen.clone();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let request = read_request(&mut stream).await;
            let (head, body) = request.split_once("\r\n\r\n").unwrap();
            let signature = head.lines().find_map(|line| line.strip_prefix("stripe-signature: ")).unwrap();
            let count = {
                let mut seen = keep.lock().unwrap();
                seen.push((signature.to_owned(), body.to_owned()));
                seen.len()
            };
            let status = if count <= refuse { "503 Service Unavailable" } else { "200 OK" };
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (format!("http://{address}/hook"), seen)
}

async fn read_request(stream: &mut tokio::net::TcpStream) -> String {
    let mut bytes = Vec::new();
    loop {
        let mut part = [0; 4096];
        let read = stream.read(&mut part).await.unwrap();
        bytes.extend_from_slice(&part[..read]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ").map(str::to_owned));
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                return text;
            }
        }
    }
}

fn sandbox(webhook_url: &str) -> Sandbox {
    let _ = rustls::crypto::ring::default_provider().install_default(); // another test may have been first
    Sandbox::new(reqwest::Client::new(), "https://panel.example", webhook_url, SECRET.to_vec())
}

fn payment() -> SandboxPayment {
    SandboxPayment { reference: PaymentReference::Checkout(CheckoutId(uuid::Uuid::from_u128(7))), total: Money::new(1071, Currency::Eur) }
}

#[tokio::test]
async fn approval_is_delivered_signed_with_the_total() {
    let (url, seen) = webhook(0).await;
    let sandbox = sandbox(&url);
    sandbox.decide(&payment(), SandboxChoice::Approve).await.unwrap();
    let seen = seen.lock().unwrap().clone();
    assert_eq!(seen.len(), 1);
    let event = sandbox.read_webhook(seen[0].1.as_bytes(), Some(&seen[0].0), now()).unwrap();
    let ProviderEventKind::Paid { reference, total, .. } = event.kind else { panic!("not paid: {event:?}") };
    assert_eq!((reference, total), (payment().reference, payment().total));
    assert_eq!(sandbox.read_webhook(b"{}", Some(&seen[0].0), now()), Err(WebhookRefused::Forged));
}

#[tokio::test]
async fn three_deliveries_carry_the_same_event() {
    let (url, seen) = webhook(0).await;
    sandbox(&url).decide(&payment(), SandboxChoice::ApproveThrice).await.unwrap();
    let seen = seen.lock().unwrap().clone();
    assert_eq!(seen.len(), 3);
    assert!(seen.iter().all(|(_, body)| *body == seen[0].1));
}

#[tokio::test]
async fn rejected_delivery_is_retried() {
    let (url, seen) = webhook(2).await;
    sandbox(&url).decide(&payment(), SandboxChoice::Decline).await.unwrap();
    let seen = seen.lock().unwrap().clone();
    assert_eq!(seen.len(), 3);
    let event = event::read(seen[2].1.as_bytes()).unwrap();
    assert_eq!(event.kind, ProviderEventKind::Declined { reference: payment().reference });
}

#[tokio::test]
async fn payment_page_is_stable_per_checkout() {
    let request = PaymentRequest {
        reference: payment().reference,
        total: payment().total,
        lines: Vec::new(),
        email: "a@b.example".to_owned(),
        buyer_token: "tok".to_owned(),
        return_url: String::new(),
        cancel_url: String::new(),
        saved_method: None,
        labels: PaymentLabels::default(),
        now: 0,
        lifetime: 3600,
    };
    let sandbox = sandbox("http://127.0.0.1:1/");
    let (first, second) = (sandbox.open_page(&request).await.unwrap(), sandbox.open_page(&request).await.unwrap());
    assert_eq!(first.url, format!("https://panel.example/pay/{}?token=tok", payment().reference));
    assert_eq!((first.url, first.provider_ref), (second.url, second.provider_ref));
}

#[tokio::test]
async fn the_card_of_a_payment_is_saved_and_charged_as_was_chosen() {
    let (url, seen) = webhook(0).await;
    let sandbox = sandbox(&url);
    let mut charged = Vec::new();
    for choice in [SandboxChoice::Approve, SandboxChoice::ApproveOnce, SandboxChoice::ApproveLost] {
        sandbox.decide(&payment(), choice).await.unwrap();
        let body = seen.lock().unwrap().last().unwrap().1.clone();
        let ProviderEventKind::Paid { payment_ref, .. } = event::read(body.as_bytes()).unwrap().kind else { panic!("not paid: {body}") };
        let card = sandbox.saved_method(&payment_ref.unwrap()).await.unwrap().unwrap();
        let request = ChargeRequest {
            key: "one".to_owned(),
            method_ref: card.provider_ref.clone(),
            amount: payment().total,
            description: String::new(),
            labels: PaymentLabels::default(),
            attempt: 1,
            age: 0,
            version: 1,
        };
        let first = sandbox.charge(&request).await.unwrap();
        assert_eq!(first, sandbox.charge(&request).await.unwrap(), "the same key gives the same answer");
        charged.push((card.last4, first));
    }
    let declined = |code: &str, is_hard| Charge::Declined { code: code.to_owned(), is_hard };
    assert_eq!(
        charged,
        [
            ("4242".to_owned(), Charge::Succeeded { provider_ref: "pi_sandbox_charge_one".to_owned() }),
            ("0341".to_owned(), declined("insufficient_funds", false)),
            ("9987".to_owned(), declined("lost_card", true)),
        ]
    );
    assert_eq!(sandbox.saved_method("cs_sandbox_0199").await.unwrap(), None);
}

#[tokio::test]
async fn what_was_taken_is_listed_once_also_when_the_message_about_it_is_lost() {
    let (url, _) = webhook(0).await;
    let sandbox = sandbox(&url);
    sandbox.decide(&payment(), SandboxChoice::ApproveThrice).await.unwrap();
    sandbox.decide(&payment(), SandboxChoice::Decline).await.unwrap();
    let charge = |method_ref: &str| ChargeRequest {
        key: "invoice-1".to_owned(),
        method_ref: method_ref.to_owned(),
        amount: Money::new(500, Currency::Eur),
        description: "Invoice 1".to_owned(),
        labels: PaymentLabels::default(),
        attempt: 1,
        age: 0,
        version: 1,
    };
    for card in ["pm_sandbox_good_1", "pm_sandbox_good_1", "pm_sandbox_lost_1"] {
        sandbox.charge(&charge(card)).await.unwrap();
    }
    let taken = sandbox.taken_since(now() - 60, None).await.unwrap().payments;
    let found: Vec<_> = taken.iter().map(|payment| (payment.amount.minor, payment.purpose.as_deref())).collect();
    assert_eq!(found, [(500, Some("invoice-1")), (1071, Some(payment().reference.to_string().as_str()))]);
    assert!(sandbox.taken_since(now() + 60, None).await.unwrap().payments.is_empty());
}
