//! The route table: one line per page, with the group that its code is fetched with.

use crate::{
    context::{provide_app_context, use_app_context},
    layout::{AccountLayout, AdminLayout, PublicLayout, TenantLayout, not_found, simulated_banner},
    mismatches::MismatchesPage,
    pages::page,
    registrations::{RegisterDomainPage, RegistrationPage, TransferDomainPage},
};
use app_administration::{
    account::pages::{AccountPage, OwnSessionsPage},
    members::pages::MembersPage,
    outbox::pages::{MailPage, OutboxPage},
    provisioning::pages::{JobPage, JobsPage},
    reconciliations::pages::ReconciliationsPage,
    servers::pages::{AddServerPage, ServerPage, ServersPage},
    tenants::pages::{CustomerPage, CustomersPage},
    users::pages::{InviteStaffPage, UserPage, UsersPage},
};
use app_billing::{
    bank_statements::{import::ImportStatementPage, pages::BankEntriesPage},
    checkout::pages::{CheckoutPage, PayPage, PlansPage, ResultPage},
    coupons::pages::{CouponPage, CouponsPage, NewCouponPage},
    domain_prices::pages::DomainPricesPage,
    dunning::pages::PaymentTermsPage,
    invoices::{
        NewInvoicePage,
        pages::{InvoicePage, InvoicesPage},
    },
    overview::pages::BillingPage,
    payment_log::pages::{PaymentEventPage, PaymentEventsPage, PaymentsPage},
    payments::pages::{PayInvoicePage, PaymentMethodsPage},
    products::pages::{NewProductPage, ProductPage, ProductsPage},
    profiles::pages::BillingProfilePage,
    revenue::pages::RevenuePage,
    subscriptions::pages::{SubscriptionPage, SubscriptionsPage},
    tax::pages::TaxPage,
};
use app_hosting::{
    certificates::pages::{CertificatePage, CertificatesPage, InstallCertificatePage},
    cloudpods::pages::{CloudPodPage, CloudPodsPage},
    deploys::pages::DeploysPage,
    dns::{
        custom::CustomTemplatesPage,
        pages::{ZoneFilePage, ZonePage},
        staff::ZonesPage,
    },
    domains::pages::{ConnectDomainPage, DomainPage, DomainsPage},
    registrations::pages::RegistrationsPage,
    websites::{
        all::WebsitesPage,
        pages::{NewSitePage, WebsitePage},
    },
};
use app_kit::prelude::*;
use app_overview::dashboard::pages::DashboardPage;
use app_security::{audit::pages::AuditPage, policies::pages::PoliciesPage};
use leptos::tachys::view::iterators::StaticVec;
use leptos_meta::provide_meta_context;
use leptos_router::{
    any_nested_route::AnyNestedRoute,
    components::{ParentRoute, Route, Router, Routes, RoutesProps},
    path,
};

/// The application.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    provide_app_context();
    view! { <Router>{Routes(RoutesProps::builder().fallback(|| view! { <NotFoundPage/> }).children(ToChildren::to_children(routes)).build())}</Router> }
}

/// Fetches the code of the page at this URL and of its layout, so that both are hydrated at once.
#[cfg(feature = "hydrate")]
pub async fn fetch_page() {
    use leptos_router::{ChooseView, MatchInterface, RouteDefs};
    let path = location().pathname().unwrap_or_default();
    let Some((layout, page)) = RouteDefs::new(routes()).match_route(&path).map(MatchInterface::into_view_and_child) else { return };
    let page = async {
        if let Some(page) = page {
            page.into_view_and_child().0.preload().await;
        }
    };
    futures::join!(layout.preload(), page);
}

fn routes() -> StaticVec<AnyNestedRoute> {
    StaticVec::from(vec![
        view! {
            <ParentRoute path=path!("/admin") view=page!(admin, AdminLayout)>
                <Route path=path!("") view=page!(dashboard, DashboardPage)/>
                <Route path=path!("users") view=page!(users, UsersPage)/>
                <Route path=path!("users/new") view=page!(user, InviteStaffPage)/>
                <Route path=path!("users/:id") view=page!(user, UserPage)/>
                <Route path=path!("customers") view=page!(customers, CustomersPage)/>
                <Route path=path!("customers/:id") view=page!(customer, CustomerPage)/>
                <Route path=path!("customers/:id/billing-profile") view=page!(billing_profile, BillingProfilePage)/>
                <Route path=path!("customers/:id/new-invoice") view=page!(new_invoice, NewInvoicePage)/>
                <Route path=path!("servers") view=page!(servers, ServersPage)/>
                <Route path=path!("servers/new") view=page!(server, AddServerPage)/>
                <Route path=path!("servers/:id") view=page!(server, ServerPage)/>
                <Route path=path!("jobs") view=page!(jobs, JobsPage)/>
                <Route path=path!("jobs/:id") view=page!(job, JobPage)/>
                <Route path=path!("reconciliations") view=page!(jobs, ReconciliationsPage)/>
                <Route path=path!("outbox") view=page!(outbox, OutboxPage)/>
                <Route path=path!("outbox/:id") view=page!(mail, MailPage)/>
                <Route path=path!("cloudpods") view=page!(cloudpods, CloudPodsPage)/>
                <Route path=path!("cloudpods/:id") view=page!(pod, CloudPodPage)/>
                <Route path=path!("websites/:id") view=page!(website, WebsitePage)/>
                <Route path=path!("domains") view=page!(domains, DomainsPage)/>
                <Route path=path!("domains/registrations") view=page!(registrations, RegistrationsPage)/>
                <Route path=path!("domains/registrations/:id") view=page!(registration, RegistrationPage)/>
                <Route path=path!("domains/prices") view=page!(domain_prices, DomainPricesPage)/>
                <Route path=path!("domains/:id") view=page!(domain, DomainPage)/>
                <Route path=path!("domains/:id/dns") view=page!(zone, ZonePage)/>
                <Route path=path!("websites") view=page!(cloudpods, WebsitesPage)/>
                <Route path=path!("websites/:id/deploys") view=page!(deploys, DeploysPage)/>
                <Route path=path!("dns") view=page!(zones, ZonesPage)/>
                <Route path=path!("dns/templates") view=page!(dns_templates, CustomTemplatesPage)/>
                <Route path=path!("certificates") view=page!(certificates, CertificatesPage)/>
                <Route path=path!("certificates/:id") view=page!(certificate, CertificatePage)/>
                <Route path=path!("products") view=page!(products, ProductsPage)/>
                <Route path=path!("products/new") view=page!(product, NewProductPage)/>
                <Route path=path!("products/:code") view=page!(product, ProductPage)/>
                <Route path=path!("coupons") view=page!(coupons, CouponsPage)/>
                <Route path=path!("coupons/new") view=page!(coupon, NewCouponPage)/>
                <Route path=path!("coupons/:id") view=page!(coupon, CouponPage)/>
                <Route path=path!("subscriptions") view=page!(subscriptions, SubscriptionsPage)/>
                <Route path=path!("subscriptions/:id") view=page!(subscription, SubscriptionPage)/>
                <Route path=path!("invoices") view=page!(invoices, InvoicesPage)/>
                <Route path=path!("invoices/:id") view=page!(invoice, InvoicePage)/>
                <Route path=path!("tax") view=page!(payment_terms, TaxPage)/>
                <Route path=path!("payment-terms") view=page!(payment_terms, PaymentTermsPage)/>
                <Route path=path!("payments") view=page!(payment_log, PaymentsPage)/>
                <Route path=path!("payments/events") view=page!(payment_log, PaymentEventsPage)/>
                <Route path=path!("payments/events/:id") view=page!(payment_log, PaymentEventPage)/>
                <Route path=path!("bank-statements") view=page!(bank_statements, BankEntriesPage)/>
                <Route path=path!("bank-statements/import") view=page!(bank_statement_import, ImportStatementPage)/>
                <Route path=path!("revenue") view=page!(revenue, RevenuePage)/>
                <Route path=path!("mismatches") view=page!(mismatches, MismatchesPage)/>
                <Route path=path!("audit") view=page!(audit, AuditPage)/>
                <Route path=path!("policies") view=page!(policies, PoliciesPage)/>
            </ParentRoute>
        }
        .into_inner(),
        view! {
            <ParentRoute path=path!("/t/:slug") view=page!(tenant, TenantLayout)>
                <Route path=path!("") view=page!(cloudpods, CloudPodsPage)/>
                <Route path=path!("cloudpods/:id") view=page!(pod, CloudPodPage)/>
                <Route path=path!("cloudpods/:id/new-site") view=page!(website, NewSitePage)/>
                <Route path=path!("websites/:id") view=page!(website, WebsitePage)/>
                <Route path=path!("websites/:id/deploys") view=page!(deploys, DeploysPage)/>
                <Route path=path!("domains") view=page!(domains, DomainsPage)/>
                <Route path=path!("websites") view=page!(cloudpods, WebsitesPage)/>
                <Route path=path!("domains/connect") view=page!(domain, ConnectDomainPage)/>
                <Route path=path!("domains/register") view=page!(register_domain, RegisterDomainPage)/>
                <Route path=path!("domains/transfer") view=page!(register_domain, TransferDomainPage)/>
                <Route path=path!("domains/registrations") view=page!(registrations, RegistrationsPage)/>
                <Route path=path!("domains/registrations/:id") view=page!(registration, RegistrationPage)/>
                <Route path=path!("domains/:id") view=page!(domain, DomainPage)/>
                <Route path=path!("certificates") view=page!(certificates, CertificatesPage)/>
                <Route path=path!("certificates/:id") view=page!(certificate, CertificatePage)/>
                <Route path=path!("certificates/:id/install") view=page!(certificate, InstallCertificatePage)/>
                <Route path=path!("domains/:id/dns") view=page!(zone, ZonePage)/>
                <Route path=path!("domains/:id/dns/file") view=page!(zone_file, ZoneFilePage)/>
                <Route path=path!("jobs") view=page!(jobs, JobsPage)/>
                <Route path=path!("jobs/:id") view=page!(job, JobPage)/>
                <Route path=path!("billing") view=page!(billing_overview, BillingPage)/>
                <Route path=path!("invoices") view=page!(invoices, InvoicesPage)/>
                <Route path=path!("invoices/:id") view=page!(invoice, InvoicePage)/>
                <Route path=path!("subscriptions") view=page!(subscriptions, SubscriptionsPage)/>
                <Route path=path!("subscriptions/:id") view=page!(subscription, SubscriptionPage)/>
                <Route path=path!("payment-methods") view=page!(payment_methods, PaymentMethodsPage)/>
                <Route path=path!("billing-profile") view=page!(billing_profile, BillingProfilePage)/>
                <Route path=path!("members") view=page!(members, MembersPage)/>
            </ParentRoute>
        }
        .into_inner(),
        view! {
            <ParentRoute path=path!("/account") view=page!(account, AccountLayout)>
                <Route path=path!("") view=page!(account, AccountPage)/>
                <Route path=path!("sessions") view=page!(sessions, OwnSessionsPage)/>
            </ParentRoute>
        }
        .into_inner(),
        view! {
            <ParentRoute path=path!("") view=page!(plans, PublicLayout)>
                <Route path=path!("") view=page!(plans, PlansPage)/>
                <Route path=path!("checkout") view=page!(checkout, CheckoutPage)/>
                <Route path=path!("pay/:id") view=page!(checkout, PayPage)/>
                <Route path=path!("pay/invoice/:id") view=page!(checkout, PayInvoicePage)/>
                <Route path=path!("checkout/result/:id") view=page!(checkout, ResultPage)/>
            </ParentRoute>
        }
        .into_inner(),
        #[cfg(feature = "ssr")]
        plain(),
    ])
}

/// Pages that run no WebAssembly: the browser loads each as a new document.
#[cfg(feature = "ssr")]
fn plain() -> AnyNestedRoute {
    use crate::layout::SignFrame;
    use app_administration::{
        accounts::pages::{ActivatePage, ForgotPage, ResetPage, SetUpPage, SignInPage},
        join::pages::JoinPage,
    };
    view! {
        <ParentRoute path=path!("") view=SignFrame>
            <Route path=path!("sign-in") view=SignInPage/>
            <Route path=path!("forgot") view=ForgotPage/>
            <Route path=path!("activate") view=ActivatePage/>
            <Route path=path!("reset") view=ResetPage/>
            <Route path=path!("set-up") view=SetUpPage/>
            <Route path=path!("join/:token") view=JoinPage/>
        </ParentRoute>
    }
    .into_inner()
}

/// Whether the page at this path runs no WebAssembly.
#[cfg(feature = "ssr")]
pub fn is_html_only(path: &str) -> bool {
    leptos_router::RouteDefs::new(StaticVec::from(vec![plain()])).match_route(path).is_some()
}

/// A URL without a page.
#[component]
fn NotFoundPage() -> impl IntoView {
    use model::error::{ApiError, ErrorCode};
    not_found();
    view! {
        {simulated_banner(&use_app_context()).run()}
        <ErrorState error=ApiError::new(ErrorCode::NotFound, "Page not found.")/>
    }
}
