// A site on a domain whose zone is kept here gets its certificate by itself, from an authority that validates for real; its pages say so.
// Pages of hosting/certificates.
const fs = require("node:fs");
const https = require("node:https");
const { test, expect } = require("@playwright/test");
const { resolve } = require("./resolver");
const { call, listen, onServer, ready, recall, until } = require("./story");

const NAME = "gallery.northpier.example";
let stop;
test.beforeAll(async () => (stop = await resolve({}, { zone: "northpier.example", address: onServer("hostname", "-I").split(" ")[0] })));
test.afterAll(async () => await stop());

// What a visitor gets who trusts the authority's root and nothing else.
const visit = (name) =>
  new Promise((done) => {
    const host = onServer("hostname", "-I").trim().split(" ")[0];
    const ca = fs.readFileSync(process.env.E2E_ACME_ROOT, "utf8");
    const asked = https.get({ host, servername: name, headers: { host: name }, ca, agent: false }, (answer) => {
      let body = "";
      answer.on("data", (part) => (body += part));
      answer.on("end", () => done({ status: answer.statusCode, body }));
    });
    asked.on("error", (error) => done({ status: 0, body: String(error) }));
  });

test("a site on a domain with a zone here is served over HTTPS by itself, and its page says by whom", async ({ browser }) => {
  const context = await browser.newContext({ storageState: "test-results-owner.json" });
  const page = await context.newPage();
  const heard = listen(page);
  const { portal } = recall();
  const slug = portal.split("/")[2];
  const pods = await call(context.request, "tenant/hosting/cloudpods/list", { slug, request: { search: "northpier" } });
  const pod = pods.body.rows[0].id;
  const created = await call(context.request, "tenant/hosting/websites/create", { slug, pod, title: "Gallery", stack: "STATIC", runtime: null, domain: NAME });
  expect(created.status, JSON.stringify(created.body)).toBe(200);
  // The CloudPod's page hears of the certificate by itself.
  await page.goto(`${portal}/cloudpods/${pod}`);
  await ready(page);
  const panel = page.locator("section").filter({ has: page.getByRole("heading", { name: `HTTPS for ${NAME}` }) });
  await expect(panel.getByText("Active", { exact: true })).toBeVisible({ timeout: 180_000 });
  await until("it responds over HTTPS", async () => (await visit(NAME)).body.includes("<title>Gallery"), 60);
  await panel.getByRole("link", { name: "Details" }).click();
  await expect(page.getByRole("heading", { name: NAME, level: 1 })).toBeVisible();
  await expect(page.getByText("Active", { exact: true }).first()).toBeVisible({ timeout: 60_000 });
  await expect(page.getByText(/^Pebble Intermediate CA/)).toBeVisible();
  await page.getByRole("link", { name: "Install certificate" }).click();
  await expect(page.getByRole("heading", { name: "Install a certificate" })).toBeVisible();
  await ready(page);
  await page.getByRole("button", { name: "Create CSR" }).click();
  await expect(page.getByText("-----BEGIN CERTIFICATE REQUEST-----")).toBeVisible();
  // Neither half of what is typed wrong is taken, and it says why.
  await page.getByLabel("Certificate and chain").fill("not a certificate");
  await page.getByRole("button", { name: "Install certificate" }).click();
  await expect(page.locator("#f-chain-error")).toContainText("This cannot be used");
  await expect(page.getByLabel("Certificate and chain")).toHaveValue("not a certificate");
  // A wildcard takes the place of the name: the zone is here, so it can be proved.
  const id = page.url().split("/certificates/")[1].split("/")[0];
  await page.goto(`${portal}/certificates/${id}`);
  await ready(page);
  await page.getByRole("button", { name: "Use *.northpier.example" }).click();
  await expect(page.getByRole("button", { name: "Remove *.northpier.example" })).toBeVisible();
  const covers = async () => (await call(context.request, "tenant/ssl/certificates/get", { slug, id })).body.covers;
  await until("the certificate is for the wildcard", async () => (await covers()).includes("*.northpier.example"), 180);
  expect((await visit(NAME)).body).toContain("<title>Gallery");
  // It is in the list of the account's, which its page leads back to.
  await page.getByRole("navigation", { name: "Breadcrumb" }).getByRole("link", { name: "Certificates" }).click();
  await expect(page.getByRole("heading", { name: "Certificates", level: 1 })).toBeVisible();
  await expect(page.getByRole("row").filter({ hasText: NAME })).toContainText("Active");
  expect(heard.filter((line) => !line.includes("status of 422"))).toEqual([]);
  await context.close();
});

test("staff see it among all certificates, and what keeps others from being issued", async ({ browser }) => {
  const context = await browser.newContext({ storageState: "test-results-admin.json" });
  const page = await context.newPage();
  const heard = listen(page);
  await page.goto("/admin/certificates");
  await ready(page);
  await expect(page.getByRole("row").filter({ hasText: NAME })).toContainText("Active");
  await expect(page.getByRole("row").filter({ hasText: "northpier.localhost" })).toContainText("does not lead here");
  // What to do stands beside it.
  await expect(page.getByRole("row").filter({ hasText: "northpier.localhost" })).toContainText("Point northpier.localhost to ");
  expect(heard).toEqual([]);
  await context.close();
});
