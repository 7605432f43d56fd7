//! The route table: one line per page.

use crate::{
    frame::{provide_frame, use_frame},
    layout::{AccountLayout, AdminLayout, PublicLayout, SignFrame, TenantLayout, not_found, simulated_banner},
};
use app_administration::{
    account::pages::{AccountPage, OwnSessionsPage},
    accounts::pages::{ActivatePage, ForgotPage, ResetPage, SetUpPage, SignInPage},
    join::pages::JoinPage,
    members::pages::MembersPage,
    outbox::pages::{MailPage, OutboxPage},
    provisioning::pages::{JobPage, JobsPage, OwnJobPage, OwnJobsPage},
    servers::pages::{AddServerPage, ServerPage, ServersPage},
    tenants::pages::{CustomerPage, CustomersPage},
    users::pages::{InviteStaffPage, UserPage, UsersPage},
};
use app_billing::{
    checkout::pages::{CheckoutPage, PayPage, PlansPage, ResultPage},
    invoices::pages::{InvoicePage, InvoicesPage, OwnInvoicePage, OwnInvoicesPage},
    products::pages::{NewProductPage, ProductPage, ProductsPage},
    subscriptions::pages::SubscriptionsPage,
};
use app_hosting::cloudpods::pages::{CloudPodPage, CloudPodsPage, OwnPodPage, OwnPodsPage};
use app_kit::prelude::*;
use app_overview::dashboard::pages::DashboardPage;
use app_security::{audit::pages::AuditPage, policies::pages::PoliciesPage};
use leptos_meta::provide_meta_context;
use leptos_router::{
    components::{ParentRoute, Route, Router, Routes},
    path,
};

/// The application.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    provide_frame();
    view! {
        <Router>
            <Routes fallback=|| view! { <NotFoundPage/> }>
                <ParentRoute path=path!("/admin") view=AdminLayout>
                    <Route path=path!("") view=DashboardPage/>
                    <Route path=path!("users") view=UsersPage/>
                    <Route path=path!("users/new") view=InviteStaffPage/>
                    <Route path=path!("users/:id") view=UserPage/>
                    <Route path=path!("customers") view=CustomersPage/>
                    <Route path=path!("customers/:id") view=CustomerPage/>
                    <Route path=path!("servers") view=ServersPage/>
                    <Route path=path!("servers/new") view=AddServerPage/>
                    <Route path=path!("servers/:id") view=ServerPage/>
                    <Route path=path!("jobs") view=JobsPage/>
                    <Route path=path!("jobs/:id") view=JobPage/>
                    <Route path=path!("outbox") view=OutboxPage/>
                    <Route path=path!("outbox/:id") view=MailPage/>
                    <Route path=path!("cloudpods") view=CloudPodsPage/>
                    <Route path=path!("cloudpods/:id") view=CloudPodPage/>
                    <Route path=path!("products") view=ProductsPage/>
                    <Route path=path!("products/new") view=NewProductPage/>
                    <Route path=path!("products/:code") view=ProductPage/>
                    <Route path=path!("subscriptions") view=SubscriptionsPage/>
                    <Route path=path!("invoices") view=InvoicesPage/>
                    <Route path=path!("invoices/:id") view=InvoicePage/>
                    <Route path=path!("audit") view=AuditPage/>
                    <Route path=path!("policies") view=PoliciesPage/>
                </ParentRoute>
                <ParentRoute path=path!("/t/:slug") view=TenantLayout>
                    <Route path=path!("") view=OwnPodsPage/>
                    <Route path=path!("cloudpods/:id") view=OwnPodPage/>
                    <Route path=path!("jobs") view=OwnJobsPage/>
                    <Route path=path!("jobs/:id") view=OwnJobPage/>
                    <Route path=path!("invoices") view=OwnInvoicesPage/>
                    <Route path=path!("invoices/:id") view=OwnInvoicePage/>
                    <Route path=path!("members") view=MembersPage/>
                </ParentRoute>
                <ParentRoute path=path!("/account") view=AccountLayout>
                    <Route path=path!("") view=AccountPage/>
                    <Route path=path!("sessions") view=OwnSessionsPage/>
                </ParentRoute>
                <ParentRoute path=path!("") view=SignFrame>
                    <Route path=path!("sign-in") view=SignInPage/>
                    <Route path=path!("forgot") view=ForgotPage/>
                    <Route path=path!("activate") view=ActivatePage/>
                    <Route path=path!("reset") view=ResetPage/>
                    <Route path=path!("set-up") view=SetUpPage/>
                    <Route path=path!("join/:token") view=JoinPage/>
                </ParentRoute>
                <ParentRoute path=path!("") view=PublicLayout>
                    <Route path=path!("") view=PlansPage/>
                    <Route path=path!("checkout") view=CheckoutPage/>
                    <Route path=path!("pay/:id") view=PayPage/>
                    <Route path=path!("checkout/result/:id") view=ResultPage/>
                </ParentRoute>
            </Routes>
        </Router>
    }
}

/// An address that no page has.
#[component]
fn NotFoundPage() -> impl IntoView {
    use model::error::{ApiError, ErrorCode};
    not_found();
    view! {
        {simulated_banner(&use_frame()).run()}
        <ErrorState error=ApiError::new(ErrorCode::NotFound, "There is no page at this address.")/>
    }
}
