//! What buyers are written.

use crate::checkout::letters::{NewPod, Welcome};
use engine::mail::{Attachment, render};

#[test]
fn letters_to_buyers_say_what_was_bought_and_where_to_go_on() {
    let document = Attachment { id: uuid::Uuid::nil(), name: "INV-2026-00001.pdf".to_owned() };
    let welcome = Welcome {
        document: document.clone(),
        plan: "WordPress".to_owned(),
        domain: "bakery.example".to_owned(),
        asked: None,
        invoice: "INV-2026-00001".to_owned(),
        total: "€10.71".to_owned(),
        link: "http://panel.example/activate?token=a&b".to_owned(),
        valid: "7 days".to_owned(),
    };
    let mail = render(&welcome, "Hosting Example").unwrap();
    assert_eq!(mail.subject, "Welcome to Hosting Example: activate your account for bakery.example");
    for part in [&mail.text, &mail.html] {
        for word in ["WordPress", "bakery.example", "€10.71", "INV-2026-00001", "7 days"] {
            assert!(part.contains(word), "{word} is not in {part}");
        }
        assert!(!part.contains("You asked for"));
    }
    assert!(mail.text.contains("http://panel.example/activate?token=a&b"));
    let new_pod = NewPod {
        document,
        plan: "PHP".to_owned(),
        domain: "x.sites.example".to_owned(),
        asked: Some("x.example".to_owned()),
        invoice: "INV-2026-00002".to_owned(),
        total: "€1.00".to_owned(),
        link: "http://panel.example/sign-in".to_owned(),
    };
    let mail = render(&new_pod, "Hosting Example").unwrap();
    assert!(mail.text.contains("You asked for x.example.") && mail.html.contains("You asked for x.example."));
    assert!(mail.text.contains("http://panel.example/sign-in"));
}
