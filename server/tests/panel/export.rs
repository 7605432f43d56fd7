//! Lists as files, and files that come in, over HTTP.

use crate::seed::used;
use serde_json::json;

#[tokio::test]
async fn mismatches_are_exported_as_csv_to_who_may_see_billing() {
    let used = used(&[]).await;
    let path = "/api/admin/billing/mismatches/export";
    let page = used.admin().get("/admin/mismatches").await;
    assert!(page.text.contains(path) && page.text.contains("Payment without invoice") && page.text.contains("Accept"), "{page:?}");
    let file = used.admin().get(path).await;
    assert_eq!((file.status, file.header("content-type")), (200, "text/csv; charset=utf-8"));
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"mismatches.csv\"");
    assert!(file.text.starts_with("found_at,") && file.text.contains("\"PAYMENT_WITHOUT_INVOICE\",\"pi_unknown\""), "{file:?}");
    let other = used.admin().get(&format!("{path}?state=PAID_NOT_RUNNING")).await;
    assert_eq!((other.status, other.text.lines().count()), (200, 1));
    assert_eq!(used.admin().get(&format!("{path}?state=X")).await.status, 422);
    assert_eq!(used.anna().get(path).await.status, 404);
    assert_eq!(used.stranger().get(path).await.status, 401);
}

#[tokio::test]
async fn a_bank_statement_of_a_mebibyte_is_taken_and_a_larger_one_is_not() {
    let used = used(&[]).await;
    let import = async |bytes: usize| {
        let input = json!({ "input": { "account": "DE02", "file": "QUFB".repeat(bytes / 3) } });
        used.admin().call("/api/admin/billing/bank_statements/import", &input).await
    };
    // What is read is refused for what it says; what is not read, for its size.
    for (bytes, status, is_read) in [(1024 * 1024 - 4, 422, true), (1024 * 1024 + 300, 422, false), (2 * 1024 * 1024, 413, false)] {
        let answer = import(bytes).await;
        assert_eq!((answer.status, answer.text.contains("larger than 1 MiB")), (status, status == 422 && !is_read), "{bytes} bytes: {}", answer.text);
    }
    let page = used.admin().get("/admin/bank-statements").await;
    assert!(page.status == 200 && page.text.contains("hello") && page.text.contains("Its text names no invoice."), "{page:?}");
    let page = used.admin().get("/admin/bank-statements/import").await;
    assert!(page.status == 200 && page.text.contains("CAMT.053"), "{page:?}");
}
