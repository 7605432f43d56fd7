use super::*;
use engine::testing::TestServices;
use model::{
    error::FieldError,
    hosting::cloudpods::{NetworkAccess, Runtime, Stack},
};

async fn write(t: &TestServices) -> PlatformTx<ProductsWrite> {
    let staff = t.db.user(&format!("staff{}@example.com", Uuid::now_v7().simple()), Some("PLATFORM_ADMIN")).await;
    t.services.db.platform(&staff).await.unwrap()
}

fn faults<T>(result: Result<T>) -> Vec<FieldError> {
    match result {
        Err(Error::Api(error)) => error.fields,
        Err(other) => panic!("not an error of the user's: {other}"),
        Ok(_) => panic!("was taken"),
    }
}

#[tokio::test]
async fn the_demo_sells_three_plans_and_an_add_on_however_often_it_is_loaded() {
    let t = TestServices::new().await;
    load_demo(&t.services).await.unwrap();
    load_demo(&t.services).await.unwrap();
    let mut tx = t.services.db.public("test").await.unwrap();
    let sold = public_list(&mut tx).await.unwrap();
    let stacks: Vec<_> = sold.iter().map(|product| product.stack).collect();
    assert_eq!(stacks, [Some(Stack::Wordpress), Some(Stack::Php), Some(Stack::Node), None]);
    assert_eq!(sold[0].monthly.to_string(), "€9.00");
    assert_eq!((sold[3].limits.disk_mb, sold[3].limits.memory_mb), (10_240, 0));
}

#[tokio::test]
async fn all_faults_of_a_product_come_at_once() {
    let t = TestServices::new().await;
    let input = ProductInput {
        code: "Word Press".to_owned(),
        name: " ".to_owned(),
        kind: "CLOUDPOD".to_owned(),
        monthly: "9,00".to_owned(),
        yearly: "1e3".to_owned(),
        stack: "JAVA".to_owned(),
        trial_days: "366".to_owned(),
        setup_fee: "5".to_owned(),
        memory_mb: 0,
        disk_mb: -1,
        ..static_plan()
    };
    let faults = faults(create(&t.services, write(&t).await, input).await);
    let fields: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
    assert_eq!(fields, ["code", "name", "monthly", "yearly", "trial_days", "stack", "memory_mb", "disk_mb"]);
    let empty = ProductInput { kind: "ADDON".to_owned(), stack: String::new(), cpu_millis: 0, memory_mb: 0, disk_mb: 0, tasks: 0, ..static_plan() };
    assert_eq!(self::faults(create(&t.services, write(&t).await, empty).await)[0].field, "disk_mb");
}

#[tokio::test]
async fn a_code_is_there_once() {
    let t = TestServices::new().await;
    create(&t.services, write(&t).await, static_plan()).await.unwrap();
    let again = faults(create(&t.services, write(&t).await, static_plan()).await);
    assert_eq!(again[0].field, "code");
}

#[tokio::test]
async fn a_change_keeps_what_never_changes_and_the_record_has_both_sides() {
    let t = TestServices::new().await;
    create(&t.services, write(&t).await, static_plan()).await.unwrap();
    let input = ProductInput {
        code: "other".to_owned(),
        currency: "JPY".to_owned(),
        stack: "NODE".to_owned(),
        monthly: "4.50".to_owned(),
        yearly: String::new(),
        active: None,
        ..static_plan()
    };
    let after = update(&t.services, write(&t).await, "static", input).await.unwrap();
    assert_eq!((after.code.as_str(), after.monthly.to_string().as_str(), after.yearly, after.stack), ("static", "€4.50", None, Some(Stack::Static)));
    let mut tx = t.services.db.system("test").await.unwrap();
    assert_eq!(get(&mut tx, "static").await.unwrap(), after);
    drop(tx);
    let mut tx = t.services.db.public("test").await.unwrap();
    assert!(public_list(&mut tx).await.unwrap().is_empty(), "it is no longer sold");
    let sides: String = sqlx::query_scalar(
        "select (before #>> '{monthly,minor}') || ' ' || (after #>> '{monthly,minor}') from audit_events where action = 'PRODUCT_UPDATED'",
    )
    .fetch_one(&mut t.db.owner().await)
    .await
    .unwrap();
    assert_eq!(sides, "300 450");
    assert!(matches!(update(&t.services, write(&t).await, "nothing", static_plan()).await, Err(Error::Api(_))));
}

#[tokio::test]
async fn a_plan_names_a_runtime_of_its_stack_and_no_other() {
    let t = TestServices::new().await;
    let node = |runtime: &str| ProductInput { stack: "NODE".to_owned(), runtime: runtime.to_owned(), ..static_plan() };
    for (input, message) in [
        (node("php8.4"), "Node plans can use Node.js 24, Node.js 20, Node.js 18."),
        (node("node12"), "Node plans can use Node.js 24, Node.js 20, Node.js 18."),
        (ProductInput { runtime: "node20".to_owned(), ..static_plan() }, "Static files need no runtime. Select the default."),
        (ProductInput { kind: "ADDON".to_owned(), stack: String::new(), ..node("node20") }, "An add-on can't have a runtime."),
    ] {
        let faults = faults(create(&t.services, write(&t).await, input).await);
        assert_eq!(faults, [FieldError { field: "runtime".to_owned(), message: message.to_owned() }]);
    }
    assert_eq!(create(&t.services, write(&t).await, node("node20")).await.unwrap().runtime, Some(Runtime::Node20));
    let after = update(&t.services, write(&t).await, "static", node("node18")).await.unwrap();
    let mut tx = t.services.db.system("test").await.unwrap();
    assert_eq!((after.runtime, get(&mut tx, "static").await.unwrap()), (Some(Runtime::Node18), after));
    drop(tx);
    assert_eq!(update(&t.services, write(&t).await, "static", node("")).await.unwrap().runtime, None);
}

#[tokio::test]
async fn the_list_has_all_of_them_newest_first() {
    let t = TestServices::new().await;
    load_demo(&t.services).await.unwrap();
    let mut tx = t.services.db.system("test").await.unwrap();
    let codes = async |tx: &mut db::SystemTx, state: Option<&str>| {
        let request = PageRequest { state: state.map(str::to_owned), ..PageRequest::default() };
        let page = list(tx, &request).await.unwrap();
        page.rows.into_iter().map(|product| product.code).collect::<Vec<_>>()
    };
    assert_eq!(codes(&mut tx, None).await, ["disk-10", "node", "php", "wordpress"]);
    assert_eq!(codes(&mut tx, Some("ADDON")).await, ["disk-10"]);
}

#[tokio::test]
async fn a_plan_says_when_its_sites_sleep_and_whether_they_must() {
    let t = TestServices::new().await;
    let php = |minutes: &str, is_optional: bool| ProductInput {
        code: format!("php-{}", Uuid::now_v7().simple()),
        stack: "PHP".to_owned(),
        sleep_after_minutes: minutes.to_owned(),
        sleep_is_optional: is_optional.then(|| "on".to_owned()),
        ..static_plan()
    };
    let add_on = ProductInput { kind: "ADDON".to_owned(), stack: String::new(), ..php("60", false) };
    for (wrong, field) in [
        (php("4", false), "sleep_after_minutes"),
        (php("43201", false), "sleep_after_minutes"),
        (php("an hour", false), "sleep_after_minutes"),
        (php("", true), "sleep_is_optional"),
        (ProductInput { stack: "STATIC".to_owned(), ..php("60", false) }, "sleep_after_minutes"),
        (add_on, "sleep_after_minutes"),
    ] {
        let code = wrong.code.clone();
        let faults = faults(create(&t.services, write(&t).await, wrong).await);
        assert_eq!(faults.iter().map(|fault| fault.field.as_str()).collect::<Vec<_>>(), [field], "{code}");
    }
    let taken = [("60", true, "After 1 hour without visitors"), ("45", false, "After 45 minutes without visitors"), ("", false, "Never")];
    for (minutes, is_optional, label) in taken {
        let made = create(&t.services, write(&t).await, php(minutes, is_optional)).await.unwrap();
        assert_eq!((made.limits.sleep_label().as_str(), made.limits.sleep.is_some_and(|rule| rule.is_optional)), (label, is_optional));
        let mut tx = t.services.db.system("test").await.unwrap();
        assert_eq!(get(&mut tx, &made.code).await.unwrap().limits, made.limits);
    }
}

#[tokio::test]
async fn a_plan_says_how_many_sites_its_cloudpods_have_and_whether_their_programs_reach_the_internet() {
    let t = TestServices::new().await;
    let plan = |sites: &str, network: &str| ProductInput {
        code: format!("plan-{}", Uuid::now_v7().simple()),
        sites: sites.to_owned(),
        network: network.to_owned(),
        ..static_plan()
    };
    let add_on = |sites: &str, network: &str| ProductInput {
        kind: "ADDON".to_owned(),
        stack: String::new(),
        cpu_millis: 0,
        memory_mb: 0,
        disk_mb: 0,
        tasks: 0,
        ..plan(sites, network)
    };
    let of_plan = "Enter a number of sites from 1 to 20.";
    let of_add_on = "Enter a number of sites from 0 to 20.";
    for (wrong, field, message) in [
        (plan("0", ""), "sites", of_plan),
        (plan("21", ""), "sites", of_plan),
        (plan("-1", ""), "sites", of_plan),
        (plan("ten", ""), "sites", of_plan),
        (ProductInput { disk_mb: 1024, ..add_on("21", "") }, "sites", of_add_on),
        (plan("", "SOMETIMES"), "network", "Select Yes or No."),
        (add_on("1", "CLOSED"), "network", "An add-on can't take internet access away. Select Yes."),
        (add_on("", ""), "disk_mb", "An add-on must increase at least one limit."),
    ] {
        let faults = faults(create(&t.services, write(&t).await, wrong).await);
        assert_eq!(faults, [FieldError { field: field.to_owned(), message: message.to_owned() }]);
    }
    for (right, limits) in [
        (plan("", ""), (20, NetworkAccess::Internet)),
        (plan("1", "INTERNET"), (1, NetworkAccess::Internet)),
        (plan("20", "CLOSED"), (20, NetworkAccess::Closed)),
        (add_on("3", "INTERNET"), (3, NetworkAccess::Internet)),
    ] {
        let made = create(&t.services, write(&t).await, right).await.unwrap();
        assert_eq!((made.limits.sites, made.limits.network), limits, "{}", made.code);
        let mut tx = t.services.db.system("test").await.unwrap();
        assert_eq!(get(&mut tx, &made.code).await.unwrap().limits, made.limits);
    }
}

#[tokio::test]
async fn a_plan_that_was_stored_without_a_number_of_sites_has_twenty_and_the_internet() {
    let t = TestServices::new().await;
    create(&t.services, write(&t).await, ProductInput { sites: "2".to_owned(), network: "CLOSED".to_owned(), ..static_plan() }).await.unwrap();
    sqlx::query("update products set metadata = metadata #- '{limits,sites}' #- '{limits,network}'").execute(&mut t.db.owner().await).await.unwrap();
    let mut tx = t.services.db.system("test").await.unwrap();
    let limits = get(&mut tx, "static").await.unwrap().limits;
    assert_eq!((limits.sites, limits.network), (20, NetworkAccess::Internet));
}
