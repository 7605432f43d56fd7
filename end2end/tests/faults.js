// What is wrong with a page as it stands, for somebody who sees it badly or not at all.
const { AxeBuilder } = require("@axe-core/playwright");

// What axe-core finds: rule, impact, element, and what is wrong with it; by all rules, or by these.
exports.faults = async (page, rules) => {
  const axe = new AxeBuilder({ page });
  const { violations } = await (rules ? axe.withRules(rules) : axe).analyze();
  return violations.flatMap(({ id, impact, nodes }) => nodes.map((node) => `${id} (${impact}): ${node.target.join(" ")}: ${node.failureSummary.replace(/\s+/g, " ")}`));
};

// What is missing for somebody who does not see it.
exports.lacks = (page) => page.evaluate(() => {
  const found = [];
  const shown = (one) => one.checkVisibility({ opacityProperty: false, visibilityProperty: true });
  const say = (one) => (one.getAttribute("aria-label") || one.innerText || one.title || "").trim();
  if (!document.documentElement.lang) found.push("the document names no language");
  if (!document.title.trim()) found.push("the window has no title");
  for (const [selector, many] of [["h1", 1], ["main", 1]]) {
    const there = document.querySelectorAll(selector).length;
    if (there !== many) found.push(`${there} times ${selector}`);
  }
  for (const one of document.querySelectorAll("input:not([type=hidden]), select, textarea")) {
    const label = one.labels?.length ? one.labels[0].innerText.trim() : one.getAttribute("aria-label");
    if (shown(one) && !label) found.push(`a field without a label: ${one.outerHTML.slice(0, 120)}`);
  }
  for (const one of document.querySelectorAll("button, a[href], [role=log], dialog, nav, table")) {
    if (shown(one) && !say(one)) found.push(`nothing says what this is: ${one.outerHTML.slice(0, 120)}`);
  }
  for (const one of document.querySelectorAll("fieldset")) if (!one.querySelector("legend")?.textContent.trim()) found.push("a group of choices without a name");
  for (const one of document.querySelectorAll("nav, table")) if (!one.getAttribute("aria-label")) found.push(`a ${one.tagName.toLowerCase()} without a name`);
  for (const one of document.querySelectorAll("svg")) {
    if (one.getAttribute("aria-hidden") !== "true" && !one.getAttribute("aria-label") && !one.querySelector("title") && !one.closest("[aria-hidden=true]")) found.push(`a picture without words: ${one.outerHTML.slice(0, 120)}`);
  }
  const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
  for (const id of new Set(ids.filter((id, at) => ids.indexOf(id) !== at))) found.push(`two things are called ${id}`);
  for (const one of document.querySelectorAll("label[for]")) if (!document.getElementById(one.htmlFor)) found.push(`a label for nothing: ${one.htmlFor}`);
  let last = 0;
  for (const one of document.querySelectorAll("main :is(h1, h2, h3, h4)")) {
    if (!shown(one)) continue;
    const level = Number(one.tagName[1]);
    if (level > last + 1) found.push(`a heading of level ${level} below one of level ${last}: ${one.innerText}`);
    last = level;
  }
  return found;
});
