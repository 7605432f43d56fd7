use super::*;
use crate::{checkout::tests::anna, subscriptions::tests::life::Life};
use adapters::vies::{SimulatedVies, VatQuery, Vies};
use model::{
    billing::{profiles::VatStatus, tax::TaxTreatment},
    ids::InvoiceId,
};
use std::sync::Arc;

fn french(vat_number: &str) -> ProfileInput {
    ProfileInput {
        name: "Boulangerie SARL".to_owned(),
        address: "1 rue du Pain\n\n75001 Paris ".to_owned(),
        country: "fr".to_owned(),
        vat_number: vat_number.to_owned(),
        contacts: String::new(),
    }
}

const NUMBER: &str = "FR40303265045";

/// A customer in Germany whose VIES is in the test's hands.
struct Scene {
    life: Life,
    vies: Arc<SimulatedVies>,
}

impl Scene {
    async fn begin() -> Self {
        let mut life = Life::begin("2026-01-10T00:00:00Z", "good").await;
        let vies = Arc::new(SimulatedVies::default());
        life.shop.t.services = life.shop.t.services.with::<dyn Vies>(vies.clone());
        Self { life, vies }
    }

    async fn save(&self, input: &ProfileInput) {
        let services = &self.life.shop.t.services;
        let tx = services.db.tenant(&self.life.owner, self.life.tenant).await.unwrap();
        save_of_tenant(services, tx, input).await.unwrap();
    }

    async fn profile(&self) -> BillingProfile {
        let services = &self.life.shop.t.services;
        let mut tx = services.db.tenant::<BillingRead>(&self.life.owner, self.life.tenant).await.unwrap();
        get_of_tenant(services, &mut tx).await.unwrap()
    }

    async fn status(&self) -> Option<VatStatus> {
        self.profile().await.vat.map(|check| check.status)
    }

    /// Each invoice as its parts of the buyer and the tax, the oldest first.
    async fn invoices(&self) -> Vec<String> {
        let sql =
            "select concat_ws(' ', buyer ->> 'country', nullif(buyer ->> 'tax_number', ''), tax_treatment, tax_rate_bp) from invoices order by id";
        sqlx::query_scalar(sql).fetch_all(&mut self.life.shop.t.db.owner().await).await.unwrap()
    }

    async fn text(&self, sql: &'static str) -> String {
        self.life.shop.text(sql).await
    }
}

#[tokio::test]
async fn a_changed_profile_is_on_the_next_invoice_and_on_no_earlier_one() {
    let scene = Scene::begin().await;
    let before = scene.text("select buyer::text from invoices").await;
    scene.save(&french("")).await;
    scene.life.until("2026-02-04T00:00:00Z").await;
    assert_eq!(scene.invoices().await, ["DE DOMESTIC 1900", "FR OSS 2000"]);
    assert_eq!(scene.text("select buyer::text from invoices order by id limit 1").await, before);
    let printed = "select concat_ws('|', buyer ->> 'name', buyer ->> 'address') from invoices order by id desc limit 1";
    assert_eq!(scene.text(printed).await, "Boulangerie SARL|1 rue du Pain\n75001 Paris");
    let audit = "select concat_ws(' ', before ->> 'country', after ->> 'country') from audit_events where action = 'BILLING_PROFILE_UPDATED'";
    assert_eq!(scene.text(audit).await, "DE FR");
}

/// The rule of an unconfirmed number: it is printed, and VAT is charged as for a consumer until VIES answers.
#[tokio::test]
async fn while_vies_is_down_a_number_stays_unconfirmed_and_vat_is_charged_until_it_answers() {
    let scene = Scene::begin().await;
    scene.vies.set_down(true);
    scene.save(&french("fr 40 303 265 045")).await;
    scene.life.until("2026-02-04T00:00:00Z").await;
    assert_eq!(scene.status().await, Some(VatStatus::Pending));
    assert_eq!(scene.profile().await.tax_treatment, TaxTreatment::OneStopShop);
    assert_eq!(scene.invoices().await[1], format!("FR {NUMBER} OSS 2000"));
    let failure = scene.text("select error from reconciliations where name = 'vat_number'").await;
    assert!(failure.contains("MS_UNAVAILABLE"), "{failure}");
    scene.vies.set_down(false);
    // Long before it is asked about again.
    scene.life.until("2026-02-06T00:00:00Z").await;
    let proof = scene.profile().await.vat.unwrap().consultation;
    scene.life.until("2026-03-04T00:00:00Z").await;
    let profile = scene.profile().await;
    let check = profile.vat.unwrap();
    assert_eq!((check.status, profile.tax_treatment, profile.tax_rate_bp), (VatStatus::Confirmed, TaxTreatment::ReverseCharge, 0));
    assert!(check.consultation.starts_with("SIMULATED") && check.checked_at.is_some(), "{check:?}");
    assert_eq!(scene.vies.queries()[0], VatQuery { number: NUMBER.to_owned(), requester: Some("DE123456788".to_owned()) });
    let invoices = scene.invoices().await;
    assert_eq!((invoices[1].as_str(), invoices[2].as_str()), ("FR FR40303265045 OSS 2000", "FR FR40303265045 REVERSE_CHARGE 0"));
    let note = scene.text("select tax_note from invoices order by id desc limit 1").await;
    assert!(note.starts_with("Reverse charge"), "{note}");
    let recorded = "select after ->> 'consultation' from audit_events where action = 'VAT_NUMBER_CONFIRMED'";
    assert_eq!(scene.text(recorded).await, proof);
}

#[tokio::test]
async fn a_number_that_vies_no_longer_knows_costs_the_next_invoice_its_reverse_charge() {
    let scene = Scene::begin().await;
    scene.save(&french(NUMBER)).await;
    scene.life.look().await;
    assert_eq!(scene.status().await, Some(VatStatus::Confirmed));
    // VIES being down for longer than a month leaves it confirmed.
    scene.vies.set_down(true);
    scene.life.until("2026-02-20T00:00:00Z").await;
    assert_eq!(scene.status().await, Some(VatStatus::Confirmed));
    scene.vies.set_down(false);
    scene.vies.forget(NUMBER);
    scene.life.until("2026-03-04T00:00:00Z").await;
    assert_eq!(scene.status().await, Some(VatStatus::Rejected));
    assert_eq!(scene.invoices().await, ["DE DOMESTIC 1900", "FR FR40303265045 REVERSE_CHARGE 0", "FR OSS 2000"]);
    assert_eq!(
        scene.text("select array_to_string(differences, ' ') from reconciliations where name = 'vat_number'").await,
        format!("VIES does not know {NUMBER}.")
    );
    // Another number starts anew; the same one keeps what is known of it.
    scene.save(&french("FR23334175221")).await;
    assert_eq!(scene.status().await, Some(VatStatus::Pending));
    scene.life.look().await;
    scene.save(&ProfileInput { name: "Renamed".to_owned(), ..french("FR23334175221") }).await;
    assert_eq!(scene.status().await, Some(VatStatus::Confirmed));
    scene.save(&french("")).await;
    assert_eq!(scene.profile().await.vat, None);
}

/// A plan that is changed in the middle of a period is charged at the rate that the preview shows.
#[tokio::test]
async fn the_price_of_the_next_period_is_shown_with_the_tax_of_the_profile() {
    let scene = Scene::begin().await;
    assert_eq!(scene.life.detail().await.tax_rate_bp, 1900);
    scene.save(&french(NUMBER)).await;
    assert_eq!(scene.life.detail().await.tax_rate_bp, 2000);
    scene.life.look().await;
    assert_eq!((scene.life.detail().await.tax_rate_bp, scene.life.detail().await.total.minor), (0, 900));
}

#[tokio::test]
async fn mail_about_invoices_goes_to_each_billing_contact() {
    let scene = Scene::begin().await;
    scene.save(&ProfileInput { contacts: "Buchhaltung@bakery.example\nchef@bakery.example, chef@bakery.example".to_owned(), ..french("") }).await;
    scene.life.until("2026-02-04T00:00:00Z").await;
    let told = "select string_agg(recipient, ' ' order by recipient) from outgoing_mail where template = 'renewal_issued'";
    assert_eq!(scene.text(told).await, "buchhaltung@bakery.example chef@bakery.example");
    assert_eq!(scene.text("select buyer ->> 'email' from invoices order by id desc limit 1").await, "buchhaltung@bakery.example");
}

#[tokio::test]
async fn what_is_wrong_with_a_profile_is_said_on_its_fields_and_only_those_with_the_permission_change_it() {
    let scene = Scene::begin().await;
    let services = &scene.life.shop.t.services;
    let wrong = ProfileInput {
        name: " ".to_owned(),
        address: String::new(),
        country: "FR".to_owned(),
        vat_number: "DE136695976".to_owned(),
        contacts: "nobody".to_owned(),
    };
    let tx = services.db.platform(&scene.life.admin).await.unwrap();
    let refused = crate::checkout::tests::faults(save(services, tx, scene.life.tenant, &wrong).await);
    let fields: Vec<&str> = refused.iter().map(|fault| fault.field.as_str()).collect();
    assert_eq!(fields, ["name", "address", "vat_number", "contacts"]);
    assert_eq!(scene.text("select count(*)::text from billing_profiles").await, "0");
    let reader = scene.life.shop.t.db.user("support@hosting.example", Some("PLATFORM_SUPPORT")).await;
    assert!(services.db.platform::<BillingManage>(&reader).await.is_err());
    let mut tx = services.db.platform::<BillingRead>(&reader).await.unwrap();
    assert_eq!(get(services, &mut tx, scene.life.tenant).await.unwrap().name, anna().site_title.unwrap());
}

/// Two pieces where two are known: the card of the first payment is saved after its invoice was issued.
#[tokio::test]
async fn an_invoice_keeps_the_country_of_address_and_card_and_what_vies_confirmed_for_staff_only() {
    let scene = Scene::begin().await;
    let services = &scene.life.shop.t.services;
    scene.save(&french(NUMBER)).await;
    scene.life.until("2026-02-04T00:00:00Z").await;
    let kept = async |id: InvoiceId| {
        let mut tx = services.db.system("test").await.unwrap();
        let view = crate::invoices::get(&mut tx, id).await.unwrap();
        view.tax_evidence.into_iter().map(|piece| format!("{} {} {}", piece.kind, piece.country, piece.reference)).collect::<Vec<_>>()
    };
    let first: InvoiceId =
        sqlx::query_scalar("select id from invoices order by id limit 1").fetch_one(&mut scene.life.shop.t.db.owner().await).await.unwrap();
    assert_eq!(kept(first).await, ["ADDRESS DE ", "CARD NL "]);
    let consultation = scene.profile().await.vat.unwrap().consultation;
    let proof = format!("VAT_NUMBER FR {NUMBER} {consultation}");
    assert_eq!(kept(scene.life.latest_invoice().await).await, ["ADDRESS FR ", "CARD NL ", proof.as_str()]);
    let mut tx = services.db.tenant::<BillingRead>(&scene.life.owner, scene.life.tenant).await.unwrap();
    assert!(crate::invoices::get_of_tenant(&mut tx, first).await.unwrap().tax_evidence.is_empty());
}
