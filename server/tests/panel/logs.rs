//! A CloudPod's logs, from its server to the browser.

use crate::{doors::NOBODYS, seed::used};

#[tokio::test]
async fn staff_downloads_a_pods_log_from_its_server() {
    let used = used(&[]).await;
    let admin = used.admin();
    let at = |id: &str, log: &str| format!("/api/admin/hosting/cloudpods/log?id={id}&log={log}");
    let pod = &used.seed.anna.pod;
    for log in ["access", "error"] {
        let answer = admin.get(&at(pod, log)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(answer.text.contains(&format!("This {log} log comes from a simulated server.")), "{answer:?}");
        assert_eq!(answer.header("content-disposition"), format!("attachment; filename=\"{log}.log\""));
    }
    assert_eq!(admin.get(&at(NOBODYS, "access")).await.status, 404);
    for wrong in [at(pod, "shadow"), at("x", "access"), "/api/admin/hosting/cloudpods/log".to_owned()] {
        assert_eq!(admin.get(&wrong).await.status, 422, "{wrong}");
    }
    assert_eq!(used.anna().get(&at(pod, "access")).await.status, 404, "for staff only");
    assert_eq!(used.stranger().get(&at(pod, "access")).await.status, 401);
}
