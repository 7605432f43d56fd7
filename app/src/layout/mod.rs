//! Page layouts: admin, tenant, public.

mod account;
mod admin;
mod public;
mod tenant;

pub use account::AccountLayout;
pub use admin::AdminLayout;
pub use public::PublicLayout;
#[cfg(feature = "ssr")]
pub use public::SignFrame;
pub use tenant::TenantLayout;

use crate::{
    context::{AppContext, use_app_context},
    pages::page,
};
use app_administration::{account::server_fns::ConfirmPassword, accounts::server_fns::SignOutNow};
use app_kit::{
    prelude::*,
    shell::{Account, Brand, MenuLink, SignOut},
};
use leptos_router::ChooseView;
use model::administration::accounts::Viewer;
use server_fn::ServerFn;

fn account(viewer: &Viewer) -> Account {
    let name = if viewer.name.is_empty() { viewer.email.clone() } else { viewer.name.clone() };
    Account { name, email: viewer.email.clone() }
}

fn brand(context: &AppContext) -> Brand {
    let seller = &context.seller;
    let parts = [seller.name.as_str()].into_iter().chain(seller.address.lines()).filter(|part| !part.is_empty());
    let mut imprint = parts.collect::<Vec<_>>().join(", ");
    if !seller.tax_number.is_empty() {
        imprint.push_str(&format!(". VAT no. {}", seller.tax_number));
    }
    Brand { name: seller.name.clone(), imprint }
}

/// The account menu: profile and sign-out, which leads to the sign-in page.
fn menu() -> ViewFn {
    ViewFn::from(|| {
        view! {
            <MenuLink href="/account" symbol=Symbol::User>"Your profile"</MenuLink>
            <SignOut call=SignOutNow::PATH to="/sign-in"/>
        }
    })
}

/// Asks for password confirmation when a form of this page needs it. Must be inside a shell.
#[component]
fn PasswordPrompt() -> impl IntoView {
    view! { <StepUpPrompt dialog=|| Box::pin(page!(password, PasswordDialog).choose())/> }
}

#[component]
fn PasswordDialog() -> impl IntoView {
    let action = Call::from(ConfirmPassword { password: String::new() });
    view! { <StepUpDialog action/> }
}

/// The banner of every page while servers are simulated.
pub fn simulated_banner(context: &AppContext) -> ViewFn {
    let simulated = context.simulated;
    ViewFn::from(move || {
        simulated.then(|| view! { <Banner notice=Notice::Simulated>"Demo mode: servers are simulated, and purchased sites are not real."</Banner> })
    })
}

/// Sets the status of the response while rendering on the server.
pub fn not_found() {
    #[cfg(feature = "ssr")]
    if let Some(options) = use_context::<leptos_axum::ResponseOptions>() {
        options.set_status(axum::http::StatusCode::NOT_FOUND);
    }
}
