//! Logs of sites, from their server to the browser.

use crate::{access::NOBODYS, seed::used};
use serde_json::json;

#[tokio::test]
async fn a_sites_logs_are_read_and_downloaded_by_its_account_and_staff_and_nobody_else() {
    let used = used(&[]).await;
    let (anna, bert) = (&used.seed.anna, &used.seed.bert);
    let own = |slug: &str, id: &str, log: &str| format!("/api/tenant/hosting/websites/log_file?slug={slug}&id={id}&log={log}");
    let any = |id: &str, log: &str| format!("/api/admin/hosting/websites/log_file?id={id}&log={log}");
    for log in ["access", "error"] {
        for (visitor, at) in [(used.anna(), own(&anna.slug, &anna.website, log)), (used.admin(), any(&anna.website, log))] {
            let answer = visitor.get(&at).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            assert!(answer.text.contains(&format!("This {log} log comes from a simulated server.")), "{answer:?}");
            assert_eq!(answer.header("content-disposition"), format!("attachment; filename=\"{log}.log\""));
        }
    }
    for foreign in [own(&anna.slug, &bert.website, "access"), own(&bert.slug, &bert.website, "access"), own(&anna.slug, NOBODYS, "access")] {
        assert_eq!(used.anna().get(&foreign).await.status, 404, "{foreign}");
    }
    assert_eq!(used.anna().get(&any(&anna.website, "access")).await.status, 404, "for staff only");
    assert_eq!(used.stranger().get(&own(&anna.slug, &anna.website, "access")).await.status, 401);
    assert_eq!(used.stranger().get(&any(&anna.website, "access")).await.status, 401);
    assert_eq!(used.admin().get(&any(NOBODYS, "access")).await.status, 404);
    for wrong in [own(&anna.slug, &anna.website, "shadow"), own(&anna.slug, "x", "access")] {
        assert_eq!(used.anna().get(&wrong).await.status, 422, "{wrong}");
    }
    for wrong in [any(&anna.website, "shadow"), any("x", "access"), "/api/admin/hosting/websites/log_file".to_owned()] {
        assert_eq!(used.admin().get(&wrong).await.status, 422, "{wrong}");
    }
    let input = json!({ "slug": anna.slug, "id": anna.website, "log": "access" });
    let part = used.anna().must("/api/tenant/hosting/websites/log", input).await;
    assert!(part["lines"][0].as_str().expect("a line").contains("This access log"), "{part}");
    let page = used.anna().get(&format!("/t/{}/websites/{}?tab=logs", anna.slug, anna.website)).await;
    assert!(page.text.contains("This access log comes from a simulated server.") && page.text.contains("up to 14 days"), "{page:?}");
}
