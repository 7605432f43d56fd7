use super::*;
use crate::subscriptions::tests::life::Life;
use model::billing::{payment_log::PaymentEventStatus, payments::PaymentStatus};

#[tokio::test]
async fn staff_see_every_attempt_and_every_message_as_it_came() {
    let life = Life::begin("2027-03-01T08:00:00Z", "empty").await;
    life.until("2027-04-02T08:00:00Z").await;
    let mut tx = life.shop.t.services.db.system("test").await.unwrap();
    let rows = payments(&mut tx, &PageRequest::default()).await.unwrap().rows;
    let seen: Vec<_> = rows.iter().map(|row| (row.status, row.amount.to_string(), row.decline_code.as_deref())).collect();
    assert_eq!(
        seen,
        [(PaymentStatus::Failed, "€10.71".to_owned(), Some("insufficient_funds")), (PaymentStatus::Succeeded, "€10.71".to_owned(), None)]
    );
    assert!(rows[0].method.contains("0341") && rows[0].tenant == life.tenant && rows[0].invoice_number > rows[1].invoice_number);
    let failed = PageRequest { state: Some("FAILED".to_owned()), ..PageRequest::default() };
    assert_eq!(payments(&mut tx, &failed).await.unwrap().rows, rows[..1]);

    let messages = events(&mut tx, &PageRequest::default()).await.unwrap().rows;
    assert_eq!(messages.iter().map(|row| (row.status, row.kind.as_str())).collect::<Vec<_>>(), [(PaymentEventStatus::Processed, "paid")]);
    let whole = event(&mut tx, messages[0].id).await.unwrap();
    assert!(whole.event == messages[0] && whole.body.contains("\"payment_status\": \"paid\""), "{}", whole.body);
    assert!(events(&mut tx, &failed).await.unwrap().rows.is_empty());
}
