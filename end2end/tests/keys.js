// What a person at a keyboard does: Tab until the right thing has the focus, and see where it is at every stop.
const { expect } = require("@playwright/test");

// What has the focus now: its name, its kind, whether its ring can be seen, whether it stands in the dialog that is open.
const focused = (page) => page.evaluate(() => {
  const one = document.activeElement;
  if (!one || one === document.body || one === document.documentElement) return { kind: "none", name: "", seen: true, inDialog: false };
  const own = getComputedStyle(one);
  // A control that is itself invisible, such as a segment's radio, shows the ring on its face.
  const face = own.opacity === "0" && one.nextElementSibling ? one.nextElementSibling : one;
  const style = getComputedStyle(face);
  const box = face.getBoundingClientRect();
  const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  const inWindow = box.width > 0 && box.height > 0 && box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth;
  const label = one.labels && one.labels.length ? one.labels[0].innerText : "";
  const name = (one.getAttribute("aria-label") || label || one.innerText || one.title || "").replace(/\s+/g, " ").trim();
  return { kind: one.tagName.toLowerCase(), name, seen: ring && inWindow, inDialog: !!one.closest("dialog[open]"), html: one.outerHTML.slice(0, 160) };
});
exports.focused = focused;

// Presses Tab until the thing of that name has the focus. Every stop on the way shows its ring.
exports.walk = async (page, name, kind) => {
  const stops = [];
  for (let step = 0; step < 120; step += 1) {
    await page.keyboard.press("Tab");
    const now = await focused(page);
    stops.push(now.name || now.kind);
    if (now.kind !== "none") expect(now.seen, `the focus is seen on ${now.html}`).toBe(true);
    const same = name instanceof RegExp ? name.test(now.name) : now.name === name || now.name.startsWith(`${name} `);
    if (same && now.kind !== "none" && (!kind || now.kind === kind)) return now;
  }
  throw new Error(`Tab never came to ${name}; it came to: ${stops.join(" | ")}`);
};

// Tabs once through a whole page, from its top until the focus leaves it; gives the names of the stops.
exports.walkAll = async (page) => {
  const stops = [];
  for (let step = 0; step < 400; step += 1) {
    await page.keyboard.press("Tab");
    const now = await focused(page);
    if (now.kind === "none" || (stops.length > 0 && now.html === stops[0].html)) return stops;
    expect(now.seen, `the focus is seen on ${now.html} of ${page.url()}`).toBe(true);
    stops.push(now);
  }
  throw new Error(`Tab does not leave ${page.url()}`);
};
