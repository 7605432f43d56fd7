// What is fetched again changes in place: rows keep their elements, the focus and what was typed stay where they are.
const { test, expect } = require("@playwright/test");
const { call, listen, ready, recall } = require("./story");

test.use({ storageState: "test-results-admin.json" });

// Marks an element, and tells whether the same element stands there still: one that was built anew has no mark.
const mark = (place) => place.evaluate((element) => (element.marked = true));
const marked = (place) => place.evaluate((element) => element.marked === true);
// A press that does not take the focus along, as when an answer comes while somebody is elsewhere on the page.
const press = (button) => button.evaluate((element) => element.click());

test("a row, its link and the focus stay when the page's data is fetched again", async ({ page }) => {
  const heard = listen(page);
  await page.goto("/admin/servers");
  await ready(page);
  await page.getByRole("table").getByRole("link").first().click();
  const check = page.getByRole("button", { name: "Check now" });
  await expect(check).toBeVisible();
  const row = page.getByRole("table", { name: "CloudPods on this server" }).getByRole("row").nth(1);
  const link = row.getByRole("link").first();
  await mark(row);
  await mark(check);
  await link.focus();
  const fetched = page.waitForResponse((answer) => answer.url().endsWith("/api/admin/servers/get"));
  await press(check);
  await fetched;
  await expect(check).not.toHaveAttribute("aria-busy", "true");
  expect([await marked(row), await marked(check)]).toEqual([true, true]);
  await expect(link).toBeFocused();
  expect(heard).toEqual([]);
});

test("the button that pays stays while the sum changes, and what was typed stays", async ({ page }) => {
  const heard = listen(page);
  await page.goto("/checkout");
  await ready(page);
  const pay = page.getByRole("button", { name: /^Pay / });
  const before = await pay.textContent();
  await mark(pay);
  await page.getByLabel("Email").fill("typed@customer.example");
  await pay.focus();
  await page.getByLabel("Monthly").evaluate((input) => input.click());
  await expect(pay).not.toHaveText(before);
  expect(await marked(pay)).toBe(true);
  await expect(pay).toBeFocused();
  await expect(page.getByLabel("Email")).toHaveValue("typed@customer.example");
  expect(heard).toEqual([]);
});

test("a tab is an address: it is opened, Back leads to the one before, and the server writes the one that is asked for", async ({ page }) => {
  const heard = listen(page);
  await page.goto("/admin/customers");
  await ready(page);
  await page.getByRole("table").getByRole("link").first().click();
  const tab = (name) => page.getByRole("navigation", { name: "Customer", exact: true }).getByRole("link", { name, exact: true });
  const [pods, invoices] = ["CloudPods", "Invoices"].map((name) => page.getByRole("heading", { name, exact: true, level: 2 }));
  await expect(tab("CloudPods")).toHaveAttribute("aria-current", "page");
  await expect(pods).toBeVisible();
  const heading = page.getByRole("heading", { level: 1 });
  await mark(heading);
  await tab("Billing").click();
  await expect(invoices).toBeVisible();
  await expect(page).toHaveURL(/\/admin\/customers\/[^/?]+\?tab=billing$/);
  await expect(tab("Billing")).toHaveAttribute("aria-current", "page");
  await expect(pods).toHaveCount(0);
  expect(await marked(heading), "the page around it stays").toBe(true);
  expect(await (await page.request.get(page.url())).text()).toContain('aria-label="Invoices"');
  await page.goBack();
  await expect(pods).toBeVisible();
  await expect(invoices).toHaveCount(0);
  expect(heard).toEqual([]);
});

test("public pages say what they are to who lists them", async ({ page, request }) => {
  const order = await call(request, "public/checkout/session", { planCode: "wordpress", billingCycle: "MONTHLY", email: "lists@pages.example", addOns: [] });
  expect(order.status, JSON.stringify(order.body)).toBe(200);
  const plain = ["/", "/checkout", "/sign-in", "/forgot", "/activate?token=used", "/reset?token=used", "/set-up?token=used", "/join/used"];
  for (const path of [...plain, order.body.paymentUrl, recall().paid, recall().result]) {
    await page.goto(path);
    await expect(page.locator('head meta[name="description"]'), path).toHaveAttribute("content", /\w+/);
  }
});

test("a tab has one live connection, whatever its pages follow", async ({ page }) => {
  const heard = listen(page);
  const said = [];
  let connections = 0;
  page.on("websocket", (socket) => {
    connections += 1;
    socket.on("framesent", ({ payload }) => said.push(JSON.parse(payload)));
  });
  const watched = (object) => said.filter((frame) => frame.subscribe?.to.object?.[object]).map((frame) => frame.subscribe.channel);
  await page.goto("/admin/servers");
  await ready(page);
  await page.getByRole("table").getByRole("link").first().click();
  await expect.poll(() => watched("server").length).toBeGreaterThan(0);
  await page.getByRole("table", { name: "CloudPods on this server" }).getByRole("row").nth(1).getByRole("link").first().click();
  await expect.poll(() => watched("cloud_pod").length).toBeGreaterThan(0);
  await expect.poll(() => said.filter((frame) => frame.unsubscribe).map((frame) => frame.unsubscribe.channel)).toContain(watched("server")[0]);
  expect(connections).toBe(1);
  expect(heard).toEqual([]);
});
