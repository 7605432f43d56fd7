//! Changing the plan: the choice, and what it costs before it is confirmed.

use super::server_fns::{ChangeOwnPlan, ChangePlan, preview_change, preview_own_change, read_change_options, read_own_change_options};
use app_kit::{prelude::*, time::day};
use model::{
    billing::{
        products::{BillingCycle, ProductView},
        subscriptions::{AddOnQuantities, ChangeDocument, ChangeOptions, ChangePreview, TooSmall},
    },
    error::ApiError,
    hosting::cloudpods::Limits,
    ids::SubscriptionId,
    money::Money,
};

/// The button that opens the choice.
#[component]
pub(super) fn ChangeButton(id: SubscriptionId, product: String, scope: Scope) -> impl IntoView {
    let open = RwSignal::new(false);
    let again = use_refetch();
    let done = Callback::new(move |()| {
        open.set(false);
        again.run(());
    });
    view! {
        <Button kind=Kind::Primary on:click=move |_| open.set(true)>"Change plan"</Button>
        <Drawer open title="Change plan" note=product>
            {let scope = scope.clone(); move || { let scope = scope.clone(); open.get().then(|| view! { <Choose id scope done/> }) }}
        </Drawer>
    }
}

#[component]
fn Choose(id: SubscriptionId, scope: Scope, done: Callback<()>) -> impl IntoView {
    let of = scope.clone();
    let options = fetch(
        || (),
        move |()| {
            let of = of.clone();
            async move {
                match of {
                    Scope::Platform => read_change_options(id).await,
                    Scope::Tenant(slug) => read_own_change_options(slug, id).await,
                }
            }
        },
    );
    view! { <Load data=options view={move |options: Live<ChangeOptions>| view! { <Plans id scope=scope.clone() options=options.now() done/> }}/> }
}

const NOW: &str = "NOW";
const LATER: &str = "LATER";

/// What is chosen, as the operations take it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wanted {
    code: String,
    cycle: BillingCycle,
    add_ons: String,
    quantity: String,
    later: bool,
}

/// Add-ons with the number that is wanted of each.
#[derive(Clone)]
struct Extras(Vec<(ProductView, RwSignal<String>)>);

impl Extras {
    fn new(on_sale: Vec<ProductView>, present: &[(String, i32)]) -> Self {
        let quantity = |code: &str| present.iter().find(|(one, _)| one == code).map_or(0, |(_, quantity)| *quantity);
        Self(
            on_sale
                .into_iter()
                .map(|product| (RwSignal::new(quantity(&product.code).to_string()), product))
                .map(|(typed, product)| (product, typed))
                .collect(),
        )
    }

    /// As the operations take it.
    fn list(&self) -> impl Fn() -> String + Copy + Send + Sync + 'static {
        let extras = StoredValue::new(self.0.iter().map(|(product, typed)| (product.code.clone(), *typed)).collect::<Vec<_>>());
        move || {
            extras.with_value(|extras| {
                let wanted = extras.iter().map(|(code, typed)| (code, typed.get().trim().to_owned()));
                AddOnQuantities::text(wanted.filter(|(_, typed)| !typed.is_empty() && typed != "0"))
            })
        }
    }

    fn view(self, cycle: Signal<BillingCycle>) -> AnyView {
        let rows = self.0.into_iter().map(|(product, typed)| {
            let price = untrack(|| cycle.get());
            let help =
                product.price(price).map_or_else(|| "Not sold for this billing cycle.".to_owned(), |each| format!("{each} {} each.", price.per()));
            view! { <Input name=format!("quantity-{}", product.code) kind="number" label=product.name help bind=typed/> }
        });
        view! { <div class="grid gap-3">{rows.collect_view()}</div> }.into_any()
    }
}

#[component]
fn Plans(id: SubscriptionId, scope: Scope, options: ChangeOptions, done: Callback<()>) -> impl IntoView {
    let (plan, cycle) = (RwSignal::new(options.plan_code.clone()), RwSignal::new(options.cycle.to_string()));
    let when = RwSignal::new(NOW.to_owned());
    let chosen_cycle = move || cycle.with(|cycle| cycle.parse()).unwrap_or(options.cycle);
    let cycles = vec![(BillingCycle::Monthly.to_string(), "Monthly".to_owned()), (BillingCycle::Yearly.to_string(), "Yearly".to_owned())];
    let times = vec![(NOW.to_owned(), "Now".to_owned()), (LATER.to_owned(), "When the next period begins".to_owned())];
    let (plans, present, now, too_small) = (options.plans, options.plan_code, options.cycle, options.too_small);
    let extras = Extras::new(options.add_ons_on_sale, &options.add_ons);
    let (add_ons, present_add_ons) = (extras.list(), untrack(extras.list()));
    let (quantity, present_quantity) = (RwSignal::new(options.quantity.to_string()), options.quantity.to_string());
    let cards = Signal::derive({
        let present = present.clone();
        move || plans.iter().map(|plan| card(plan, chosen_cycle(), &present, &too_small)).collect()
    });
    let shown = scope.clone();
    let wanted = move || Wanted {
        code: plan.get(),
        cycle: chosen_cycle(),
        add_ons: add_ons(),
        quantity: quantity.get(),
        later: when.with(|when| when == LATER),
    };
    let preview = fetch(wanted, move |wanted: Wanted| {
        let scope = scope.clone();
        async move {
            let Wanted { code, cycle, add_ons, quantity, later } = wanted;
            let quantity = Some(whole_number(&quantity)?);
            match scope {
                Scope::Platform => preview_change(id, code, cycle, Some(add_ons), quantity, Some(later)).await,
                Scope::Tenant(slug) => preview_own_change(slug, id, code, cycle, Some(add_ons), quantity, Some(later)).await,
            }
        }
    });
    let is_changed =
        move || plan.with(|plan| *plan != present) || chosen_cycle() != now || add_ons() != present_add_ons || quantity.get() != present_quantity;
    view! {
        <div class="grid gap-4">
            <Segmented name="cycle" label="Billing cycle" options=cycles bind=cycle/>
            <RadioCards name="plan_code" label="Plan" options=cards bind=plan hide_label=true/>
            <Input name="quantity" kind="number" label="CloudPods" help="Each has the limits and the price of the plan." bind=quantity/>
            {extras.view(Signal::derive(chosen_cycle))}
            <Segmented name="when" label="When" options=times bind=when/>
            {move || is_changed().then(|| {
                let scope = shown.clone();
                view! {
                    <Load data=preview keep=true view={move |preview: ChangePreview| view! { <Preview id scope=scope.clone() wanted=untrack(wanted) preview done/> }}/>
                }
            })}
        </div>
    }
}

fn whole_number(typed: &str) -> Result<i32, AppError> {
    typed.trim().parse().map_err(|_| ApiError::field("quantity", "Enter a whole number of CloudPods.").into())
}

/// A plan with its price. One that cannot be chosen says why; one that is large enough with add-ons can be chosen.
fn card(plan: &ProductView, cycle: BillingCycle, present: &str, too_small: &[TooSmall]) -> Choice {
    let mut choice = Choice { lines: plan.features.clone(), ..Choice::new(plan.code.clone(), plan.name.clone()) };
    let Some(price) = plan.price(cycle) else {
        choice.closed = Some("Not sold for this billing cycle.".to_owned());
        return choice;
    };
    choice.aside = format!("{price} {}", cycle.per());
    match too_small.iter().find(|small| small.code == plan.code) {
        Some(small) if small.is_helped_by_add_ons => choice.text = format!("Only with add-ons: {}", small.why),
        Some(small) => choice.closed = Some(format!("Not available: {}", small.why)),
        None if plan.code == present => choice.text = "Current plan.".to_owned(),
        None => {}
    }
    choice
}

#[component]
fn Preview(id: SubscriptionId, scope: Scope, wanted: Wanted, preview: ChangePreview, done: Callback<()>) -> impl IntoView {
    if !preview.obstacles.is_empty() {
        return view! { <Obstacles title="This change can\u{2019}t be made now" obstacles=preview.obstacles/> }.into_any();
    }
    let (cycle, at, due) = (preview.cycle, preview.at, preview.due.minor);
    let (total, total_then) = (preview.total.minor, preview.total_then.minor);
    let Wanted { code, add_ons, later, quantity, .. } = wanted;
    let quantity = whole_number(&quantity).ok();
    let label = match due {
        _ if later => "Schedule change".to_owned(),
        0 => "Change plan".to_owned(),
        _ => format!("Pay {} and change plan", preview.due),
    };
    let done_words = if preview.limits_before == preview.limits_after {
        "The change was made.".to_owned()
    } else {
        format!("{} is being set up. Limits change without a restart.", preview.plan_name)
    };
    let toast = if later { ("Change scheduled", format!("It is made on {}.", day(preview.renews_at))) } else { ("Plan changed", done_words) };
    let (add_ons, at_period_end) = (Some(add_ons), Some(later));
    let button = match scope {
        Scope::Platform => {
            view! { <ActionButton call=ChangePlan { id, plan_code: code, cycle, add_ons, quantity, at_period_end, at, total, due, total_then } label kind=Kind::Primary on_done=done toast/> }.into_any()
        }
        Scope::Tenant(slug) => {
            view! { <ActionButton call=ChangeOwnPlan { slug, id, plan_code: code, cycle, add_ons, quantity, at_period_end, at, total, due, total_then } label kind=Kind::Primary on_done=done toast/> }
                .into_any()
        }
    };
    let costs = preview.clone();
    let was = preview.before.map(|(total, cycle)| format!(" Before: {total} {}.", cycle.per())).unwrap_or_default();
    view! {
        <section class="grid gap-3">
            <h3 class="text-14 font-bold">"Cost of this change"<span class="ml-2 text-12 font-normal text-3">"valid until "<At at=preview.valid_until/></span></h3>
            {later.then(|| view! { <p class="text-13 text-2">"Nothing is charged now. This replaces a change that is already scheduled."</p> })}
            {(!later).then(|| view! { <Costs label="Cost of this change" preview=costs/> })}
            <p class="text-13 text-2">{format!("From {}: {} {} with VAT.{was}", day(preview.renews_at), preview.total_then, preview.cycle.per())}</p>
            {preview.coupon.map(|coupon| view! { <p class="text-13 text-2">{coupon}</p> })}
            <LimitChanges before=preview.limits_before after=preview.limits_after/>
            <p class="text-12 text-3">"You are charged exactly what is shown. If anything has changed when you confirm, nothing is charged."</p>
            {button}
        </section>
    }
    .into_any()
}

/// Why it cannot be done now.
#[component]
pub(super) fn Obstacles(title: &'static str, obstacles: Vec<String>) -> impl IntoView {
    view! {
        <div role="status" class="grid gap-1 text-13">
            <p class="font-bold">{title}</p>
            <ul class="grid gap-1">{obstacles.into_iter().map(|obstacle| view! { <li>{obstacle}</li> }).collect_view()}</ul>
        </div>
    }
}

/// What is charged or credited today.
#[component]
pub(super) fn Costs(label: &'static str, preview: ChangePreview) -> impl IntoView {
    let negative = |amount: Money| Money::new(-amount.minor, amount.currency).to_string();
    let card = preview.method.as_ref().map(|method| method.label()).unwrap_or_default();
    let (due_note, credited) = (if preview.due.minor > 0 { card } else { String::new() }, preview.total.minor < 0);
    view! {
        <Sum label>
            {preview.lines.into_iter().map(|line| view! { <SumRow label=line.description note=line.note amount=line.net.to_string()/> }).collect_view()}
            <SumRow label="Subtotal" amount=preview.net.to_string() kind=SumKind::Part/>
            {if preview.documents.is_empty() {
                view! { <SumRow label=crate::tax_label(preview.tax_rate_bp) amount=preview.tax.to_string()/> }.into_any()
            } else {
                preview.documents.into_iter().map(document).collect_view().into_any()
            }}
            {(preview.credit_used.minor > 0).then(|| view! { <SumRow label="Account credit" amount=negative(preview.credit_used)/> })}
            {if credited {
                view! { <SumRow label="Added to your account credit" amount=negative(preview.total) kind=SumKind::Total/> }.into_any()
            } else {
                view! { <SumRow label="Due today" note=due_note amount=preview.due.to_string() kind=SumKind::Total/> }.into_any()
            }}
        </Sum>
    }
}

/// The tax of one of several documents: unused time is credited at the rate it was taxed at.
fn document(document: ChangeDocument) -> impl IntoView {
    let kind = if document.net.minor < 0 { "Credit note" } else { "Invoice" };
    let label = format!("{}, {}", crate::tax_label(document.tax_rate_bp), kind.to_lowercase());
    view! { <SumRow label note=format!("{kind} of {} without VAT", document.net) amount=document.tax.to_string()/> }
}

/// What changes on the server.
#[component]
fn LimitChanges(before: Limits, after: Limits) -> impl IntoView {
    let cores = |millis: i32| format!("{:.2}", f64::from(millis) / 1000.0);
    let rows = [
        ("CPU cores", cores(before.cpu_millis), cores(after.cpu_millis)),
        ("Memory", size_words(f64::from(before.memory_mb)), size_words(f64::from(after.memory_mb))),
        ("Disk", size_words(f64::from(before.disk_mb)), size_words(f64::from(after.disk_mb))),
        ("Processes", before.tasks.to_string(), after.tasks.to_string()),
        ("Sites", before.sites.to_string(), after.sites.to_string()),
        ("Sites sleep", before.sleep_label(), after.sleep_label()),
        ("Internet access", before.network.label().to_owned(), after.network.label().to_owned()),
    ];
    let rows: Vec<_> = rows.into_iter().filter(|(_, before, after)| before != after).collect();
    (!rows.is_empty()).then(|| view! {
        <ul class="grid gap-1 text-13" aria-label="Changes on the server">
            {rows.into_iter().map(|(name, before, after)| view! {
                <li class="flex justify-between gap-3"><span class="text-2">{name}</span><span class="num">{format!("{before} \u{2192} {after}")}</span></li>
            }).collect_view()}
        </ul>
    })
}
