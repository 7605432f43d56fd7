// The addresses of every page, with one object of each kind, for the files that look at all of them. `cargo xtask check` looks for each route here.
const { call, recall } = require("./story");

// What a registered domain has brought along has pages of its own; of each kind another object is looked at.
const first = (rows) => (rows.find((row) => !JSON.stringify(row).includes(recall().registered)) ?? rows[0]).id;

exports.publicPages = () => [
  ["plans", "/"], ["checkout", "/checkout?plan=wordpress"], ["result", `/checkout/result/${recall().result.split("/result/")[1]}`], ["sign-in", "/sign-in"], ["forgot", "/forgot"],
];

// What stands in a link behind this word, in the newest mail to this address that has one.
const mailed = async (staff, address, word) => {
  let cursor = null;
  do {
    const { rows, older } = (await call(staff, "admin/outbox/list", { request: { cursor } })).body;
    for (const { id } of rows.filter((row) => row.recipient === address)) {
      const { text } = (await call(staff, "admin/outbox/get", { id })).body;
      if (text.includes(word)) return text.split(word)[1].match(/^[\w-]+/)[0];
    }
    cursor = older;
  } while (cursor);
  throw new Error(`no mail to ${address} has ${word}`);
};

// Public pages that only a link opens, made for whoever asks: an order that is not paid yet, an invoice, and what is mailed. They are good until
// somebody uses them.
exports.linkPages = async (staff, owner) => {
  const must = async (request, operation, input) => {
    const { status, body } = await call(request, operation, input);
    if (status !== 200) throw new Error(`${operation}: ${JSON.stringify(body)}`);
    return body;
  };
  const slug = recall().portal.split("/")[2];
  const order = await must(staff, "public/checkout/session", { planCode: "wordpress", billingCycle: "MONTHLY", email: "faces@pages.example", addOns: [] });
  const customers = await must(staff, "admin/customers/list", { request: { search: slug } });
  const draft = { tenant: customers.rows.find((row) => row.slug === slug).id, lines: [{ description: "An hour of work", quantity: 1, unit_price: "1.00" }] };
  const { total } = await must(staff, "admin/billing/invoices/preview", { draft });
  const due_on = new Date(Date.now() + 14 * 86_400_000).toISOString().slice(0, 10);
  const invoice = await must(staff, "admin/billing/invoices/create", { draft, due_on, total: total.minor });
  const invoicePage = await must(owner, "tenant/billing/invoices/pay", { slug, id: invoice });
  await must(owner, "tenant/users/invite", { slug, email: "guest@pages.example", role: "TENANT_USER" });
  await must(staff, "public/session/forgot", { email: "office@northpier.example" });
  return [
    ["pay", `/pay/${order.paymentUrl.split("/pay/")[1]}`], ["pay-invoice", `/pay/invoice/${invoicePage.split("/pay/invoice/")[1]}`],
    // Bought in 2-plans.spec.js by somebody who never came.
    ["activate", `/activate?token=${await mailed(staff, "static@plans.example", "/activate?token=")}`],
    ["reset", `/reset?token=${await mailed(staff, "office@northpier.example", "/reset?token=")}`],
    ["join", `/join/${await mailed(staff, "guest@pages.example", "/join/")}`],
  ];
};

exports.adminPages = async (request) => {
  const one = async (operation) => first((await call(request, operation, { request: {} })).body.rows);
  const [user, customer, domain, pod] = [await one("admin/users/list"), await one("admin/customers/list"), await one("admin/domains/list"), await one("admin/hosting/cloudpods/list")];
  const site = await call(request, "admin/hosting/websites/list", { pod });
  const { rows: coupons } = (await call(request, "admin/billing/coupons/list", { request: {} })).body;
  const coupon = coupons[0] ?? (await call(request, "admin/billing/coupons/create", { input: { code: "PAGES10", percent: "10", duration: "ONCE" } })).body;
  return [
    ["dashboard", "/admin"], ["customers", "/admin/customers"], ["servers", "/admin/servers"], ["add-server", "/admin/servers/new"], ["jobs", "/admin/jobs"], ["reconciliations", "/admin/reconciliations"],
    ["outbox", "/admin/outbox"], ["cloudpods", "/admin/cloudpods"], ["products", "/admin/products"], ["add-product", "/admin/products/new"], ["product", "/admin/products/wordpress"], ["coupons", "/admin/coupons"], ["add-coupon", "/admin/coupons/new"], ["coupon", `/admin/coupons/${coupon.id}`],
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
    ["certificate", `/admin/certificates/${await one("admin/ssl/certificates/list")}`],
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
  const { rows: certificates } = (await call(request, "tenant/ssl/certificates/list", { slug, request: {} })).body;
  // WordPress is not deployed.
  const deployed = site.body.find((one) => one.stack !== "WORDPRESS") ?? site.body[0];
  return [
    ["own-domains", `${portal}/domains`], ["connect-domain", `${portal}/domains/connect`], ["own-registrations", `${portal}/domains/registrations`], ["own-registration", `${portal}/domains/registrations/${recall().registration}`], ["register-domain", `${portal}/domains/register`], ["transfer-domain", `${portal}/domains/transfer`], ["own-domain", `${portal}/domains/${domain}`],
    ["own-zone", `${portal}/domains/${domain}/dns`], ["zone-file", `${portal}/domains/${domain}/dns/file`], ["zone-history", `${portal}/domains/${domain}/dns?tab=history`],
    ["members", `${portal}/members`], ["own-account", "/account"], ["own-sessions", "/account/sessions"], ["portal", `${portal}`], ["own-jobs", `${portal}/jobs`], ["own-billing", `${portal}/billing`], ["own-invoices", `${portal}/invoices`],
    ["own-subscriptions", `${portal}/subscriptions`], ["payment-methods", `${portal}/payment-methods`], ["billing-profile", `${portal}/billing-profile`],
    ["own-subscription", `${portal}/subscriptions/${await one("tenant/billing/subscriptions/list")}`],
    ["own-pod", `${portal}/cloudpods/${pod}`], ["create-site", `${portal}/cloudpods/${pod}/new-site`], ["own-website", `${portal}/websites/${site.body[0].id}`],
    ...["settings", "environment", "jobs", "logs"].map((tab) => [`own-website-${tab}`, `${portal}/websites/${site.body[0].id}?tab=${tab}`]),
    ["own-deploys", `${portal}/websites/${deployed.id}/deploys`],
    ...["previews", "repository", "automation", "upload"].map((tab) => [`own-deploys-${tab}`, `${portal}/websites/${deployed.id}/deploys?tab=${tab}`]),
    ["own-websites", `${portal}/websites`], ["own-certificates", `${portal}/certificates`],
    // None is left once the story has deleted its CloudPod.
    ...certificates.slice(0, 1).flatMap(({ id }) => [["own-certificate", `${portal}/certificates/${id}`], ["install-certificate", `${portal}/certificates/${id}/install`]]),
    ["own-job", `${portal}/jobs/${await one("tenant/provisioning/jobs/list")}`],
    ["own-invoice", `${portal}/invoices/${await one("tenant/billing/invoices/list")}`],
  ];
};
