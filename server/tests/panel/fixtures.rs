//! What stands for each kind of id in the generated tests. A module that has ids of its own adds a line here; without one, the test of
//! every operation that takes such an id fails.

use crate::seed::{Customer, Used};

/// The object of this customer, by the name of its id's type; of the platform, where customers have none of their own.
pub const IDS: &[(&str, fn(&Used, &Customer) -> String)] = &[
    ("UserId", |_, customer| customer.user.clone()),
    ("SessionId", |_, customer| customer.session.clone()),
    ("TenantId", |_, customer| customer.tenant.clone()),
    ("InvitationId", |_, customer| customer.invitation.clone()),
    ("CloudPodId", |_, customer| customer.pod.clone()),
    ("CertificateId", |_, customer| customer.certificate.clone()),
    ("JobId", |_, customer| customer.job.clone()),
    ("InvoiceId", |_, customer| customer.invoice.clone()),
    ("SubscriptionId", |_, customer| customer.subscription.clone()),
    ("PaymentMethodId", |_, customer| customer.card.clone()),
    ("PaymentSessionId", |_, customer| customer.payment_session.clone()),
    ("CheckoutId", |_, customer| customer.checkout.clone()),
    ("ServerId", |used, _| used.seed.server.clone()),
    ("CouponId", |used, _| used.seed.coupon.clone()),
    ("MismatchId", |used, _| used.seed.mismatch.clone()),
    ("WebsiteId", |_, customer| customer.website.clone()),
    ("DeployId", |_, customer| customer.deploy.clone()),
    ("DomainId", |_, customer| customer.domain.clone()),
    ("DomainOfferId", |_, customer| customer.offer.clone()),
    ("DomainRegistrationId", |_, customer| customer.registration.clone()),
    ("BankEntryId", |used, _| used.seed.bank_entry.clone()),
    ("PaymentEventId", |used, _| used.seed.payment_event.clone()),
    ("MailId", |used, _| used.seed.mail.clone()),
];

/// What fields without an id need so that an operation comes to look at its ids, by their names.
pub const FIELDS: &[(&str, fn(&Customer) -> String)] = &[
    ("role", |_| "TENANT_USER".to_owned()),
    ("plan_code", |_| "wordpress".to_owned()),
    ("token", |customer| customer.checkout_token.clone()),
    ("text", |_| "$TTL 3600".to_owned()),
    // A file; a name of anything else passes for good with it.
    ("name", |_| "site.zip".to_owned()),
];
