//! Products: list, new, one.

use super::{
    form::ProductFields,
    server_fns::{CreateProduct, UpdateProduct, list_products, read_product},
};
use app_kit::prelude::*;
use leptos_router::hooks::{use_navigate, use_params_map};
use model::billing::products::{ProductType, ProductView};

const PATH: &str = "/admin/products";

fn on_sale(active: bool, soft: bool) -> impl IntoView {
    let (state, word) = if active { (State::Ok, "Active") } else { (State::Stopped, "Inactive") };
    view! { <Badge soft state word/> }
}

/// `/admin/products`
#[component]
pub fn ProductsPage() -> impl IntoView {
    let data = fetch(|| (), |()| list_products(model::page::PageRequest::default()));
    let new = || view! { <LinkButton href="/admin/products/new" kind=Kind::Primary icon=Symbol::Plus>"Add product"</LinkButton> };
    view! {
        <PageHead title="Products" note=|| "Plans and add-ons." actions=new/>
        <Load data view={move |page: model::page::Page<ProductView>| {
            if page.rows.is_empty() {
                return view! { <EmptyState title="No products yet" text="Add a plan to list it on the public pricing page." action=new/> }.into_any();
            }
            let head = vec![(Column::Name, "Product"), (Column::State, "Status"), (Column::Text, "Type"), (Column::Number, "Monthly"), (Column::Number, "Yearly"), (Column::Extra, "Limits")];
            view! {
                <div class="on-page">
                    <Table label="Products" head>
                        {page.rows.into_iter().map(|product| view! { <ProductRow product/> }).collect_view()}
                    </Table>
                </div>
            }
            .into_any()
        }}/>
    }
    .into_any()
}

#[component]
fn ProductRow(product: ProductView) -> impl IntoView {
    let kind = match (product.kind, product.stack) {
        (ProductType::Cloudpod, Some(stack)) => format!("Plan, {}", stack.title()),
        (ProductType::Cloudpod, None) => "Plan".to_owned(),
        (ProductType::Addon, _) => "Add-on".to_owned(),
    };
    let yearly = product.yearly.map_or_else(|| "Not offered".to_owned(), |price| price.to_string());
    view! {
        <Tr>
            <TdName href=format!("{PATH}/{}", product.code) name=product.name.clone() note=product.code.clone()/>
            <Td column=Column::State>{on_sale(product.active, false)}</Td>
            <Td label="Type">{kind}</Td>
            <Td column=Column::Number label="Monthly">{product.monthly.to_string()}</Td>
            <Td column=Column::Number label="Yearly">{yearly}</Td>
            <Td column=Column::Extra label="Limits">{limit_words(&product)}</Td>
        </Tr>
    }
}

fn limit_words(product: &ProductView) -> String {
    let limits = product.limits;
    let parts = [
        (limits.cpu_millis, format!("{} CPU", f64::from(limits.cpu_millis) / 1000.0)),
        (limits.memory_mb, size_words(f64::from(limits.memory_mb))),
        (limits.disk_mb, format!("{} disk", size_words(f64::from(limits.disk_mb)))),
        (limits.tasks, format!("{} tasks", limits.tasks)),
    ];
    parts.into_iter().filter(|(amount, _)| *amount != 0).map(|(_, words)| words).collect::<Vec<_>>().join(", ")
}

/// `/admin/products/new`
#[component]
pub fn NewProductPage() -> impl IntoView {
    let action = Call::<CreateProduct>::new();
    let navigate = use_navigate();
    let done = Callback::new(move |product: ProductView| navigate(&format!("{PATH}/{}", product.code), leptos_router::NavigateOptions::default()));
    view! {
        <PageHead title="Add product" parents=vec![Crumb::new("Products", PATH)]/>
        <div class="max-w-[760px]"><Panel title="Product">
            <Form action on_done=done>
                <ProductFields product=None/>
                <div><Submit>"Add product"</Submit></div>
            </Form>
        </Panel></div>
    }
    .into_any()
}

/// `/admin/products/:code`
#[component]
pub fn ProductPage() -> impl IntoView {
    let params = use_params_map();
    let action = Call::<UpdateProduct>::new();
    let toasts = use_toasts();
    // Fetched again after it was saved, not after a refusal: what was typed stays.
    let times = RwSignal::new(0_u32);
    let product = fetch(move || (params.read().get("code").unwrap_or_default(), times.get()), |(code, _)| read_product(code));
    let saved = Callback::new(move |product: ProductView| {
        toasts.show(State::Ok, "Changes saved", format!("{} was updated.", product.name));
        times.update(|times| *times += 1);
    });
    view! {
        <Load data=product view=move |product: ProductView| {
            let active = product.active;
            view! {
                <PageHead title=product.name.clone() parents=vec![Crumb::new("Products", PATH)] state=move || on_sale(active, true)/>
                <div class="max-w-[760px]"><Panel title="Product" note=format!("Code: {}. Price changes apply to new orders only.", product.code)>
                    <Form action on_done=saved>
                        <Hidden name="code" value=product.code.clone()/>
                        <ProductFields product=Some(product.clone())/>
                        <div><Submit>"Save"</Submit></div>
                    </Form>
                </Panel></div>
            }
        }/>
    }
    .into_any()
}
