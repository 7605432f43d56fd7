//! The fields of a product.

use app_kit::prelude::*;
use model::{
    billing::products::{ProductInput, ProductType, ProductView},
    hosting::{
        cloudpods::{NetworkAccess, Runtime, Stack as PodStack},
        websites::MAX_SITES_WITHOUT_PREVIEWS,
    },
    money::Currency,
};

/// What a new product begins with.
pub fn new_product() -> ProductInput {
    ProductInput {
        code: String::new(),
        name: String::new(),
        description: String::new(),
        kind: ProductType::Cloudpod.to_string(),
        monthly: String::new(),
        yearly: String::new(),
        currency: Currency::ALL[0].to_string(),
        trial_days: String::new(),
        setup_fee: String::new(),
        features: String::new(),
        stack: String::new(),
        runtime: String::new(),
        cpu_millis: 1000,
        memory_mb: 1024,
        disk_mb: 10_240,
        tasks: 200,
        sleep_after_minutes: String::new(),
        sleep_is_optional: None,
        sites: String::new(),
        network: NetworkAccess::default().to_string(),
        active: Some(ON.to_owned()),
    }
}

/// A product as its form begins with it.
pub fn as_input(product: &ProductView) -> ProductInput {
    ProductInput {
        code: product.code.clone(),
        name: product.name.clone(),
        description: product.description.clone(),
        kind: product.kind.to_string(),
        monthly: amount_text(product.monthly),
        yearly: product.yearly.map(amount_text).unwrap_or_default(),
        currency: product.monthly.currency.to_string(),
        trial_days: if product.trial_days > 0 { product.trial_days.to_string() } else { String::new() },
        setup_fee: if product.setup_fee.minor > 0 { amount_text(product.setup_fee) } else { String::new() },
        features: product.features.join("\n"),
        stack: product.stack.map(|stack| stack.to_string()).unwrap_or_default(),
        runtime: product.runtime.map(|runtime| runtime.to_string()).unwrap_or_default(),
        cpu_millis: product.limits.cpu_millis,
        memory_mb: product.limits.memory_mb,
        disk_mb: product.limits.disk_mb,
        tasks: product.limits.tasks,
        sleep_after_minutes: product.limits.sleep.map(|rule| rule.after_minutes.to_string()).unwrap_or_default(),
        sleep_is_optional: product.limits.sleep.filter(|rule| rule.is_optional).map(|_| ON.to_owned()),
        sites: product.limits.sites.to_string(),
        network: product.limits.network.to_string(),
        active: product.active.then(|| ON.to_owned()),
    }
}

const ON: &str = "on";

/// The fields of a product with this stack; those that cannot change later stand in the form of a new product only.
#[component]
pub fn ProductFields(new: bool, stack: Option<PodStack>) -> impl IntoView {
    let runtimes = stack.map(PodStack::runtimes).filter(|runtimes| !runtimes.is_empty());
    view! {
        {new.then(|| view! { <FixedFields/> })}
        {runtimes.map(|runtimes| view! { <RuntimeField runtimes/> })}
        <Input name="input[name]" label="Name"/>
        <Textarea name="input[description]" label="Description" rows=2/>
        <Grid columns=Columns::Pairs>
            <Input name="input[monthly]" label="Monthly price" help="Excl. VAT, for example 9.00."/>
            <Input name="input[yearly]" label="Yearly price" optional=true help="Leave empty to disable yearly billing."/>
            <Input name="input[trial_days]" kind="number" label="Free trial" suffix="days" optional=true help="For plans. New orders begin with it."/>
            <Input name="input[setup_fee]" label="Set-up fee" optional=true help="Excl. VAT. Charged once with the order."/>
        </Grid>
        <Textarea name="input[features]" label="Features" optional=true help="One per line."/>
        <Grid columns=Columns::Pairs>
            <Input name="input[cpu_millis]" kind="number" label="CPU" suffix="millicores"/>
            <Input name="input[memory_mb]" kind="number" label="Memory" suffix="MiB"/>
            <Input name="input[disk_mb]" kind="number" label="Disk" suffix="MiB"/>
            <Input name="input[tasks]" kind="number" label="Tasks" help="Maximum processes and threads."/>
            <Input
                name="input[sleep_after_minutes]" kind="number" label="Sites sleep after" suffix="minutes" optional=true
                help="For plans. A site that nobody visits for this long is stopped and starts with the next visit. Leave empty to keep sites always on."
            />
            <Input
                name="input[sites]" kind="number" label="Sites" optional=true
                help=format!("Previews don't count. For a plan: 1 to {MAX_SITES_WITHOUT_PREVIEWS}, or leave empty for the maximum. For an add-on: how many it adds.")
            />
            <Select
                name="input[network]" label="Internet access" options=network_options()
                help="For plans. Without it, programs and builds can only reach sites on their own server: no updates, no email, no deploys from git."
            />
        </Grid>
        <Checkbox name="input[sleep_is_optional]" value=ON label="Customers can keep a site always on" help="Only for plans whose sites sleep."/>
        <Checkbox name="input[active]" value=ON label="Available for purchase" help="Turning this off does not affect existing subscriptions."/>
    }
}

#[component]
fn FixedFields() -> impl IntoView {
    let kind = RwSignal::new(ProductType::Cloudpod.to_string());
    let is_plan = move || kind.get() == ProductType::Cloudpod.as_str();
    let currencies: Vec<_> = Currency::ALL.iter().map(|one| (one.to_string(), one.to_string())).collect();
    view! {
        <Segmented name="input[kind]" label="Type" bind=kind options=vec![("CLOUDPOD".to_owned(), "Plan".to_owned()), ("ADDON".to_owned(), "Add-on".to_owned())]/>
        <Input name="input[code]" label="Code" help="Used in URLs and can't be changed. Lowercase letters, numbers, and hyphens."/>
        <Grid columns=Columns::Pairs>
            <Select name="input[currency]" label="Currency" options=currencies/>
            <Show when=is_plan fallback=|| view! { <Hidden name="input[stack]" value=String::new()/> }>
                <Select name="input[stack]" label="Stack" options=stacks()/>
                <RuntimeField runtimes=Runtime::ALL/>
            </Show>
        </Grid>
    }
}

#[component]
fn RuntimeField(runtimes: &'static [Runtime]) -> impl IntoView {
    let default = std::iter::once((String::new(), "Default of the stack".to_owned()));
    let options: Vec<_> = default.chain(runtimes.iter().map(|one| (one.to_string(), one.title().to_owned()))).collect();
    view! { <Select name="input[runtime]" label="Runtime" options help="Used by new sites. Existing sites keep their version."/> }
}

fn network_options() -> Vec<(String, String)> {
    NetworkAccess::ALL.iter().map(|one| (one.to_string(), one.label().to_owned())).collect()
}

fn stacks() -> Vec<(String, String)> {
    PodStack::ALL.iter().map(|one| (one.to_string(), one.title().to_owned())).collect()
}

/// An amount as typed: `9.00`.
fn amount_text(money: model::money::Money) -> String {
    money.to_string().trim_start_matches(money.currency.symbol()).replace(',', "")
}
