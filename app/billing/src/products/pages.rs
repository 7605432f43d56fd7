//! Products: list, form, detail.

use super::{
    currencies::OtherCurrencies,
    form::{ProductFields, as_input, new_product},
    prices::Prices,
    server_fns::{CreateProduct, UpdateProduct, list_products, read_product},
};
use app_kit::prelude::*;
use leptos_router::hooks::use_navigate;
use model::{
    billing::products::{ProductType, ProductView},
    counted,
    hosting::cloudpods::NetworkAccess,
    page::{Page, PageRequest},
};

const PATH: &str = "/admin/products";

fn status(active: bool) -> (State, &'static str) {
    if active { (State::Ok, "Active") } else { (State::Stopped, "Inactive") }
}

/// `/admin/products`
#[component]
pub fn ProductsPage() -> impl IntoView {
    let data = fetch(|| (), |()| list_products(PageRequest::default()));
    let new = || view! { <LinkButton href="/admin/products/new" kind=Kind::Primary icon=Symbol::Plus>"Add product"</LinkButton> };
    let view = move |page: Live<Page<ProductView>>| {
        let shown = move |none| {
            if none {
                return view! { <EmptyState title="No products yet" text="Add a plan to list it on the public pricing page." action=new/> }
                    .into_any();
            }
            type C = Col<ProductView>;
            let columns = vec![
                C::name("Product", |product| (format!("{PATH}/{}", product.code), product.name.clone(), product.code.clone())),
                C::state("Status", |product| status(product.active)),
                C::text("Type", kind_words),
                C::number("Monthly", |product| product.monthly),
                C::number("Yearly", |product| product.yearly.map_or_else(|| "Not offered".to_owned(), |price| price.to_string())),
                C::extra("Limits", limits_label),
            ];
            let rows = page.map(|page| page.rows.clone());
            view! { <div class="on-page"><Rows label="Products" columns key=|product| product.code.clone() rows/></div> }.into_any()
        };
        page.show(|page| page.rows.is_empty(), shown)
    };
    view! {
        <PageHead title="Products" note=|| "Plans and add-ons." actions=new/>
        <Load data view/>
    }
    .into_any()
}

fn kind_words(product: &ProductView) -> String {
    match (product.kind, product.stack) {
        (ProductType::Cloudpod, Some(stack)) => format!("Plan, {}", stack.title_with(product.runtime)),
        (ProductType::Cloudpod, None) => "Plan".to_owned(),
        (ProductType::Addon, _) => "Add-on".to_owned(),
        (ProductType::Domain, _) => "Domain".to_owned(),
    }
}

fn limits_label(product: &ProductView) -> String {
    let limits = product.limits;
    let parts = [
        (limits.cpu_millis, format!("{} CPU", f64::from(limits.cpu_millis) / 1000.0)),
        (limits.memory_mb, size_words(f64::from(limits.memory_mb))),
        (limits.disk_mb, format!("{} disk", size_words(f64::from(limits.disk_mb)))),
        (limits.tasks, format!("{} tasks", limits.tasks)),
        (limits.sites, counted(limits.sites, "site")),
    ];
    let sleep = limits.sleep.map(|rule| format!("sleeps after {}", rule.time_label()));
    let network = (limits.network == NetworkAccess::Closed).then(|| "no internet access".to_owned());
    parts.into_iter().filter(|(amount, _)| *amount != 0).map(|(_, words)| words).chain(sleep).chain(network).collect::<Vec<_>>().join(", ")
}

/// `/admin/products/new`
#[component]
pub fn NewProductPage() -> impl IntoView {
    let navigate = use_navigate();
    let done = Callback::new(move |product: ProductView| navigate(&format!("{PATH}/{}", product.code), leptos_router::NavigateOptions::default()));
    view! {
        <PageHead title="Add product" parents=vec![Crumb::new("Products", PATH)]/>
        <div class="max-w-[760px]"><Panel title="Product">
            <Form action=CreateProduct { input: new_product() } on_done=done>
                <ProductFields new=true stack=None/>
                <div><Submit>"Add product"</Submit></div>
            </Form>
        </Panel></div>
    }
    .into_any()
}

/// `/admin/products/:code`
#[component]
pub fn ProductPage() -> impl IntoView {
    let toasts = use_toasts();
    let saved = Callback::new(move |product: ProductView| toasts.show(State::Ok, "Changes saved", format!("{} was updated.", product.name)));
    let view = move |product: Live<ProductView>| {
        let now = product.now();
        let update = UpdateProduct { code: now.code.clone(), input: as_input(&now) };
        view! {
            <PageHead
                title=product.text(|product| product.name.clone()) parents=vec![Crumb::new("Products", PATH)]
                state=move || product.show(|product| product.active, |active| head_badge(status(active)))
            />
            <div class="max-w-[760px]"><Panel title="Product" note=format!("Code: {}. Price changes apply to new orders only.", now.code)>
                <Form action=update on_done=saved refetch=true>
                    <ProductFields new=false stack=now.stack/>
                    <div><Submit>"Save"</Submit></div>
                </Form>
            </Panel>
            <div class="grid gap-4 mt-4"><OtherCurrencies product/><Prices code=now.code/></div></div>
        }
    };
    view! { <Load data=fetch_one("code", "Product not found.", read_product) view/> }.into_any()
}
