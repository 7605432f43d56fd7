// Drives the panel for the measurements: `sell` makes the first admin and a small PHP plan, and prints the admin's session; `order COUNT PREFIX`
// orders pods and prints the orders; `suspend FILE SESSION` suspends those of the orders at once and waits until visitors of each get the neutral
// page and the panel has verified it, `unsuspend FILE SESSION` brings them back; `pay FILE` pays for those in the file at once and waits until each site answers with its title, asked for
// at the test servers' own addresses, one site after the other: who asks for fifty at once takes the processors from those who make them;
// `enroll SESSION NAME ADDRESS BED` brings one more test server into service.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import http from "node:http";

const [verb, ...words] = process.argv.slice(2);
const { BENCH_URL: url, BENCH_SETUP: setup, BENCH_HOST: hosts } = process.env;

const call = async (path, input, cookie) => {
  const answer = await fetch(`${url}/api/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...(cookie ? { cookie } : {}) },
    body: JSON.stringify(input),
  });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${text}`);
  return { answer, body: text ? JSON.parse(text) : null };
};

const page = (host, domain) =>
  new Promise((resolve) => {
    const request = http.get({ host, port: 80, path: "/", headers: { host: domain }, agent: false }, (answer) => {
      let body = "";
      answer.setEncoding("utf8");
      answer.on("data", (part) => (body += part));
      answer.on("end", () => resolve(answer.statusCode === 200 ? body : ""));
    });
    request.on("error", () => resolve(""));
    request.setTimeout(5000, () => request.destroy());
  });

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Until the panel says so of each: it does once it has seen it itself.
const stands = async (ids, status, cookie) => {
  const end = Date.now() + 600_000;
  for (const id of ids) {
    for (;;) {
      const { body } = await call("admin/hosting/cloudpods/get", { id }, cookie);
      if (body.pod.status === status) break;
      if (Date.now() > end) throw new Error(`${body.pod.name} is ${body.pod.status}`);
      await pause(20);
    }
  }
};

const serves = async (domain, title) => {
  const end = Date.now() + 600_000;
  while (!(await Promise.all(hosts.split(" ").map((host) => page(host, domain)))).some((text) => text.includes(title))) {
    if (Date.now() > end) throw new Error(`${domain} does not answer`);
    await pause(20);
  }
};

if (verb === "sell") {
  const token = new URL(setup).searchParams.get("token");
  const made = await call("public/session/set_up", { token, email: "admin@example.org", name: "Ada", password: "a long sentence" });
  const cookie = made.answer.headers.get("set-cookie").split(";")[0];
  const plan = {
    code: "bench", name: "bench", description: "", kind: "CLOUDPOD", monthly: "9.00", yearly: "90.00", currency: "EUR", features: "",
    stack: "PHP", cpu_millis: 100, memory_mb: 128, disk_mb: 256, tasks: 64, active: "on",
  };
  await call("admin/billing/products/create", { input: plan }, cookie);
  console.log(cookie);
} else if (verb === "order") {
  const [count, prefix] = [Number(words[0]), words[1]];
  const orders = [];
  for (let n = 0; n < count; n++) {
    const title = `Title ${prefix}${n}`;
    const order = { planCode: "bench", billingCycle: "MONTHLY", email: `${prefix}${n}@example.org`, country: "NL", domain: `${prefix}${n}.example.test`, siteTitle: title, addOns: [] };
    const { body } = await call("public/checkout/session", order);
    orders.push({ title, domain: order.domain, id: body.checkoutSessionId, token: new URL(body.paymentUrl).searchParams.get("token") });
  }
  console.log(JSON.stringify(orders));
} else if (verb === "pay") {
  const orders = JSON.parse(readFileSync(words[0], "utf8"));
  const began = Date.now();
  const paid = orders.map(({ id, token }) => call("public/checkout/sandbox_decide", { id, token, choice: "approve" }));
  for (const { domain, title } of orders) await serves(domain, title);
  const took = Date.now() - began;
  await Promise.all(paid);
  console.log((took / 1000).toFixed(2));
} else if (verb === "suspend" || verb === "unsuspend") {
  const [orders, cookie] = [JSON.parse(readFileSync(words[0], "utf8")), words[1]];
  const ids = [];
  for (const { domain } of orders) {
    const { body } = await call("admin/hosting/cloudpods/list", { request: { search: domain } }, cookie);
    ids.push(body.rows.find((pod) => pod.domain === domain).id);
  }
  const began = Date.now();
  await Promise.all(ids.map((id) => call(`admin/hosting/cloudpods/${verb}`, { id, reason: "STAFF", ...(verb === "suspend" ? { note: "" } : {}) }, cookie)));
  await stands(ids, verb === "suspend" ? "SUSPENDED" : "RUNNING", cookie);
  console.log(((Date.now() - began) / 1000).toFixed(2));
} else if (verb === "enroll") {
  const [cookie, name, address, bed] = words;
  const { body: id } = await call("admin/servers/add", { name, address, region: "second", site_address: "" }, cookie);
  const { body: enrollment } = await call("admin/servers/enrollment", { id }, cookie);
  execFileSync(bed, ["exec", name, "sh", "-c", enrollment.command], { stdio: "ignore" });
  await call("admin/servers/enroll", { id, fingerprint: enrollment.fingerprint }, cookie);
} else {
  throw new Error("sell, order COUNT PREFIX, pay FILE, suspend FILE SESSION, unsuspend FILE SESSION, or enroll SESSION NAME ADDRESS BED");
}
