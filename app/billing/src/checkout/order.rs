//! The order form with its summary.

use super::server_fns::{StartCheckout, quote_order};
use app_kit::{error::AppError, html_only::redirect, prelude::*};
use model::{
    billing::{
        checkout::{CheckoutInput, CheckoutSession, OrderLineKind, Quote, Shop},
        products::{BillingCycle, ProductType, ProductView},
        profiles::VatStatus,
    },
    money::Currency,
};

/// The buyer's current selection.
#[derive(Clone, Copy)]
struct OrderDraft {
    plan: RwSignal<String>,
    cycle: RwSignal<String>,
    currency: RwSignal<String>,
    add_ons: RwSignal<Vec<String>>,
    country: RwSignal<String>,
    vat_number: RwSignal<String>,
    coupon: RwSignal<String>,
}

impl OrderDraft {
    /// The order as far as it decides the sum.
    fn input(self) -> CheckoutInput {
        CheckoutInput {
            plan_code: self.plan.get(),
            billing_cycle: self.cycle.get(),
            email: String::new(),
            country: self.country.get(),
            domain: None,
            site_title: None,
            is_word_press_plan: None,
            add_ons: self.add_ons.get(),
            coupon_code: Some(self.coupon.get()).filter(|code| !code.is_empty()),
            currency: Some(self.currency.get()),
            address: None,
            company_name: None,
            vat_number: Some(self.vat_number.get()).filter(|number| !number.is_empty()),
        }
    }

    /// The billing cycle.
    fn cycle(self) -> BillingCycle {
        self.cycle.get().parse().unwrap_or(BillingCycle::Yearly)
    }

    /// A product at its prices in the currency of the order, if it is sold in it.
    fn priced(self, product: &ProductView) -> Option<ProductView> {
        product.in_currency(self.currency.get().parse().ok()?)
    }
}

/// The order form.
#[component]
pub fn OrderForm(shop: Shop, plan: Option<String>, currency: Option<String>) -> impl IntoView {
    let plans: Vec<_> = shop.products.iter().filter(|product| product.kind == ProductType::Cloudpod).cloned().collect();
    let add_ons: Vec<_> = shop.products.iter().filter(|product| product.kind == ProductType::Addon).cloned().collect();
    let first = plan.filter(|code| plans.iter().any(|plan| plan.code == *code)).or_else(|| plans.first().map(|plan| plan.code.clone()));
    let currencies = currencies(&plans);
    let own = plans.iter().find(|plan| Some(&plan.code) == first.as_ref()).map(|plan| plan.monthly.currency.to_string());
    let currency = currency.filter(|typed| currencies.iter().any(|known| known.as_str() == typed)).or(own);
    let chosen = OrderDraft {
        plan: RwSignal::new(first.unwrap_or_default()),
        currency: RwSignal::new(currency.unwrap_or_default()),
        cycle: RwSignal::new(BillingCycle::Yearly.as_str().to_owned()),
        add_ons: RwSignal::new(Vec::new()),
        country: RwSignal::new(shop.country.clone()),
        vat_number: RwSignal::new(String::new()),
        coupon: RwSignal::new(String::new()),
    };
    let pay = Callback::new(|session: CheckoutSession| redirect(&session.payment_url));
    view! {
        <Form action=StartCheckout { order: untrack(|| chosen.input()) } on_done=pay class=tw!("block")>
            <Grid columns=Columns::Order>
                <div class="min-w-0">
                    <CheckoutSteps flow=Flow::At(0)/>
                    <PublicHead title="Order a CloudPod" lead="Provisioning starts as soon as your payment is confirmed."/>
                    <PlanSection plans=plans.clone() currencies chosen/>
                    <SiteSection base_domain=shop.base_domain.clone()/>
                    {(!add_ons.is_empty()).then(|| view! { <AddOnSection add_ons chosen/> })}
                    <CustomerSection chosen/>
                </div>
                <OrderSummary plans chosen/>
            </Grid>
        </Form>
    }
}

#[component]
fn PlanSection(plans: Vec<ProductView>, currencies: Vec<Currency>, chosen: OrderDraft) -> impl IntoView {
    // Four plans as two rows of two; three and one would look unfinished.
    let columns = if plans.len() % 3 == 1 { 2 } else { 3 };
    let cycles =
        vec![(BillingCycle::Monthly.as_str().to_owned(), "Monthly".to_owned()), (BillingCycle::Yearly.as_str().to_owned(), "Yearly".to_owned())];
    let cards = Signal::derive(move || {
        let cycle = chosen.cycle();
        plans.iter().map(|plan| Choice { lines: plan.features.clone(), ..price_card(plan, chosen, cycle.per()) }).collect()
    });
    view! {
        <Section title="Plan" aside=move || view! { <Segmented name="billingCycle" label="Billing cycle" options=cycles.clone() bind=chosen.cycle/> }>
            {match currencies.len() {
                0 | 1 => view! { <Hidden name="currency" value=chosen.currency.get_untracked()/> }.into_any(),
                _ => {
                    let words = currencies.iter().map(|one| (one.to_string(), one.to_string())).collect();
                    view! { <div class="mb-4"><Segmented name="currency" label="Currency" options=words bind=chosen.currency/></div> }.into_any()
                }
            }}
            <RadioCards name="planCode" label="Plan" options=cards bind=chosen.plan columns=columns hide_label=true/>
        </Section>
    }
}

/// Currencies that any of these plans is sold in: those of the first plan first.
pub(super) fn currencies(plans: &[ProductView]) -> Vec<Currency> {
    let mut found = Vec::new();
    for currency in plans.iter().flat_map(ProductView::currencies) {
        if !found.contains(&currency) {
            found.push(currency);
        }
    }
    found
}

/// A product as a card with its price in the chosen cycle and currency; `text` stands below when it can be chosen.
fn price_card(product: &ProductView, chosen: OrderDraft, text: &str) -> Choice {
    let mut choice = Choice::new(product.code.clone(), product.name.clone());
    let Some(priced) = chosen.priced(product) else {
        choice.closed = Some(format!("Not sold in {}.", chosen.currency.get()));
        return choice;
    };
    match priced.price(chosen.cycle()) {
        Some(price) => {
            choice.aside = price.to_string();
            choice.text = if product.trial_days > 0 { format!("{text}, {} days free", product.trial_days) } else { text.to_owned() };
        }
        None => choice.closed = Some("No yearly billing.".to_owned()),
    }
    choice
}

#[component]
fn SiteSection(base_domain: String) -> impl IntoView {
    let help = format!("Your domain without www. Leave empty to use a subdomain of {base_domain}.");
    view! {
        <Section title="Site" note="The title is shown on your new site.">
            <div class="grid grid-cols-2 phone:grid-cols-1 gap-4">
                <Input name="domain" label="Domain" optional=true autocomplete="off" placeholder="northpier.example" help=help/>
                <Input name="siteTitle" label="Site title" optional=true placeholder="Northpier Books"/>
            </div>
        </Section>
    }
}

#[component]
fn AddOnSection(add_ons: Vec<ProductView>, chosen: OrderDraft) -> impl IntoView {
    let cards = Signal::derive(move || add_ons.iter().map(|add_on| price_card(add_on, chosen, &add_on.description)).collect());
    view! {
        <Section title="Add-ons" note="Can be cancelled separately.">
            <CheckCards name="addOns[]" label="Add-ons" options=cards bind=chosen.add_ons/>
        </Section>
    }
}

#[component]
fn CustomerSection(chosen: OrderDraft) -> impl IntoView {
    let countries: Vec<_> = model::country::ALL.iter().map(|(code, name)| ((*code).to_owned(), (*name).to_owned())).collect();
    view! {
        <Section title="Your details" note="We'll send your order confirmation and sign-in link here.">
            <div class="grid grid-cols-2 phone:grid-cols-1 gap-4">
                <Input name="email" label="Email" kind="email" autocomplete="email"/>
                <Select name="country" label="Country" options=countries help="Used to calculate VAT." bind=chosen.country/>
                <Input name="companyName" label="Company" optional=true autocomplete="organization" help="Printed on the invoice. Needed with a VAT number."/>
                <VatNumberField chosen/>
            </div>
            <div class="mt-4"><Textarea name="address" label="Postal address" optional=true rows=2 help="Printed on the invoice."/></div>
        </Section>
    }
}

/// The number counts for the sum once it was typed in full: half of one is no number.
#[component]
fn VatNumberField(chosen: OrderDraft) -> impl IntoView {
    let typed = RwSignal::new(String::new());
    let take = move || chosen.vat_number.set(typed.get_untracked().trim().to_owned());
    // Typed before the program ran.
    Effect::new(move |_| request_animation_frame(take));
    view! {
        <div class="min-w-0" on:change=move |_| take()>
            <Input name="vatNumber" label="VAT number" optional=true autocomplete="off" bind=typed
                help="With a valid number from another EU country, VAT is 0 %."/>
        </div>
    }
}

#[component]
fn OrderSummary(plans: Vec<ProductView>, chosen: OrderDraft) -> impl IntoView {
    let (refused, refused_number) = (RwSignal::new(None::<String>), RwSignal::new(None::<String>));
    let quote = fetch(move || chosen.input(), move |input: CheckoutInput| quote_as_far(input, refused, refused_number));
    let name = move |code: &str| plans.iter().find(|plan| plan.code == code).map(|plan| plan.features.join(", ")).unwrap_or_default();
    let table = move |quote| {
        let name = name.clone();
        view! { <QuoteTable quote note=name/> }
    };
    view! {
        <div class="sticky top-6 narrow:static">
            <Panel title="Your order">
                <CouponField chosen refused/>
                <Load data=quote keep=true view={move |quote: Live<Quote>| view! {
                    {quote.show(Quote::clone, table.clone())}
                    <p class="mt-3 text-12 font-mid text-failing-text empty:hidden" role="status">{move || refused_number.get()}</p>
                    <ActionBar><Submit block=true size=Size::Large icon=Symbol::Lock>{quote.text(|quote| if quote.total.minor > 0 { format!("Pay {}", quote.total) } else { "Place order".to_owned() })}</Submit></ActionBar>
                    <p class="mt-3 text-12 text-3">{quote.text(|quote| if quote.total.minor > 0 {
                        "You'll pay on the next page. Nothing is provisioned before payment."
                    } else {
                        "Nothing is due today."
                    })}</p>
                }}/>
            </Panel>
        </div>
    }
}

/// The sum; without the coupon or the VAT number, and with the reason, where one is refused.
async fn quote_as_far(mut input: CheckoutInput, coupon: RwSignal<Option<String>>, vat_number: RwSignal<Option<String>>) -> Result<Quote, AppError> {
    let answer = quote_order(input.clone()).await;
    let reason = |field: &str| {
        let fault = answer.as_ref().err().and_then(|error| error.0.fields.iter().find(|fault| fault.field == field));
        fault.map(|fault| fault.message.clone())
    };
    let (bad_coupon, bad_number) = (reason("couponCode"), reason("vatNumber"));
    coupon.set(bad_coupon.clone());
    vat_number.set(bad_number.clone());
    if bad_coupon.is_none() && bad_number.is_none() {
        return answer;
    }
    input.coupon_code = input.coupon_code.filter(|_| bad_coupon.is_none());
    input.vat_number = input.vat_number.filter(|_| bad_number.is_none());
    quote_order(input).await
}

#[component]
fn CouponField(chosen: OrderDraft, refused: RwSignal<Option<String>>) -> impl IntoView {
    let typed = RwSignal::new(String::new());
    view! {
        <div class="grid gap-2 mb-4">
            <Input name="couponCode" label="Coupon code" optional=true autocomplete="off" bind=typed/>
            <div class="flex items-center gap-3">
                <Button size=Size::Small on:click=move |_| chosen.coupon.set(typed.get_untracked().trim().to_owned())>"Apply coupon"</Button>
                <p class="text-12 font-mid text-failing-text" role="status">{move || refused.get()}</p>
            </div>
        </div>
    }
}

/// Progress through the checkout.
#[component]
pub fn CheckoutSteps(
    /// 0: order, 1: payment, 2: until the site is ready.
    #[prop(into)]
    flow: Signal<Flow>,
) -> impl IntoView {
    view! { <Stepper label="Checkout steps" steps=["Order", "Payment", "Ready"].map(FlowStep::new).to_vec() flow/> }
}

/// Line items, subtotal, tax and total of an order.
#[component]
pub fn QuoteTable<N>(
    /// The quote.
    quote: Quote,
    /// Note below a line item, by product code.
    note: N,
    /// Label of the total.
    #[prop(default = "Due today")]
    total: &'static str,
) -> impl IntoView
where
    N: Fn(&str) -> String,
{
    let money = |minor| model::money::Money::new(minor, quote.total.currency).to_string();
    let months = match quote.cycle {
        BillingCycle::Monthly => "1 month",
        BillingCycle::Yearly => "12 months",
    };
    let rate = format!("{}.{:02} %", quote.tax_rate_bp / 100, quote.tax_rate_bp % 100).replace(".00", "");
    let rows = quote.lines.iter().map(|line| {
        if line.kind != OrderLineKind::Product {
            return view! { <SumRow label=line.description.clone() amount=money(line.net)/> };
        }
        let more = note(&line.code);
        let months = if line.after_trial.is_some() { "trial" } else { months };
        let note = if more.is_empty() { months.to_owned() } else { format!("{months}, {more}") };
        view! { <SumRow label=line.description.clone() note amount=money(line.net)/> }
    });
    let rows = rows.collect_view();
    view! {
        <Sum label="Your order">
            {rows}
            <SumRow label="Subtotal" amount=quote.net.to_string() kind=SumKind::Part/>
            <SumRow label=format!("VAT {rate}") amount=quote.tax.to_string()/>
            <SumRow label=total amount=quote.total.to_string() kind=SumKind::Total/>
        </Sum>
        {vat_note(&quote).map(|note| view! { <p class="mt-3 text-12 text-2">{note}</p> })}
        {quote.trial.map(|trial| view! {
            <p class="mt-3 text-13 text-2">{format!(
                "Free for {} days, once per customer. Then {} {} with VAT, unless you cancel before.", trial.days, trial.total_after, quote.cycle.per(),
            )}</p>
        })}
    }
}

/// What the VAT number of the buyer comes to.
fn vat_note(quote: &Quote) -> Option<&'static str> {
    Some(match quote.vat? {
        VatStatus::Confirmed if quote.tax_rate_bp == 0 => "Reverse charge: your company accounts for the VAT.",
        VatStatus::Confirmed => "Your VAT number is confirmed and printed on the invoice.",
        VatStatus::Pending => "Your VAT number can't be confirmed right now. VAT is charged until it is; later invoices follow your number.",
        VatStatus::Rejected => return None,
    })
}
