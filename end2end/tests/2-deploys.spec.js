// A customer deploys a site from a repository twice and rolls back to the first release; a push that is signed is deployed by itself.
const { test, expect } = require("@playwright/test");
const crypto = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");
const { again, call, listen, onServer, owner, ready, recall, site, until } = require("./story");

// A repository on an address that plays the internet, for whoever has the private half of this key.
const serve = (key) => onServer("bash", "-c", `KEY='${key}'\n${fs.readFileSync(path.join(__dirname, "..", "bed", "git-server.sh"), "utf8")}`);
const git = "chroot /mnt/git git -C /home/shop";
const commit = (title) =>
  onServer("bash", "-c", `cd /var/lib/repos/shop && echo '<title>${title}</title>' >index.html && ${git} add --all && ${git} -c user.name=Ana -c user.email=ana@example.test commit --quiet --message '${title}'`);

test("a site is deployed from a repository, rolled back and deployed by a push", async ({ browser }) => {
  const context = await browser.newContext({ storageState: "test-results-owner.json" });
  const page = await context.newPage();
  const heard = listen(page);
  const { portal } = recall();
  const slug = portal.split("/")[2];
  const pods = await call(context.request, "tenant/hosting/cloudpods/list", { slug, request: { search: "northpier" } });
  const pod = pods.body.rows[0].id;
  const made = await call(context.request, "tenant/hosting/websites/create", { slug, pod, title: "Docs", stack: "STATIC", runtime: null, domain: "" });
  expect(made.status, JSON.stringify(made.body)).toBe(200);
  const found = async () => (await call(context.request, "tenant/hosting/websites/list", { slug, pod })).body.find((one) => one.title === "Docs");
  await until("the site is made", async () => (await found()).status === "ACTIVE");
  const id = (await found()).id;

  await page.goto(`${portal}/websites/${id}`);
  await page.getByRole("link", { name: "Deploys", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Deploys", level: 1 })).toBeVisible();
  await ready(page);
  await page.getByLabel("Repository").fill("/etc/passwd");
  await page.getByRole("button", { name: "Save repository" }).click();
  await expect(page.locator("#f-remote-error")).toContainText("https://host/path");
  await page.getByLabel("Repository").fill("git@git.example.test:northpier/docs.git");
  await page.getByRole("button", { name: "Save repository" }).click();
  const key = page.getByText(/^ssh-ed25519 /).first();
  await expect(key).toBeVisible();
  const publicKey = (await key.innerText()).trim();

  // What cannot be fetched is said, and nothing is served of it.
  await page.getByRole("button", { name: "Deploy now" }).click();
  await expect(page.getByText("Rolled back", { exact: true }).first()).toBeVisible({ timeout: 120_000 });
  await expect(page.getByText(/Couldn't fetch the repository/).first()).toBeVisible();
  serve(publicKey);
  await page.goto(`${portal}/websites/${id}/deploys`);
  await ready(page);
  await expect(page.getByRole("row").filter({ hasText: "Failed" })).toHaveCount(1);
  await page.getByLabel("Repository").fill("ssh://root@198.18.77.2/home/shop");
  await Promise.all([page.waitForResponse((answer) => answer.url().endsWith("/set_source") && answer.ok()), page.getByRole("button", { name: "Save repository" }).click()]);

  const { domain } = await found();
  const completed = page.getByText("Completed", { exact: true }).first();
  for (const title of ["First", "Second"]) {
    commit(title);
    await page.goto(`${portal}/websites/${id}/deploys`);
    await ready(page);
    await page.getByRole("button", { name: "Deploy now" }).click();
    await expect(completed).toBeVisible({ timeout: 120_000 });
    expect((await site(domain)).body).toContain(`<title>${title}`);
  }
  await page.goto(`${portal}/websites/${id}/deploys`);
  await ready(page);
  await page.getByRole("button", { name: "Roll back" }).first().click();
  await page.getByRole("dialog").filter({ hasText: "Roll back to #2?" }).getByRole("button", { name: "Roll back" }).click();
  await expect(completed).toBeVisible({ timeout: 120_000 });
  expect((await site(domain)).body).toContain("<title>First");

  await page.goto(`${portal}/websites/${id}/deploys`);
  await ready(page);
  await page.getByRole("button", { name: "Create webhook" }).click();
  await page.getByRole("button", { name: "Show", exact: true }).click();
  const secret = (await page.locator("code").filter({ hasText: /^[\w-]{43}$/ }).first().textContent()).trim();
  const body = JSON.stringify({ ref: "refs/heads/main", after: "5d90e1f00000000000000000000000000000aaaa" });
  const signature = crypto.createHmac("sha256", secret).update(body).digest("hex");
  commit("Third");
  const push = await context.request.post(`/api/public/deploys/push?site=${id}`, { data: body, headers: { "x-hub-signature-256": `sha256=${signature}`, "content-type": "application/json" } });
  expect(push.status()).toBe(200);
  await until("the push is deployed", async () => (await site(domain)).body.includes("<title>Third"));

  await page.goto(`${portal}/websites/${id}`);
  await ready(page);
  await page.getByRole("button", { name: "Delete site" }).click();
  const dialog = page.getByRole("dialog").filter({ hasText: "Delete " });
  await dialog.getByLabel(/^Type /).fill((await found()).domain);
  await dialog.getByRole("button", { name: "Delete site" }).click();
  await again(page, owner.password, completed);
  await expect(completed).toBeVisible({ timeout: 120_000 });
  expect(heard.filter((line) => !line.includes("status of 4"))).toEqual([]);
  await context.close();
});
