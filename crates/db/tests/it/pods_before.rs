//! Pods that were there before sites and databases had tables.

use crate::walls::pod;
use mpanel_db::testing::TestDb;

const MIGRATION: &str = include_str!("../../../../migrations/202611301000_hosting_websites.sql");
const RUNTIMES: &str = include_str!("../../../../migrations/202611301630_hosting_site_runtimes.sql");

#[tokio::test]
async fn pods_of_before_get_a_number_one_site_its_domain_and_its_database() {
    let t = TestDb::new().await;
    let tenant = t.tenant("before").await;
    let mut owner = t.owner().await;
    let undo = "drop function redirects(ssl_certificates), website_state(websites, boolean), website_is_stopped(websites); drop table deploys, site_polls, site_sources, site_previews, site_environments, site_job_runs, ssl_certificates, site_domains, websites, db_users, databases; alter table cloud_pods drop column uid";
    sqlx::raw_sql(undo).execute(&mut owner).await.expect("as it was before");
    for (domain, change) in [
        ("a.example.test", "name = 'my-blog', stack = 'WORDPRESS'"),
        ("b.example.test", "name = 'plain'"),
        ("c.example.test", "name = 'gone', stack = 'PHP', status = 'DELETED', deleted_at = now()"),
    ] {
        let (_, id) = pod(&t, tenant, domain).await;
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!("update cloud_pods set {change} where id = '{id}'"))).execute(&mut owner).await.expect("a pod");
    }
    sqlx::raw_sql(MIGRATION).execute(&mut owner).await.expect("the migration runs");
    type Row = (String, i32, String, String, bool, Option<String>, Option<String>);
    let found: Vec<Row> = sqlx::query_as(
        "select p.name, p.uid, s.name, d.domain, d.released_at is null, db.name, u.name
           from cloud_pods p join websites s on s.cloud_pod_id = p.id join site_domains d on d.website_id = s.id
           left join databases db on db.id = s.database_id left join db_users u on u.database_id = db.id order by d.domain",
    )
    .fetch_all(&mut owner)
    .await
    .expect("rows");
    let short = found.iter().map(|(pod, _, site, domain, held, db, user)| (&**pod, &**site, &**domain, *held, db.as_deref(), user.as_deref()));
    let short: Vec<_> = short.collect();
    assert_eq!(
        short,
        [
            ("my-blog", "main", "a.example.test", true, Some("pod_my_blog"), Some("pod_my_blog")),
            ("plain", "main", "b.example.test", true, None, None),
            ("gone", "main", "c.example.test", false, Some("pod_gone"), Some("pod_gone")),
        ]
    );
    // In the order in which they were made, from the first number on; the next pod gets the next one, whatever has become of the others.
    assert_eq!(found.iter().map(|row| row.1).collect::<Vec<_>>(), [1_900_000_000, 1_900_000_001, 1_900_000_002]);
    let (_, next) = pod(&t, tenant, "d.example.test").await;
    let uid: i32 = sqlx::query_scalar("select uid from cloud_pods where id = $1").bind(next).fetch_one(&mut owner).await.expect("a number");
    assert_eq!(uid, 1_900_000_003);

    // What they run on was their stack's only version.
    sqlx::raw_sql(RUNTIMES).execute(&mut owner).await.expect("the migration runs");
    let runtimes: Vec<Option<String>> = sqlx::query_scalar(
        "select s.runtime_version from websites s join cloud_pods p on p.id = s.cloud_pod_id where p.id <> $1 order by p.created_at, p.id",
    )
    .bind(next)
    .fetch_all(&mut owner)
    .await
    .expect("rows");
    assert_eq!(runtimes.iter().map(Option::as_deref).collect::<Vec<_>>(), [Some("php8.2"), None, Some("php8.2")]);
}
