// Staff set what domains cost; a customer finds one, sees what is charged, orders it with the saved card, and a registry over EPP has it.
// Pages of hosting/registrations, billing/registrations, billing/domain_prices.
const { test, expect } = require("@playwright/test");
const { call, listen, ready, recall, remember, shots, until } = require("./story");

const NAME = "harbour-books.example";

test("staff set what domains with an ending cost", async ({ browser }) => {
  const context = await browser.newContext({ storageState: "test-results-admin.json" });
  const page = await context.newPage();
  const heard = listen(page);
  await page.goto("/admin/domains");
  await ready(page);
  await page.getByRole("main").getByRole("link", { name: "Domain prices" }).click();
  await expect(page.getByRole("heading", { name: "Domain prices", level: 1 })).toBeVisible();
  await page.getByLabel("Ending", { exact: true }).fill("example");
  await page.getByLabel("Currency").selectOption("EUR");
  await page.getByLabel("First year").fill("9");
  await page.getByLabel("Each further year").fill("12.00");
  await page.getByLabel("Transfer", { exact: true }).fill("10.00");
  await page.getByLabel("Restore fee").fill("80.00");
  await page.getByRole("button", { name: "Save prices" }).click();
  await expect(page.getByRole("row", { name: /\.example/ })).toContainText("€12.00");
  await expect(page.getByRole("row", { name: /\.example/ })).toContainText("€80.00");
  expect(heard.filter((line) => !line.includes("status of 4"))).toEqual([]);
  await context.close();
});

test("a customer finds a domain, sees what is charged, goes back without losing what was typed, and has it registered", async ({ browser }) => {
  const context = await browser.newContext({ storageState: "test-results-owner.json" });
  const page = await context.newPage();
  const heard = listen(page);
  const { portal } = recall();
  await page.goto(`${portal}/domains`);
  await ready(page);
  await page.getByRole("main").getByRole("link", { name: "Register domain" }).click();
  await expect(page.getByRole("heading", { name: "Register a domain", level: 1 })).toBeVisible();
  const find = async (word) => {
    await page.getByLabel("Domain", { exact: true }).fill(word);
    await page.getByRole("button", { name: "Search" }).click();
  };
  await find("taken");
  await expect(page.getByRole("listitem").filter({ hasText: "taken.example" })).toContainText("This domain is taken");
  await find("harbour-books");
  const order = page.getByRole("button", { name: `Order ${NAME}` });
  await order.click();
  const pay = page.getByRole("button", { name: /^Pay €\d+\.\d\d and order$/ });
  await expect(pay).toBeVisible();
  await expect(page.getByRole("table", { name: "Order" })).toContainText("Due today");
  await page.screenshot({ path: `${shots}/order-domain.png`, fullPage: true });
  const fields = { name: "Nora Pier", street: "Quay 1", postal_code: "20457", city: "Hamburg", phone: "040", email: "nora@northpier.example" };
  for (const [field, typed] of Object.entries(fields)) await page.locator(`#f-${field}`).fill(typed);
  await page.locator("#f-country").selectOption("DE");
  await page.getByRole("button", { name: "Back" }).click();
  await expect(pay).toBeHidden();
  await order.click();
  await expect(page.locator("#f-street")).toHaveValue("Quay 1");
  await pay.click();
  await expect(page.locator("#f-phone-error")).toContainText("with its country code");
  await page.locator("#f-phone").fill("+49 40 1234567");
  await pay.click();
  await expect(page.getByRole("heading", { name: NAME, level: 1 })).toBeVisible();
  const registered = await until("the domain is registered", async () => {
    const { rows } = (await call(context.request, "tenant/domains/registrations/list", { slug: portal.split("/")[2], request: {} })).body;
    return rows.find((row) => row.name === NAME && row.status === "ACTIVE");
  });
  remember({ registered: NAME, registration: registered.id });
  await page.reload();
  await ready(page);
  await expect(page.getByText("Registered", { exact: true }).first()).toBeVisible();
  await expect(page.getByText("Automatic renewal is on.", { exact: false })).toBeVisible();
  await expect(page.getByRole("link", { name: "Pay invoice" })).toHaveCount(0);

  // On its own page among the domains, too, once it is connected.
  await until("the domain is among the account's", async () => {
    const { rows } = (await call(context.request, "tenant/domains/list", { slug: portal.split("/")[2], request: {} })).body;
    return rows.some((row) => row.name === NAME);
  });
  await page.reload();
  await ready(page);
  await page.getByRole("main").getByRole("link", { name: "Names and DNS" }).click();
  await expect(page.getByRole("heading", { name: "Registration", level: 2 })).toBeVisible();
  await page.getByRole("link", { name: "View registration" }).click();
  await expect(page.getByRole("heading", { name: "Transfer to another registrar" })).toBeVisible();

  await page.goto(`${portal}/domains/transfer`);
  await ready(page);
  await page.getByLabel("Domain", { exact: true }).fill("taken");
  await page.getByRole("button", { name: "Find domain" }).click();
  await expect(page.locator("#f-query-error")).toContainText("with its ending");
  expect(heard.filter((line) => !line.includes("status of 4"))).toEqual([]);
  await context.close();
});

test("a customer orders the transfer of a domain and cancels it before it is approved; what was paid is refunded", async ({ browser }) => {
  const context = await browser.newContext({ storageState: "test-results-owner.json" });
  const page = await context.newPage();
  const heard = listen(page);
  const { portal } = recall();
  await page.goto(`${portal}/domains/transfer`);
  await ready(page);
  await page.getByLabel("Domain", { exact: true }).fill("taken.example");
  await page.getByRole("button", { name: "Find domain" }).click();
  await page.getByRole("button", { name: "Transfer taken.example" }).click();
  const order = page.getByRole("button", { name: /^Pay €\d+\.\d\d and order transfer$/ });
  await expect(order).toBeVisible();
  await page.locator("#f-auth_code").fill("code-of-taken");
  const fields = { name: "Nora Pier", street: "Quay 1", postal_code: "20457", city: "Hamburg", phone: "+49 40 1234567", email: "nora@northpier.example" };
  for (const [field, typed] of Object.entries(fields)) await page.locator(`#f-${field}`).fill(typed);
  await page.locator("#f-country").selectOption("DE");
  await order.click();
  await expect(page.getByRole("heading", { name: "taken.example", level: 1 })).toBeVisible();
  const is = (status) => async () => {
    const { rows } = (await call(context.request, "tenant/domains/registrations/list", { slug: portal.split("/")[2], request: {} })).body;
    return rows.find((row) => row.name === "taken.example" && row.status === status);
  };
  await until("the transfer is under way", is("TRANSFERRING"));
  await page.reload();
  await ready(page);
  await page.getByRole("button", { name: "Cancel transfer" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel transfer" }).click();
  await until("the transfer is cancelled", is("REFUSED"));
  await page.reload();
  await ready(page);
  await expect(page.getByText("The transfer was cancelled.", { exact: false }).first()).toBeVisible();
  await expect(page.getByText("What was paid is refunded to the card", { exact: false }).first()).toBeVisible();
  expect(heard.filter((line) => !line.includes("status of 4"))).toEqual([]);
  await context.close();
});
