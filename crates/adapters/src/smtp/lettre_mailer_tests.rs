use super::*;
use crate::smtp::MailFile;
use model::ids::MailId;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpListener,
};

fn mail() -> Mail {
    Mail {
        id: MailId(uuid::Uuid::from_u128(0xabc)),
        from: "mPanel <noreply@panel.example>".to_owned(),
        to: "anna@bakery.example".to_owned(),
        subject: "Your new pod".to_owned(),
        text: "Plain words.".to_owned(),
        html: "<p>Rich words.</p>".to_owned(),
        attachment: None,
    }
}

/// An SMTP server for one email that replies to `RCPT TO` with `verdict`; returns what it received.
async fn server(verdict: &'static str) -> (String, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let talk = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = BufReader::new(stream);
        let mut heard = String::new();
        let mut in_data = false;
        stream.write_all(b"220 mail.example\r\n").await.unwrap();
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await.unwrap() == 0 {
                return heard;
            }
            heard.push_str(&line);
            let answer = match line.get(..4).unwrap_or_default() {
                _ if in_data && line != ".\r\n" => continue,
                "DATA" => {
                    in_data = true;
                    "354 go on"
                }
                "RCPT" => verdict,
                "QUIT" => return heard,
                _ => {
                    in_data = false;
                    "250 ok"
                }
            };
            stream.write_all(format!("{answer}\r\n").as_bytes()).await.unwrap();
        }
    });
    (url, talk)
}

#[tokio::test]
async fn email_has_both_parts_and_its_own_message_id() {
    let (url, talk) = server("250 ok").await;
    let mailer = SmtpMailer::from_url(&url).unwrap();
    mailer.send(&mail()).await.unwrap();
    drop(mailer);
    let heard = talk.await.unwrap();
    assert!(heard.contains("RCPT TO:<anna@bakery.example>"), "{heard}");
    assert!(heard.contains("Message-ID: <00000000000000000000000000000abc@panel.example>"), "{heard}");
    assert!(heard.contains("multipart/alternative"), "{heard}");
    assert!(heard.contains("Plain words.") && heard.contains("<p>Rich words.</p>"), "{heard}");
}

#[test]
fn a_file_goes_with_the_letter() {
    let file = MailFile { name: "INV-2026-00001.pdf".to_owned(), content_type: "application/pdf", body: b"%PDF-1.7 \xff\x00".to_vec() };
    let sent = String::from_utf8(message(&Mail { attachment: Some(file), ..mail() }).unwrap().formatted()).unwrap();
    for part in [
        "Content-Type: multipart/mixed",
        "Content-Type: multipart/alternative",
        "Content-Type: application/pdf",
        "Content-Disposition: attachment; filename=\"INV-2026-00001.pdf\"",
        "JVBERi0xLjcg/wA=",
        "Plain words.",
    ] {
        assert!(sent.contains(part), "{part} in {sent}");
    }
}

#[tokio::test]
async fn permanent_and_temporary_failures_differ() {
    let (url, _talk) = server("550 no such user").await;
    let never = SmtpMailer::from_url(&url).unwrap().send(&mail()).await;
    assert!(matches!(never, Err(MailError::Never(_))), "{never:?}");
    let (url, _talk) = server("451 try later").await;
    let later = SmtpMailer::from_url(&url).unwrap().send(&mail()).await;
    assert!(matches!(later, Err(MailError::Later(_))), "{later:?}");
    let nobody = SmtpMailer::from_url("smtp://127.0.0.1:1").unwrap().send(&mail()).await;
    assert!(matches!(nobody, Err(MailError::Later(_))), "{nobody:?}");
}

#[test]
fn fields_cannot_inject_headers() {
    let attack = "x\r\nBcc: victim@example.com";
    for mail in [
        Mail { subject: attack.to_owned(), ..mail() },
        Mail { to: format!("anna@bakery.example{attack}"), ..mail() },
        Mail { to: format!("{attack}@bakery.example"), ..mail() },
        Mail { from: format!("{attack} <noreply@panel.example>"), ..mail() },
    ] {
        match message(&mail) {
            Err(MailError::Never(_)) => {}
            other => panic!("was taken: {other:?}"),
        }
    }
    let body = Mail { text: attack.to_owned(), html: attack.to_owned(), ..mail() };
    let sent = String::from_utf8(message(&body).unwrap().formatted()).unwrap();
    let (head, _) = sent.split_once("\r\n\r\n").unwrap();
    assert!(!head.contains("Bcc"), "{head}");
}

#[test]
fn invalid_smtp_url_is_rejected_without_repeating_it() {
    let Err(error) = SmtpMailer::from_url("nonsense://user:hunter2@host") else { panic!("was accepted") };
    assert!(!error.to_string().contains("hunter2"), "{error}");
}
