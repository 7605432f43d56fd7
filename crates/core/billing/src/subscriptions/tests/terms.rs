use super::life::Life;
use super::*;
use crate::dunning;
use model::billing::dunning::PaymentTermsInput;

fn terms(product_code: &str, attempt_days: &str, suspend_after_days: i32) -> PaymentTermsInput {
    PaymentTermsInput {
        product_code: product_code.to_owned(),
        invoice_lead_days: 3,
        attempt_days: attempt_days.to_owned(),
        suspend_after_days,
        terminate_after_days: 5,
    }
}

impl Life {
    async fn set_terms(&self, input: PaymentTermsInput) -> Result<()> {
        let services = &self.shop.t.services;
        dunning::set(services, services.db.platform(&self.admin).await.unwrap(), &input).await
    }

    async fn failed_charges(&self) -> i64 {
        self.shop.number("select count(*) from payments where status = 'FAILED'").await
    }
}

#[tokio::test]
async fn terms_that_staff_set_hold_for_the_invoices_issued_afterwards() {
    let life = Life::begin("2027-03-01T08:00:00Z", "empty").await;
    life.until("2027-03-26T08:00:00Z").await;
    assert_eq!(life.invoices().await.len(), 2, "issued under the terms that mPanel begins with");
    life.set_terms(terms("", "0", 1)).await.unwrap();
    life.until("2027-04-10T08:00:00Z").await;
    assert_eq!((life.failed_charges().await, life.status().await), (4, SubscriptionStatus::PastDue), "an invoice keeps its terms");
    let invoice = life.latest_invoice().await;
    life.pay(invoice, "empty_later").await;
    life.look().await;

    life.until("2027-04-28T07:59:59Z").await;
    assert_eq!(life.invoices().await.len(), 2);
    life.until("2027-04-28T08:00:00Z").await;
    assert_eq!(life.invoices().await.len(), 3, "three days ahead");
    life.until("2027-05-02T08:00:00Z").await;
    assert_eq!((life.failed_charges().await, life.status().await, life.visit().await), (5, SubscriptionStatus::Suspended, 503));
    life.until("2027-05-07T08:00:00Z").await;
    assert_eq!(life.status().await, SubscriptionStatus::Cancelled, "five days after the suspension");
}

#[tokio::test]
async fn a_plan_with_terms_of_its_own_goes_by_them_until_they_are_removed() {
    let life = Life::begin("2027-03-01T08:00:00Z", "good").await;
    let services = &life.shop.t.services;
    life.set_terms(terms("wordpress", "0, 1", 2)).await.unwrap();
    let listed = dunning::list(&mut services.db.platform::<model::permission::BillingRead>(&life.admin).await.unwrap()).await.unwrap();
    assert_eq!(listed.terms[0].attempts_label(), "0, 3, 5, 7", "the others keep what mPanel begins with");
    assert_eq!((listed.terms[1].product_name.as_deref(), listed.terms[1].attempts_label().as_str()), (Some("WordPress"), "0, 1"));
    assert!(!listed.without.iter().any(|(code, _)| code == "wordpress"));
    life.until("2027-03-29T07:59:59Z").await;
    assert_eq!(life.invoices().await.len(), 1);
    life.until("2027-03-29T08:00:00Z").await;
    assert_eq!(life.invoices().await.len(), 2, "three days ahead");
    let remove = async || dunning::remove(services, services.db.platform(&life.admin).await.unwrap(), "wordpress").await;
    remove().await.unwrap();
    assert!(remove().await.is_err());
    life.until("2027-04-24T08:00:00Z").await;
    assert_eq!(life.invoices().await.len(), 3, "a week ahead again");
    assert_eq!(life.shop.number("select count(*) from audit_events where action = 'PAYMENT_TERMS_UPDATED'").await, 2);
}

#[tokio::test]
async fn terms_that_make_no_sense_are_refused_on_their_field() {
    let life = Life::begin("2027-03-01T08:00:00Z", "good").await;
    let refused = async |input| life.set_terms(input).await.unwrap_err().into_api().fields[0].field.clone();
    for days in ["", "0, x", "-1, 3", "3, 3", "5, 3", "0, 10", "0,1,2,3,4,5,6,7,8,9,9", "99999999999"] {
        assert_eq!(refused(terms("", days, 10)).await, "attempt_days", "{days}");
    }
    assert_eq!(refused(terms("", "0", 0)).await, "suspend_after_days");
    assert_eq!(refused(terms("nothing", "0", 10)).await, "product_code");
    assert_eq!(refused(PaymentTermsInput { invoice_lead_days: 28, ..terms("", "0", 10) }).await, "invoice_lead_days");
    assert_eq!(refused(PaymentTermsInput { terminate_after_days: 0, ..terms("", "0", 10) }).await, "terminate_after_days");
}
