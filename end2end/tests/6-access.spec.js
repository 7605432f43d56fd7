// Who gets in, as what, and how that is seen and ended: sessions, the password again, a new password, code app, members, why.
// Pages of administration/access, administration/accounts.
const { test, expect } = require("@playwright/test");
const { createHmac } = require("node:crypto");
const { admin, again, call, listen, owner, ready, recall } = require("./story");

const member = { email: "lee@northpier.example", password: "a long sentence for a member", later: "another long sentence for a member" };

// The code that an app would show for this key now, or some steps later.
const codeOf = (key, later = 0) => {
  const bits = [...key.replaceAll(" ", "")].map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0")).join("");
  const bytes = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + later));
  const hash = createHmac("sha1", bytes).update(step).digest();
  const at = hash[19] & 15;
  return String((hash.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
};

// The dialog that asks for the password again.
const proves = async (page, password) => {
  const dialog = page.getByRole("dialog", { name: "Confirm your password" });
  await dialog.getByLabel("Password").fill(password);
  await dialog.getByRole("button", { name: "Confirm" }).click();
};

const staff = (browser) => browser.newContext({ storageState: "test-results-admin.json" });
const portal = () => recall().portal;
const slug = () => portal().split("/")[2];

const signIn = async (page, email, password) => {
  await page.goto("/sign-in");
  await ready(page);
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
};

// The link in the newest mail with this subject.
const mailed = async (browser, subject, link) => {
  const context = await staff(browser);
  const page = await context.newPage();
  await page.goto("/admin/outbox");
  await page.getByRole("link", { name: subject }).first().click();
  const found = await page.getByRole("link", { name: link }).getAttribute("href");
  await context.close();
  return found;
};

test("an owner invites somebody, who chooses a password by the mailed link and sees the account through the own role", async ({ browser }) => {
  const owners = await browser.newContext({ storageState: "test-results-owner.json" });
  const page = await owners.newPage();
  const heard = listen(page);
  await page.goto(portal());
  await page.getByRole("link", { name: "Members" }).click();
  await ready(page);
  await page.getByLabel("Email").fill(member.email);
  await page.getByLabel("Role", { exact: true }).selectOption("TENANT_DEVELOPER");
  await page.getByRole("button", { name: "Send invitation" }).click();
  await expect(page.getByRole("row", { name: /lee@northpier/ })).toContainText("Developer");
  expect(heard).toEqual([]);
  await owners.close();

  const link = await mailed(browser, /you're invited to join/, /\/join\//);
  const context = await browser.newContext();
  const join = await context.newPage();
  const said = listen(join);
  await join.goto(link);
  await ready(join);
  await expect(join.getByText("as Developer")).toBeVisible();
  await join.getByLabel("Your name").fill("Lee");
  await join.getByLabel("Password").fill(member.password);
  await join.getByRole("button", { name: "Accept and sign in" }).click();
  await expect(join.getByRole("heading", { name: "CloudPods", level: 1 })).toBeVisible();
  const rooms = join.getByRole("navigation", { name: "Main navigation" });
  await expect(rooms.getByRole("link")).toHaveText(["CloudPods", "Sites", "Domains", "Certificates", "Jobs"]);
  expect((await call(context.request, "tenant/billing/invoices/list", { slug: slug(), request: {} })).status).toBe(403);
  expect((await call(context.request, "tenant/users/list", { slug: slug() })).status).toBe(403);
  expect(said.filter((line) => !line.includes("status of 4"))).toEqual([]);
  await context.storageState({ path: "test-results-member.json" });
  await join.goto(link);
  await expect(join.getByRole("button", { name: /Accept/ })).toHaveCount(0);
  await context.close();
});

test("sessions are listed, one is ended, and its browser is out", async ({ browser }) => {
  const elsewhere = await browser.newContext({ userAgent: "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Safari/604.1" });
  const phone = await elsewhere.newPage();
  await signIn(phone, member.email, member.password);
  await expect(phone.getByRole("heading", { name: "CloudPods", level: 1 })).toBeVisible();

  const context = await browser.newContext({ storageState: "test-results-member.json" });
  const page = await context.newPage();
  const heard = listen(page);
  await page.goto("/account/sessions");
  await ready(page);
  await expect(page.getByRole("row", { name: /This device/ })).toHaveCount(1);
  const row = page.getByRole("row", { name: /Safari on iPhone/ });
  await row.getByRole("button", { name: "Sign out" }).click();
  await expect(row).toHaveCount(0);
  await phone.goto(portal());
  await expect(phone.getByRole("button", { name: "Sign in" })).toBeVisible();
  await signIn(phone, member.email, member.password);
  await expect(phone.getByRole("heading", { name: "CloudPods", level: 1 })).toBeVisible();
  await page.reload();
  await ready(page);
  await page.getByRole("button", { name: "Sign out all other sessions" }).click();
  await expect(page.getByRole("row")).toHaveCount(2);
  expect((await call(elsewhere.request, "account/get", {})).status).toBe(401);
  expect(heard).toEqual([]);
  await context.close();
  await elsewhere.close();
});

test("a new password needs the present one, and ends all other sessions", async ({ browser }) => {
  const other = await browser.newContext();
  await signIn(await other.newPage(), member.email, member.password);
  await expect.poll(async () => (await call(other.request, "account/get", {})).status).toBe(200);
  const context = await browser.newContext({ storageState: "test-results-member.json" });
  const page = await context.newPage();
  await page.goto("/account");
  await ready(page);
  await page.getByLabel("Current password").fill("not the present one");
  await page.getByLabel("New password").fill(member.later);
  await page.getByRole("button", { name: "Update password" }).click();
  await expect(page.locator("#f-current-error")).toContainText("Incorrect password.");
  await page.getByLabel("Current password").fill(member.password);
  await page.getByRole("button", { name: "Update password" }).click();
  await expect(page.getByText("You've been signed out of all other sessions.")).toBeVisible();
  expect((await call(other.request, "account/get", {})).status).toBe(401);
  expect((await call(context.request, "account/get", {})).status).toBe(200);
  await context.storageState({ path: "test-results-member.json" });
  await context.close();
  await other.close();
});

test("a code app is set up after the password was typed again; signing in asks for its code; each works once", async ({ browser }) => {
  const context = await browser.newContext({ storageState: "test-results-member.json" });
  const page = await context.newPage();
  await page.goto("/account");
  await ready(page);
  await page.getByRole("button", { name: "Set up 2FA" }).click();
  await proves(page, "not the present one");
  await expect(page.getByText("Incorrect password.")).toBeVisible();
  await proves(page, member.later);
  await expect(page.getByRole("img", { name: "QR code" })).toBeVisible();
  const key = await page.locator("code").first().innerText();
  const first = codeOf(key);
  await page.getByLabel("Verification code").fill(first);
  await page.getByRole("button", { name: "Turn on" }).click();
  await expect(page.getByRole("button", { name: "I've saved my codes" })).toBeVisible();
  const codes = (await page.locator("code").first().innerText()).trim().split("\n");
  expect(codes).toHaveLength(10);
  await page.getByRole("button", { name: "I've saved my codes" }).click();
  await expect(page.getByText("10 left")).toBeVisible();
  await context.close();

  const fresh = await browser.newContext();
  const door = await fresh.newPage();
  await signIn(door, member.email, member.later);
  await door.getByLabel("Code").fill(first);
  await door.getByRole("button", { name: "Verify" }).click();
  await expect(door.locator("#f-code-error")).toContainText("Incorrect code.");
  expect((await call(fresh.request, "account/get", {})).status).toBe(401);
  await door.getByLabel("Code").fill(codeOf(key, 1));
  await door.getByRole("button", { name: "Verify" }).click();
  await expect(door.getByRole("heading", { name: "CloudPods", level: 1 })).toBeVisible();
  await signIn(door, member.email, member.later);
  await door.getByLabel("Code").fill(codes[0]);
  await door.getByRole("button", { name: "Verify" }).click();
  await expect(door.getByRole("heading", { name: "CloudPods", level: 1 })).toBeVisible();
  await door.goto("/account");
  await expect(door.getByText("9 left")).toBeVisible();
  await fresh.storageState({ path: "test-results-member.json" });
  await fresh.close();
});

test("staff see a login with its accounts and sessions, ask why, and end its sessions after the password was typed again", async ({ browser }) => {
  const context = await staff(browser);
  const page = await context.newPage();
  const heard = listen(page);
  await page.goto("/admin/users?search=lee@northpier");
  await page.getByRole("link", { name: member.email }).click();
  await ready(page);
  await expect(page.getByRole("heading", { name: member.email, level: 1 })).toBeVisible();
  await expect(page.getByRole("term").filter({ hasText: "Developer" })).toBeVisible();
  await page.getByLabel("Permission").selectOption("billing:read");
  await page.getByRole("button", { name: "Check", exact: true }).click();
  await expect(page.getByText(/^No: lee@northpier.example is Developer of .* does not have billing:read/)).toBeVisible();
  await page.getByLabel("Permission").selectOption("cloudpods:read");
  await page.getByRole("button", { name: "Check", exact: true }).click();
  await expect(page.getByText(/^Yes: lee@northpier.example is Developer of/)).toBeVisible();
  const other = await browser.newContext({ storageState: "test-results-member.json" });
  expect((await call(other.request, "account/get", {})).status).toBe(200);
  await page.getByRole("navigation", { name: "User", exact: true }).getByRole("link", { name: "Sessions" }).click();
  await page.getByRole("button", { name: "Sign out all" }).click();
  await again(page, admin.password, page.getByText("No active sessions."));
  await expect(page.getByText("No active sessions.")).toBeVisible();
  expect((await call(other.request, "account/get", {})).status).toBe(401);
  await other.close();
  await page.goto("/admin/audit?search=SESSIONS_ENDED");
  await expect(page.getByText("SESSIONS_ENDED").first()).toBeVisible();
  // Loading a page whose API call was refused is no error of the page.
  expect(heard.filter((line) => !line.includes("status of 4"))).toEqual([]);
  await context.close();
});

test("an owner gives a member another role and removes it; the last owner cannot go", async ({ browser }) => {
  // A session of its own: how long ago the password was confirmed in the other one depends on how fast the story is told.
  const context = await browser.newContext();
  const page = await context.newPage();
  await signIn(page, "office@northpier.example", owner.password);
  await page.waitForURL(/\/t\//);
  await page.goto(`${portal()}/members`);
  await ready(page);
  const row = page.getByRole("row", { name: /lee@northpier/ });
  await row.getByRole("button", { name: "Change role" }).click();
  const dialog = page.getByRole("dialog", { name: /^Change role for/ });
  await dialog.getByLabel("Role").selectOption("TENANT_BILLING");
  await dialog.getByRole("button", { name: "Change role" }).click();
  await expect(row.getByRole("cell", { name: "Billing", exact: true })).toBeVisible();
  await row.getByRole("button", { name: "Remove" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove member" }).click();
  await proves(page, owner.password);
  await expect(row).toHaveCount(0);
  await page.goto("/account");
  await ready(page);
  await page.getByRole("button", { name: "Leave" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Leave account" }).click();
  await expect(page.getByText("An account must have an owner.")).toBeVisible();
  await context.close();
});

test("with the rule on, staff without a code app get only the page that sets one up", async ({ browser }) => {
  const context = await staff(browser);
  const page = await context.newPage();
  await page.goto("/admin/users/new");
  await ready(page);
  await page.getByLabel("Email").fill("sam@panel.example");
  await page.getByLabel("Role").selectOption("PLATFORM_SUPPORT");
  await page.getByRole("button", { name: "Add staff" }).click();
  await again(page, admin.password, page.getByRole("heading", { name: "sam@panel.example", level: 1 }));
  await expect(page.getByRole("heading", { name: "sam@panel.example", level: 1 })).toBeVisible();
  await page.goto("/admin/policies");
  await ready(page);
  await page.getByRole("button", { name: "Enable" }).click();
  await expect(page.getByText("Set up 2FA for yourself first")).toBeVisible();
  await page.goto("/account");
  await ready(page);
  await page.getByRole("button", { name: "Set up 2FA" }).click();
  const key = await page.locator("code").first().innerText();
  await page.getByLabel("Verification code").fill(codeOf(key));
  await page.getByRole("button", { name: "Turn on" }).click();
  await page.getByRole("button", { name: "I've saved my codes" }).click();
  await page.goto("/admin/policies");
  await ready(page);
  await page.getByRole("button", { name: "Enable" }).click();
  await expect(page.getByRole("button", { name: "Disable" })).toBeVisible();

  const link = await mailed(browser, /your staff account/, /\/activate\?token=/);
  const sams = await browser.newContext();
  const sam = await sams.newPage();
  await sam.goto(link);
  await ready(sam);
  await sam.getByLabel("Password").fill("a long sentence for support");
  await sam.getByRole("button", { name: "Activate and sign in" }).click();
  await expect(sam.getByText("Two-factor authentication is required for staff.")).toBeVisible();
  await sam.goto("/admin/customers");
  await expect(sam.getByText("Staff must sign in with an authenticator app.")).toBeVisible();
  expect((await call(sams.request, "admin/customers/list", { request: {} })).status).toBe(403);
  await sams.close();

  // As it was before, for the files that come after this one.
  await page.getByRole("button", { name: "Disable" }).click();
  await expect(page.getByRole("button", { name: "Enable" })).toBeVisible();
  await page.goto("/account");
  await ready(page);
  await page.getByRole("button", { name: "Turn off" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Turn off" }).click();
  await expect(page.getByText("Anyone with your password can sign in.")).toBeVisible();
  await context.close();
});
