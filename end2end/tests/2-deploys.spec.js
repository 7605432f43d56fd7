// A customer deploys a site from a repository twice and rolls back to the first release; a push that is signed is deployed by itself.
// Pages of hosting/deploys.
const { test, expect } = require("@playwright/test");
const crypto = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");
const zlib = require("node:zlib");
const { again, call, listen, onServer, owner, ready, recall, site, until } = require("./story");

// A repository on an address that plays the internet, for whoever has the private half of this key.
const serve = (key) => onServer("bash", "-c", `KEY='${key}'\n${fs.readFileSync(path.join(__dirname, "..", "bed", "git-server.sh"), "utf8")}`);
const git = "chroot /mnt/git git -C /home/shop";
const commit = (title) =>
  onServer("bash", "-c", `cd /var/lib/repos/shop && echo '<title>${title}</title>' >index.html && ${git} add --all && ${git} -c user.name=Ana -c user.email=ana@example.test commit --quiet --message '${title}'`);

// A page in a folder, as tar and gzip have it.
const archive = (title) => {
  const text = `<title>${title}</title>`;
  const head = Buffer.alloc(512);
  const fields = [["shop/index.html", 0], ["0000644", 100], ["0000000", 108], ["0000000", 116], [text.length.toString(8).padStart(11, "0"), 124], ["00000000000", 136], ["        ", 148], ["0", 156], ["ustar", 257], ["00", 263]];
  for (const [field, at] of fields) head.write(field, at);
  head.write(`${head.reduce((all, byte) => all + byte, 0).toString(8).padStart(6, "0")}\0 `, 148);
  const body = Buffer.alloc(512);
  body.write(text);
  return zlib.gzipSync(Buffer.concat([head, body, Buffer.alloc(1024)]));
};

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
  await page.getByRole("link", { name: "Repository", exact: true }).click();
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
  await page.getByRole("link", { name: "Repository", exact: true }).click();
  await page.getByRole("textbox", { name: "Repository" }).fill("ssh://root@198.18.77.2/home/shop");
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
  await page.goto(`${portal}/websites/${id}`);
  await expect(page.locator("section").filter({ has: page.getByRole("heading", { name: "Current release" }) })).toContainText("Second");
  await page.goto(`${portal}/websites/${id}/deploys`);
  await ready(page);
  await page.getByRole("button", { name: "Roll back" }).first().click();
  await page.getByRole("dialog").filter({ hasText: "Roll back to #2?" }).getByRole("button", { name: "Roll back" }).click();
  await expect(completed).toBeVisible({ timeout: 120_000 });
  expect((await site(domain)).body).toContain("<title>First");

  await page.goto(`${portal}/websites/${id}/deploys?tab=automation`);
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

  // What the repository suggests, a new commit that nobody tells of, and an archive.
  await page.goto(`${portal}/websites/${id}/deploys`);
  await ready(page);
  const live = (title) => until(`${title} is live`, async () => (await page.getByRole("row").filter({ hasText: "Live" }).filter({ hasText: title }).count()) === 1);
  await live("Third");
  await page.getByRole("link", { name: "Repository", exact: true }).click();
  await page.getByRole("button", { name: "Detect build settings" }).click();
  await expect(page.getByText("Plain files", { exact: true })).toBeVisible({ timeout: 60_000 });
  commit("Fourth");
  await page.getByRole("link", { name: "Automation", exact: true }).click();
  await page.getByLabel("Check for new commits").selectOption("5");
  await Promise.all([page.waitForResponse((answer) => answer.url().endsWith("/set_poll") && answer.ok()), page.getByRole("button", { name: "Save interval" }).click()]);
  await until("the new commit is deployed", async () => (await site(domain)).body.includes("<title>Fourth"));
  await page.goto(`${portal}/websites/${id}/deploys?tab=automation`);
  await ready(page);
  await expect(page.getByText(/^New commit [0-9a-f]{7}: deploy #\d+ started\.$/)).toBeVisible();
  await page.getByLabel("Check for new commits").selectOption("");
  await Promise.all([page.waitForResponse((answer) => answer.url().endsWith("/set_poll") && answer.ok()), page.getByRole("button", { name: "Save interval" }).click()]);
  await expect(page.getByText("Next check", { exact: true })).toHaveCount(0);
  await page.getByRole("link", { name: "Releases", exact: true }).click();
  await live("Fourth");
  await page.getByRole("link", { name: "Upload", exact: true }).click();
  await expect(page.getByRole("button", { name: "Upload and deploy" })).toBeVisible();
  const file = page.getByLabel("Archive", { exact: true });
  await file.setInputFiles({ name: "shop.rar", mimeType: "application/octet-stream", buffer: archive("Fifth") });
  await page.getByRole("button", { name: "Upload and deploy" }).click();
  await expect(page.locator("#f-upload_name-error")).toContainText("Choose a .zip, .tar.gz or .tgz file.");
  // One that takes too long is cancelled, and the form is as before.
  await page.route("**/deploys/upload?*", () => {});
  await file.setInputFiles({ name: "shop.tgz", mimeType: "application/gzip", buffer: archive("Fifth") });
  await page.getByRole("button", { name: "Upload and deploy" }).click();
  await expect(page.getByRole("progressbar", { name: "Upload progress" })).toBeVisible();
  await page.getByRole("button", { name: "Cancel upload" }).click();
  await expect(page.getByRole("progressbar")).toHaveCount(0);
  await page.unroute("**/deploys/upload?*");
  await file.setInputFiles({ name: "shop.tgz", mimeType: "application/gzip", buffer: archive("Fifth") });
  await page.getByRole("button", { name: "Upload and deploy" }).click();
  await expect(completed).toBeVisible({ timeout: 120_000 });
  expect((await site(domain)).body).toContain("<title>Fifth");

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
