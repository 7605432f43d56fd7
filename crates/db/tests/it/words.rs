//! The closed sets of words: the code and the columns must know the same ones.

use model::{
    administration::{
        accounts::{LinkPurpose, UserStatus},
        outbox::MailStatus,
        provisioning::{EventLevel, JobStatus, StepStatus},
        servers::{Capability, ServerDriver, ServerStatus},
        tenants::TenantStatus,
    },
    billing::{
        checkout::CheckoutStatus,
        dunning::DunningNotice,
        invoices::{InvoiceKind, InvoiceStatus},
        payments::{DisputeStatus, PaymentMethodStatus, PaymentSessionStatus, PaymentStatus, RefundStatus},
        products::{BillingCycle, ProductType},
        subscriptions::SubscriptionStatus,
    },
    hosting::{
        cloudpods::{DesiredState, ObservedState, PodStatus, Runtime, Stack},
        dns::RecordType,
        suspensions::SuspensionReason,
        websites::SiteStatus,
    },
    security::policies::Policy,
};
use mpanel_db::testing::TestDb;
use std::collections::BTreeSet;

fn words<T: Copy + std::fmt::Display>(all: &[T]) -> BTreeSet<String> {
    all.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn code_and_columns_know_the_same_words() {
    let t = TestDb::new().await;
    let mut owner = t.owner().await;
    let columns = [
        ("users", "status", words(UserStatus::ALL)),
        ("security_policies", "name", words(Policy::ALL)),
        ("tenants", "status", words(TenantStatus::ALL)),
        ("access_links", "purpose", words(LinkPurpose::ALL)),
        ("products", "type", words(ProductType::ALL)),
        ("subscriptions", "status", words(SubscriptionStatus::ALL)),
        ("subscriptions", "billing_cycle", words(BillingCycle::ALL)),
        ("checkout_sessions", "billing_cycle", words(BillingCycle::ALL)),
        ("checkout_sessions", "status", words(CheckoutStatus::ALL)),
        ("invoices", "status", words(InvoiceStatus::ALL)),
        ("invoices", "kind", words(InvoiceKind::ALL)),
        ("payments", "status", words(PaymentStatus::ALL)),
        ("refunds", "status", words(RefundStatus::ALL)),
        ("disputes", "status", words(DisputeStatus::ALL)),
        ("payment_methods", "status", words(PaymentMethodStatus::ALL)),
        ("payment_sessions", "status", words(PaymentSessionStatus::ALL)),
        ("dunning_notices", "notice", words(DunningNotice::ALL)),
        ("servers", "status", words(ServerStatus::ALL)),
        ("servers", "driver", words(ServerDriver::ALL)),
        ("server_capabilities", "capability", words(Capability::ALL)),
        ("cloud_pods", "status", words(PodStatus::ALL)),
        ("cloud_pods", "desired_state", words(DesiredState::ALL)),
        ("cloud_pods", "observed_state", words(ObservedState::ALL)),
        ("cloud_pods", "stack", words(Stack::ALL)),
        ("websites", "stack", words(Stack::ALL)),
        ("websites", "runtime_version", words(Runtime::ALL)),
        ("websites", "status", words(SiteStatus::ALL)),
        ("pod_suspensions", "reason", words(SuspensionReason::ALL)),
        ("jobs", "status", words(JobStatus::ALL)),
        ("job_steps", "status", words(StepStatus::ALL)),
        ("job_events", "level", words(EventLevel::ALL)),
        ("outgoing_mail", "status", words(MailStatus::ALL)),
        ("dns_records", "type", words(RecordType::ALL)),
    ];
    for (table, column, known) in columns {
        let check: String = sqlx::query_scalar(
            "select pg_get_constraintdef(c.oid) from pg_constraint c
             join pg_attribute a on a.attrelid = c.conrelid and c.conkey = array[a.attnum]
             where c.contype = 'c' and c.conrelid = $1::regclass and a.attname = $2",
        )
        .bind(table)
        .bind(column)
        .fetch_one(&mut owner)
        .await
        .unwrap_or_else(|error| panic!("{table}.{column}: {error}"));
        let stored: BTreeSet<String> = check.split('\'').skip(1).step_by(2).map(str::to_owned).collect();
        assert_eq!(stored, known, "{table}.{column}");
    }
}
