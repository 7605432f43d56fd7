//! A preview of a branch and a rollback with its variables on a real host, as visitors get them.

use super::{
    real_world::{REPOSITORY, RealShop},
    world::{DOMAIN, source},
};
use crate::{
    cloudpods::{previews, websites},
    testing::Yard,
};
use chrono::TimeDelta;
use engine::reconcile::run_due;
use model::{
    administration::provisioning::JobStatus,
    hosting::{
        cloudpods::Stack,
        deploys::SourceInput,
        site_programs::{VariableChange, VariableOp},
    },
    ids::JobId,
};

impl RealShop<'_> {
    async fn roll_back_to(&self, number: i32) -> JobStatus {
        let to = self.view().await.deploys.into_iter().find(|row| row.number == number).unwrap();
        self.roll_back(to.id).await
    }

    async fn greet(&self, value: &str) {
        let change = VariableChange { op: VariableOp::Set, name: "GREETING".to_owned(), value: value.to_owned() };
        self.yard.bench.services.clock.advance(TimeDelta::minutes(1));
        let services = &self.yard.bench.services.services;
        assert_eq!(self.ends(websites::set_environment(services, self.write().await, self.site, &[change]).await).await, JobStatus::Done);
    }

    /// A commit on a branch whose page says this and what its variable says.
    async fn commit_page(&self, branch: &str, title: &str) {
        let page = format!("<title>{title}</title><?php echo \"greeting=\" . getenv(\"GREETING\");");
        self.commit(branch, title, ("index.php", &page)).await;
    }

    /// What is due is done, some time later.
    async fn pass(&self, time: TimeDelta) {
        self.yard.bench.services.clock.advance(time);
        run_due(&self.yard.bench.services.services).await.unwrap();
        let unfinished = "select id from jobs where status in ('queued', 'running') order by id";
        let jobs: Vec<JobId> = sqlx::query_scalar(unfinished).fetch_all(&mut self.yard.bench.services.db.owner().await).await.unwrap();
        for job in jobs {
            assert_eq!(self.yard.bench.finish(job).await, JobStatus::Done);
        }
    }

    /// Status, page and what search engines are told, for whoever says this password.
    async fn visit(&self, domain: &str, password: &str) -> (u16, String, Option<String>) {
        let http = &self.yard.bench.services.services.http;
        let asked = http.get(format!("http://{}/", self.yard.host.address)).header("host", domain).basic_auth("preview", Some(password));
        let page = asked.send().await.unwrap();
        let robots = page.headers().get("x-robots-tag").map(|value| value.to_str().unwrap().to_owned());
        (page.status().as_u16(), page.text().await.unwrap(), robots)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "boots a real host"]
async fn a_rollback_brings_variables_back_and_a_preview_shows_its_branch_behind_a_password_until_it_expires_on_a_real_host() {
    let Some(yard) = Yard::fresh().await else { return };
    let input = SourceInput { shared: "uploads".to_owned(), ..source(REPOSITORY) };
    let shop = RealShop::open(&yard, Stack::Php, input).await;
    let (services, site) = (&yard.bench.services.services, shop.site);

    let page = async || shop.page().await;
    shop.greet("one").await;
    shop.commit_page("main", "First").await;
    assert_eq!(shop.deploy().await, JobStatus::Done);
    let first = page().await;
    assert!(first.contains("First") && first.contains("greeting=one"), "{first}");
    shop.commit_page("main", "Second").await;
    assert_eq!(shop.deploy().await, JobStatus::Done);
    shop.greet("two").await;
    let second = page().await;
    assert!(second.contains("Second") && second.contains("greeting=two"), "{second}");
    assert_eq!(shop.roll_back_to(2).await, JobStatus::Done);
    assert_eq!(page().await, first, "code and variable together");
    assert_eq!(shop.roll_back_to(3).await, JobStatus::Done);
    assert_eq!(page().await, second);

    // What visitors have sent is the site's own.
    let uploaded = format!("f=$(find /srv/pods/{}/sites/main -type d -name uploads | head -1) && echo private >\"$f/secret.txt\"", shop.pod.name);
    yard.host.must(&["bash", "-c", &uploaded]).await.unwrap();
    shop.commit_page("next", "Next").await;
    assert_eq!(shop.ends(previews::create(services, shop.write().await, site, "next", false).await).await, JobStatus::Done);
    shop.pass(TimeDelta::seconds(70)).await;
    let preview = shop.view().await.previews.remove(0);
    assert!(preview.is_deployed, "{preview:?}");
    let password = previews::access(services, shop.write().await, preview.id).await.unwrap().password;
    assert_eq!((yard.page(&preview.domain).await.0, shop.visit(&preview.domain, "guessed").await.0), (401, 401));
    let (status, shown, robots) = shop.visit(&preview.domain, &password).await;
    assert!(status == 200 && shown.contains("Next") && shown.trim_end().ends_with("greeting="), "{status} {shown}");
    assert_eq!(robots.as_deref(), Some("noindex"));
    assert_eq!((page().await, shop.visit(DOMAIN, "").await.2), (second.clone(), None), "the site is as it was");
    let sites = format!("ls /srv/pods/{}/sites; find /srv/pods/{}/sites/next -name secret.txt 2>/dev/null; true", shop.pod.name, shop.pod.name);
    assert_eq!(
        yard.host.exec(&["sh", "-c", &sites]).await.unwrap().stdout,
        "main\nnext\n",
        "nothing of the site's uploads is in the preview's folders"
    );

    shop.pass(TimeDelta::days(15)).await;
    assert!(shop.view().await.previews.is_empty());
    assert_eq!(yard.host.exec(&["sh", "-c", &sites]).await.unwrap().stdout, "main\n");
    assert_ne!(shop.visit(&preview.domain, &password).await.0, 200);
    assert_eq!(page().await, second);
    yard.down().await;
}
