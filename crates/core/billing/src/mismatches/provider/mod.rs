//! Payments that the provider has taken, compared with those that are stored.

pub(super) mod queries;

use super::{
    queries::{Found, clear, hold, keep, open_objects},
    reconcile::CONFIRM_AFTER,
    rules::Fault,
};
use adapters::payments::{PaymentReference, Payments, PaymentsUnavailable, TakenPayment};
use chrono::{DateTime, Duration};
use engine::{Result, Services};
use model::{Time, billing::mismatches::MismatchKind, ids::InvoiceId};
use queries::TargetInvoice;
use sqlx::PgConnection;

/// How far back the first comparison looks.
const FIRST_WINDOW: Duration = Duration::days(30);
/// Listed again each time: a payment may be listed late.
const OVERLAP: Duration = Duration::minutes(10);
/// Most pages of one comparison; the next one goes on from there.
const MAX_PAGES: usize = 200;

/// Most payments of earlier comparisons that the provider is asked about each time.
const MAX_ASKED: usize = 50;

/// What a comparison has come to.
pub(super) struct Listed {
    pub count: i64,
    /// Everything before was listed; nothing when the provider did not respond.
    pub until: Option<Time>,
}

const KIND: &[&str] = &[MismatchKind::PaymentWithoutInvoice.as_str()];

/// Goes through what was taken since the last comparison, and through what was found before.
pub(super) async fn compare(services: &Services, last: Option<Time>) -> Result<Listed> {
    let provider = services.part::<dyn Payments>();
    let began = services.now();
    let mut tx = services.db.system("mismatches").await?;
    let open = open_objects(tx.conn(), KIND).await?;
    let mut unknown = queries::unknown_payments(tx.conn(), provider.name(), &open).await?;
    tx.finish().await?;
    unknown = not_refunded(services, &**provider, unknown).await?;
    let mut tx = services.db.system("mismatches").await?;
    keep(tx.conn(), KIND, &unknown, began, began - CONFIRM_AFTER).await?;
    let kinds = vec![KIND[0]; unknown.len()];
    clear(tx.conn(), (KIND, &open), (&kinds, &unknown), began).await?;
    tx.commit_progress().await?;

    let since = last.map_or(began - FIRST_WINDOW, |last| last - OVERLAP).timestamp();
    let (mut after, mut count) = (None, 0);
    for _ in 0..MAX_PAGES {
        let page = match provider.taken_since(since, after.as_deref()).await {
            Ok(page) => page,
            Err(error) => {
                tracing::warn!(%error, "failed to list the payments of the provider");
                return Ok(Listed { count, until: None });
            }
        };
        count += i64::try_from(page.payments.len()).unwrap_or_default();
        let found = match kept(services, &**provider, page.payments).await? {
            Ok(found) => found,
            Err(error) => {
                tracing::warn!(%error, "failed to ask what was refunded of a payment");
                return Ok(Listed { count, until: None });
            }
        };
        store(services, provider.name(), found).await?;
        after = page.next;
        if after.is_none() {
            return Ok(Listed { count, until: Some(began) });
        }
    }
    tracing::warn!(pages = MAX_PAGES, "the provider has taken more payments than are compared at a time");
    Ok(Listed { count, until: None })
}

/// Those of these payments that were not given back since they were found.
async fn not_refunded(services: &Services, provider: &dyn Payments, found: Vec<String>) -> Result<Vec<String>> {
    let mut kept = Vec::new();
    for (at, payment) in found.into_iter().enumerate() {
        if at < MAX_ASKED {
            let mut tx = services.db.system_read("mismatches").await?;
            let taken = queries::amount(tx.conn(), &payment).await?;
            tx.finish().await?;
            // Without an answer it is still listed.
            let refunded = provider.refunded(&payment).await.unwrap_or_default();
            if taken.is_some_and(|taken| refunded >= taken) {
                continue;
            }
        }
        kept.push(payment);
    }
    Ok(kept)
}

/// Those of a page that are neither stored nor given back.
async fn kept(services: &Services, provider: &dyn Payments, page: Vec<TakenPayment>) -> Result<Result<Vec<TakenPayment>, PaymentsUnavailable>> {
    let refs: Vec<String> = page.iter().map(|payment| payment.provider_ref.clone()).collect();
    let mut tx = services.db.system_read("mismatches").await?;
    let unknown = queries::unknown_payments(tx.conn(), provider.name(), &refs).await?;
    tx.finish().await?;
    let mut kept = Vec::new();
    for payment in page.into_iter().filter(|payment| unknown.contains(&payment.provider_ref)) {
        match provider.refunded(&payment.provider_ref).await {
            Ok(refunded) if refunded >= payment.amount.minor => {}
            Ok(_) => kept.push(payment),
            Err(error) => return Ok(Err(error)),
        }
    }
    Ok(Ok(kept))
}

/// Stores those of a page that are on no invoice.
async fn store(services: &Services, provider: &str, page: Vec<TakenPayment>) -> Result<()> {
    let now = services.now();
    let refs: Vec<String> = page.iter().map(|payment| payment.provider_ref.clone()).collect();
    let mut tx = services.db.system("mismatches").await?;
    let unknown = queries::unknown_payments(tx.conn(), provider, &refs).await?;
    for payment in page.into_iter().filter(|payment| unknown.contains(&payment.provider_ref) && payment.amount.minor > 0) {
        let of = about(tx.conn(), payment.purpose.as_deref()).await?;
        let found = Found {
            object: payment.provider_ref.clone(),
            tenant: of.as_ref().map(|of| of.tenant_id),
            pod: None,
            subscription: None,
            invoice: of.as_ref().map(|of| of.invoice_id),
            subject: payment.provider_ref,
            currency: payment.amount.currency,
            cycle: None,
            purpose: payment.purpose,
            fault: Fault {
                kind: MismatchKind::PaymentWithoutInvoice,
                message: match &of {
                    Some(of) => format!("Taken by the provider ({provider}) for invoice {}, and not booked.", of.number),
                    None => format!("Taken by the provider ({provider}), and on no invoice."),
                },
                amount: payment.amount.minor,
                since: DateTime::from_timestamp(payment.taken_at, 0).unwrap_or(now).min(now),
            },
        };
        hold(tx.conn(), &found, now, now - CONFIRM_AFTER).await?;
    }
    Ok(tx.commit_progress().await?)
}

/// The invoice that a payment was asked for.
async fn about(conn: &mut PgConnection, purpose: Option<&str>) -> Result<Option<TargetInvoice>> {
    Ok(match purpose.map(Purpose::of) {
        Some(Purpose::Page(PaymentReference::Invoice(session))) => queries::invoice_of_page(conn, session).await?,
        Some(Purpose::Charge(invoice)) => queries::invoice_by_id(conn, invoice).await?,
        _ => None,
    })
}

/// What a payment was asked for, by the provider's word.
pub(super) enum Purpose {
    /// A payment page.
    Page(PaymentReference),
    /// A charge for an invoice: its id, and the number of the attempt.
    Charge(InvoiceId),
    /// Not by us.
    Unknown,
}

impl Purpose {
    pub(super) fn of(text: &str) -> Self {
        if let Ok(reference) = text.parse() {
            return Self::Page(reference);
        }
        let invoice = text.rsplit_once('-').and_then(|(invoice, attempt)| attempt.parse::<u32>().ok().and_then(|_| invoice.parse().ok()));
        invoice.map_or(Self::Unknown, Self::Charge)
    }
}
