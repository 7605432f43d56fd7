//! Subscriptions as the pages call them.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use app_operation::operation;
use model::{
    Time,
    billing::{
        products::BillingCycle,
        subscriptions::{ChangeOptions, ChangePreview, EndPreview, SubscriptionDetail, SubscriptionHistory, SubscriptionView},
    },
    ids::SubscriptionId,
    page::{Page, PageRequest},
};

/// Lists subscriptions, newest first.
#[operation("/api/admin/billing/subscriptions", "list", platform(SubscriptionsRead))]
pub async fn list_subscriptions(request: PageRequest) -> Result<Page<SubscriptionView>, AppError> {
    Ok(core_billing::subscriptions::list(&mut tx, &request).await?)
}

/// Returns one subscription with its items, its invoices and what happens next.
#[operation("/api/admin/billing/subscriptions", "get", platform(SubscriptionsRead))]
pub async fn read_subscription(id: SubscriptionId) -> Result<SubscriptionDetail, AppError> {
    Ok(core_billing::subscriptions::detail(&app_auth::services()?, &mut tx, id).await?)
}

/// Returns what was recorded about a subscription, and how it has moved recurring revenue.
#[operation("/api/admin/billing/subscriptions", "history", platform(SubscriptionsRead))]
pub async fn read_subscription_history(id: SubscriptionId) -> Result<SubscriptionHistory, AppError> {
    Ok(core_billing::subscriptions::history(&mut tx, id).await?)
}

/// Ends a subscription with the period that is paid for. Returns when it ends.
#[operation("/api/admin/billing/subscriptions", "cancel", platform(SubscriptionsWrite))]
pub async fn cancel_subscription(id: SubscriptionId) -> Result<Time, AppError> {
    Ok(core_billing::subscriptions::cancel_at_period_end(&app_auth::services()?, tx, id).await?)
}

/// Takes back the end of a subscription that has not come yet.
#[operation("/api/admin/billing/subscriptions", "keep", platform(SubscriptionsWrite))]
pub async fn keep_subscription(id: SubscriptionId) -> Result<(), AppError> {
    Ok(core_billing::subscriptions::keep(&app_auth::services()?, tx, id).await?)
}

/// Charges the overdue invoice of a subscription to the next saved card, without waiting for the next attempt of the payment terms.
#[operation("/api/admin/billing/subscriptions", "charge", platform(SubscriptionsWrite))]
pub async fn charge_subscription(id: SubscriptionId) -> Result<(), AppError> {
    Ok(core_billing::subscriptions::charge_now(&app_auth::services()?, tx, id).await?)
}

/// Extends the payment deadline of a subscription to the end of a day (UTC), such as 2026-12-14: until then no card is charged automatically, and
/// nothing is suspended or terminated for an unpaid invoice.
#[operation("/api/admin/billing/subscriptions", "extend_deadline", platform(SubscriptionsWrite))]
pub async fn extend_subscription_deadline(id: SubscriptionId, until: String, reason: String) -> Result<(), AppError> {
    Ok(core_billing::subscriptions::extend_deadline(&app_auth::services()?, tx, id, &until, &reason).await?)
}

/// Ends an extension of the payment deadline: the payment terms apply again.
#[operation("/api/admin/billing/subscriptions", "end_extension", platform(SubscriptionsWrite))]
pub async fn end_subscription_extension(id: SubscriptionId) -> Result<(), AppError> {
    Ok(core_billing::subscriptions::end_extension(&app_auth::services()?, tx, id).await?)
}

/// Previews the credit for the unused, paid time of a subscription, if it were ended now.
#[operation("/api/admin/billing/subscriptions", "preview_end", platform(SubscriptionsRead))]
pub async fn preview_end(id: SubscriptionId) -> Result<EndPreview, AppError> {
    Ok(core_billing::subscriptions::preview_end(&app_auth::services()?, &mut tx, id).await?)
}

/// Ends a subscription at once and deletes its CloudPods. `confirm_name` is the name of its product. With `credit` the unused time becomes account
/// credit as previewed: `at` is the time of the preview, `total` its sum in minor units. Without it nothing is credited.
#[operation("/api/admin/billing/subscriptions", "end", platform(SubscriptionsDelete))]
pub async fn end_subscription(
    id: SubscriptionId,
    confirm_name: String,
    credit: Option<bool>,
    at: Option<Time>,
    total: Option<i64>,
) -> Result<(), AppError> {
    let credit = confirmed_credit(credit, at, total)?;
    Ok(core_billing::subscriptions::cancel_now_with_credit(&app_auth::services()?, tx, id, &confirm_name, credit).await?)
}

/// Lists the plans that a subscription can be changed to.
#[operation("/api/admin/billing/subscriptions", "change_options", platform(SubscriptionsRead))]
pub async fn read_change_options(id: SubscriptionId) -> Result<ChangeOptions, AppError> {
    Ok(core_billing::subscriptions::options(&mut tx, id).await?)
}

/// Returns what a change of plan, billing cycle or add-ons costs, as of now. `add_ons` are codes with their number, `disk-10:2`,
/// separated by commas, `-` for none; left out, they stay. `quantity` is the number of CloudPods; left out, it stays. With `at_period_end` the change is made when the next period begins.
#[operation("/api/admin/billing/subscriptions", "preview_change", platform(SubscriptionsWrite))]
pub async fn preview_change(
    id: SubscriptionId,
    plan_code: String,
    cycle: BillingCycle,
    add_ons: Option<String>,
    quantity: Option<i32>,
    at_period_end: Option<bool>,
) -> Result<ChangePreview, AppError> {
    let wanted = wanted(plan_code, cycle, add_ons, quantity, at_period_end)?;
    Ok(core_billing::subscriptions::preview(&app_auth::services()?, tx, id, &wanted).await?)
}

/// Changes a subscription as previewed, now or when the next period begins: `at` is the preview's moment; `total`, `due` and `total_then` are its sums, in
/// minor units.
#[operation("/api/admin/billing/subscriptions", "change", platform(SubscriptionsWrite))]
#[allow(clippy::too_many_arguments, reason = "fields of one input")]
pub async fn change_plan(
    id: SubscriptionId,
    plan_code: String,
    cycle: BillingCycle,
    add_ons: Option<String>,
    quantity: Option<i32>,
    at_period_end: Option<bool>,
    at: Time,
    total: i64,
    due: i64,
    total_then: i64,
) -> Result<(), AppError> {
    let wanted = wanted(plan_code, cycle, add_ons, quantity, at_period_end)?;
    let confirmed = core_billing::subscriptions::ConfirmedPreview { wanted, at, total, due, total_then };
    Ok(core_billing::subscriptions::change(&app_auth::services()?, tx, id, &confirmed).await?)
}

/// Returns what it costs to take back a subscription that has ended, as of now.
#[operation("/api/admin/billing/subscriptions", "preview_reactivation", platform(SubscriptionsWrite))]
pub async fn preview_reactivation(id: SubscriptionId) -> Result<ChangePreview, AppError> {
    Ok(core_billing::subscriptions::preview_reactivation(&app_auth::services()?, tx, id).await?)
}

/// Takes back a subscription that has ended, with its CloudPods, as previewed: `at` is the preview's moment; `total`, `due` and `total_then` are
/// its sums, in minor units.
#[operation("/api/admin/billing/subscriptions", "reactivate", platform(SubscriptionsWrite))]
pub async fn reactivate_subscription(id: SubscriptionId, at: Time, total: i64, due: i64, total_then: i64) -> Result<(), AppError> {
    let confirmed = core_billing::subscriptions::ConfirmedSums { at, total, due, total_then };
    Ok(core_billing::subscriptions::reactivate(&app_auth::services()?, tx, id, confirmed).await?)
}

/// Returns what it costs to take back a subscription of a tenant that has ended, as of now.
#[operation("/api/tenant/billing/subscriptions", "preview_reactivation", tenant(SubscriptionsWrite))]
pub async fn preview_own_reactivation(slug: String, id: SubscriptionId) -> Result<ChangePreview, AppError> {
    Ok(core_billing::subscriptions::preview_reactivation_of_tenant(&app_auth::services()?, tx, id).await?)
}

/// Takes back a subscription of a tenant that has ended, with its CloudPods, as previewed: `at` is the preview's moment; `total`, `due` and
/// `total_then` are its sums, in minor units.
#[operation("/api/tenant/billing/subscriptions", "reactivate", tenant(SubscriptionsWrite))]
pub async fn reactivate_own_subscription(slug: String, id: SubscriptionId, at: Time, total: i64, due: i64, total_then: i64) -> Result<(), AppError> {
    let confirmed = core_billing::subscriptions::ConfirmedSums { at, total, due, total_then };
    Ok(core_billing::subscriptions::reactivate_of_tenant(&app_auth::services()?, tx, id, confirmed).await?)
}

/// Lists the plans that a subscription of a tenant can be changed to.
#[operation("/api/tenant/billing/subscriptions", "change_options", tenant(SubscriptionsRead))]
pub async fn read_own_change_options(slug: String, id: SubscriptionId) -> Result<ChangeOptions, AppError> {
    Ok(core_billing::subscriptions::options_of_tenant(&mut tx, id).await?)
}

/// Returns what a change of a tenant's subscription costs, as of now. `add_ons` are codes with their number, `disk-10:2`, separated by
/// commas, `-` for none; left out, they stay. `quantity` is the number of CloudPods; left out, it stays.
/// With `at_period_end` the change is made when the next period begins.
#[operation("/api/tenant/billing/subscriptions", "preview_change", tenant(SubscriptionsWrite))]
pub async fn preview_own_change(
    slug: String,
    id: SubscriptionId,
    plan_code: String,
    cycle: BillingCycle,
    add_ons: Option<String>,
    quantity: Option<i32>,
    at_period_end: Option<bool>,
) -> Result<ChangePreview, AppError> {
    let wanted = wanted(plan_code, cycle, add_ons, quantity, at_period_end)?;
    Ok(core_billing::subscriptions::preview_of_tenant(&app_auth::services()?, tx, id, &wanted).await?)
}

/// Changes a tenant's subscription as previewed, now or when the next period begins: `at` is the preview's moment; `total`, `due` and
/// `total_then` are its sums, in minor units.
#[operation("/api/tenant/billing/subscriptions", "change", tenant(SubscriptionsWrite))]
#[allow(clippy::too_many_arguments, reason = "fields of one input")]
pub async fn change_own_plan(
    slug: String,
    id: SubscriptionId,
    plan_code: String,
    cycle: BillingCycle,
    add_ons: Option<String>,
    quantity: Option<i32>,
    at_period_end: Option<bool>,
    at: Time,
    total: i64,
    due: i64,
    total_then: i64,
) -> Result<(), AppError> {
    let wanted = wanted(plan_code, cycle, add_ons, quantity, at_period_end)?;
    let confirmed = core_billing::subscriptions::ConfirmedPreview { wanted, at, total, due, total_then };
    Ok(core_billing::subscriptions::change_of_tenant(&app_auth::services()?, tx, id, &confirmed).await?)
}

/// Lists the subscriptions of a tenant, newest first.
#[operation("/api/tenant/billing/subscriptions", "list", tenant(SubscriptionsRead))]
pub async fn list_own_subscriptions(slug: String, request: PageRequest) -> Result<Page<SubscriptionView>, AppError> {
    Ok(core_billing::subscriptions::of_tenant(&mut tx, &request).await?)
}

/// Returns one subscription of a tenant with its items, its invoices and what happens next.
#[operation("/api/tenant/billing/subscriptions", "get", tenant(SubscriptionsRead))]
pub async fn read_own_subscription(slug: String, id: SubscriptionId) -> Result<SubscriptionDetail, AppError> {
    Ok(core_billing::subscriptions::detail_of_tenant(&app_auth::services()?, &mut tx, id).await?)
}

/// Ends a subscription of a tenant with the period that is paid for. Returns when it ends.
#[operation("/api/tenant/billing/subscriptions", "cancel", tenant(SubscriptionsWrite))]
pub async fn cancel_own_subscription(slug: String, id: SubscriptionId) -> Result<Time, AppError> {
    Ok(core_billing::subscriptions::cancel_at_period_end_of_tenant(&app_auth::services()?, tx, id).await?)
}

/// Takes back the end of a subscription of a tenant that has not come yet.
#[operation("/api/tenant/billing/subscriptions", "keep", tenant(SubscriptionsWrite))]
pub async fn keep_own_subscription(slug: String, id: SubscriptionId) -> Result<(), AppError> {
    Ok(core_billing::subscriptions::keep_of_tenant(&app_auth::services()?, tx, id).await?)
}

/// Takes back the change that is scheduled for the next period.
#[operation("/api/admin/billing/subscriptions", "unschedule", platform(SubscriptionsWrite))]
pub async fn unschedule_change(id: SubscriptionId) -> Result<(), AppError> {
    Ok(core_billing::subscriptions::unschedule(&app_auth::services()?, tx, id).await?)
}

/// Takes back the change that is scheduled for the next period of a tenant's subscription.
#[operation("/api/tenant/billing/subscriptions", "unschedule", tenant(SubscriptionsWrite))]
pub async fn unschedule_own_change(slug: String, id: SubscriptionId) -> Result<(), AppError> {
    Ok(core_billing::subscriptions::unschedule_of_tenant(&app_auth::services()?, tx, id).await?)
}

/// The chosen credit, with the preview that it confirms.
#[cfg(feature = "ssr")]
fn confirmed_credit(
    credit: Option<bool>,
    at: Option<Time>,
    total: Option<i64>,
) -> Result<Option<core_billing::subscriptions::ConfirmedCredit>, model::error::ApiError> {
    match (credit, at, total) {
        (None | Some(false), ..) => Ok(None),
        (_, Some(at), Some(total)) => Ok(Some(core_billing::subscriptions::ConfirmedCredit { at, total })),
        _ => Err(model::error::ApiError::field("credit", "Preview the credit first.")),
    }
}

/// What is asked for, as an operation takes it.
#[cfg(feature = "ssr")]
fn wanted(
    plan_code: String,
    cycle: BillingCycle,
    add_ons: Option<String>,
    quantity: Option<i32>,
    at_period_end: Option<bool>,
) -> Result<core_billing::subscriptions::WantedChange, model::error::ApiError> {
    let read = |text: String| text.parse::<model::billing::subscriptions::AddOnQuantities>();
    let add_ons = add_ons.map(read).transpose().map_err(|message| model::error::ApiError::field("add_ons", message))?;
    let add_ons = add_ons.map(|chosen| chosen.0);
    Ok(core_billing::subscriptions::WantedChange { plan_code, cycle, add_ons, quantity, at_period_end: at_period_end.unwrap_or(false) })
}
