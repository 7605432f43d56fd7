// The measurement of crates/engine/src/saga/tests/pace.rs for graphile-worker and pg-boss, on the same PostgreSQL.
import { createRequire } from "node:module";
const require = createRequire(`${process.env.BENCH_MODULES}/`);
const { run, makeWorkerUtils } = require("graphile-worker");
const { PgBoss } = require("pg-boss");
const { Client } = require("pg");

const [url, ...numbers] = process.argv.slice(2);
const [atOnce, waiting, single, rest] = numbers.map(Number);
const started = new Map();
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const sql = new Client({ connectionString: url });
await sql.connect();

const pace = async (what, open, add, serve) => {
  for (let n = 0; n < waiting; n++) await add(`w${n}`);
  const began = performance.now();
  const stop = await serve();
  while (Number((await sql.query(open)).rows[0].count) > 0) await pause(20);
  const rate = (waiting / (performance.now() - began)) * 1000;
  const delays = async (name, rest) => {
    const found = [];
    for (let n = 0; n < single; n++) {
      if (rest) await pause(rest);
      const id = `${name}${n}`;
      await add(id);
      const committed = performance.now();
      while (!started.has(id)) await pause(0);
      found.push(Math.max(0, started.get(id) - committed));
    }
    found.sort((a, b) => a - b);
    return `median ${found[single / 2].toFixed(1)} ms, slowest ${found[single - 1].toFixed(1)} ms`;
  };
  const [busy, atRest] = [await delays("b", 0), await delays("r", rest)];
  await stop();
  started.clear();
  console.log(`${what.padEnd(16)} ${rate.toFixed(0).padStart(7)} jobs/s   start after commit, one upon the other: ${busy}; at rest: ${atRest}`);
};

const utils = await makeWorkerUtils({ connectionString: url });
await utils.migrate();
await pace(
  "graphile-worker",
  "select count(*) from graphile_worker.jobs",
  (id) => utils.addJob("nothing", { id }),
  async () => {
    const taskList = { nothing: async ({ id }) => void started.set(id, performance.now()) };
    const runner = await run({ connectionString: url, concurrency: atOnce, maxPoolSize: atOnce, noHandleSignals: true, taskList, logger: undefined });
    return () => runner.stop();
  },
);
await utils.release();

const boss = new PgBoss(url);
await boss.start();
await boss.createQueue("nothing");
await pace(
  "pg-boss",
  "select count(*) from pgboss.job where name = 'nothing' and state < 'completed'",
  (id) => boss.send("nothing", { id }),
  async () => {
    const handle = async (jobs) => jobs.forEach(({ data }) => started.set(data.id, performance.now()));
    // It asks every half second, which is the least it takes; a batch of a hundred is what its manual shows for speed.
    await boss.work("nothing", { batchSize: 100, pollingIntervalSeconds: 0.5 }, handle);
    return () => boss.stop({ graceful: true });
  },
);
await sql.end();
process.exit(0);
