//! What is due, failing and different can be seen.

use super::{counts, list};
use engine::{
    Modules, Services,
    reconcile::{Object, Outcome, ReconcileError, Reconciler, run_due},
    testing::TestServices,
};
use model::{administration::reconciliations::ReconciliationState, page::PageRequest, permission::JobsRead};
use sqlx::PgConnection;
use std::{sync::Arc, time::Duration};
use uuid::Uuid;

const GOOD: Uuid = Uuid::from_u128(1);
const DIFFERENT: Uuid = Uuid::from_u128(2);
const BROKEN: Uuid = Uuid::from_u128(3);

struct Things;

impl Reconciler for Things {
    const NAME: &'static str = "thing";
    const TITLE: &'static str = "Things in place";
    const INTERVAL: Duration = Duration::from_secs(60);

    async fn objects(_: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>, sqlx::Error> {
        Ok([GOOD, DIFFERENT, BROKEN]
            .into_iter()
            .filter(|key| after.is_none_or(|after| *key > after))
            .map(|key| Object { key, server: None })
            .collect())
    }

    async fn reconcile(_: &Services, key: Uuid) -> Result<Outcome, ReconcileError> {
        match key {
            DIFFERENT => Ok(Outcome::Checked { subject: "different".to_owned(), server: None, differences: vec!["It is blue.".to_owned()] }),
            BROKEN => Err(ReconcileError("No answer.".to_owned())),
            _ => Ok(Outcome::ok("good")),
        }
    }
}

#[tokio::test]
async fn staff_see_every_object_with_what_its_last_check_has_found_and_filter_by_it() {
    let t = TestServices::new().await;
    let services = t.services.clone().with(Arc::new(Modules::default().with(|modules| modules.reconcilers.add::<Things>())));
    run_due(&services).await.unwrap();
    let admin = t.db.user("admin@mpanel.example", Some("PLATFORM_ADMIN")).await;
    let mut tx = services.db.platform::<JobsRead>(&admin).await.unwrap();
    let rows = async |tx: &mut _, state: &str, search: &str| {
        let request = PageRequest { state: Some(state.to_owned()), search: Some(search.to_owned()), ..PageRequest::default() };
        list(&services, tx, &request).await.map(|page| page.rows)
    };
    let all = rows(&mut tx, "", "").await.unwrap();
    assert_eq!(all.len(), 3);
    assert!(all.iter().all(|row| row.title == "Things in place"));
    let failing = rows(&mut tx, "FAILING", "").await.unwrap();
    assert_eq!((failing.len(), failing[0].key, failing[0].failures, failing[0].error.as_deref()), (1, BROKEN, 1, Some("No answer.")));
    let differs = rows(&mut tx, "DIFFERS", "").await.unwrap();
    assert_eq!((differs.len(), differs[0].key, differs[0].differences.as_slice()), (1, DIFFERENT, ["It is blue.".to_owned()].as_slice()));
    assert_eq!(rows(&mut tx, "OK", "GOO").await.unwrap().iter().map(|row| row.key).collect::<Vec<_>>(), [GOOD]);
    assert_eq!(rows(&mut tx, "", "nothing").await.unwrap(), []);
    assert!(rows(&mut tx, "GREEN", "").await.is_err());

    t.clock.advance(chrono::Duration::seconds(90));
    assert_eq!(rows(&mut tx, "DUE", "").await.unwrap().iter().map(|row| row.state).collect::<Vec<_>>(), [ReconciliationState::Due]);
    let counted = counts(&services, &mut tx).await.unwrap();
    let [thing] = counted.as_slice() else { panic!("{counted:?}") };
    assert_eq!((thing.objects, thing.failing, thing.differing), (3, 1, 1));
    assert!(thing.overdue_seconds > 20.0 && thing.overdue_seconds < 90.0, "{thing:?}");
}
