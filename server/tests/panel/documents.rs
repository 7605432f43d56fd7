//! Invoices as PDF, through the front door.

use crate::{doors::NOBODYS, seed::used};

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
