// A customer looks at what it pays for, ends it and takes that back; staff give credit, and the customer sees it.
// Pages of billing/subscriptions.
const { test, expect } = require("@playwright/test");
const { call, listen, ready, recall, shots, until } = require("./story");

test("a customer cancels a subscription, keeps it, and sees card and credit", async ({ browser }) => {
  const context = await browser.newContext({ storageState: "test-results-owner.json" });
  const page = await context.newPage();
  const heard = listen(page);
  await page.goto(`${recall().portal}/subscriptions`);
  await ready(page);
  await page.getByRole("main").getByRole("link", { name: "WordPress" }).first().click();
  await expect(page.getByRole("heading", { name: "WordPress", level: 1 })).toBeVisible();
  await expect(page.getByText(/^Visa ending 4242/).first()).toBeVisible();
  await expect(page.getByText("The next invoice is issued")).toBeVisible();

  await page.getByRole("button", { name: "Cancel subscription" }).first().click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText(/Everything keeps running until .+\. Their data is kept until .+ and deleted afterwards/);
  await dialog.getByRole("button", { name: "Cancel subscription" }).click();
  await expect(page.getByText(/^Ends on .* Until then everything keeps running/)).toBeVisible();
  await expect(page.getByText("Cancelling", { exact: true })).toBeVisible();
  await expect(page.getByText("The subscription ends")).toBeVisible();
  await page.reload();
  await ready(page);
  await page.getByRole("button", { name: "Keep subscription" }).click();
  await expect(page.getByText("Active", { exact: true })).toBeVisible();
  await expect(page.getByText(/^Ends on/)).toHaveCount(0);

  // A larger plan: previewed, paid with the saved card, and on the server without a restart.
  const sales = await browser.newContext({ storageState: "test-results-admin.json" });
  const large = {
    code: "wordpress-l", name: "WordPress L", description: "For larger sites.", kind: "CLOUDPOD", monthly: "29.00", yearly: "290.00", currency: "EUR", features: "4 GB disk\nTwice the memory",
    stack: "WORDPRESS", runtime: "", cpu_millis: 750, memory_mb: 768, disk_mb: 4096, tasks: 150, active: "on",
  };
  expect((await call(sales.request, "admin/billing/products/create", { input: large })).status).toBe(200);
  await page.getByRole("button", { name: "Change plan" }).click();
  const drawer = page.getByRole("dialog");
  await drawer.getByText("WordPress L").click();
  await expect(drawer.getByText("WordPress, unused")).toBeVisible();
  await page.screenshot({ path: `${shots}/change-plan.png` });
  await drawer.getByRole("button", { name: /^Pay €\d+\.\d\d and change plan$/ }).click();
  await expect(page.getByRole("heading", { name: "WordPress L", level: 1 })).toBeVisible();
  await until("the server has the limits", async () => {
    const jobs = (await call(sales.request, "admin/provisioning/jobs/list", { request: {} })).body.rows;
    return jobs.some((job) => job.kind === "SCALE_CLOUDPOD" && job.status === "done");
  });
  await sales.close();

  // Staff credit a part of the first invoice; it was paid, so the account has it.
  const staff = await browser.newContext({ storageState: "test-results-admin.json" });
  const desk = await staff.newPage();
  await desk.goto("/admin/invoices?search=");
  await ready(desk);
  await desk.getByRole("main").getByRole("link", { name: /^INV-/ }).last().click();
  await expect(desk.getByRole("heading", { name: /^INV-/, level: 1 })).toBeVisible();
  await desk.getByRole("button", { name: "Issue credit note" }).first().click();
  const credit = desk.getByRole("dialog");
  await credit.getByLabel(/Amount without VAT/).fill("100000.00");
  await credit.getByLabel("Reason").fill("An hour offline.");
  await credit.getByRole("button", { name: "Issue credit note" }).click();
  await expect(credit.getByText(/Enter an amount of at most/).first()).toBeVisible();
  await credit.getByLabel(/Amount without VAT/).fill("1.00");
  await credit.getByRole("button", { name: "Issue credit note" }).click();
  await expect(desk.getByRole("link", { name: /^CN-/ })).toBeVisible();
  await desk.getByRole("link", { name: /^CN-/ }).click();
  await expect(desk.getByText("Reason: An hour offline.")).toBeVisible();
  await staff.close();

  await page.goto(`${recall().portal}/payment-methods`);
  await ready(page);
  await expect(page.getByText(/^Visa ending 4242/).first()).toBeVisible();
  await expect(page.getByText(/^€1\.\d\d$/)).toBeVisible();

  // The same on the first page of billing, with what the credit came from.
  await page.getByRole("navigation", { name: "Main navigation" }).getByRole("link", { name: "Billing", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Billing", level: 1 })).toBeVisible();
  await expect(page.getByRole("heading", { name: /^Next charge, \d+ \w+ \d{4}$/, level: 2 })).toBeVisible();
  await expect(page.getByRole("table", { name: "Account credit" }).getByRole("row", { name: /CN-/ })).toContainText("An hour offline.");
  await expect(page.getByRole("table", { name: "Invoices and credit notes" }).getByRole("link", { name: /^CN-/ }).first()).toBeVisible();
  expect(heard).toEqual([]);
  await context.close();
});
