// Staff sell a plan in a second currency; a visitor orders in it as a business. Staff import a bank statement and assign what nobody knows.
// Pages of billing/products, billing/bank_statements.
const { test, expect } = require("@playwright/test");
const { listen, ready, recall, shots } = require("./story");

test("a plan is sold in a second currency, and a visitor sees and orders it in that", async ({ browser, page }) => {
  const staff = await browser.newContext({ storageState: "test-results-admin.json" });
  const desk = await staff.newPage();
  const heard = listen(desk);
  await desk.goto("/admin/products/php");
  await ready(desk);
  const panel = desk.getByRole("region", { name: "Other currencies" }).or(desk.locator("section", { hasText: "Other currencies" })).first();
  await expect(panel.getByText("Sold in EUR only.")).toBeVisible();
  await panel.getByLabel("Currency").selectOption("USD");
  await panel.getByLabel("Monthly price").fill("9,50");
  await panel.getByRole("button", { name: "Save price" }).click();
  await expect(panel.getByText("Enter an amount with 2 decimals, for example 9.00.")).toBeVisible();
  await panel.getByLabel("Monthly price").fill("9.50");
  await panel.getByLabel("Yearly price").fill("95.00");
  await panel.getByRole("button", { name: "Save price" }).click();
  await expect(panel.getByRole("row", { name: /USD/ })).toContainText("$9.50");
  await desk.screenshot({ path: `${shots}/product-currencies.png`, fullPage: true });
  expect(heard.filter((line) => !line.includes("status of 4"))).toEqual([]);

  await page.goto("/");
  await ready(page);
  await page.getByRole("navigation", { name: "Prices by currency" }).getByRole("link", { name: "USD" }).click();
  await expect(page.getByText("$9.50")).toBeVisible();
  await page.screenshot({ path: `${shots}/plans-usd.png`, fullPage: true });
  await page.getByRole("link", { name: /^Order PHP/ }).click();
  await ready(page);
  await expect(page.getByRole("button", { name: "Pay $" })).toBeVisible();
  await expect(page.getByText("Not sold in USD.").first()).toBeVisible();
  await page.getByLabel("Email").fill("office@cantina.example");
  await page.getByLabel("Country").selectOption("IT");
  await page.getByLabel("Company").fill("Cantina S.r.l.");
  await page.getByLabel("VAT number").fill("IT123");
  await page.getByLabel("VAT number").blur();
  await expect(page.getByText(/VAT number/).filter({ hasText: /IT|digits|format/ }).first()).toBeVisible();
  await page.getByLabel("VAT number").fill("");
  await page.getByLabel("VAT number").blur();
  await page.getByLabel("Postal address").fill("Via Roma 1\n00184 Roma");
  await page.screenshot({ path: `${shots}/checkout-usd.png`, fullPage: true });
  await page.getByRole("radio", { name: "Monthly" }).check();
  await expect(page.getByRole("button", { name: "Pay $11.59" })).toBeVisible();
  await page.getByRole("button", { name: "Pay $11.59" }).click();
  await expect(page.getByRole("heading", { name: "Sandbox payment" })).toBeVisible();
  await ready(page);
  await expect(page.getByText("$11.59").first()).toBeVisible();
  await page.getByText("Card declined").click();
  await page.getByRole("button", { name: /^Continue/ }).click();
  await expect(page.getByRole("heading", { name: "Payment declined" })).toBeVisible();

  // What follows is told in euros again.
  await panel.getByRole("button", { name: "Remove" }).click();
  await desk.getByRole("dialog").getByRole("button", { name: "Remove price" }).click();
  await expect(panel.getByText("Sold in EUR only.")).toBeVisible();
  await staff.close();
});

test("a bank statement is imported, and a transfer that names no invoice is assigned to its customer", async ({ browser }) => {
  const staff = await browser.newContext({ storageState: "test-results-admin.json" });
  const page = await staff.newPage();
  const heard = listen(page);
  await page.goto("/admin/bank-statements");
  await ready(page);
  await page.getByRole("main").getByRole("link", { name: "Import statement" }).first().click();
  await expect(page.getByRole("heading", { name: "Import statement" })).toBeVisible();
  await ready(page);
  const statement = "Buchungstag;Betrag;Verwendungszweck;Auftraggeber\n30.11.2026;5,00;Danke;Northpier Books\n30.11.2026;-12,00;Miete;Somebody\n";
  await page.getByLabel("File", { exact: true }).setInputFiles({ name: "november.csv", mimeType: "text/csv", buffer: Buffer.from(statement) });
  await page.getByLabel(/^Bank account/).fill("DE02120300000000202051");
  await page.getByLabel("Date format").selectOption({ label: "30.11.2026" });
  await page.getByLabel("Amount format").selectOption({ label: "1.234,56" });
  await page.getByRole("button", { name: "Import statement" }).click();
  const row = page.getByRole("row", { name: /Northpier Books/ });
  await expect(row).toContainText("€5.00");
  await page.screenshot({ path: `${shots}/bank-statements.png`, fullPage: true });
  await row.getByRole("button", { name: "Assign" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Customer").fill(recall().portal.split("/")[2]);
  await dialog.getByRole("button", { name: "Assign payment" }).click();
  await expect(row).toContainText("Booked");
  await expect(row.getByRole("link").first()).toBeVisible();
  expect(heard).toEqual([]);
  await staff.close();
});
