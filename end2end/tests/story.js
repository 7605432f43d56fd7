// What the files of the story share: the panel's address, its set-up link, the test server, and how a page is looked at.
const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");

const need = (name) => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; run: scripts/end2end.sh`);
  return value;
};

exports.url = need("E2E_URL");
exports.setup = () => need("E2E_SETUP_LINK");
exports.shots = path.join(__dirname, "..", "shots");
exports.admin = { email: "admin@panel.example", name: "Ada Admin", password: "a long sentence for the admin" };
exports.owner = { password: "a long sentence for the owner" };

// Facts that one file learns and a later one needs.
const memory = path.join(__dirname, "..", "test-results-memory.json");
exports.remember = (facts) => fs.writeFileSync(memory, JSON.stringify({ ...exports.recall(), ...facts }));
exports.recall = () => (fs.existsSync(memory) ? JSON.parse(fs.readFileSync(memory, "utf8")) : {});

// Runs a program on the test server, as its administrator would at the console.
exports.onServer = (...command) => execFileSync(need("E2E_BED"), ["exec", need("E2E_HOST"), ...command], { encoding: "utf8" });

// Fetches a site from outside: from the server's own address, by its name. Status 0: the connection was closed without a whole answer.
exports.site = async (host, more = {}) => {
  const http = require("node:http");
  const address = exports.onServer("hostname", "-I").trim().split(" ")[0];
  return new Promise((resolve, reject) => {
    const request = http.get({ host: address, port: 80, path: "/", headers: { host, ...more } }, (answer) => {
      let body = "";
      answer.setEncoding("utf8");
      answer.on("data", (part) => (body += part));
      answer.on("end", () => resolve({ status: answer.statusCode, body }));
      answer.on("error", () => resolve({ status: 0, body }));
    });
    request.setTimeout(20_000, () => request.destroy(new Error("the site did not answer in 20 s")));
    request.on("error", (error) => (error.code === "ECONNRESET" ? resolve({ status: 0, body: "" }) : reject(error)));
  });
};

// Waits for a state, asking again every half second; no state may depend on speed, only the end of patience does.
exports.until = async (what, look, seconds = 120) => {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (Date.now() > end) throw new Error(`not seen within ${seconds} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
};

// What cannot be undone asks for the password again, unless it was typed some minutes ago: answers the dialog when it comes
// before what is awaited.
exports.again = async (page, password, awaited) => {
  const dialog = page.getByRole("dialog", { name: "Confirm your password" });
  await dialog.or(awaited).first().waitFor();
  if (!(await dialog.isVisible())) return;
  await dialog.getByLabel("Password").fill(password);
  await dialog.getByRole("button", { name: "Confirm" }).click();
};

// Calls an operation of the panel's API; a browser context gives its cookie.
exports.call = async (request, operation, input) => {
  const answer = await request.post(`${exports.url}/api/${operation}`, { data: input });
  const text = await answer.text();
  return { status: answer.status(), body: text ? JSON.parse(text) : null };
};

// Orders a plan by the public API and pays in the sandbox; gives id and token of the order.
exports.order = async (request, planCode, domain, siteTitle) => {
  const started = await exports.call(request, "public/checkout/session", { planCode, billingCycle: "MONTHLY", email: `${planCode}@plans.example`, domain, siteTitle, addOns: [] });
  if (started.status !== 200) throw new Error(JSON.stringify(started.body));
  const { checkoutSessionId: id, paymentUrl } = started.body;
  const token = new URL(paymentUrl).searchParams.get("token");
  const paid = await exports.call(request, "public/checkout/sandbox_decide", { id, token, choice: "approve" });
  if (paid.status !== 200) throw new Error(JSON.stringify(paid.body));
  return { id, token };
};

// Everything that a page may not say to its console.
exports.listen = (page) => {
  const heard = [];
  page.on("console", (message) => message.type() === "error" && heard.push(message.text()));
  page.on("pageerror", (error) => heard.push(String(error)));
  return heard;
};

// The page is hydrated: from now on its buttons do what they say. One that runs no program does so once it is there.
exports.ready = (page) => page.waitForFunction(() => window.__mpanel_ready === true || (document.readyState === "complete" && !document.querySelector("script[type=module]")));

// Looks at all pages, two at a time: while one waits for the server the other is drawn.
exports.inPairs = async (pages, look) => {
  const left = [...pages];
  const lane = async () => {
    for (let page = left.shift(); page; page = left.shift()) await look(...page);
  };
  await Promise.all([lane(), lane()]);
};
