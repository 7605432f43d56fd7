// The addresses of every page, with one object of each kind, for the files that look at all of them.
const { call, recall } = require("./story");

// What a registered domain has brought along has pages of its own; of each kind another object is looked at.
const first = (rows) => (rows.find((row) => !JSON.stringify(row).includes(recall().registered)) ?? rows[0]).id;

exports.publicPages = () => [["plans", "/"], ["checkout", "/checkout?plan=wordpress"], ["result", recall().result], ["sign-in", "/sign-in"], ["forgot", "/forgot"]];

exports.adminPages = async (request) => {
  const one = async (operation) => first((await call(request, operation, { request: {} })).body.rows);
  const [user, customer, domain, pod] = [await one("admin/users/list"), await one("admin/customers/list"), await one("admin/domains/list"), await one("admin/hosting/cloudpods/list")];
  const site = await call(request, "admin/hosting/websites/list", { pod });
  return [
    ["dashboard", "/admin"], ["customers", "/admin/customers"], ["servers", "/admin/servers"], ["add-server", "/admin/servers/new"], ["jobs", "/admin/jobs"], ["reconciliations", "/admin/reconciliations"],
    ["outbox", "/admin/outbox"], ["cloudpods", "/admin/cloudpods"], ["products", "/admin/products"], ["add-product", "/admin/products/new"], ["product", "/admin/products/wordpress"], ["coupons", "/admin/coupons"], ["add-coupon", "/admin/coupons/new"],
    ["users", "/admin/users"], ["add-staff", "/admin/users/new"], ["policies", "/admin/policies"], ["account", "/account"], ["sessions", "/account/sessions"],
    ["user", `/admin/users/${user}`], ["user-sessions", `/admin/users/${user}?tab=sessions`],
    ["subscriptions", "/admin/subscriptions"], ["subscription", `/admin/subscriptions/${await one("admin/billing/subscriptions/list")}`], ["invoices", "/admin/invoices"], ["payment-terms", "/admin/payment-terms"], ["tax", "/admin/tax"], ["audit", "/admin/audit"],
    ["mismatches", "/admin/mismatches"], ["bank-statements", "/admin/bank-statements"], ["import-statement", "/admin/bank-statements/import"], ["revenue", "/admin/revenue"],
    ["payments", "/admin/payments"], ["payment-events", "/admin/payments/events"], ["payment-event", `/admin/payments/events/${await one("admin/billing/payment_events/list")}`],
    ["customer", `/admin/customers/${customer}`], ["customer-billing", `/admin/customers/${customer}?tab=billing`], ["customer-billing-profile", `/admin/customers/${customer}/billing-profile`], ["new-invoice", `/admin/customers/${customer}/new-invoice`], ["customer-members", `/admin/customers/${customer}?tab=members`],
    ["server", `/admin/servers/${await one("admin/servers/list")}`],
    ["job", `/admin/jobs/${await one("admin/provisioning/jobs/list")}`],
    ["mail", `/admin/outbox/${await one("admin/outbox/list")}`],
    ["domains", "/admin/domains"], ["registrations", "/admin/domains/registrations"], ["registration", `/admin/domains/registrations/${recall().registration}`], ["domain-prices", "/admin/domains/prices"], ["domain", `/admin/domains/${domain}`], ["zone", `/admin/domains/${domain}/dns`], ["name-servers", "/admin/dns"], ["dns-templates", "/admin/dns/templates"], ["certificates", "/admin/certificates"],
    ["cloudpod", `/admin/cloudpods/${pod}`], ["websites", "/admin/websites"], ["website", `/admin/websites/${site.body[0].id}`], ["deploys", `/admin/websites/${site.body[0].id}/deploys`],
    ["invoice", `/admin/invoices/${await one("admin/billing/invoices/list")}`],
  ];
};

exports.tenantPages = async (request) => {
  const { portal } = recall();
  const slug = portal.split("/")[2];
  const one = async (operation) => first((await call(request, operation, { slug, request: {} })).body.rows);
  const [pod, domain] = [await one("tenant/hosting/cloudpods/list"), await one("tenant/domains/list")];
  const site = await call(request, "tenant/hosting/websites/list", { slug, pod });
  // WordPress is not deployed.
  const deployed = site.body.find((one) => one.stack !== "WORDPRESS") ?? site.body[0];
  return [
    ["own-domains", `${portal}/domains`], ["connect-domain", `${portal}/domains/connect`], ["own-registrations", `${portal}/domains/registrations`], ["own-registration", `${portal}/domains/registrations/${recall().registration}`], ["register-domain", `${portal}/domains/register`], ["transfer-domain", `${portal}/domains/transfer`], ["own-domain", `${portal}/domains/${domain}`],
    ["own-zone", `${portal}/domains/${domain}/dns`], ["zone-file", `${portal}/domains/${domain}/dns/file`], ["zone-history", `${portal}/domains/${domain}/dns?tab=history`],
    ["members", `${portal}/members`], ["own-account", "/account"], ["own-sessions", "/account/sessions"], ["portal", portal], ["own-jobs", `${portal}/jobs`], ["own-invoices", `${portal}/invoices`],
    ["own-subscriptions", `${portal}/subscriptions`], ["payment-methods", `${portal}/payment-methods`], ["billing-profile", `${portal}/billing-profile`],
    ["own-subscription", `${portal}/subscriptions/${await one("tenant/billing/subscriptions/list")}`],
    ["own-pod", `${portal}/cloudpods/${pod}`], ["create-site", `${portal}/cloudpods/${pod}/new-site`], ["own-website", `${portal}/websites/${site.body[0].id}`],
    ...["settings", "environment", "jobs", "logs"].map((tab) => [`own-website-${tab}`, `${portal}/websites/${site.body[0].id}?tab=${tab}`]),
    ["own-deploys", `${portal}/websites/${deployed.id}/deploys`],
    ...["previews", "repository", "automation", "upload"].map((tab) => [`own-deploys-${tab}`, `${portal}/websites/${deployed.id}/deploys?tab=${tab}`]),
    ["own-websites", `${portal}/websites`],
    ["own-job", `${portal}/jobs/${await one("tenant/provisioning/jobs/list")}`],
    ["own-invoice", `${portal}/invoices/${await one("tenant/billing/invoices/list")}`],
  ];
};
