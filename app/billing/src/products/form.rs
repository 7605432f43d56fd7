//! The fields of a product.

use app_kit::prelude::*;
use model::{
    billing::products::{ProductType, ProductView},
    hosting::cloudpods::Stack as PodStack,
    money::Currency,
};

/// The fields. When editing, fields that cannot change are hidden and sent as they are.
#[component]
pub fn ProductFields(product: Option<ProductView>) -> impl IntoView {
    let made = product.is_some();
    let product = StoredValue::new(product);
    let of = move |read: fn(&ProductView) -> String| product.with_value(|product| product.as_ref().map(read).unwrap_or_default());
    let number = move |read: fn(&ProductView) -> i32, default: i32| product.with_value(|product| product.as_ref().map_or(default, read).to_string());
    let kind = RwSignal::new(product.with_value(|product| product.as_ref().map_or(ProductType::Cloudpod, |product| product.kind)).to_string());
    let is_plan = move || kind.get() == ProductType::Cloudpod.as_str();
    let stack = of(|product| product.stack.map(|stack| stack.to_string()).unwrap_or_default());
    let active = product.with_value(|product| product.as_ref().is_none_or(|product| product.active));
    let currencies: Vec<_> = Currency::ALL.iter().map(|one| (one.to_string(), one.to_string())).collect();
    view! {
        {if made {
            view! {
                <Hidden name="input[code]" value=of(|product| product.code.clone())/>
                <Hidden name="input[kind]" value=of(|product| product.kind.to_string())/>
                <Hidden name="input[currency]" value=of(|product| product.monthly.currency.to_string())/>
                <Hidden name="input[stack]" value=stack/>
            }
            .into_any()
        } else {
            view! {
                <Segmented name="input[kind]" label="Type" bind=kind options=vec![("CLOUDPOD".to_owned(), "Plan".to_owned()), ("ADDON".to_owned(), "Add-on".to_owned())]/>
                <Input name="input[code]" label="Code" help="Used in URLs and can't be changed. Lowercase letters, numbers, and hyphens."/>
                <Grid columns=Columns::Pairs>
                    <Select name="input[currency]" label="Currency" options=currencies/>
                    <Show when=is_plan fallback=|| view! { <Hidden name="input[stack]" value=String::new()/> }>
                        <Select name="input[stack]" label="Stack" options=stacks()/>
                    </Show>
                </Grid>
            }
            .into_any()
        }}
        <Input name="input[name]" label="Name" value=of(|product| product.name.clone())/>
        <Textarea name="input[description]" label="Description" rows=2 value=of(|product| product.description.clone())/>
        <Grid columns=Columns::Pairs>
            <Input name="input[monthly]" label="Monthly price" help="Excl. VAT, for example 9.00." value=of(|product| amount_text(product.monthly))/>
            <Input name="input[yearly]" label="Yearly price" optional=true help="Leave empty to disable yearly billing." value=of(|product| product.yearly.map(amount_text).unwrap_or_default())/>
        </Grid>
        <Textarea name="input[features]" label="Features" optional=true help="One per line." value=of(|product| product.features.join("\n"))/>
        <Grid columns=Columns::Pairs>
            <Input name="input[cpu_millis]" kind="number" label="CPU" suffix="millicores" value=number(|product| product.limits.cpu_millis, 1000)/>
            <Input name="input[memory_mb]" kind="number" label="Memory" suffix="MiB" value=number(|product| product.limits.memory_mb, 1024)/>
            <Input name="input[disk_mb]" kind="number" label="Disk" suffix="MiB" value=number(|product| product.limits.disk_mb, 10_240)/>
            <Input name="input[tasks]" kind="number" label="Tasks" help="Maximum processes and threads." value=number(|product| product.limits.tasks, 200)/>
        </Grid>
        <Checkbox name="input[active]" value="on" label="Available for purchase" help="Turning this off does not affect existing subscriptions." checked=active/>
    }
}

fn stacks() -> Vec<(String, String)> {
    PodStack::ALL.iter().map(|one| (one.to_string(), one.title().to_owned())).collect()
}

/// An amount as typed: `9.00`.
fn amount_text(money: model::money::Money) -> String {
    money.to_string().trim_start_matches(money.currency.symbol()).replace(',', "")
}
