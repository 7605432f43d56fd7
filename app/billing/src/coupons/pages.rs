//! Coupons: list, form, detail with redemptions.

use super::server_fns::{CreateCoupon, DeactivateCoupon, list_coupons, read_coupon};
use app_kit::{prelude::*, time::day};
use leptos_router::hooks::use_navigate;
use model::{
    billing::coupons::{CouponDetail, CouponDuration, CouponInput, CouponView, RedemptionView, periods_label},
    money::Currency,
    permission::CouponsWrite,
};

const PATH: &str = "/admin/coupons";

fn status(active: bool) -> (State, &'static str) {
    if active { (State::Ok, "Active") } else { (State::Stopped, "Inactive") }
}

fn uses_label(coupon: &CouponView) -> String {
    match coupon.max_redemptions {
        Some(most) => format!("{} of {most}", coupon.uses),
        None => coupon.uses.to_string(),
    }
}

fn expiry_label(coupon: &CouponView) -> String {
    coupon.expires_at.map_or_else(|| "Never".to_owned(), day)
}

/// `/admin/coupons`
#[component]
pub fn CouponsPage() -> impl IntoView {
    let new = || view! { <LinkButton href="/admin/coupons/new" kind=Kind::Primary icon=Symbol::Plus>"Add coupon"</LinkButton> };
    type C = Col<CouponView>;
    let columns = vec![
        C::name("Code", |row| (format!("{PATH}/{}", row.id), row.code.clone(), "")),
        C::state("Status", |row| status(row.active)),
        C::text("Discount", |row| format!("{} {}", row.value, periods_label(row.periods))),
        C::number("Used", uses_label),
        C::text("Expires", expiry_label),
    ];
    let data = fetch_list(list_coupons);
    view! {
        <PageHead title="Coupons" note=|| "Codes that take a percentage or an amount off an order." actions=new/>
        <Listing
            path=PATH label="Coupons" data columns key=|row| row.id.to_string() verb="created" at=|row| row.created_at
            empty=("No coupons yet", "Add a coupon to offer a discount at checkout.")
        />
    }
    .into_any()
}

fn new_coupon() -> CouponInput {
    CouponInput {
        code: String::new(),
        percent: String::new(),
        amount: String::new(),
        currency: Currency::ALL[0].to_string(),
        duration: CouponDuration::Once.to_string(),
        periods: String::new(),
        products: String::new(),
        max_redemptions: String::new(),
        once_per_customer: None,
        last_day: String::new(),
    }
}

/// `/admin/coupons/new`
#[component]
pub fn NewCouponPage() -> impl IntoView {
    let navigate = use_navigate();
    let done = Callback::new(move |coupon: CouponView| navigate(&format!("{PATH}/{}", coupon.id), leptos_router::NavigateOptions::default()));
    view! {
        <PageHead title="Add coupon" parents=vec![Crumb::new("Coupons", PATH)]/>
        <div class="max-w-[760px]"><Panel title="Coupon">
            <Form action=CreateCoupon { input: new_coupon() } on_done=done>
                <CouponFields/>
                <div><Submit>"Add coupon"</Submit></div>
            </Form>
        </Panel></div>
    }
    .into_any()
}

#[component]
fn CouponFields() -> impl IntoView {
    let duration = RwSignal::new(CouponDuration::Once.to_string());
    let is_repeating = move || duration.with(|word| word == CouponDuration::Repeating.as_str());
    let durations =
        [(CouponDuration::Once, "First period"), (CouponDuration::Repeating, "Several periods"), (CouponDuration::Forever, "Every period")];
    let durations: Vec<_> = durations.into_iter().map(|(word, label)| (word.to_string(), label.to_owned())).collect();
    let currencies: Vec<_> = Currency::ALL.iter().map(|one| (one.to_string(), one.to_string())).collect();
    view! {
        <Input name="input[code]" label="Code" help="What buyers type. Letters, numbers, and hyphens; capitals don't matter."/>
        <Grid columns=Columns::Thirds>
            <Input name="input[percent]" label="Percentage" suffix="%" optional=true help="Of each line, excl. VAT."/>
            <Input name="input[amount]" label="Amount" optional=true help="Off the order, excl. VAT, instead of a percentage."/>
            <Select name="input[currency]" label="Currency" options=currencies help="Of the amount."/>
        </Grid>
        <Segmented name="input[duration]" label="Applies to" bind=duration options=durations/>
        <Show when=is_repeating fallback=|| view! { <Hidden name="input[periods]" value=String::new()/> }>
            <Input name="input[periods]" kind="number" label="Number of periods"/>
        </Show>
        <Textarea name="input[products]" label="Products" optional=true rows=2 help="Product codes, one per line. Leave empty for all products."/>
        <Grid columns=Columns::Pairs>
            <Input name="input[max_redemptions]" kind="number" label="Redemption limit" optional=true help="Leave empty for no limit."/>
            <Input name="input[last_day]" kind="date" label="Last day" optional=true help="Can't be redeemed after this day (UTC)."/>
        </Grid>
        <Checkbox name="input[once_per_customer]" value="on" label="Once per customer" help="Checked by the buyer's email address."/>
    }
}

/// `/admin/coupons/:id`
#[component]
pub fn CouponPage() -> impl IntoView {
    view! { <Load data=fetch_one("id", "Coupon not found.", read_coupon) view={|detail: Live<CouponDetail>| view! { <Coupon detail/> }}/> }.into_any()
}

#[component]
fn Coupon(detail: Live<CouponDetail>) -> impl IntoView {
    let may_write = use_viewer().is_some_and(|viewer| viewer.holds::<CouponsWrite>());
    let actions = move || {
        detail.show(
            |detail| detail.coupon.active.then(|| (detail.coupon.id, detail.coupon.code.clone())),
            move |active| {
                active.filter(|_| may_write).map(|(id, code)| {
                    let ask =
                        Ask::new(format!("Deactivate {code}?"), "It can't be redeemed any more. Subscriptions that have it keep their discount.");
                    view! { <ActionButton call=DeactivateCoupon { id } label="Deactivate coupon" ask=ask.label("Deactivate coupon")/> }
                })
            },
        )
    };
    view! {
        <PageHead
            title=detail.text(|detail| detail.coupon.code.clone()) parents=vec![Crumb::new("Coupons", PATH)]
            state=move || detail.show(|detail| detail.coupon.active, |active| head_badge(status(active)))
            actions
        />
        <Facts>
            <Fact label="Discount">{detail.text(|detail| detail.coupon.value.to_string())}</Fact>
            <Fact label="Applies to">{detail.text(|detail| periods_label(detail.coupon.periods))}</Fact>
            <Fact label="Products">{detail.text(|detail| match detail.coupon.products.as_slice() {
                [] => "All".to_owned(),
                codes => codes.join(", "),
            })}</Fact>
            <Fact label="Used">{detail.text(|detail| uses_label(&detail.coupon))}</Fact>
            <Fact label="Per customer">{detail.text(|detail| if detail.coupon.once_per_customer { "Once" } else { "No limit" })}</Fact>
            <Fact label="Expires">{detail.text(|detail| expiry_label(&detail.coupon))}</Fact>
        </Facts>
        <div class="mt-4"><Redemptions detail/></div>
    }
}

#[component]
fn Redemptions(detail: Live<CouponDetail>) -> impl IntoView {
    type C = Col<RedemptionView>;
    let columns = vec![
        C::name("Customer", |row| (format!("/admin/customers/{}", row.tenant), row.tenant_name.clone(), "")),
        C::link("Subscription", |row| (format!("/admin/subscriptions/{}", row.subscription), row.product_name.clone())),
        C::number("Discounted", |row| row.discounted),
        C::day("Redeemed", |row| row.redeemed_at),
    ];
    let rows = detail.map(|detail| detail.redemptions.clone());
    view! {
        <Panel title="Redemptions" note="The latest 100. Orders waiting for payment count as used but are not listed." flush=true>
            <Rows label="Redemptions" columns key=|row| row.subscription.to_string() rows empty="No redemptions."/>
        </Panel>
    }
}
