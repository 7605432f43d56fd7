//! Invoices as PDF, over HTTP.

use crate::{
    access::NOBODYS,
    seed::{text, used},
};
use serde_json::json;

#[tokio::test]
async fn a_customer_downloads_its_own_invoices_and_staff_all_of_them() {
    let used = used(&[]).await;
    let (anna, bert) = (&used.seed.anna, &used.seed.bert);
    let own = |slug: &str, id: &str| format!("/api/tenant/billing/invoices/document?slug={slug}&id={id}");
    let any = |id: &str| format!("/api/admin/billing/invoices/document?id={id}");
    let page = used.anna().get(&format!("/t/{}/invoices/{}", anna.slug, anna.invoice)).await;
    assert!(page.text.contains("Download PDF") && page.text.contains("/api/tenant/billing/invoices/document"), "{page:?}");
    for answer in [used.anna().get(&own(&anna.slug, &anna.invoice)).await, used.admin().get(&any(&anna.invoice)).await] {
        assert_eq!((answer.status, answer.header("content-type")), (200, "application/pdf"));
        assert!(answer.text.starts_with("%PDF-1.7"));
        let name = answer.header("content-disposition");
        assert!(name.starts_with("attachment; filename=\"INV-") && name.ends_with(".pdf\""), "{name}");
    }
    for (path, status) in [
        (own(&anna.slug, &bert.invoice), 404),
        (own(&bert.slug, &bert.invoice), 404),
        (own(&anna.slug, NOBODYS), 404),
        (own(&anna.slug, "x"), 422),
        (any(&anna.invoice), 404),
    ] {
        assert_eq!(used.anna().get(&path).await.status, status, "{path}");
    }
    assert_eq!(used.stranger().get(&own(&anna.slug, &anna.invoice)).await.status, 401);
    assert_eq!(used.stranger().get("/api/tenant/billing/invoices/document").await.status, 401);
    assert_eq!(used.stranger().get(&any(&anna.invoice)).await.status, 401);
    assert_eq!(used.admin().get(&any(NOBODYS)).await.status, 404);
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the panel has the real clock")]
async fn staff_write_an_invoice_and_write_it_off() {
    let used = used(&[]).await;
    let (anna, admin) = (&used.seed.anna, used.admin());
    let path = format!("/admin/customers/{}/new-invoice", anna.tenant);
    let page = admin.get(&path).await;
    assert!(page.status == 200 && page.text.contains("Add line"), "{page:?}");
    let draft = json!({ "tenant": anna.tenant, "lines": [{ "description": "Moving a site", "quantity": 2, "unit_price": "49.50" }] });
    let shown = admin.must("/api/admin/billing/invoices/preview", json!({ "draft": draft })).await;
    assert_eq!(shown["net"]["minor"], 9900);
    let due_on = (chrono::Utc::now() + chrono::Duration::days(14)).format("%Y-%m-%d").to_string();
    let create = json!({ "draft": draft, "due_on": due_on, "total": shown["total"]["minor"] });
    let id = text(&admin.must("/api/admin/billing/invoices/create", create.clone()).await);
    let own = json!({ "slug": anna.slug, "id": id });
    let seen = used.anna().must("/api/tenant/billing/invoices/get", own.clone()).await;
    assert_eq!((&seen["invoice"]["status"], &seen["invoice"]["open"]), (&json!("OPEN"), &shown["total"]));
    let page = used.anna().get(&format!("/t/{}/invoices/{id}", anna.slug)).await;
    assert!(page.text.contains("Moving a site") && page.text.contains("Pay "), "{page:?}");
    let mails = admin.must("/api/admin/outbox/list", json!({ "request": {} })).await;
    let mail = mails["rows"].as_array().expect("rows").iter().find(|mail| mail["template"] == "invoice_issued").expect("the mail").clone();
    let page = admin.get(&format!("/admin/outbox/{}", text(&mail["id"]))).await;
    assert!(page.text.contains("Attachment") && page.text.contains(".pdf"), "{page:?}");
    admin.must("/api/admin/billing/invoices/write_off", json!({ "id": id, "reason": "Gone away" })).await;
    let seen = used.anna().must("/api/tenant/billing/invoices/get", own).await;
    assert_eq!((&seen["invoice"]["status"], &seen["invoice"]["open"]["minor"]), (&json!("WRITTEN_OFF"), &json!(0)));
    let page = admin.get(&format!("/admin/invoices/{id}")).await;
    assert!(page.text.contains("Gone away") && !page.text.contains("Record transfer"), "{page:?}");
}
