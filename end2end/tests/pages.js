// The addresses of every page, with one object of each kind, for the files that look at all of them.
const { call, recall } = require("./story");

exports.publicPages = () => [["plans", "/"], ["checkout", "/checkout?plan=wordpress"], ["result", recall().result], ["sign-in", "/sign-in"], ["forgot", "/forgot"]];

exports.adminPages = async (request) => {
  const first = async (operation) => (await call(request, operation, { request: {} })).body.rows[0].id;
  const [user, customer, domain, pod] = [await first("admin/users/list"), await first("admin/customers/list"), await first("admin/domains/list"), await first("admin/hosting/cloudpods/list")];
  const site = await call(request, "admin/hosting/websites/list", { pod });
  return [
    ["dashboard", "/admin"], ["customers", "/admin/customers"], ["servers", "/admin/servers"], ["add-server", "/admin/servers/new"], ["jobs", "/admin/jobs"], ["reconciliations", "/admin/reconciliations"],
    ["outbox", "/admin/outbox"], ["cloudpods", "/admin/cloudpods"], ["products", "/admin/products"], ["add-product", "/admin/products/new"], ["product", "/admin/products/wordpress"], ["coupons", "/admin/coupons"], ["add-coupon", "/admin/coupons/new"],
    ["users", "/admin/users"], ["add-staff", "/admin/users/new"], ["policies", "/admin/policies"], ["account", "/account"], ["sessions", "/account/sessions"],
    ["user", `/admin/users/${user}`], ["user-sessions", `/admin/users/${user}?tab=sessions`],
    ["subscriptions", "/admin/subscriptions"], ["subscription", `/admin/subscriptions/${await first("admin/billing/subscriptions/list")}`], ["invoices", "/admin/invoices"], ["payment-terms", "/admin/payment-terms"], ["tax", "/admin/tax"], ["audit", "/admin/audit"],
    ["mismatches", "/admin/mismatches"], ["bank-statements", "/admin/bank-statements"], ["import-statement", "/admin/bank-statements/import"], ["revenue", "/admin/revenue"],
    ["payments", "/admin/payments"], ["payment-events", "/admin/payments/events"], ["payment-event", `/admin/payments/events/${await first("admin/billing/payment_events/list")}`],
    ["customer", `/admin/customers/${customer}`], ["customer-billing", `/admin/customers/${customer}?tab=billing`], ["customer-billing-profile", `/admin/customers/${customer}/billing-profile`], ["new-invoice", `/admin/customers/${customer}/new-invoice`], ["customer-members", `/admin/customers/${customer}?tab=members`],
    ["server", `/admin/servers/${await first("admin/servers/list")}`],
    ["job", `/admin/jobs/${await first("admin/provisioning/jobs/list")}`],
    ["mail", `/admin/outbox/${await first("admin/outbox/list")}`],
    ["domains", "/admin/domains"], ["domain", `/admin/domains/${domain}`], ["zone", `/admin/domains/${domain}/dns`], ["name-servers", "/admin/dns"], ["certificates", "/admin/certificates"],
    ["cloudpod", `/admin/cloudpods/${pod}`], ["website", `/admin/websites/${site.body[0].id}`],
    ["invoice", `/admin/invoices/${await first("admin/billing/invoices/list")}`],
  ];
};

exports.tenantPages = async (request) => {
  const { portal } = recall();
  const slug = portal.split("/")[2];
  const first = async (operation) => (await call(request, operation, { slug, request: {} })).body.rows[0].id;
  const [pod, domain] = [await first("tenant/hosting/cloudpods/list"), await first("tenant/domains/list")];
  const site = await call(request, "tenant/hosting/websites/list", { slug, pod });
  return [
    ["own-domains", `${portal}/domains`], ["connect-domain", `${portal}/domains/connect`], ["own-domain", `${portal}/domains/${domain}`],
    ["own-zone", `${portal}/domains/${domain}/dns`], ["zone-file", `${portal}/domains/${domain}/dns/file`], ["zone-history", `${portal}/domains/${domain}/dns/history`],
    ["members", `${portal}/members`], ["own-account", "/account"], ["own-sessions", "/account/sessions"], ["portal", portal], ["own-jobs", `${portal}/jobs`], ["own-invoices", `${portal}/invoices`],
    ["own-subscriptions", `${portal}/subscriptions`], ["payment-methods", `${portal}/payment-methods`], ["billing-profile", `${portal}/billing-profile`],
    ["own-subscription", `${portal}/subscriptions/${await first("tenant/billing/subscriptions/list")}`],
    ["own-pod", `${portal}/cloudpods/${pod}`], ["create-site", `${portal}/cloudpods/${pod}/new-site`], ["own-website", `${portal}/websites/${site.body[0].id}`],
    ...["settings", "environment", "jobs"].map((tab) => [`own-website-${tab}`, `${portal}/websites/${site.body[0].id}?tab=${tab}`]),
    ["own-deploys", `${portal}/websites/${site.body[0].id}/deploys`],
    ["own-job", `${portal}/jobs/${await first("tenant/provisioning/jobs/list")}`],
    ["own-invoice", `${portal}/invoices/${await first("tenant/billing/invoices/list")}`],
  ];
};
