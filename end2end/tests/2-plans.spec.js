// The same path for the other stacks, by the public API and without a browser.
// Pages of billing/checkout.
const { test, expect } = require("@playwright/test");
const { call, order, site, until } = require("./story");

// Buys a plan as another site would, pays in the sandbox, and waits for the job's end.
async function buy(request, planCode, domain, siteTitle) {
  const { id, token } = await order(request, planCode, domain, siteTitle);
  const result = await until(`the end of the job for ${planCode}`, async () => {
    const { body } = await call(request, "public/checkout/result", { id, token });
    return ["done", "undone", "stuck"].includes(body.job?.view.job.status) && body;
  });
  expect(result.job.view.job.status, JSON.stringify(result.job.events.slice(-5))).toBe("done");
  return result;
}

test("a static plan is made by the admin, and sold", async ({ browser, request }) => {
  const staff = await browser.newContext({ storageState: "test-results-admin.json" });
  const input = {
    code: "static", name: "Static", description: "Files, served as they are.", kind: "CLOUDPOD", monthly: "3.00", yearly: "30.00", currency: "EUR",
    features: "1 CPU\n256 MB memory", stack: "STATIC", cpu_millis: 500, memory_mb: 256, disk_mb: 1024, tasks: 50, active: "on",
  };
  const made = await call(staff.request, "admin/billing/products/create", { input });
  expect(made.status, JSON.stringify(made.body)).toBe(200);
  await staff.close();
  await buy(request, "static", "files.localhost", "Plain Files");
  const answer = await site("files.localhost");
  expect(answer).toMatchObject({ status: 200 });
  expect(answer.body).toContain("<title>Plain Files</title>");
});

test("a PHP plan answers from PHP", async ({ request }) => {
  await buy(request, "php", "app.localhost", "Little App");
  const answer = await site("app.localhost");
  expect(answer.status).toBe(200);
  expect(answer.body).toContain("<title>Little App</title>");
  expect(answer.body).toContain("PHP 8.4.");
});

test("a Node plan answers from Node", async ({ request }) => {
  await buy(request, "node", "api.localhost", "Little Service");
  const answer = await site("api.localhost");
  expect(answer.status).toBe(200);
  expect(answer.body).toContain("<title>Little Service</title>");
  expect(answer.body).toContain("Node v24.");
});

test("input that is not right is refused on its field", async ({ request }) => {
  const answer = await call(request, "public/checkout/session", { planCode: "nothing", billingCycle: "WEEKLY", email: "x", domain: "-bad-.example", addOns: ["no-such"] });
  expect(answer.status).toBe(422);
  const fields = answer.body.fields.map((one) => one.field);
  expect(fields).toEqual(expect.arrayContaining(["planCode", "billingCycle", "email", "domain"]));
});
